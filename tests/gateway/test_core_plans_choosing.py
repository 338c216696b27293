"""Call matching of plans: by fields, by a predicate, by probability."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from omixa_mock.faults import no_route
from omixa_mock.gateway import Call, Gateway, SettingError, Workspace
from omixa_mock.gateway.faults import read_plan

Ask = Callable[..., Any]
KEY = "omx_live_core"
PNG = "data:image/png;base64,AAAA"


@pytest.fixture
def workspace(gateway: Gateway) -> Workspace:
    """Return the workspace of the calls."""
    return gateway.workspaces.open(KEY)


# By fields

MATCHES: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "field": ({"size": "1024x1536"}, {"size": "1024x1536"}, True),
    "another value": ({"size": "1024x1536"}, {"size": "1024x1024"}, False),
    "default that was filled in": ({"n": 1}, {}, True),
    "two fields": ({"n": 2, "prompt": "a dog"}, {"n": 2, "prompt": "a dog"}, True),
    "one of two fields": ({"n": 2, "prompt": "a dog"}, {"n": 2}, False),
    "operation": ({"operation": "generate"}, {}, True),
    "another operation": ({"operation": "edit"}, {}, False),
    "no fields": ({}, {}, True),
}


@pytest.mark.parametrize(("when", "fields", "matches"), MATCHES.values(), ids=MATCHES)
def test_plan_matches_the_calls_that_have_its_fields(
    gateway: Gateway, workspace: Workspace, ask: Ask, when: dict[str, Any], fields: dict[str, Any], *, matches: bool
) -> None:
    state = workspace.plan({"fail": "no_route", "when": when})
    assert (ask(gateway, **fields).status, state.seen) == ((503, 1) if matches else (200, 0))


def test_plan_counts_only_matching_calls(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    workspace.plan({"fail": "no_route", "when": {"n": 2}, "after": 1})
    assert [ask(gateway, n=n).status for n in (2, 1, 1, 2, 2)] == [200, 200, 200, 503, 200]


def test_call_that_the_older_plan_does_not_match_is_for_the_newer_one(
    gateway: Gateway, workspace: Workspace, ask: Ask
) -> None:
    for plan in ({"fail": 503, "when": {"n": 2}, "times": None}, {"fail": 402, "times": None}):
        workspace.plan(plan)
    assert [ask(gateway, n=n).status for n in (1, 2, 1)] == [402, 503, 402]


IMPOSSIBLE = {
    "size": ("999x1", 'when size = "999x1" can never be: a valid call has one of auto, 1024x1024, '),
    "n": (11, "when n = 11 can never be: a valid call has one of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"),
    "model": ("dall-e-3", 'when model = "dall-e-3" can never be: a valid call has one of gpt-image-1.5'),
    "operation": ("make", 'when operation = "make" can never be: a valid call has one of generate, edit, merge'),
    "output_format": ("gif", 'when output_format = "gif" can never be: a valid call has one of png, jpeg, webp'),
}


@pytest.mark.parametrize(("name", "value", "message"), [(name, *case) for name, case in IMPOSSIBLE.items()])
def test_condition_that_no_valid_call_can_meet_is_refused(
    workspace: Workspace, name: str, value: Any, message: str
) -> None:
    with pytest.raises(SettingError) as raised:
        workspace.plan({"fail": "no_route", "when": {name: value}})
    assert str(raised.value).startswith(message)


def test_plan_that_no_valid_call_can_meet_is_refused_when_it_is_planned(workspace: Workspace) -> None:
    with pytest.raises(SettingError, match="n = 11 can never be"):
        workspace.plan(no_route().when(n=11))


@pytest.mark.parametrize(
    "when", [{"prompt": "anything"}, {"mask": PNG}, {"input_images": []}, {"n": 2.0}, {"aspect_ratio": "1:1"}], ids=str
)
def test_condition_whose_values_cannot_be_listed_is_accepted(workspace: Workspace, when: dict[str, Any]) -> None:
    assert workspace.plan({"fail": "no_route", "when": when}).plan.matcher.fields == when


def test_model_enabled_by_a_setting_can_be_matched(make_gateway: Callable[..., Gateway]) -> None:
    terms = make_gateway(models=["gpt-image-1.5", "MAI-Image-2.5"]).workspaces.terms
    assert read_plan({"fail": "no_route", "when": {"model": "MAI-Image-2.5"}}, terms).matcher


# By a function


def is_long(call: Call) -> object:
    return len(call.fields["prompt"]) > 10


@pytest.mark.parametrize(("prompt", "status"), [("a cat", 200), ("a cat in a hat", 503)])
def test_predicate_chooses(gateway: Gateway, workspace: Workspace, ask: Ask, prompt: str, status: int) -> None:
    workspace.plan(no_route().when(is_long))
    assert ask(gateway, prompt=prompt).status == status


@pytest.mark.parametrize(("prompt", "n", "status"), [("a cat in a hat", 2, 503), ("a cat in a hat", 1, 200)])
def test_predicate_and_fields_choose_together(
    gateway: Gateway, workspace: Workspace, ask: Ask, prompt: str, n: int, status: int
) -> None:
    workspace.plan(no_route().when(is_long, n=2))
    assert ask(gateway, prompt=prompt, n=n).status == status


def test_predicate_is_called_with_valid_calls_alone(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    calls: list[Call] = []
    workspace.plan(no_route().when(calls.append))
    for n in (0, 2, 11):
        ask(gateway, n=n)
    assert [call.fields["n"] for call in calls] == [2]


def test_predicate_may_make_a_request(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    workspace.plan(no_route().when(lambda _: ask(gateway, key="omx_live_other").status == 200))
    assert ask(gateway).status == 503


def divide_text(call: Call) -> object:
    return call.fields["size"] / 2


def test_predicate_that_raises_lets_the_call_through(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    workspace.plan(no_route().when(divide_text))
    assert ask(gateway).status == 200


def test_exception_of_a_predicate_is_recorded(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    state = workspace.plan(no_route().when(divide_text))
    ask(gateway, size="auto")
    assert (state.predicate_error, state.seen, state.state) == (
        "TypeError: unsupported operand type(s) for /: 'str' and 'int'",
        0,
        "never fired",
    )


def test_plans_behind_a_predicate_that_raises_fire(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    workspace.plan(no_route().when(divide_text))
    workspace.plan(402)
    assert ask(gateway).status == 402


def test_long_exception_of_a_predicate_is_cut(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    def fail(_: Call) -> object:
        raise ValueError("x" * 10_000)

    state = workspace.plan(no_route().when(fail))
    ask(gateway)
    assert len(state.predicate_error) == 200


# By probability


def fired(gateway: Gateway, ask: Ask, key: str = KEY, *, probability: float = 0.3, **more: Any) -> list[bool]:
    workspace = gateway.workspaces.open(key)
    workspace.forget_plans()
    workspace.plan({"fail": "no_route", "probability": probability, **more})
    return [ask(gateway, key=key).status == 503 for _ in range(40)]


def test_probability_fires_at_some_calls_and_not_all(gateway: Gateway, ask: Ask) -> None:
    assert 0 < sum(fired(gateway, ask)) < 40


def test_probability_draws_the_same_in_every_run(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    assert fired(make_gateway(seed=7), ask) == fired(make_gateway(seed=7), ask)


def test_probability_draws_otherwise_under_another_seed(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    assert fired(make_gateway(seed=7), ask) != fired(make_gateway(seed=8), ask)


def test_probability_draws_otherwise_for_the_second_plan(gateway: Gateway, ask: Ask) -> None:
    assert fired(gateway, ask) != fired(gateway, ask)


def test_probability_of_1_always_fires(gateway: Gateway, ask: Ask) -> None:
    assert all(fired(gateway, ask, probability=1))


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_probability_is_met_in_the_long_run(workspace: Workspace, probability: float) -> None:
    state = workspace.plan({"fail": "no_route", "probability": probability})
    assert sum(state.should_fire(0) for _ in range(4000)) / 4000 == pytest.approx(probability, abs=0.03)


def test_probability_with_times_ends(gateway: Gateway, ask: Ask) -> None:
    assert sum(fired(gateway, ask, times=3)) == 3


def test_call_at_which_a_plan_does_not_fire_is_for_the_next_plan(
    gateway: Gateway, workspace: Workspace, ask: Ask
) -> None:
    for plan in ({"fail": 503, "probability": 0.5}, {"fail": 402, "times": None}):
        workspace.plan(plan)
    assert {ask(gateway).status for _ in range(20)} == {402, 503}
