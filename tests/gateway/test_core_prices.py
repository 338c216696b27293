"""Prices, provider routes, and the provider's limit."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from omixa_mock import Gateway, SettingError

Ask = Callable[..., Any]
MODEL = "gpt-image-1.5"
KEY = "omx_live_core"
TABLE = {"base": "0.1", "quality": {"high": "3", "low": 0.5}, "size": {"1024x1536": 2}}


def test_documented_sample_has_the_documented_price(gateway: Gateway, ask: Ask) -> None:
    result = ask(gateway, n=1, size="1024x1024", quality="auto")
    assert result.body["usage"] == {"billed_amount": "0.039000"}


@pytest.mark.parametrize(
    ("price", "fields", "billed"),
    [
        ("0.05", {}, "0.050000"),
        (0.05, {"quality": "high", "size": "1024x1536"}, "0.050000"),
        (1, {"n": 3}, "3.000000"),
        (0, {"n": 3}, "0.000000"),
        ("0.0000014", {"n": 3}, "0.000003"),
        ("0.0000005", {}, "0.000001"),
        (TABLE, {}, "0.100000"),
        (TABLE, {"quality": "high"}, "0.300000"),
        (TABLE, {"quality": "low"}, "0.050000"),
        (TABLE, {"quality": "medium"}, "0.100000"),
        (TABLE, {"quality": "high", "size": "1024x1536", "n": 2}, "1.200000"),
        ({"base": "0.1"}, {"quality": "high"}, "0.100000"),
    ],
)
def test_price_table_decides_the_bill(
    price: Any, fields: dict[str, Any], billed: str, make_gateway: Callable[..., Gateway], ask: Ask
) -> None:
    result = ask(make_gateway(prices={MODEL: price}), **fields)
    assert result.body["usage"]["billed_amount"] == billed


def test_higher_quality_costs_more(gateway: Gateway, ask: Ask) -> None:
    low, medium, high = (ask(gateway, quality=quality).billed for quality in ("low", "medium", "high"))
    assert low < medium < high


def test_larger_images_cost_more(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, size="1024x1024").billed < ask(gateway, size="1536x1024").billed


def test_n_images_cost_n_times_as_much(gateway: Gateway, ask: Ask) -> None:
    assert ask(gateway, n=10).billed == 10 * ask(gateway, n=1).billed


@pytest.mark.parametrize("zero", ["-0", "-0.00", 0])
def test_zero_is_billed_without_a_sign(zero: Any, make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    billed = ask(make_gateway(prices={MODEL: zero})).body["usage"]["billed_amount"]
    assert billed == "0.000000"


@pytest.mark.parametrize(
    "price",
    [
        None,
        True,
        "",
        "five",
        "-1",
        "NaN",
        "Infinity",
        "1e30",
        [],
        {},
        {"base": None},
        {"base": "0.1", "qualtiy": {}},
        {"base": "0.1", "quality": "high"},
        {"base": "0.1", "quality": {"high": "dear"}},
        {"base": "0.1", "size": {"auto": -1}},
        {"base": "0.1", "size": [1]},
    ],
    ids=repr,
)
def test_bad_price_row_is_refused(price: Any, make_gateway: Callable[..., Gateway]) -> None:
    with pytest.raises(
        SettingError, match=r'prices\["gpt-image-1.5"\] = .* is not a price; accepted: an amount per image'
    ):
        make_gateway(prices={MODEL: price})


def test_price_of_an_unknown_model_is_refused(make_gateway: Callable[..., Gateway]) -> None:
    with pytest.raises(SettingError, match=r'There is no model "gpt-image-1"; there are: gpt-image-1\.5, '):
        make_gateway(prices={"gpt-image-1": "0.1"})


def down(gateway: Gateway, *routes: str) -> None:
    gateway.workspaces.open(KEY).configure({"routes_down": list(routes)})


def attempts(result: Any) -> list[tuple[str, str]]:
    return [(attempt.route, attempt.outcome) for attempt in result.call.attempts]


def test_best_route_takes_the_call(gateway: Gateway, ask: Ask) -> None:
    assert attempts(ask(gateway)) == [("azure-openai", "up")]


def test_next_route_takes_the_call_if_the_best_is_down(gateway: Gateway, ask: Ask) -> None:
    down(gateway, "azure-openai")
    assert attempts(ask(gateway)) == [("azure-openai", "down"), ("azure-foundry", "up")]


def test_route_that_made_the_images_is_journalled(gateway: Gateway, ask: Ask) -> None:
    down(gateway, "azure-openai")
    assert ask(gateway).call.route == "azure-foundry"


def test_failover_does_not_change_the_response(gateway: Gateway, ask: Ask) -> None:
    before = ask(gateway).response
    down(gateway, "azure-openai")
    assert ask(gateway).response == before


def test_all_routes_down_names_no_provider(gateway: Gateway, ask: Ask) -> None:
    down(gateway, "azure-openai", "azure-foundry")
    result = ask(gateway)
    assert (result.status, "azure" in result.response.body.decode() + str(result.response.headers)) == (503, False)


def test_all_routes_down_hold_nothing(gateway: Gateway, ask: Ask) -> None:
    down(gateway, "azure-openai", "azure-foundry")
    ask(gateway)
    assert [entry.kind for entry in gateway.workspaces.enter(KEY).wallet.ledger] == ["balance"]


def test_all_routes_down_are_journalled(gateway: Gateway, ask: Ask) -> None:
    down(gateway, "azure-openai", "azure-foundry")
    result = ask(gateway)
    assert (attempts(result), result.call.route) == ([("azure-openai", "down"), ("azure-foundry", "down")], None)


def test_model_without_a_route_has_no_healthy_one(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    assert ask(make_gateway(routes={MODEL: []})).status == 503


@pytest.mark.parametrize("row", ["azure-openai", 5, None, [1], {"azure-openai": 1}])
def test_bad_row_of_routes_is_refused(row: Any, make_gateway: Callable[..., Gateway]) -> None:
    with pytest.raises(SettingError, match="is not a list of names"):
        make_gateway(routes={MODEL: row})


CLAMPED = [(1, 3, 1), (3, 3, 3), (4, 3, 3), (10, 3, 3), (10, 10, 10), (10, 1, 1)]


@pytest.mark.parametrize(("n", "limit", "count"), CLAMPED)
def test_provider_limit_caps_the_images(
    n: int, limit: int, count: int, make_gateway: Callable[..., Gateway], ask: Ask
) -> None:
    assert len(ask(make_gateway(provider_limit=limit), n=n).images) == count


@pytest.mark.parametrize(("n", "limit", "count"), CLAMPED)
def test_provider_limit_caps_the_bill(
    n: int, limit: int, count: int, make_gateway: Callable[..., Gateway], ask: Ask
) -> None:
    assert ask(make_gateway(provider_limit=limit), n=n).billed == Decimal("0.039") * count


@pytest.mark.parametrize(("n", "warned"), [(3, False), (4, True)])
def test_capped_call_gets_an_advisory(n: int, warned: bool, make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    result = ask(make_gateway(provider_limit=3), n=n)
    expected = f"gateway.provider-limit.how: n is {n} and the provider makes 3 at once: fewer images come back."
    assert result.headers.get("x-omixa-mock-warn") == (expected if warned else None)


@pytest.mark.parametrize(("n", "rule"), [(3, None), (4, "gateway.provider-limit.how"), (11, "request.n.maximum")])
def test_provider_limit_refuses_under_its_setting(
    n: int, rule: str | None, make_gateway: Callable[..., Gateway], ask: Ask
) -> None:
    result = ask(make_gateway(provider_limit=3, n_over_provider_limit="refuse"), n=n)
    assert result.rules == ([rule] if rule else [])


def test_refusal_over_the_provider_limit_has_a_correction(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    result = ask(make_gateway(provider_limit=3, n_over_provider_limit="refuse"), n=4)
    assert "/n: 4 is over the provider's limit. Send 3." in result.message


@pytest.mark.parametrize("fields", [{"input_fidelity": "high"}, {"mask": "png"}])
def test_doubtful_request_gets_an_advisory(fields: dict[str, str], gateway: Gateway, ask: Ask, image: Any) -> None:
    if "mask" in fields:
        fields = {"mask": image(64, 64)}
    result = ask(gateway, **fields)
    assert (result.status, "without-input-images" in result.headers["x-omixa-mock-warn"]) == (200, True)


def test_repeated_input_image_gets_an_advisory(gateway: Gateway, ask: Ask, image: Any) -> None:
    result = ask(gateway, input_images=[image(64, 64)] * 2)
    assert [advisory.rule for advisory in result.call.advisories] == ["request.repeated-input-image"]


def test_several_advisories_share_the_header(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    result = ask(make_gateway(provider_limit=1), n=2, input_fidelity="low")
    assert result.headers["x-omixa-mock-warn"].count(" | ") == 1


def test_normal_request_gets_no_advisory(gateway: Gateway, ask: Ask) -> None:
    assert "x-omixa-mock-warn" not in ask(gateway).headers
