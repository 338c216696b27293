"""Requests one image with a library that wraps the OpenAI SDK: `wrapper.py NAME`.

The variables are those of OpenAI's SDKs. The output is `ok`, or the name of the exception.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

PROMPT = "a cat"
KEY = os.environ["OPENAI_API_KEY"]


def use_langchain() -> None:
    from langchain_community.utilities.dalle_image_generator import DallEAPIWrapper

    DallEAPIWrapper(model="gpt-image-1.5", api_key=KEY).run(PROMPT)


def use_llama_index_generation() -> None:
    from llama_index.tools.openai.image_generation.base import OpenAIImageGenerationToolSpec

    # Its own package exports another name.
    OpenAIImageGenerationToolSpec(api_key=KEY).image_generation(PROMPT)


def use_llama_index_text() -> None:
    from llama_index.tools.text_to_image import TextToImageToolSpec

    TextToImageToolSpec(api_key=KEY).generate_images(PROMPT)


CLIENTS: Mapping[str, Callable[[], None]] = {
    "langchain": use_langchain,
    "llama-index-generation": use_llama_index_generation,
    "llama-index-text": use_llama_index_text,
}

try:
    CLIENTS[sys.argv[1]]()
    result = "ok"
except Exception as error:  # noqa: BLE001  # whichever it is, it is the result
    result = type(error).__name__
sys.stdout.write(f"{result}\n")
