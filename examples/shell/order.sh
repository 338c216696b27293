#!/bin/sh
# Order one image from Omixa and write it to out.png; on any doubt one line on standard error, and no file.
# sh order.sh [PROMPT]. It needs curl, jq, base64 and od.
set -eu
: "${OMIXA_BASE_URL:?}" "${OMIXA_API_KEY:?}"
width=1024 height=1024 longest_wait=30
work=$(mktemp -d ./order.XXXXXX)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "order.sh: $*" >&2
    exit 1
}

hex() { od -An -v -tx1 "$@" | tr -d ' \n'; }

jq -n --arg prompt "${1:-a lighthouse}" --arg size "${width}x$height" \
    '{model: "gpt-image-1.5", $prompt, $size, output_format: "png"}' >"$work/request"

# The key comes by standard input: other users could read it among the arguments.
post() {
    status=$(printf 'header = "Authorization: Bearer %s"\n' "$OMIXA_API_KEY" | curl --config - \
        --silent --show-error --max-time "${OMIXA_TIMEOUT:-120}" --write-out '%{http_code}' \
        --header 'Content-Type: application/json' --data-binary "@$work/request" \
        --dump-header "$work/head" --output "$work/body" "$OMIXA_BASE_URL/images/generations" 2>"$work/error") ||
        fail "no whole response, perhaps charged, not repeated: $(head -n 1 "$work/error")"
}

post
# Only these two are never charged, so only these are repeated, and only once.
if [ "$status" = 429 ] || [ "$status" = 503 ]; then
    wait=$(tr -d '\r' <"$work/head" | sed -n 's/^[Rr]etry-[Aa]fter: *//p')
    [ "${wait:=1}" -le "$longest_wait" ] 2>/dev/null || fail "status $status, and a wait of $wait s"
    sleep "$wait"
    post
fi
[ "$status" = 200 ] || fail "status $status $(jq -r '.error.message' "$work/body" 2>/dev/null | head -n 1)"

jq -er 'if (.data | length) == 1 then .data[0].b64_json | strings else empty end' \
    "$work/body" >"$work/text" 2>/dev/null || fail "the response is paid for, and has no image"
base64 -d "$work/text" >"$work/image" 2>/dev/null || fail "the response is paid for, and its base64 is damaged"
[ "$(hex -N8 "$work/image")" = 89504e470d0a1a0a ] || fail "the response is paid for, and holds no PNG"
[ "$(hex -j16 -N8 "$work/image")" = "$(printf '%08x%08x' "$width" "$height")" ] ||
    fail "the response is paid for, and its image has another size"
[ "$(tail -c 12 "$work/image" | hex)" = 0000000049454e44ae426082 ] ||
    fail "the response is paid for, and its image breaks off"
mv "$work/image" out.png
