"""Order one image from Omixa and write it to out.png; on any doubt one line on standard error, and no file."""

import asyncio
import base64
import os
import sys
from pathlib import Path

import httpx

SIZE = (1024).to_bytes(4) * 2
SIGNATURE = b"\x89PNG\r\n\x1a\n"
LAST_CHUNK = b"\0\0\0\0IEND\xaeB`\x82"


class OrderError(Exception):
    """No image, or none that can be used."""


async def post(prompt: str) -> httpx.Response:
    """Send one request and read its whole response."""
    limit = float(os.environ.get("OMIXA_TIMEOUT", "120"))
    url, headers = os.environ["OMIXA_BASE_URL"], {"Authorization": f"Bearer {os.environ['OMIXA_API_KEY']}"}
    body = {"model": "gpt-image-1.5", "prompt": prompt, "size": "1024x1024", "output_format": "png"}
    try:
        # httpx's own timeout begins again with each byte.
        async with asyncio.timeout(limit), httpx.AsyncClient(headers=headers, timeout=limit) as client:
            return await client.post(f"{url}/images/generations", json=body)
    except (httpx.HTTPError, TimeoutError) as error:
        raise OrderError(f"no whole response, perhaps charged, not repeated: {error!r}") from error


async def order(prompt: str) -> bytes:
    """Return a PNG for a prompt, whole and in the right size."""
    response = await post(prompt)
    # Only these two are never charged, so only these are repeated, and only once.
    if response.status_code in (429, 503):
        wait = response.headers.get("Retry-After", "1")
        if not wait.isdecimal() or int(wait) > 30:
            raise OrderError(f"status {response.status_code}, and a wait of {wait} s")
        await asyncio.sleep(int(wait))
        response = await post(prompt)
    if response.status_code != 200:
        raise OrderError(f"status {response.status_code}: {response.text[:200]!r}")
    try:
        (item,) = response.json()["data"]
        image = base64.b64decode(item["b64_json"], validate=True)
    except (ValueError, LookupError, TypeError) as error:
        raise OrderError(f"paid for, and without an image: {error!r}") from error
    if image.startswith(SIGNATURE) and image[16:24] == SIZE and image.endswith(LAST_CHUNK):
        return image
    raise OrderError("paid for, and no whole PNG of 1024x1024 pixels")


if __name__ == "__main__":
    try:
        Path("out.png").write_bytes(asyncio.run(order([*sys.argv, "a lighthouse"][1])))
    except OrderError as error:
        sys.exit(f"order.py: {error}")
