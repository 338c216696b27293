"""The mock without pytest: observations, configuration, assertions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import httpx
import pytest

import omixa_mock
from omixa_mock.gateway.contract import ImageRequest
from omixa_mock.gateway.faults import CALL_FIELDS
from omixa_mock.mock.workspace_client import Balance

Ask = Callable[..., httpx.Response]
OmixaMock = omixa_mock.OmixaMock
KEY = "omx_live_mock_intercept"


# What happened


def test_base_url_is_the_real_one(mock: OmixaMock) -> None:
    assert mock.base_url == "https://www.omixa.cloud/api/v1"


@pytest.mark.parametrize(("openai", "names"), [(False, ["OMIXA"]), (True, ["OMIXA", "OPENAI"])])
def test_env_has_what_clients_read(mock: OmixaMock, openai: bool, names: list[str]) -> None:
    pairs = [(f"{name}_{what}", value) for name in names for what, value in variables(mock)]
    assert mock.env(openai=openai) == dict(pairs)


def variables(mock: OmixaMock) -> list[tuple[str, str]]:
    return [("BASE_URL", mock.base_url), ("API_KEY", mock.api_key)]


def test_repr_counts_calls_and_charges(mock: OmixaMock, generate: Ask) -> None:
    generate()
    assert repr(mock) == "<omixa-mock at https://www.omixa.cloud/api/v1: 1 call, 0.039000 USD charged>"


def test_repr_has_no_key(mock: OmixaMock) -> None:
    assert mock.api_key not in repr(mock)


def test_calls_are_oldest_first(mock: OmixaMock, generate: Ask) -> None:
    for prompt in "abc":
        generate(prompt=prompt)
    assert [call.fields["prompt"] for call in mock.calls] == ["a", "b", "c"]


def test_calls_are_a_value(mock: OmixaMock, generate: Ask) -> None:
    before = mock.calls
    generate()
    assert (len(before), len(mock.calls)) == (0, 1)


def test_last_is_the_newest_call(mock: OmixaMock, generate: Ask) -> None:
    generate(prompt="a")
    generate(prompt="b")
    assert mock.last.fields["prompt"] == "b"


def test_last_without_calls_raises(mock: OmixaMock) -> None:
    with pytest.raises(AssertionError, match="the gateway was not called"):
        _ = mock.last


def test_wallet_is_exact(mock: OmixaMock, generate: Ask) -> None:
    mock.set_balance("1.00")
    generate()
    wallet = mock.wallet
    assert [wallet.balance, wallet.held, wallet.captured] == [Decimal("0.961"), Decimal(0), Decimal("0.039")]


def test_what_is_held_is_not_available() -> None:
    assert Balance(Decimal(3), Decimal(1), Decimal(0)).available == 2


def test_ledger_has_each_entry(mock: OmixaMock, generate: Ask) -> None:
    generate()
    assert [entry.kind for entry in mock.ledger] == ["balance", "hold", "capture"]


# identify


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview])
def test_image_in_memory_is_identified(mock: OmixaMock, generate: Ask, form: Callable[[bytes], Any]) -> None:
    generate(prompt="a")
    generate(prompt="b")
    [image] = mock.calls[0].images
    assert mock.identify(form(image)) is mock.calls[0]


@pytest.mark.parametrize("form", [str, Path])
def test_image_in_a_file_is_identified(
    mock: OmixaMock, generate: Ask, tmp_path: Path, form: Callable[[Path], Any]
) -> None:
    generate(n=2, output_format="webp")
    path = tmp_path / "cat.webp"
    path.write_bytes(mock.last.images[1])
    assert mock.identify(form(path)) is mock.last


def test_image_of_another_gateway_has_no_call(mock: OmixaMock, generate: Ask) -> None:
    generate()
    with omixa_mock.intercept(settings={"seed": 9}) as other:
        generate()
    assert mock.identify(other.last.images[0]) is None


def test_file_that_is_no_image_has_no_call(mock: OmixaMock) -> None:
    assert mock.identify(b"no image") is None


# What shall happen


def test_configure_changes_settings(mock: OmixaMock, generate: Ask) -> None:
    mock.configure(success_status=201)
    assert generate().status_code == 201


def test_configure_refuses_an_unknown_setting(mock: OmixaMock) -> None:
    with pytest.raises(omixa_mock.SettingError, match="Did you mean seed"):
        mock.configure(sede=1)


@pytest.mark.parametrize("balance", ["0.05", Decimal("0.05"), 0])
def test_balance_is_set(mock: OmixaMock, balance: Any) -> None:
    mock.set_balance(balance)
    assert mock.wallet.balance == Decimal(balance)


def test_key_is_restricted_to_models(mock: OmixaMock, generate: Ask) -> None:
    mock.allow_models("gpt-image-1.5")
    assert generate().status_code == 200
    mock.allow_models()
    assert generate().status_code == 403


def test_routes_go_down_and_up(mock: OmixaMock, generate: Ask) -> None:
    mock.routes_down("azure-openai", "azure-foundry")
    assert generate().status_code == 503
    mock.routes_down()
    assert generate().status_code == 200


def test_plans_show_the_calls_that_they_met(mock: OmixaMock, generate: Ask) -> None:
    mock.fail(["ok", "no_route"])
    mock.fail(402)
    generate()
    assert [(str(run.plan), run.fired, run.exhausted) for run in mock.plans] == [
        ("ok, no_route", 1, False),
        ("insufficient_balance (times=1)", 0, False),
    ]


def test_default_balance_is_refused_once_the_wallet_exists(mock: OmixaMock) -> None:
    with pytest.raises(omixa_mock.SettingError, match=r'Change balance itself, for instance balance = "5.00"'):
        mock.configure(default_balance="3.00")
    assert mock.wallet.balance == 100


# expect_refusal


@pytest.mark.parametrize("status", ["422", "invalid_request"])
def test_refusal_is_expected_by_its_number(mock: OmixaMock, status: Any) -> None:
    with pytest.raises(TypeError, match="is not accepted; accepted: a number, for instance 422"):
        mock.expect_refusal(status)


def test_expected_refusal_is_expected(mock: OmixaMock, generate: Ask) -> None:
    with mock.expect_refusal(422):
        generate(n=11)
    assert mock.is_expected(mock.last)


@pytest.mark.parametrize("fields", [{"n": 11}, {}], ids=["before it", "not refused"])
def test_other_call_is_not_expected(mock: OmixaMock, generate: Ask, fields: dict[str, Any]) -> None:
    generate(**fields)
    with mock.expect_refusal(422):
        generate(n=11)
    assert [mock.is_expected(call) for call in mock.calls] == [False, True]


def test_refusal_with_another_status_is_not_the_expected_one(mock: OmixaMock, generate: Ask) -> None:
    mock.set_balance(0)
    with pytest.raises(AssertionError, match="Expected a call to be refused with 422"), mock.expect_refusal(422):
        generate()
    assert not mock.is_expected(mock.last)


def test_missing_refusal_fails_with_the_calls_made(mock: OmixaMock, generate: Ask) -> None:
    with pytest.raises(AssertionError, match=r'#1 200 POST .* "a cat"'), mock.expect_refusal(422):
        generate()


def test_exception_of_the_block_is_not_hidden(mock: OmixaMock, generate: Ask) -> None:
    def fail() -> None:
        with mock.expect_refusal(422):
            generate(n=11)
            raise LookupError

    with pytest.raises(LookupError):
        fail()


# assert_called


def test_assert_called_returns_the_newest_such_call(mock: OmixaMock, generate: Ask) -> None:
    for _ in range(2):
        generate()
    generate(prompt="other")
    assert mock.assert_called(prompt="a cat") is mock.calls[1]


def test_assert_called_without_fields_takes_any_call(mock: OmixaMock, generate: Ask) -> None:
    generate()
    assert mock.assert_called() is mock.last


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
def test_assert_called_finds_a_call(mock: OmixaMock, generate: Ask, fields: dict[str, Any]) -> None:
    generate(n=2)
    assert mock.assert_called(**fields) is mock.last


MISSING: dict[str, dict[str, Any]] = {
    "another value": {"prompt": "a dog"},
    "one of two": {"prompt": "a cat", "n": 3},
    "matcher": {"n": Even()},
    "status": {"status": 503},
    "something that is no JSON": {"prompt": {1, 2}, "n": Decimal(3)},
    "anything, and another value": {"prompt": ANY, "size": "1x1"},
}


@pytest.mark.parametrize("fields", MISSING.values(), ids=MISSING)
def test_assert_called_misses_with_the_nearest_call(mock: OmixaMock, generate: Ask, fields: dict[str, Any]) -> None:
    generate()
    with pytest.raises(AssertionError, match=r"^No call had [\s\S]*\nNearest of 1: #1 200 POST [\s\S]*✗"):
        mock.assert_called(**fields)


def test_assert_called_finds_what_a_refused_call_had(mock: OmixaMock, generate: Ask) -> None:
    generate(n=11)
    mock.assert_called(n=11, status=422, operation=None)


def test_assert_called_without_calls_fails(mock: OmixaMock) -> None:
    with pytest.raises(AssertionError, match="the gateway was not called"):
        mock.assert_called(prompt="a cat")


@pytest.mark.parametrize("method", ["assert_called", "assert_not_called"])
def test_unknown_field_is_refused_with_the_known_ones(mock: OmixaMock, method: str) -> None:
    with pytest.raises(TypeError, match="no field 'zzz'") as raised:
        getattr(mock, method)(zzz=1)
    assert all(name in str(raised.value) for name in (*CALL_FIELDS, *omixa_mock.shipped_contract().field_names))


@pytest.mark.parametrize("method", ["assert_called", "assert_not_called"])
def test_misspelled_field_is_refused_with_the_right_one(mock: OmixaMock, method: str) -> None:
    with pytest.raises(TypeError, match=r"no field 'promt'.*\bprompt\b"):
        getattr(mock, method)(promt="a cat")


def test_fields_are_those_of_the_schemas() -> None:
    contract = omixa_mock.shipped_contract()
    assert set(contract.field_names) == {name for schema in contract.requests.values() for name in schema["properties"]}


@pytest.mark.parametrize(("asked", "came"), [(1, 2), (3, 2)])
def test_assert_called_counts(mock: OmixaMock, generate: Ask, asked: int, came: int) -> None:
    for _ in range(came):
        generate()
    mock.assert_called(prompt="a cat", times=came)
    with pytest.raises(AssertionError, match=rf"^Expected {asked} such calls?; there were {came}"):
        mock.assert_called(prompt="a cat", times=asked)


@pytest.mark.parametrize("times", [0, -1])
def test_no_call_at_all_is_not_asserted_by_a_number(mock: OmixaMock, times: int) -> None:
    with pytest.raises(ValueError, match="assert_not_called"):
        mock.assert_called(prompt="a cat", times=times)


@pytest.mark.parametrize("fields", [{}, {"prompt": "a cat"}, {"prompt": ANY}])
def test_assert_not_called_fails_by_such_a_call(mock: OmixaMock, generate: Ask, fields: dict[str, Any]) -> None:
    mock.assert_not_called(**fields)
    generate()
    with pytest.raises(AssertionError, match=r"Expected no .*there was 1"):
        mock.assert_not_called(**fields)


def test_assert_not_called_passes_by_other_calls(mock: OmixaMock, generate: Ask) -> None:
    generate()
    mock.assert_not_called(prompt="a dog")


@pytest.mark.parametrize("prompt", ["x" * 100_000, "🐈" * 30_000, f"{'x' * 70}omx_live_secret"])
def test_message_is_bounded_and_has_no_key(mock: OmixaMock, generate: Ask, prompt: str) -> None:
    mock.configure(prompt_max_chars=200_000)
    generate(prompt=prompt)
    with pytest.raises(AssertionError) as raised:
        mock.assert_called(prompt=f"{prompt}y", size="1x1", model=prompt)
    assert len(str(raised.value).encode()) <= 2048
    assert "omx_live_secret" not in str(raised.value)


def test_message_shows_no_base64_of_a_mask(mock: OmixaMock, generate: Ask) -> None:
    text = "QUJD" * 100
    generate(mask=f"data:image/png;base64,{text}")
    with pytest.raises(AssertionError) as raised:
        mock.assert_called(mask=f"data:image/png;base64,{text[:-4]}WFla")
    assert "QUJD" not in str(raised.value)


# Charges


def test_single_charge(mock: OmixaMock, generate: Ask) -> None:
    generate(n=11)
    generate()
    mock.assert_single_charge()


@pytest.mark.parametrize("count", [0, 2])
def test_no_charge_or_two_are_not_a_single_one(mock: OmixaMock, generate: Ask, count: int) -> None:
    for _ in range(count):
        generate()
    with pytest.raises(AssertionError, match="Expected one charge; there were"):
        mock.assert_single_charge()


class MadeUpClient:
    """WorkspaceClient of calls that are made up."""

    def __init__(self, *calls: omixa_mock.Call) -> None:
        self._calls = calls

    def calls(self) -> tuple[omixa_mock.Call, ...]:
        return self._calls

    def evicted(self) -> int:
        return 0

    def unmatched_calls(self) -> tuple[omixa_mock.Call, ...]:
        return ()

    def other_calls(self) -> tuple[()]:
        return ()

    def under_way(self) -> int:
        return 0

    def unrecorded(self) -> int:
        return 0


CHARGE = Decimal("0.039")


def made_up(*, digest: str = "a", charge: Decimal = CHARGE, left: bool = False) -> omixa_mock.Call:
    image_request = ImageRequest(
        model="m",
        n=1,
        output_format="png",
        size="auto",
        width=1,
        height=1,
        quality="auto",
        transparent=False,
        captioned=True,
        operation="generate",
        input_images=(),
        mask=None,
        fields={"prompt": "x"},
        digest=digest,
    )
    return omixa_mock.Call(
        "POST", "/", {}, number=1, image_request=image_request, charge=charge, charged=charge > 0, client_left=left
    )


def mock_of(calls: list[omixa_mock.Call]) -> OmixaMock:
    client: Any = MadeUpClient(*calls)
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


def test_httpx_raises_on_a_refusal_as_on_a_socket(mock: OmixaMock) -> None:
    response = httpx.get(f"{mock.base_url}/models", verify=False)
    with pytest.raises(httpx.HTTPStatusError):
        response.raise_for_status()
