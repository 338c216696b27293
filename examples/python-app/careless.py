"""What not to do: the OpenAI SDK orders again by itself, and what it brings is written whatever it is.

The cure of the first is `max_retries=0`; of the second, what order.py does after the response.
"""

import base64
import os
from pathlib import Path

from openai import OpenAI

limit = float(os.environ.get("OMIXA_TIMEOUT", "120"))
client = OpenAI(base_url=os.environ["OMIXA_BASE_URL"], api_key=os.environ["OMIXA_API_KEY"], timeout=limit)
response = client.images.generate(model="gpt-image-1.5", prompt="a lighthouse", size="1024x1024", output_format="png")
if response.data:
    Path("out.png").write_bytes(base64.b64decode(response.data[0].b64_json or ""))
