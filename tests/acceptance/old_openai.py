"""Script that uses the OpenAI SDK 2.x, the last version on httpx, within intercept()."""

from __future__ import annotations

import asyncio
import sys

import openai

import omixa_mock


def print_words(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")


REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat"}

print_words(openai.__version__.partition(".")[0])
with omixa_mock.intercept(openai=True) as mock, openai.OpenAI() as client:
    mock.fail("no_route", times=2)
    client.images.generate(**REQUEST)  # type: ignore[call-overload]  # the arguments are a dict here
    print_words("sync", ",".join(str(call.status) for call in mock.calls))


async def generate() -> None:
    async with omixa_mock.intercept(openai=True) as mock, openai.AsyncOpenAI() as client:
        await client.images.generate(**REQUEST)  # type: ignore[call-overload]  # as above
        print_words("async", str(mock.last.status))


asyncio.run(generate())
