"""Settings: each changes a response or a record, and an invalid value is refused with a message."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from omixa_mock import Gateway, SettingError, Settings
from omixa_mock.gateway import Duration, Hang, Wait, Workspace, describe_settings, with_changes
from omixa_mock.gateway.contract import fingerprints_of
from omixa_mock.gateway.images import draw

Ask = Callable[..., Any]
MODEL = "gpt-image-1.5"


def url(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def wrapped(link: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": link}}


IMAGE = url(draw(bytes(12), width=64, height=64, output_format="png"))
TEXT = url(b"no image at all")


def status(result: Any) -> Any:
    return result.status


def code(result: Any) -> Any:
    return result.body["error"]["code"]


def created(result: Any) -> Any:
    return result.body["created"]


def billed(result: Any) -> Any:
    return result.body["usage"]["billed_amount"]


def count(result: Any) -> int:
    return len(result.images)


def route(result: Any) -> Any:
    return result.call.route


def replayed(result: Any) -> Any:
    return result.call.replayed


def pixels(result: Any) -> tuple[int, int]:
    return result.call.image_request.width, result.call.image_request.height


def is_drawn_from_seed_0(result: Any) -> bool:
    return bool(result.call.fingerprints[0] == fingerprints_of(result.call.image_request.digest, 0, 1, 0)[0].hex())


def waits(result: Any) -> Any:
    return tuple(result.waits)


def charged(result: Any) -> bool:
    charged: bool = result.call.charged
    return charged


@dataclass(frozen=True)
class Flip:
    """Value of a setting, a request (sent `times`), and the results under the default and under the value."""

    setting: str
    value: Any
    before: Any
    after: Any
    request: dict[str, Any] = field(default_factory=dict)
    see: Callable[[Any], Any] = status
    times: int = 1
    also: dict[str, Any] = field(default_factory=dict)
    breaks_off: bool = False


ONE_DOWN = {"routes_down": ["azure-openai"]}
OBEY = {"fault_header": "obey"}
RATE_LIMITED = {"headers": {"x-omixa-mock-fault": "rate_limited"}}
HANG = {"headers": {"x-omixa-mock-fault": "hang"}}
FLIPS = [
    Flip("unknown_fields", "ignore", 422, 200, {"user": "me"}),
    Flip("unknown_fields", "ignore", 422, 200, {"input_images": [wrapped(IMAGE) | {"detail": "low"}]}),
    Flip("allowed_fields", ["user"], 422, 200, {"user": "me"}),
    Flip("empty_prompt", "allow", 422, 200, {"prompt": ""}),
    Flip("prompt_max_chars", 4, 200, 422, {"prompt": "a cat"}),
    Flip("prompt_max_chars", 40_000, 422, 200, {"prompt": "a" * 33_000}),
    Flip("input_images_max", 1, 200, 422, {"input_images": [wrapped(IMAGE)] * 2}),
    Flip("input_images_max", 17, 422, 200, {"input_images": [wrapped(IMAGE)] * 17}),
    Flip("mask_shape", "string", 200, 422, {"mask": wrapped(IMAGE)}),
    Flip("mask_shape", "object", 200, 422, {"mask": IMAGE}),
    Flip("remote_images", "accept", 422, 200, {"input_images": [wrapped("https://a.example/b.png")]}),
    Flip("remote_images", "accept", 422, 200, {"mask": "https://a.example/b.png"}),
    Flip("image_checks", "ignore", 422, 200, {"input_images": [wrapped(TEXT)]}),
    Flip("transparent_jpeg", "opaque", 422, 200, {"background": "transparent", "output_format": "jpeg"}),
    Flip("edit_fields_without_images", "refuse", 200, 422, {"input_fidelity": "low"}),
    Flip("edit_fields_without_images", "refuse", 200, 422, {"mask": IMAGE}),
    Flip("n_over_provider_limit", "refuse", 200, 422, {"n": 3}, also={"provider_limit": 2}),
    Flip("provider_limit", 2, 5, 2, {"n": 5}, count),
    Flip("malformed_status", 400, 422, 400, {"raw": b"{"}),
    Flip("malformed_status", 400, 422, 422, {"n": 11}),
    Flip("content_type", "ignore", 415, 200, {"headers": {"content-type": "text/plain"}}),
    Flip("nesting_max", 2, 0, 1, {"x": [[]]}, lambda result: result.rules == ["gateway.body.nesting"]),
    Flip("body_max", 20, 200, 413),
    Flip("balance_check", "before-validation", 422, 402, {"n": 11}, also={"default_balance": 0}),
    Flip("idempotency_key", "replay", 0, 1, {"headers": {"idempotency-key": "a"}}, replayed, times=2),
    Flip("success_status", 201, 200, 201),
    Flip("default_format", "webp", b"\x89PNG", b"RIFF", {}, lambda result: result.images[0][:4]),
    Flip("auto_size", "1024x1536", (1024, 1024), (1024, 1536), {}, pixels),
    Flip("models", ["MAI-Image-2.5"], 200, 422),
    Flip("models", [MODEL, "MAI-Image-2.5"], 422, 200, {"model": "MAI-Image-2.5"}),
    Flip("default_balance", 0, 200, 402),
    Flip("minimum_hold", "100.01", 200, 402),
    Flip("prices", {MODEL: "1"}, "0.039000", "1.000000", {}, billed),
    Flip("routes", {MODEL: ["google"]}, "azure-openai", "google", {}, route),
    Flip("errors", {"invalid_request": {"code": "x"}}, "invalid_request", "x", {"n": 11}, code),
    Flip("errors", {"invalid_request": {"status": 400}}, 422, 400, {"n": 11}),
    Flip("latency", 2.5, (), (2.5,), {}, waits),
    Flip("failover_latency", 2, (0.1,), (2.0,), {}, waits, also=ONE_DOWN),
    Flip("time_scale", 0.5, (3.0,), (1.5,), {}, waits, also={"latency": 3}),
    Flip("client_leaves", "capture", 0, 1, {"leaves_at": Wait}, charged, also={"latency": 3}, breaks_off=True),
    Flip("retry_after", 7, "1", "7", RATE_LIMITED, lambda result: result.headers["retry-after"], also=OBEY),
    Flip("fault_header", "obey", 200, 429, RATE_LIMITED),
    Flip("hang_limit", 1, Hang(5.0), Hang(1.0), HANG, lambda result: result.ending, also=OBEY, breaks_off=True),
    Flip("seed", 1, 1, 0, {}, is_drawn_from_seed_0),
    Flip("vary", "call", 1, 0, {}, is_drawn_from_seed_0, times=2),
    Flip("caption", "none", 1, 0, {}, lambda result: len(result.images[0]) > 2500),
    Flip("weight", "50KB", 1, 0, {}, lambda result: len(result.images[0]) < 50_000),
    Flip("clock", "real", 1780660800, 0, {}, created),
    Flip("created", 5, 1780660800, 5, {}, created),
]


@pytest.mark.parametrize("flip", FLIPS, ids=lambda flip: f"{flip.setting}-{flip.value}"[:50])
@pytest.mark.parametrize("side", ["default", "changed"])
def test_setting_changes_the_result(
    flip: Flip, side: str, make_gateway: Callable[..., Gateway], ask: Ask, run_flow: Ask
) -> None:
    settings = {name: value for name, value in flip.also.items() if name != "routes_down"}
    gateway = make_gateway(**settings, **({flip.setting: flip.value} if side == "changed" else {}))
    gateway.workspaces.open("omx_live_core").configure({"routes_down": flip.also.get("routes_down", [])})
    client = run_flow if flip.breaks_off else ask
    result = [client(gateway, **flip.request) for _ in range(flip.times)][-1]
    assert flip.see(result) == (flip.before if side == "default" else flip.after)


def test_every_setting_has_a_flip() -> None:
    assert {flip.setting for flip in FLIPS} == set(Settings.__struct_fields__), "add a Flip to FLIPS"


def test_every_flip_changes_the_result() -> None:
    constant = [flip.setting for flip in FLIPS if flip.before == flip.after]
    assert constant == ["malformed_status"], "only a malformed body gets the other status"


def test_setting_of_a_workspace_applies_to_the_next_call(gateway: Gateway, ask: Ask) -> None:
    before = ask(gateway).status
    gateway.workspaces.open("omx_live_core").configure({"settings": {"success_status": 201}})
    assert (before, ask(gateway).status) == (200, 201)


def test_waiting_call_is_billed_by_the_prices_of_its_hold(
    make_gateway: Callable[..., Gateway], start: Callable[..., Any]
) -> None:
    gateway = make_gateway(latency=1)
    flow, _ = start(gateway)
    workspace = gateway.workspaces.open("omx_live_core")
    workspace.configure({"settings": {"prices": {MODEL: "7"}}})
    next(flow)
    flow.close()
    assert workspace.wallet.captured == Decimal("0.039")


def test_replay_is_free(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    gateway = make_gateway(idempotency_key="replay")
    for _ in range(3):
        ask(gateway, headers={"idempotency-key": "a"})
    assert gateway.workspaces.enter("omx_live_core").wallet.captured == Decimal("0.039")


@pytest.fixture
def raced(make_gateway: Callable[..., Gateway], start: Callable[..., Any]) -> Workspace:
    """Return the workspace of two equal first requests that were under way at once."""
    gateway = make_gateway(idempotency_key="replay", latency=3)
    flows = [start(gateway, headers={"idempotency-key": "a"})[0] for _ in range(2)]
    for flow in flows:
        next(flow)
        next(flow, None)
    return gateway.workspaces.enter("omx_live_core")


def test_two_first_calls_at_once_are_charged_once(raced: Workspace) -> None:
    assert raced.wallet.captured == Decimal("0.039")


def test_two_first_calls_at_once_get_one_response(raced: Workspace) -> None:
    first, second = raced.journal
    assert (first.response, [first.replayed, second.replayed]) == (second.response, [False, True])


def test_two_first_calls_at_once_leave_no_hold(raced: Workspace) -> None:
    assert [entry.kind for entry in raced.wallet.ledger] == ["balance", "hold", "hold", "capture", "release"]


def test_first_calls_of_many_threads_are_charged_once(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    gateway = make_gateway(idempotency_key="replay")
    with ThreadPoolExecutor(8) as pool:
        tuple(pool.map(lambda _: ask(gateway, headers={"idempotency-key": "a"}), range(100)))
    assert gateway.workspaces.enter("omx_live_core").wallet.captured == Decimal("0.039")


@pytest.mark.parametrize(
    "request_",
    [
        {"headers": {"idempotency-key": "b"}},
        {"headers": {"idempotency-key": ""}},
        {},
        {"key": "omx_live_b", "headers": {"idempotency-key": "a"}},
        {"prompt": "a dog", "headers": {"idempotency-key": "a"}},
        {"n": 2, "headers": {"idempotency-key": "a"}},
    ],
    ids=str,
)
def test_different_call_is_not_replayed(
    request_: dict[str, Any], make_gateway: Callable[..., Gateway], ask: Ask
) -> None:
    gateway = make_gateway(idempotency_key="replay")
    for headers in ({"idempotency-key": "a"}, {"idempotency-key": ""}, {}):
        ask(gateway, headers=headers)
    assert not ask(gateway, **request_).call.replayed


def test_refusal_is_not_replayed(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    gateway = make_gateway(idempotency_key="replay")
    ask(gateway, n=11, headers={"idempotency-key": "a"})
    assert ask(gateway, headers={"idempotency-key": "a"}).status == 200


def test_replay_ends_with_the_setting(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    gateway = make_gateway(idempotency_key="replay")
    ask(gateway, headers={"idempotency-key": "a"})
    gateway.workspaces.open("omx_live_core").configure({"settings": {"idempotency_key": "ignore"}})
    assert not ask(gateway, headers={"idempotency-key": "a"}).call.replayed


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("seed", "7", 7),
        ("seed", 7.0, 7),
        ("weight", "2MB", 2_000_000),
        ("weight", "2 mb", 2_000_000),
        ("weight", "64KiB", 65_536),
        ("weight", "5B", 5),
        ("body_max", "1GB", 10**9),
        ("body_max", "1gib", 2**30),
        ("latency", "0.5", Duration("fixed", 0.5, 0.5)),
        ("latency", 2, Duration("fixed", 2.0, 2.0)),
        ("latency", "lognormal:8s..60s", Duration("lognormal", 8.0, 60.0)),
        ("time_scale", "0.5", 0.5),
        ("hang_limit", 2, 2.0),
        ("default_balance", "5.00", Decimal(5)),
        ("default_balance", 5, Decimal(5)),
        ("default_balance", 0.1, Decimal("0.1")),
        ("minimum_hold", Decimal("0.02"), Decimal("0.02")),
        ("malformed_status", "400", 400),
        ("models", "gpt-image-1.5, MAI-Image-2.5", (MODEL, "MAI-Image-2.5")),
        ("models", [MODEL], (MODEL,)),
        ("prices", {MODEL: "1"}, {MODEL: "1"}),
        ("vary", "call", "call"),
    ],
)
def test_setting_is_parsed_typed_or_as_text(name: str, given: Any, value: Any) -> None:
    parsed = getattr(with_changes(Settings(), {name: given}), name)
    assert (parsed, type(parsed) in {type(value), type(with_changes(Settings(), {}).prices)}) == (value, True)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("sead", 1, 'Unknown setting "sead". Did you mean seed?'),
        ("provider-limit", 1, 'Unknown setting "provider-limit". Did you mean provider_limit?'),
        ("xyz", 1, 'Unknown setting "xyz". There are: allowed_fields, auto_size, balance_check, '),
        ("vary", "cal", 'vary = "cal" is not accepted; accepted: none, call. Did you mean call?'),
        ("vary", None, "vary = null is not accepted; accepted: none, call."),
        ("malformed_status", 422.5, "malformed_status = 422.5 is not accepted; accepted: 422, 400."),
        ("success_status", True, "success_status = true is not accepted; accepted: 200, 201."),
        ("seed", "x", 'seed = "x" is not a whole number'),
        ("seed", None, "seed = null is not a whole number"),
        ("seed", True, "seed = true is not a whole number"),
        ("seed", 1.5, "seed = 1.5 is not a whole number"),
        ("seed", float("inf"), "seed = Infinity is not a whole number"),
        ("seed", float("nan"), "seed = NaN is not a whole number"),
        ("seed", -1, "seed = -1 is out of range; accepted: 0 or more"),
        ("seed", "9" * 5000, "is not a whole number"),
        ("weight", "2XB", 'weight = "2XB" is not a whole number'),
        ("weight", "MB", 'weight = "MB" is not a whole number'),
        ("weight", "1GB", 'weight = "1GB" is out of range; accepted: 0 to 64000000'),
        ("nesting_max", 65, "nesting_max = 65 is out of range; accepted: 1 to 64"),
        ("provider_limit", 11, "provider_limit = 11 is out of range; accepted: 1 to 10"),
        ("provider_limit", 0, "provider_limit = 0 is out of range; accepted: 1 to 10"),
        ("created", 10**12, "created = 1000000000000 is out of range; accepted: 0 to 99999999999"),
        ("latency", "soon", 'latency = "soon" is not accepted; accepted: seconds (0.5, 500ms, 2s), uniform:1s..5s'),
        ("latency", -1, "latency = -1 is not accepted; accepted: seconds"),
        ("failover_latency", "nan", 'failover_latency = "nan" is not accepted; accepted: seconds'),
        ("latency", True, "latency = true is not accepted; accepted: seconds"),
        ("time_scale", "fast", 'time_scale = "fast" is not a number of seconds'),
        ("time_scale", -1, "time_scale = -1 is out of range; accepted: 0 or more seconds, for instance 0.5"),
        ("hang_limit", "nan", 'hang_limit = "nan" is out of range; accepted: 0 or more seconds, for instance 0.5'),
        ("hang_limit", True, "hang_limit = true is out of range"),
        (
            "default_balance",
            "-1",
            'default_balance = "-1" is not accepted; accepted: 0 or more USD, for instance "5.00"',
        ),
        ("default_balance", "NaN", 'default_balance = "NaN" is not accepted'),
        ("default_balance", "lots", 'default_balance = "lots" is not accepted'),
        ("default_balance", None, "default_balance = null is not accepted"),
        ("models", 5, "models = 5 is not a list of names"),
        ("models", [5], "models = [5] is not a list of names"),
        ("prices", "0.05", 'prices = "0.05" is not a table'),
        ("errors", [], "errors = [] is not a table"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_setting_is_refused_with_a_message(name: str, value: Any, message: str) -> None:
    with pytest.raises(SettingError) as refused:
        with_changes(Settings(), {name: value})
    assert message in str(refused.value)


def test_number_of_many_digits_is_no_choice() -> None:
    with pytest.raises(SettingError, match=r"^vary = a number of more than 4300 digits is not accepted"):
        with_changes(Settings(), {"vary": 10**5000})


def test_tables_of_settings_are_copies() -> None:
    table = {MODEL: "1"}
    settings = with_changes(Settings(), {"prices": table})
    table[MODEL] = "2"
    assert settings.prices == {MODEL: "1"}


def test_every_setting_has_a_description() -> None:
    assert all(text for _, text, _ in describe_settings().values())
