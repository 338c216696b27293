<?php
// Orders one image with a PHP client: php client.php NAME, as an ordinary program does.
$url = getenv('OMIXA_BASE_URL') . '/images/generations';
$request = ['model' => 'gpt-image-1.5', 'prompt' => 'a lighthouse', 'size' => '1024x1024', 'output_format' => 'png'];
$timeout = (float) getenv('OMIXA_TIMEOUT');
$authorization = 'Bearer ' . getenv('OMIXA_API_KEY');

function withCurl(): string
{
    global $url, $request, $timeout, $authorization;
    $curl = curl_init($url);
    curl_setopt_array($curl, [
        CURLOPT_POSTFIELDS => json_encode($request),
        CURLOPT_HTTPHEADER => ["Authorization: $authorization", 'Content-Type: application/json'],
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT_MS => (int) (1000 * $timeout),
    ]);
    $body = curl_exec($curl);
    if ($body === false) {
        throw new RuntimeException('curl error ' . curl_errno($curl));
    }
    $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
    return $status < 400 ? $body : throw new RuntimeException($status);
}

function withGuzzle(): string
{
    global $url, $request, $timeout, $authorization;
    require 'GuzzleHttp/autoload.php';
    $options = ['json' => $request, 'timeout' => $timeout, 'headers' => ['Authorization' => $authorization]];
    return (string) (new GuzzleHttp\Client())->post($url, $options)->getBody();
}

function describeError(Throwable $error): string
{
    $name = (new ReflectionClass($error))->getShortName();
    if ($name === 'RuntimeException') {
        return $error->getMessage();
    }
    $number = $error instanceof GuzzleHttp\Exception\BadResponseException ? $error->getCode() : null;
    return $number === null ? $name : "$name $number";
}

set_error_handler(fn ($level, $message) => throw new ErrorException($message, 0, $level));
try {
    $body = ['curl' => 'withCurl', 'guzzle' => 'withGuzzle'][$argv[1]]();
    $image = base64_decode(json_decode($body, true, flags: JSON_THROW_ON_ERROR)['data'][0]['b64_json'], true);
    file_put_contents('out.png', $image === false ? throw new ValueError('base64') : $image);
} catch (Throwable $error) {
    fwrite(STDERR, describeError($error) . "\n");
    exit(1);
}
