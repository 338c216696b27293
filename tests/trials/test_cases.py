"""Tests of the cases: names, plans, choice."""

from __future__ import annotations

import pytest

from omixa_mock import SettingError, intercept
from omixa_mock.gateway import CATALOGUE
from omixa_mock.trials.cases import CASES, QUICK, Case, choose_cases


def test_every_fault_has_a_case_for_once_and_for_always() -> None:
    assert {(case.fault, case.always) for case in CASES} == {(name, always) for name in CATALOGUE for always in (0, 1)}


def test_a_fault_that_a_client_cannot_date_has_cases_before_and_after_the_capture() -> None:
    assert {case.name for case in CASES if case.fault == "reset"} == {
        "reset once", "reset always", "reset_after_capture once", "reset_after_capture always",
    }  # fmt: skip


def test_names_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_plan_is_accepted() -> None:
    for case in CASES:
        with intercept() as mock:
            mock.plan(case.plan)
            assert len(mock.plans) == 1


def test_quick_has_twelve_cases_of_all() -> None:
    assert (len(QUICK), set(QUICK) <= set(CASES)) == (12, True)


def test_words_choose_cases() -> None:
    assert [case.name for case in choose_cases(words="reset_in_body and once")] == ["reset_in_body once"]


def test_faults_choose_cases() -> None:
    assert choose_cases(["no_route"]) == [Case("no_route"), Case("no_route", always=True)]


def test_a_fault_has_its_cases_at_both_moments() -> None:
    assert len(choose_cases(["reset"])) == 4


def test_a_moment_of_a_fault_has_its_own_cases() -> None:
    assert len(choose_cases(["reset_after_capture"])) == 2


def test_unknown_fault_names_the_nearest() -> None:
    with pytest.raises(SettingError, match=r"'no_rout'.*no_route"):
        choose_cases(["no_rout"])


def test_choice_of_nothing_is_refused() -> None:
    with pytest.raises(SettingError, match="No case is left"):
        choose_cases(words="there is no such case")
