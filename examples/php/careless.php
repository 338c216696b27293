<?php
// What not to do: a warning is no error to PHP, base64_decode drops what it does not know, and the file is written.
$request = ['model' => 'gpt-image-1.5', 'prompt' => 'a lighthouse', 'size' => '1024x1024', 'output_format' => 'png'];
$context = stream_context_create(['http' => [
    'method' => 'POST',
    'header' => 'Authorization: Bearer ' . getenv('OMIXA_API_KEY') . "\r\nContent-Type: application/json",
    'content' => json_encode($request),
]]);
$body = file_get_contents(getenv('OMIXA_BASE_URL') . '/images/generations', false, $context);
$document = json_decode($body, true);
file_put_contents('out.png', base64_decode($document['data'][0]['b64_json']));
