"""Fault catalogue: each fault has one behaviour, its moments, a name in the public module, and a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import omixa_mock
from omixa_mock import faults
from omixa_mock.gateway import CATALOGUE, OK, Fault, Plan, SettingError, read_fault
from omixa_mock.gateway.contract import Duration
from omixa_mock.gateway.faults import ABORTED, BROKEN, MESSAGES, MUTATIONS, Moment
from omixa_mock.gateway.faults.injection import DISGUISED

MOMENTS: tuple[Moment, ...] = ("before_hold", "before_capture", "after_capture")
ERRORS = omixa_mock.shipped_contract().under(omixa_mock.Settings()).errors
DOCUMENTED = {"invalid_key", "insufficient_balance", "model_not_allowed", "invalid_request", "no_route"}
EVERY_NAME = pytest.mark.parametrize("name", CATALOGUE)


def every_fault() -> Iterator[tuple[Fault, Moment]]:
    for name, kind in CATALOGUE.items():
        for moment in kind.moments:
            yield Fault(name).at(moment), moment


FAULTS_AND_MOMENTS = list(every_fault())


# The table


@EVERY_NAME
def test_fault_has_exactly_one_behaviour(name: str) -> None:
    mutations = MUTATIONS.keys() - DISGUISED.keys()
    tables = [MESSAGES, DISGUISED, ABORTED, BROKEN, mutations, {"delay", "hang", "drip"}]
    assert sum(name in table for table in tables) == 1


def test_every_behaviour_is_in_the_catalogue() -> None:
    assert {*MESSAGES, *DISGUISED, *ABORTED, *BROKEN, *MUTATIONS} <= CATALOGUE.keys()


@pytest.mark.parametrize("name", MESSAGES)
def test_error_of_the_catalogue_is_in_the_error_table(name: str) -> None:
    assert name in ERRORS


@pytest.mark.parametrize("name", DISGUISED)
def test_disguised_error_has_the_status_of_one_of_the_table(name: str) -> None:
    assert DISGUISED[name] in ERRORS


@EVERY_NAME
def test_text_of_a_fault_is_a_sentence(name: str) -> None:
    assert CATALOGUE[name].text.endswith(".")


def test_documented_faults_are_the_five_documented_errors() -> None:
    assert {name for name, kind in CATALOGUE.items() if kind.provenance == "documented"} == DOCUMENTED


@EVERY_NAME
def test_every_other_fault_is_assumed(name: str) -> None:
    assert CATALOGUE[name].provenance == ("documented" if name in DOCUMENTED else "assumed")


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_text_of_a_documented_error_begins_with_its_status(name: str) -> None:
    assert CATALOGUE[name].text.startswith(f"{ERRORS[name].status}: ")


def test_families_have_their_number_of_faults() -> None:
    families = Counter(kind.family for kind in CATALOGUE.values())
    assert families == {"documented error": 5, "assumed error": 6, "delivery": 10, "wrong success": len(MUTATIONS) - 1}


# The public module


def test_public_module_has_a_name_for_each_fault_and_ok() -> None:
    assert set(faults.__all__) == {*CATALOGUE, "ok"}


@pytest.mark.parametrize("name", [*CATALOGUE, "ok"])
def test_public_name_plans_its_fault(name: str) -> None:
    assert getattr(faults, name)() == Plan((Fault(name),))


@EVERY_NAME
def test_docstring_of_a_public_name_is_the_text_of_its_fault(name: str) -> None:
    assert getattr(faults, name).__doc__ == CATALOGUE[name].text


@pytest.mark.parametrize("name", ["delay", "drip"])
def test_timed_name_takes_a_duration(name: str) -> None:
    assert str(getattr(faults, name)("500ms")) == f"{name}:0.5s (times=1)"


# As text


@st.composite
def any_fault(draw: st.DrawFn) -> Fault:
    fault, _ = draw(st.sampled_from(FAULTS_AND_MOMENTS))
    if CATALOGUE[fault.name].duration is not None and draw(st.booleans()):
        least, most = sorted((draw(st.floats(0, 86_400)), draw(st.floats(0, 86_400))))
        fault = fault.with_duration(Duration(draw(st.sampled_from(["uniform", "lognormal"])), least, most))
    return fault


@given(any_fault() | st.just(OK))
def test_fault_survives_its_text(fault: Fault) -> None:
    assert read_fault(str(fault)) == fault


SPELLINGS = {
    "reset": "reset",
    "reset_before_capture": "reset",
    "reset_after_capture": "reset_after_capture",
    "no_route_before_capture": "no_route",
    "truncated_after_capture": "truncated",
    "truncated_without_length": "truncated_without_length",
    "delay:2s": "delay",
    "delay:0": "delay:0s",
    "delay_after_capture:1s": "delay_after_capture:1s",
    "drip:uniform:1s..2s": "drip:uniform:1s..2s",
}


@pytest.mark.parametrize(("text", "shortest"), SPELLINGS.items())
def test_fault_is_formatted_in_the_shortest_spelling(text: str, shortest: str) -> None:
    assert str(read_fault(text)) == shortest


@EVERY_NAME
@pytest.mark.parametrize("moment", MOMENTS)
def test_fault_happens_only_at_its_moments(name: str, moment: Moment) -> None:
    # Before the hold nothing is captured yet either.
    moments = (*CATALOGUE[name].moments, *(["before_capture"] if CATALOGUE[name].moments == ("before_hold",) else []))
    if moment in moments:
        assert Fault(name).at(moment).name == name
    else:
        with pytest.raises(
            SettingError, match=f"{name} cannot happen {moment}; it happens {CATALOGUE[name].moments[0]}"
        ):
            Fault(name).at(moment)
