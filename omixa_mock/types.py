"""Types of request and response bodies, for type checkers.

Made from the schemas by `python -m tests.schemas.typed_dicts`. This module imports `typing` only.
The requests are those to gpt-image-1.5, the one model whose fields are all known.
"""

# The postponed annotations of `from __future__` would hide NotRequired from `__required_keys__`.
from typing import Literal, NotRequired, TypedDict

__all__ = [
    "ErrorDetail",
    "ErrorResponse",
    "GeneratedImage",
    "ImageModel",
    "ImagePart",
    "ImageRequest",
    "ImageResponse",
    "ImageUrl",
    "ImageUsage",
    "ModelPrice",
    "ModelsResponse",
    "UsageError",
    "UsagePeriod",
    "UsageRecord",
    "UsageRequestsResponse",
    "UsageRollupsResponse",
]


class ImageUrl(TypedDict):
    """Object with the image's data URL."""

    url: str
    """Inline image: a base64 data URL of a PNG, JPEG or WebP file."""


class ErrorDetail(TypedDict):
    """The error."""

    message: str
    """Message for people."""

    type: str
    """Class of the error."""

    code: str
    """Identifier of the error, for programs."""


class GeneratedImage(TypedDict):
    """One image."""

    b64_json: str
    """The file, as base64 without a data URL prefix.

    The alphabet is checked by code, because a pattern over megabytes is slow.
    """

    url: None
    """Always null: the image itself is in b64_json."""


class ImageUsage(TypedDict):
    """Cost of the call."""

    billed_amount: str
    """Money captured from the wallet for this call: US dollars, six decimals, as a string."""


class ModelPrice(TypedDict):
    """Price of one image, without the factors of quality and size."""

    per_image: str
    """Six decimals, as a string."""

    currency: Literal["USD"]
    """The one currency that the wallet holds."""


class UsageError(TypedDict):
    """The error, without the provider's own details; null for a success."""

    type: str

    code: str

    message: str


class UsagePeriod(TypedDict):
    """One period."""

    period: str
    """Begin of the period in UTC, with the precision of the period type: 2026-06, 2026-06-05 or 2026-06-05T12."""

    requests: int
    """Calls, refused ones included."""

    failed: int
    """Calls that did not succeed."""

    images: int
    """Images delivered."""

    cost: str
    """Money captured: US dollars, six decimals, as a string."""


class ImagePart(TypedDict):
    """One reference image, in OpenAI's image part format."""

    type: Literal["image_url"]
    """Type of the part: an image."""

    image_url: ImageUrl


class ErrorResponse(TypedDict):
    """Body of every response that is not a success."""

    error: ErrorDetail


class ImageResponse(TypedDict):
    """Body of a successful POST /api/v1/images/generations, for every image model."""

    created: int
    """Time of creation, in seconds since 1970."""

    data: list[GeneratedImage]
    """The images, in the order they were made."""

    usage: ImageUsage


class ImageModel(TypedDict):
    """One model."""

    id: str
    """Name of the model in a request's `model`."""

    modality: str
    """Output of the model."""

    provider: str
    """The first provider route of the model."""

    price: ModelPrice


class UsageRecord(TypedDict):
    """One call."""

    id: str
    """Identifier of the record."""

    created: int
    """Time of the call, in seconds since 1970."""

    model: str | None
    """The requested model; null if the call was refused before it was known."""

    operation: Literal["generate", "edit", "merge"] | None
    """The requested operation; null if the call was refused before it was known."""

    stream: bool
    """Whether the response was streamed; never true for images."""

    status: int
    """HTTP status of the response."""

    tokens: int | None
    """Null for a model that is billed by the image."""

    cost: str
    """Money captured for the call: US dollars, six decimals, as a string."""

    latency_ms: int
    """Latency of the call, in milliseconds."""

    error: UsageError | None
    """The error, without the provider's own details; null for a success."""


class UsageRollupsResponse(TypedDict):
    """Body of GET /api/v1/usage/rollups. No page shows it, so additional members are accepted."""

    period_type: Literal["hour", "day", "month"]
    """Length of a period, as requested."""

    data: list[UsagePeriod]
    """One entry for each period with calls, the earliest first."""


class ImageRequest(TypedDict):
    """Body of POST /api/v1/images/generations for gpt-image-1.5: generation, edit and merge.

    Its page shows the complete table of fields.
    """

    model: Literal["gpt-image-1.5"]
    """The model that makes the image."""

    prompt: str
    """Description of the image, or of the changes to the input images."""

    n: NotRequired[int]
    """Number of images. The provider's limit for one call caps it: see provider-limit in gateway.json. Default: 1."""

    output_format: NotRequired[Literal["png", "jpeg", "webp"]]
    """File format of the images in the response. Default: "png"."""

    size: NotRequired[Literal["auto", "1024x1024", "1024x1536", "1536x1024"]]
    """Width and height of the images in pixels.

    The setting auto_size is the actual size for `auto`. Default: "auto".
    """

    quality: NotRequired[Literal["auto", "low", "medium", "high"]]
    """Quality of the image, which also determines its price. Default: "auto"."""

    background: NotRequired[Literal["auto", "transparent", "opaque"]]
    """Background of the image: transparent or opaque. Default: "auto"."""

    moderation: NotRequired[Literal["auto", "low"]]
    """Strictness of the provider's content filter. Default: "auto"."""

    input_images: NotRequired[list[ImagePart]]
    """Input images: one to edit, several to merge."""

    input_fidelity: NotRequired[Literal["auto", "low", "high"]]
    """Fidelity of an edit to the input images. Default: "auto"."""

    mask: NotRequired[str | ImagePart]
    """Mask of the part of the first input image that may change: a data URL, or an image part like an input image."""


class ModelsResponse(TypedDict):
    """Body of GET /api/v1/models. No page shows it, so additional members are accepted."""

    data: list[ImageModel]
    """One entry for each enabled model."""


class UsageRequestsResponse(TypedDict):
    """Body of GET /api/v1/usage/requests. No page shows it, so additional members are accepted."""

    data: list[UsageRecord]
    """One entry for each call, the latest first."""
