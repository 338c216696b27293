#!/bin/sh
# Orders one image with curl, as an ordinary script does.
set -eu
curl --silent --show-error --fail --max-time "$OMIXA_TIMEOUT" --output body "$OMIXA_BASE_URL/images/generations" \
    -H "Authorization: Bearer $OMIXA_API_KEY" -H 'Content-Type: application/json' \
    -d '{"model": "gpt-image-1.5", "prompt": "a lighthouse", "size": "1024x1024", "output_format": "png"}' 2>error || {
    code=$?
    sed -e 's/^curl: ([0-9]*) //' -e 's/The requested URL returned error: //' -e '/^[0-9]*$/!s/ [0-9][0-9]* / … /g' -e "s/^/exit $code: /" error >&2
    exit "$code"
}
jq --raw-output '.data[0].b64_json' body >text 2>/dev/null || { echo "jq: exit $?" >&2; exit 1; }
base64 --decode text >out.png 2>/dev/null || { echo "base64: exit $?" >&2; exit 1; }
