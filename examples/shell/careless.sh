#!/bin/sh
# What not to do. A pipe ends with the code of its last command, curl takes a 503 for a success, and --retry-all-errors
# orders again what may have been charged.
body='{"model": "gpt-image-1.5", "prompt": "a lighthouse", "size": "1024x1024", "output_format": "png"}'
curl --silent --max-time "${OMIXA_TIMEOUT:-120}" --retry 1 --retry-all-errors --retry-delay 1 \
    "$OMIXA_BASE_URL/images/generations" --header "Authorization: Bearer $OMIXA_API_KEY" \
    --header 'Content-Type: application/json' --data "$body" |
    jq -r '.data[0].b64_json' | base64 -d >out.png
