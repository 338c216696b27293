"""The OpenAI SDK 2.x, the last one on httpx, within intercept(): run by a Python that has it."""

from __future__ import annotations

import asyncio
import sys

import openai

import omixa_mock


def tell(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")


REQUEST = {"model": "gpt-image-1.5", "prompt": "a cat"}

tell(openai.__version__.partition(".")[0])
with omixa_mock.intercept(openai=True) as gateway, openai.OpenAI() as client:
    gateway.fail("no_route", times=2)
    client.images.generate(**REQUEST)  # type: ignore[call-overload]  # the order is a table here
    tell("sync", ",".join(str(call.status) for call in gateway.calls))


async def generate() -> None:
    async with omixa_mock.intercept(openai=True) as gateway, openai.AsyncOpenAI() as client:
        await client.images.generate(**REQUEST)  # type: ignore[call-overload]  # as above
        tell("async", str(gateway.last.status))


asyncio.run(generate())
