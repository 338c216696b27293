<?php
// Order one image from Omixa and write it to out.png; on any doubt one line on standard error, and no file.
// php order.php [PROMPT]. It needs PHP 8 and its curl extension.
declare(strict_types=1);

const WIDTH = 1024;
const HEIGHT = 1024;
const LONGEST_WAIT = 30;

function post(string $prompt): array
{
    $request = ['model' => 'gpt-image-1.5', 'prompt' => $prompt, 'size' => WIDTH . 'x' . HEIGHT];
    $curl = curl_init(getenv('OMIXA_BASE_URL') . '/images/generations');
    curl_setopt_array($curl, [
        CURLOPT_POSTFIELDS => json_encode($request + ['output_format' => 'png'], JSON_THROW_ON_ERROR),
        CURLOPT_HTTPHEADER => ['Authorization: Bearer ' . getenv('OMIXA_API_KEY'), 'Content-Type: application/json'],
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT_MS => (int) (1000 * (getenv('OMIXA_TIMEOUT') ?: 120)), // covers the body too
        CURLOPT_HEADERFUNCTION => function ($curl, string $line) use (&$headers): int {
            [$name, $value] = explode(':', $line, 2) + [1 => ''];
            $headers[strtolower($name)] = trim($value);
            return strlen($line);
        },
    ]);
    $body = curl_exec($curl);
    if ($body === false) {
        throw new RuntimeException('no whole response, perhaps charged, not repeated: ' . curl_error($curl));
    }
    return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), $headers, $body];
}

function order(string $prompt): string
{
    [$status, $headers, $body] = post($prompt);
    // Only these two are never charged, so only these are repeated, and only once.
    if ($status === 429 || $status === 503) {
        $wait = $headers['retry-after'] ?? '1';
        ctype_digit($wait) && $wait <= LONGEST_WAIT || throw new RuntimeException("status $status, wait of $wait s");
        sleep((int) $wait);
        [$status, , $body] = post($prompt);
    }
    $status === 200 || throw new RuntimeException("status $status: " . substr($body, 0, 200));
    $data = json_decode($body, true, flags: JSON_THROW_ON_ERROR)['data'] ?? null;
    $text = is_array($data) && count($data) === 1 ? $data[0]['b64_json'] ?? null : null;
    $image = is_string($text) ? base64_decode($text, true) : false;
    $image || throw new RuntimeException('paid for, and without an image in base64');
    [$width, $height, $type] = @getimagesizefromstring($image) ?: [0, 0, 0];
    $type === IMAGETYPE_PNG || throw new RuntimeException('paid for, and no PNG');
    [$width, $height] === [WIDTH, HEIGHT] || throw new RuntimeException("paid for, and of {$width}x$height pixels");
    str_ends_with($image, "\0\0\0\0IEND\xAE\x42\x60\x82") || throw new RuntimeException('paid for, and broken off');
    return $image;
}

try {
    $image = order($argv[1] ?? 'a lighthouse');
    file_put_contents('out.png.part', $image) === strlen($image) && rename('out.png.part', 'out.png') || exit(1);
} catch (Exception $error) {
    fwrite(STDERR, 'order.php: ' . strtr($error->getMessage(), "\r\n", '  ') . "\n");
    exit(1);
}
