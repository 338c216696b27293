"""Tests of the application, with the fixture of omixa-mock: no socket, no configuration, no money."""

import pytest
from app import app
from fastapi.testclient import TestClient


def draw_postcard():
    return TestClient(app).post("/postcards", params={"motif": "Lisbon"})


def test_postcard_is_the_image_that_was_paid_for(omixa_mock):
    response = draw_postcard()

    assert omixa_mock.identify(response.content) == omixa_mock.last
    omixa_mock.assert_called(prompt="a postcard of Lisbon", times=1)
    omixa_mock.assert_single_charge()


def test_outage_of_a_moment_is_not_seen(omixa_mock):
    omixa_mock.fail("no_route")

    assert draw_postcard().status_code == 200
    omixa_mock.assert_single_charge()


@pytest.mark.parametrize("fault", ["reset_after_capture", "hang", "other_size"])
def test_doubt_is_an_error_and_no_second_call(omixa_mock, fault):
    omixa_mock.fail(fault)

    assert draw_postcard().status_code == 502
    assert len(omixa_mock.calls) == 1
