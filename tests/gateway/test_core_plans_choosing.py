"""Which calls a plan means: by their fields, by a function of a test's own, by chance."""

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
    """The workspace of the calls."""
    return gateway.workspaces.open(KEY)


# By fields

MEANT: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "field": ({"size": "1024x1536"}, {"size": "1024x1536"}, True),
    "another value": ({"size": "1024x1536"}, {"size": "1024x1024"}, False),
    "default that was filled in": ({"n": 1}, {}, True),
    "two fields": ({"n": 2, "prompt": "a dog"}, {"n": 2, "prompt": "a dog"}, True),
    "one of two fields": ({"n": 2, "prompt": "a dog"}, {"n": 2}, False),
    "operation": ({"operation": "generate"}, {}, True),
    "another operation": ({"operation": "edit"}, {}, False),
    "no fields": ({}, {}, True),
}


@pytest.mark.parametrize(("when", "fields", "meant"), MEANT.values(), ids=MEANT)
def test_plan_means_the_calls_that_have_its_fields(
    gateway: Gateway, workspace: Workspace, ask: Ask, when: dict[str, Any], fields: dict[str, Any], *, meant: bool
) -> None:
    run = workspace.plan({"fail": "no_route", "when": when})
    assert (ask(gateway, **fields).status, run.seen) == ((503, 1) if meant else (200, 0))


def test_plan_counts_only_the_calls_that_it_means(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    workspace.plan({"fail": "no_route", "when": {"n": 2}, "after": 1})
    assert [ask(gateway, n=n).status for n in (2, 1, 1, 2, 2)] == [200, 200, 200, 503, 200]


def test_call_that_the_older_plan_does_not_mean_is_the_younger_one_s(
    gateway: Gateway, workspace: Workspace, ask: Ask
) -> None:
    for plan in ({"fail": 503, "when": {"n": 2}, "times": None}, {"fail": 402, "times": None}):
        workspace.plan(plan)
    assert [ask(gateway, n=n).status for n in (1, 2, 1)] == [402, 503, 402]


IMPOSSIBLE = {
    "size": ("999x1", "when size = '999x1' can never be: a valid call has one of auto, 1024x1024, "),
    "n": (11, "when n = 11 can never be: a valid call has one of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"),
    "model": ("dall-e-3", "when model = 'dall-e-3' can never be: a valid call has one of gpt-image-1.5"),
    "operation": ("make", "when operation = 'make' can never be: a valid call has one of generate, edit, merge"),
    "output_format": ("gif", "when output_format = 'gif' can never be: a valid call has one of png, jpeg, webp"),
}


@pytest.mark.parametrize(("name", "value", "message"), [(name, *told) for name, told in IMPOSSIBLE.items()])
def test_condition_that_no_valid_call_can_meet_is_refused(
    workspace: Workspace, name: str, value: Any, message: str
) -> None:
    with pytest.raises(SettingError) as raised:
        workspace.plan({"fail": "no_route", "when": {name: value}})
    assert str(raised.value).startswith(message)


def test_sentence_that_no_valid_call_can_meet_is_refused_when_it_is_planned(workspace: Workspace) -> None:
    with pytest.raises(SettingError, match="n = 11 can never be"):
        workspace.plan(no_route().when(n=11))


@pytest.mark.parametrize(
    "when", [{"prompt": "anything"}, {"mask": PNG}, {"input_images": []}, {"n": 2.0}, {"aspect_ratio": "1:1"}], ids=str
)
def test_condition_whose_values_cannot_be_counted_is_accepted(workspace: Workspace, when: dict[str, Any]) -> None:
    assert workspace.plan({"fail": "no_route", "when": when}).plan.matcher.fields == when


def test_model_of_another_setting_can_be_meant(make_gateway: Callable[..., Gateway]) -> None:
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


def test_predicate_is_asked_of_valid_calls_alone(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    asked: list[Call] = []
    workspace.plan(no_route().when(asked.append))
    for n in (0, 2, 11):
        ask(gateway, n=n)
    assert [call.fields["n"] for call in asked] == [2]


def test_predicate_may_ask_the_gateway(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    workspace.plan(no_route().when(lambda _: ask(gateway, key="omx_live_other").status == 200))
    assert ask(gateway).status == 503


def stumble(call: Call) -> object:
    return call.fields["size"] / 2


def test_predicate_that_raises_lets_the_call_through(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    workspace.plan(no_route().when(stumble))
    assert ask(gateway).status == 200


def test_predicate_that_raises_is_told(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    run = workspace.plan(no_route().when(stumble))
    ask(gateway, size="auto")
    assert (run.predicate_error, run.seen, run.state) == (
        "TypeError: unsupported operand type(s) for /: 'str' and 'int'",
        0,
        "never fired",
    )


def test_plans_behind_a_predicate_that_raises_have_their_turn(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    workspace.plan(no_route().when(stumble))
    workspace.plan(402)
    assert ask(gateway).status == 402


def test_what_a_predicate_raises_is_cut(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    def shout(_: Call) -> object:
        raise ValueError("x" * 10_000)

    run = workspace.plan(no_route().when(shout))
    ask(gateway)
    assert len(run.predicate_error) == 200


# By chance


def struck(gateway: Gateway, ask: Ask, key: str = KEY, *, probability: float = 0.3, **more: Any) -> list[bool]:
    workspace = gateway.workspaces.open(key)
    workspace.forget_plans()
    workspace.plan({"fail": "no_route", "probability": probability, **more})
    return [ask(gateway, key=key).status == 503 for _ in range(40)]


def test_chance_strikes_some_calls_and_not_all(gateway: Gateway, ask: Ask) -> None:
    assert 0 < sum(struck(gateway, ask)) < 40


def test_chance_is_the_same_in_every_run(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    assert struck(make_gateway(seed=7), ask) == struck(make_gateway(seed=7), ask)


def test_chance_is_another_under_another_seed(make_gateway: Callable[..., Gateway], ask: Ask) -> None:
    assert struck(make_gateway(seed=7), ask) != struck(make_gateway(seed=8), ask)


def test_chance_is_another_for_the_second_plan(gateway: Gateway, ask: Ask) -> None:
    assert struck(gateway, ask) != struck(gateway, ask)


def test_chance_is_certain_at_one(gateway: Gateway, ask: Ask) -> None:
    assert all(struck(gateway, ask, probability=1))


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_chance_is_met_in_the_long_run(workspace: Workspace, probability: float) -> None:
    run = workspace.plan({"fail": "no_route", "probability": probability})
    assert sum(run.should_fire(0) for _ in range(4000)) / 4000 == pytest.approx(probability, abs=0.03)


def test_chance_with_times_ends(gateway: Gateway, ask: Ask) -> None:
    assert sum(struck(gateway, ask, times=3)) == 3


def test_chance_that_leaves_a_call_leaves_it_to_the_next_plan(gateway: Gateway, workspace: Workspace, ask: Ask) -> None:
    for plan in ({"fail": 503, "probability": 0.5}, {"fail": 402, "times": None}):
        workspace.plan(plan)
    assert {ask(gateway).status for _ in range(20)} == {402, 503}
