"""The handle without pytest: what happened, what shall, what should have."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import httpx
import pytest

import omixa_mock
from omixa_mock.gateway.contract import ImageRequest
from omixa_mock.gateway.faults import CALL_FIELDS
from omixa_mock.mock.workspace_client import Balance

if TYPE_CHECKING:
    from tests.interceptors.conftest import Answer, HttpClient

Ask = Callable[..., "Answer"]
OmixaMock = omixa_mock.OmixaMock
KEY = "omx_live_mock_intercept"


@pytest.fixture
def generate(all_http_clients: dict[str, HttpClient]) -> Ask:
    """Orders an image."""
    return all_http_clients["httpx"].generate


# What happened


def test_base_url_is_the_real_one(gateway: OmixaMock) -> None:
    assert gateway.base_url == "https://www.omixa.cloud/api/v1"


@pytest.mark.parametrize(("openai", "names"), [(False, ["OMIXA"]), (True, ["OMIXA", "OPENAI"])])
def test_env_has_what_clients_read(gateway: OmixaMock, openai: bool, names: list[str]) -> None:
    pairs = [(f"{name}_{what}", value) for name in names for what, value in told(gateway)]
    assert gateway.env(openai=openai) == dict(pairs)


def told(gateway: OmixaMock) -> list[tuple[str, str]]:
    return [("BASE_URL", gateway.base_url), ("API_KEY", gateway.api_key)]


def test_repr_counts_calls_and_charges(gateway: OmixaMock, generate: Ask) -> None:
    generate()
    assert repr(gateway) == "<omixa-mock at https://www.omixa.cloud/api/v1: 1 call, 0.039000 USD charged>"


def test_repr_has_no_key(gateway: OmixaMock) -> None:
    assert gateway.api_key not in repr(gateway)


def test_calls_are_in_order(gateway: OmixaMock, generate: Ask) -> None:
    for prompt in "abc":
        generate(prompt=prompt)
    assert [call.fields["prompt"] for call in gateway.calls] == ["a", "b", "c"]


def test_calls_are_a_value(gateway: OmixaMock, generate: Ask) -> None:
    before = gateway.calls
    generate()
    assert (len(before), len(gateway.calls)) == (0, 1)


def test_last_is_the_newest_call(gateway: OmixaMock, generate: Ask) -> None:
    generate(prompt="a")
    generate(prompt="b")
    assert gateway.last.fields["prompt"] == "b"


def test_last_of_no_calls_says_so(gateway: OmixaMock) -> None:
    with pytest.raises(AssertionError, match="the gateway was not called"):
        _ = gateway.last


def test_wallet_is_exact(gateway: OmixaMock, generate: Ask) -> None:
    gateway.set_balance("1.00")
    generate()
    wallet = gateway.wallet
    assert [wallet.balance, wallet.held, wallet.captured] == [Decimal("0.961"), Decimal(0), Decimal("0.039")]


def test_what_is_held_is_not_available() -> None:
    assert Balance(Decimal(3), Decimal(1), Decimal(0)).available == 2


def test_ledger_has_each_entry(gateway: OmixaMock, generate: Ask) -> None:
    generate()
    assert [entry.kind for entry in gateway.ledger] == ["balance", "hold", "capture"]


# identify


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview])
def test_image_in_memory_is_identified(gateway: OmixaMock, generate: Ask, form: Callable[[bytes], Any]) -> None:
    generate(prompt="a")
    generate(prompt="b")
    [image] = gateway.calls[0].images
    assert gateway.identify(form(image)) is gateway.calls[0]


@pytest.mark.parametrize("form", [str, Path])
def test_image_in_a_file_is_identified(
    gateway: OmixaMock, generate: Ask, tmp_path: Path, form: Callable[[Path], Any]
) -> None:
    generate(n=2, output_format="webp")
    path = tmp_path / "cat.webp"
    path.write_bytes(gateway.last.images[1])
    assert gateway.identify(form(path)) is gateway.last


def test_image_of_another_gateway_is_none_of_these_calls(gateway: OmixaMock, generate: Ask) -> None:
    generate()
    with omixa_mock.intercept(settings={"seed": 9}) as other:
        generate()
    assert gateway.identify(other.last.images[0]) is None


def test_what_is_no_image_is_none_of_these_calls(gateway: OmixaMock) -> None:
    assert gateway.identify(b"no image") is None


# What shall happen


def test_configure_changes_settings(gateway: OmixaMock, generate: Ask) -> None:
    gateway.configure(success_status=201)
    assert generate().status == 201


def test_configure_refuses_an_unknown_setting(gateway: OmixaMock) -> None:
    with pytest.raises(omixa_mock.SettingError, match="Did you mean seed"):
        gateway.configure(sede=1)


@pytest.mark.parametrize("balance", ["0.05", Decimal("0.05"), 0])
def test_balance_is_set(gateway: OmixaMock, balance: Any) -> None:
    gateway.set_balance(balance)
    assert gateway.wallet.balance == Decimal(balance)


def test_key_is_restricted_to_models(gateway: OmixaMock, generate: Ask) -> None:
    gateway.allow_models("gpt-image-1.5")
    assert generate().status == 200
    gateway.allow_models()
    assert generate().status == 403


def test_routes_go_down_and_up(gateway: OmixaMock, generate: Ask) -> None:
    gateway.routes_down("azure-openai", "azure-foundry")
    assert generate().status == 503
    gateway.routes_down()
    assert generate().status == 200


def test_plans_tell_what_they_have_met(gateway: OmixaMock, generate: Ask) -> None:
    gateway.fail(["ok", "no_route"])
    gateway.fail(402)
    generate()
    assert [(str(run.plan), run.fired, run.exhausted) for run in gateway.plans] == [
        ("ok, no_route", 1, False),
        ("insufficient_balance (times=1)", 0, False),
    ]


def test_balance_to_begin_with_is_refused_where_the_wallet_has_begun(gateway: OmixaMock) -> None:
    with pytest.raises(omixa_mock.SettingError, match=r'Change balance itself, for instance balance = "5.00"'):
        gateway.configure(default_balance="3.00")
    assert gateway.wallet.balance == 100


# expect_refusal


@pytest.mark.parametrize("status", ["422", "invalid_request", None])
def test_refusal_is_expected_by_its_number(gateway: OmixaMock, status: Any) -> None:
    with pytest.raises(TypeError, match="is not accepted; accepted: a number, for instance 422"):
        gateway.expect_refusal(status)


def test_expected_refusal_is_expected(gateway: OmixaMock, generate: Ask) -> None:
    with gateway.expect_refusal(422):
        generate(n=11)
    assert gateway.is_expected(gateway.last)


@pytest.mark.parametrize("fields", [{"n": 11}, {}], ids=["before it", "not refused"])
def test_other_call_is_not_expected(gateway: OmixaMock, generate: Ask, fields: dict[str, Any]) -> None:
    generate(**fields)
    with gateway.expect_refusal(422):
        generate(n=11)
    assert [gateway.is_expected(call) for call in gateway.calls] == [False, True]


def test_refusal_with_another_status_is_not_the_expected_one(gateway: OmixaMock, generate: Ask) -> None:
    gateway.set_balance(0)
    with pytest.raises(AssertionError, match="Expected a call to be refused with 422"), gateway.expect_refusal(422):
        generate()
    assert not gateway.is_expected(gateway.last)


def test_refusal_that_did_not_come_is_told_with_the_calls_that_came(gateway: OmixaMock, generate: Ask) -> None:
    with pytest.raises(AssertionError, match=r'#1 200 POST .* "a cat"'), gateway.expect_refusal(422):
        generate()


def test_exception_of_the_block_is_not_hidden(gateway: OmixaMock, generate: Ask) -> None:
    def fail() -> None:
        with gateway.expect_refusal(422):
            generate(n=11)
            raise LookupError

    with pytest.raises(LookupError):
        fail()


# assert_called


def test_assert_called_returns_the_newest_such_call(gateway: OmixaMock, generate: Ask) -> None:
    for _ in range(2):
        generate()
    generate(prompt="other")
    assert gateway.assert_called(prompt="a cat") is gateway.calls[1]


def test_assert_called_without_fields_takes_any_call(gateway: OmixaMock, generate: Ask) -> None:
    generate()
    assert gateway.assert_called() is gateway.last


class Even:
    """Compares as matchers of test libraries do."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and other % 2 == 0

    __hash__ = object.__hash__


MATCHING: dict[str, dict[str, Any]] = {
    "as sent": {"prompt": "a cat", "n": 2},
    "default": {"quality": "auto"},
    "not sent": {"mask": None},
    "anything": {"prompt": ANY, "mask": ANY},
    "matcher": {"n": Even()},
    "status": {"status": 200},
    "operation": {"operation": "generate"},
    "route": {"route": "azure-openai"},
}


@pytest.mark.parametrize("fields", MATCHING.values(), ids=MATCHING)
def test_assert_called_finds_a_call(gateway: OmixaMock, generate: Ask, fields: dict[str, Any]) -> None:
    generate(n=2)
    assert gateway.assert_called(**fields) is gateway.last


MISSING: dict[str, dict[str, Any]] = {
    "another value": {"prompt": "a dog"},
    "one of two": {"prompt": "a cat", "n": 3},
    "matcher": {"n": Even()},
    "status": {"status": 503},
    "something that is no JSON": {"prompt": {1, 2}, "n": Decimal(3)},
    "anything, and another value": {"prompt": ANY, "size": "1x1"},
}


@pytest.mark.parametrize("fields", MISSING.values(), ids=MISSING)
def test_assert_called_misses_with_the_nearest_call(gateway: OmixaMock, generate: Ask, fields: dict[str, Any]) -> None:
    generate()
    with pytest.raises(AssertionError, match=r"^No call had [\s\S]*\nNearest of 1: #1 200 POST [\s\S]*✗"):
        gateway.assert_called(**fields)


def test_assert_called_finds_what_a_refused_call_had(gateway: OmixaMock, generate: Ask) -> None:
    generate(n=11)
    gateway.assert_called(n=11, status=422, operation=None)


def test_assert_called_of_no_calls_says_so(gateway: OmixaMock) -> None:
    with pytest.raises(AssertionError, match="the gateway was not called"):
        gateway.assert_called(prompt="a cat")


@pytest.mark.parametrize("method", ["assert_called", "assert_not_called"])
def test_unknown_field_is_refused_with_those_that_there_are(gateway: OmixaMock, method: str) -> None:
    with pytest.raises(TypeError, match="no field 'zzz'") as raised:
        getattr(gateway, method)(zzz=1)
    assert all(name in str(raised.value) for name in (*CALL_FIELDS, *omixa_mock.shipped_contract().field_names))


@pytest.mark.parametrize("method", ["assert_called", "assert_not_called"])
def test_misspelled_field_is_refused_with_the_right_one(gateway: OmixaMock, method: str) -> None:
    with pytest.raises(TypeError, match=r"no field 'promt'.*\bprompt\b"):
        getattr(gateway, method)(promt="a cat")


def test_fields_are_those_of_the_schemas() -> None:
    contract = omixa_mock.shipped_contract()
    assert set(contract.field_names) == {name for schema in contract.requests.values() for name in schema["properties"]}


@pytest.mark.parametrize(("asked", "came"), [(1, 2), (3, 2)])
def test_assert_called_counts(gateway: OmixaMock, generate: Ask, asked: int, came: int) -> None:
    for _ in range(came):
        generate()
    gateway.assert_called(prompt="a cat", times=came)
    with pytest.raises(AssertionError, match=rf"^Expected {asked} such calls?; there were {came}"):
        gateway.assert_called(prompt="a cat", times=asked)


@pytest.mark.parametrize("times", [0, -1])
def test_no_call_at_all_is_not_asserted_by_a_number(gateway: OmixaMock, times: int) -> None:
    with pytest.raises(ValueError, match="assert_not_called"):
        gateway.assert_called(prompt="a cat", times=times)


@pytest.mark.parametrize("fields", [{}, {"prompt": "a cat"}, {"prompt": ANY}])
def test_assert_not_called_fails_by_such_a_call(gateway: OmixaMock, generate: Ask, fields: dict[str, Any]) -> None:
    gateway.assert_not_called(**fields)
    generate()
    with pytest.raises(AssertionError, match=r"Expected no .*there was 1"):
        gateway.assert_not_called(**fields)


def test_assert_not_called_passes_by_other_calls(gateway: OmixaMock, generate: Ask) -> None:
    generate()
    gateway.assert_not_called(prompt="a dog")


@pytest.mark.parametrize("prompt", ["x" * 100_000, "🐈" * 30_000, f"{'x' * 70}omx_live_secret"])
def test_message_is_bounded_and_has_no_key(gateway: OmixaMock, generate: Ask, prompt: str) -> None:
    gateway.configure(prompt_max_chars=200_000)
    generate(prompt=prompt)
    with pytest.raises(AssertionError) as raised:
        gateway.assert_called(prompt=f"{prompt}y", size="1x1", model=prompt)
    assert len(str(raised.value).encode()) <= 2048
    assert "omx_live_secret" not in str(raised.value)


def test_message_shows_no_base64_of_a_mask(gateway: OmixaMock, generate: Ask) -> None:
    text = "QUJD" * 100
    generate(mask=f"data:image/png;base64,{text}")
    with pytest.raises(AssertionError) as raised:
        gateway.assert_called(mask=f"data:image/png;base64,{text[:-4]}WFla")
    assert "QUJD" not in str(raised.value)


# Charges


def test_single_charge(gateway: OmixaMock, generate: Ask) -> None:
    generate(n=11)
    generate()
    gateway.assert_single_charge()


@pytest.mark.parametrize("count", [0, 2])
def test_no_charge_or_two_are_not_a_single_one(gateway: OmixaMock, generate: Ask, count: int) -> None:
    for _ in range(count):
        generate()
    with pytest.raises(AssertionError, match="Expected one charge; there were"):
        gateway.assert_single_charge()


class Told:
    """WorkspaceClient of calls that are made up."""

    def __init__(self, *calls: omixa_mock.Call) -> None:
        self._calls = calls

    def calls(self) -> tuple[omixa_mock.Call, ...]:
        return self._calls

    def unmatched_calls(self) -> tuple[omixa_mock.Call, ...]:
        return ()

    def under_way(self) -> int:
        return 0


CHARGE = Decimal("0.039")


def made_up(*, digest: str = "a", charge: Decimal = CHARGE, left: bool = False) -> omixa_mock.Call:
    image_request = ImageRequest(
        "m", 1, "png", "auto", 1, 1, "auto", False, "generate", (), None, {"prompt": "x"}, digest
    )  # noqa: FBT003  # opaque
    return omixa_mock.Call(
        "POST", "/", {}, number=1, image_request=image_request, charge=charge, charged=charge > 0, client_left=left
    )


def mock_of(calls: list[omixa_mock.Call]) -> OmixaMock:
    client: Any = Told(*calls)
    return OmixaMock("", KEY, client)


PAID, LOST, RELEASED = made_up(), made_up(left=True), made_up(charge=Decimal(0), left=True)
OTHER = made_up(digest="b")
# Whether calls have a duplicate charge, and an orphaned one.
BILLS: dict[str, tuple[list[omixa_mock.Call], bool, bool]] = {
    "nothing": ([], False, False),
    "one": ([PAID], False, False),
    "ordered twice": ([PAID, PAID], False, False),
    "lost": ([LOST], False, True),
    "lost, then again": ([LOST, PAID], True, True),
    "lost, then another": ([LOST, OTHER], False, True),
    "lost, another, then again": ([LOST, OTHER, PAID], True, True),
    "paid, then lost": ([PAID, LOST], False, True),
    "lost twice": ([LOST, LOST], True, True),
    "released, then again": ([RELEASED, PAID], False, False),
    "lost, then released": ([LOST, RELEASED], False, True),
}


@pytest.mark.parametrize(("calls", "duplicate"), [bill[:2] for bill in BILLS.values()], ids=BILLS)
def test_duplicate_charges_are_those_after_a_lost_response(calls: list[omixa_mock.Call], duplicate: bool) -> None:
    mock = mock_of(calls)
    if duplicate:
        with pytest.raises(AssertionError, match="charged again after its response was lost"):
            mock.assert_no_duplicate_charges()
    else:
        mock.assert_no_duplicate_charges()


@pytest.mark.parametrize(("calls", "orphan"), [bill[::2] for bill in BILLS.values()], ids=BILLS)
def test_orphan_charges_are_those_whose_client_has_no_image(calls: list[omixa_mock.Call], orphan: bool) -> None:
    mock = mock_of(calls)
    if orphan:
        with pytest.raises(AssertionError, match="the client was left without a usable image"):
            mock.assert_no_orphan_charges()
    else:
        mock.assert_no_orphan_charges()


def test_call_that_came_by_another_library_is_a_call_like_any(gateway: OmixaMock, http_client: HttpClient) -> None:
    http_client.generate(prompt="x")
    assert gateway.assert_called(prompt="x").headers["authorization"] == "(redacted)"


def test_httpx_is_told_of_a_refusal_as_by_the_real_gateway(gateway: OmixaMock) -> None:
    response = httpx.get(f"{gateway.base_url}/models", verify=False)
    with pytest.raises(httpx.HTTPStatusError):
        response.raise_for_status()
