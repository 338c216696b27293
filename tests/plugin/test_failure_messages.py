"""Tests of the messages of failed tests, word for word: actual, expected, remedy."""

from __future__ import annotations

from typing import Any

import pytest

SOURCE = """
import base64
import struct
import zlib

def png(padding):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress(bytes(2)))
    data = bytes([137]) + b"PNG\\r\\n\\x1a\\n" + head + rows + chunk(b"teXt", b"x" * padding) + chunk(b"IEND", b"")
    return {"image_url": {"url": "data:image/png;base64," + base64.b64encode(data).decode()}, "type": "image_url"}

class Never:
    __hash__ = None

    def __eq__(self, other):
        return False

    def __repr__(self):
        return "Never()"

def test_miss(omixa_mock):
    draw(size="1024x1024")
    draw("a dog")
    omixa_mock.assert_called(prompt="a cat", size="1024x1536", n=1)

def test_long_prompts(omixa_mock):
    draw("a cat " * 50)
    omixa_mock.assert_called(prompt="a cat " * 30 + "a dog " * 20)

def test_other_image(omixa_mock):
    draw(input_images=[png(3_000_000)])
    omixa_mock.assert_called(prompt="a cat", input_images=[png(3_000_001)])

def test_matcher(omixa_mock):
    draw()
    omixa_mock.assert_called(prompt=Never())

def test_not_called(omixa_mock):
    omixa_mock.assert_called(prompt="a cat")

def test_called_without_fields(omixa_mock):
    omixa_mock.assert_called()

def test_called_with_another_key(omixa_mock_server):
    post({"model": "gpt-image-1.5", "prompt": "a cat"}, key="omx_live_old")
    omixa_mock_server.assert_called(prompt="a cat")

def test_called_too_seldom(omixa_mock):
    draw()
    draw("a dog")
    omixa_mock.assert_called(prompt="a cat", times=2)

def test_called_too_often(omixa_mock):
    draw()
    draw()
    omixa_mock.assert_called(prompt="a cat", times=1)

def test_misspelt_field(omixa_mock):
    omixa_mock.assert_called(promt="a cat")

def test_no_times(omixa_mock):
    omixa_mock.assert_called(times=0)

def test_called(omixa_mock):
    for _ in range(6):
        draw()
    omixa_mock.assert_not_called()

def test_called_so(omixa_mock):
    draw()
    draw("a dog")
    omixa_mock.assert_not_called(prompt="a dog")

def test_last_of_none(omixa_mock):
    omixa_mock.last

def test_two_charges(omixa_mock):
    draw()
    draw("a dog")
    omixa_mock.assert_single_charge()

def test_no_charge(omixa_mock):
    omixa_mock.set_balance(0)
    draw()
    omixa_mock.assert_single_charge()

def lose_response(mock):
    "A charged call whose client had left before its response was complete."
    draw()
    mock.last.client_left = True

def test_duplicate(omixa_mock):
    lose_response(omixa_mock)
    draw()
    omixa_mock.assert_no_duplicate_charges()

def test_orphan(omixa_mock):
    lose_response(omixa_mock)
    omixa_mock.assert_no_orphan_charges()

def test_expected_refusal_of_no_call(omixa_mock):
    with omixa_mock.expect_refusal(422):
        pass

def test_expected_refusal_of_a_success(omixa_mock):
    with omixa_mock.expect_refusal(422):
        draw()

def test_expected_refusal_of_another_kind(omixa_mock):
    with omixa_mock.expect_refusal(402):
        draw(size="9x9")

def test_422(omixa_mock):
    draw("a cat: sitting", size="1024x1535", n=0)

def test_404(omixa_mock):
    get("https://omixa.cloud/api/v2/models")

def test_405(omixa_mock):
    get("https://omixa.cloud/api/v1/images/generations")

def test_413(omixa_mock):
    omixa_mock.configure(body_max=1000)
    draw("x" * 1000)

def test_415(omixa_mock):
    post(None, content=b"{}", json=None)

def test_missing_key(omixa_mock):
    post({}, headers={})

def test_malformed_key(omixa_mock):
    post({}, key="sk-123")

def test_missing_key_at_the_server(omixa_mock_server):
    post({}, headers={})

def test_plan_never_met(omixa_mock):
    omixa_mock.fail(503, times=2)

def test_plan_partly_met(omixa_mock):
    omixa_mock.fail([402, "ok", 503])
    draw()

def test_plan_for_ever_never_met(omixa_mock):
    omixa_mock.fail("no_route", times=None)

def test_live_attempt():
    with pytest.raises(httpx.ConnectError):
        httpx.get("https://api.omixa.cloud/", trust_env=False)

def test_many_breaches(omixa_mock):
    for _ in range(7):
        get("https://omixa.cloud/x")

def test_everything_at_once(omixa_mock):
    with pytest.raises(httpx.ConnectError):
        httpx.get("https://api.omixa.cloud/", trust_env=False)
    omixa_mock.fail(503)
    get("https://omixa.cloud/x")

def test_long_message(omixa_mock):
    for padding in (*[0] * 8, 3_000_000):
        draw("猫" * 900, input_images=[png(padding)])
    names = ("model", "prompt", "n", "size", "quality", "background", "moderation", "input_images", "mask")
    omixa_mock.assert_called(**dict.fromkeys(names, "猫" * 900))
"""

CALL = "POST /api/v1/images/generations"
CAT = f'{CALL} generate n=1 png auto auto "a cat", 0.039000 USD'
DOG = CAT.replace("cat", "dog")
LONG = '"a cat a cat a cat a cat a cat a cat a cat a cat a cat a cat …" (300 characters)'
EXPECT_REFUSAL = (
    "Mend what the client sends. Where the refusal is what the test is about: "
    "`with omixa_mock.expect_refusal({}):` around the call, or @pytest.mark.omixa_mock(strict=False)."
)
FEWER = (
    "A plan's turn comes with each valid call. Let the test make more of them, or plan fewer; for an outage of any "
    "length plan with times=None; @pytest.mark.omixa_mock(strict=False) lets it pass."
)
OTHER_HOST = "Omixa's documented host, which the fake answers, is www.omixa.cloud; not api.omixa.cloud."
FIXTURE = (
    f"{OTHER_HOST} Use the fixture omixa_mock, or omixa_mock_server for clients that it does not intercept; "
    "@pytest.mark.omixa_mock(live=True) lets a test through."
)
NINE_BY_NINE = (
    'The request breaks a rule. /size: "9x9" is not accepted; accepted: "auto", "1024x1024", "1024x1536", '
    '"1536x1024". Send "auto". [request.size.enum; documented: d…'
)

# Messages of the mock's assertions, which show the user's line and no frame of the plugin.
RAISED = {
    "test_miss": f"""\
AssertionError: No call had prompt="a cat", size="1024x1536", n=1.
Nearest of 2: #1 200 {CAT.replace("auto auto", "1024x1024 auto")}
  ✓ prompt = "a cat"
  ✗ size = "1024x1024", wanted "1024x1536"
  ✓ n = 1""",
    "test_long_prompts": f"""\
AssertionError: No call had prompt={LONG}.
Nearest of 1: #1 200 {CAT.replace('"a cat"', LONG)}
  ✗ prompt = {LONG}, wanted {LONG}
      they part at character 182: "a cat a cat a cat a cat a cat a cat a cat a cat a " \
/ "a cat a cat a cat a dog a dog a dog a dog a dog a \"""",
    "test_other_image": f"""\
AssertionError: No call had prompt="a cat", input_images=[<png, 3.0 MB, sha256:ae9c7fa4…>].
Nearest of 1: #1 200 {CAT.replace("generate ", "edit ")}
  ✓ prompt = "a cat"
  ✗ input_images = [<png, 3.0 MB, sha256:1e2d5fbe…>], wanted [<png, 3.0 MB, sha256:ae9c7fa4…>]""",
    "test_matcher": f"""\
AssertionError: No call had prompt=Never().
Nearest of 1: #1 200 {CAT}
  ✗ prompt = "a cat", wanted Never()""",
    "test_not_called": 'AssertionError: Expected a call with prompt="a cat"; the gateway was not called.',
    "test_called_without_fields": "AssertionError: Expected a call; the gateway was not called.",
    "test_called_with_another_key": f"""\
AssertionError: Expected a call with prompt="a cat"; no call came under this test's key.
But 1 call came without this test's key, the last one: 401 {CALL}: \
This key was not issued by the fake. Send omixa_mock_server.api_key, or let the test call \
omixa_mock_server.adopt(key). Issued keys begin with omx_live_mock_.""",
    "test_called_too_seldom": f"AssertionError: Expected 2 such calls; there was 1.\n#1 200 {CAT}",
    "test_called_too_often": f"""\
AssertionError: Expected 1 such call; there were 2.
#1 200 {CAT}
#2 200 {CAT}""",
    "test_misspelt_field": "TypeError: A call has no field 'promt'. Did you mean prompt?",
    "test_no_times": "ValueError: times = 0 is not accepted; for no such call there is assert_not_called(...)",
    "test_called": f"""\
AssertionError: Expected no call; there were 6.
… 1 earlier call
#2 200 {CAT}
#3 200 {CAT}
#4 200 {CAT}
#5 200 {CAT}
#6 200 {CAT}""",
    "test_called_so": f"AssertionError: Expected no such call; there was 1.\n#2 200 {DOG}",
    "test_last_of_none": "AssertionError: There is no last call: the gateway was not called.",
    "test_two_charges": f"""\
AssertionError: Expected one charge; there were 2.
#1 200 {CAT}
#2 200 {DOG}""",
    "test_no_charge": f"""\
AssertionError: Expected one charge; there were none.
#1 402 {CAT.partition(",")[0]}: Insufficient wallet balance. The call needs a hold of 0.039000 USD and 0.000000 \
is available.""",
    "test_duplicate": f"""\
AssertionError: The same request was charged again after its response was lost.
#1 200 {CAT}, the client had left
#2 200 {CAT}
Call #2 repeats the request of #1, which was charged and whose response was lost (the client had left): \
a client that retries blindly pays again. Let it retry only what was not charged: \
GET /api/v1/usage/requests lists the last calls with their cost.""",
    "test_orphan": f"""\
AssertionError: Charged, and the client was left without a usable image.
#1 200 {CAT}, the client had left""",
    "test_expected_refusal_of_no_call": """\
AssertionError: Expected a call to be refused with 422; none was.
No call came within the block.""",
    "test_expected_refusal_of_a_success": f"""\
AssertionError: Expected a call to be refused with 422; none was.
#1 200 {CAT}""",
    "test_expected_refusal_of_another_kind": f"""\
AssertionError: Expected a call to be refused with 402; none was.
#1 422 {CALL} "a cat": {NINE_BY_NINE}""",
}

# Findings of strictness, for tests whose own assertions held.
FINDINGS = {
    "test_422": f"""\
omixa-mock: a call broke the contract: #1 422 {CALL} "a cat: sitting"
    The request breaks 2 rules.
    /n: 0 is out of range; accepted: 1 to 10. Send 1. [request.n.minimum; documented: docs/models/gpt-image-1.5]
    /size: "1024x1535" is not accepted; accepted: "auto", "1024x1024", "1024x1536", "1536x1024". \
Did you mean "1024x1536"? [request.size.enum; documented: docs/models/gpt-image-1.5]
{EXPECT_REFUSAL.format(422)}""",
    "test_404": f"""\
omixa-mock: a call broke the contract: #1 404 GET /api/v2/models
    There is nothing at /api/v2/models. The base URL ends in /api/v1; the client adds /models.
{EXPECT_REFUSAL.format(404)}""",
    "test_405": f"""\
omixa-mock: a call broke the contract: #1 405 GET /api/v1/images/generations
    /api/v1/images/generations does not take GET; accepted: POST. Send {CALL}.
{EXPECT_REFUSAL.format(405)}""",
    "test_413": f"""\
omixa-mock: a call broke the contract: #1 413 {CALL}
    The body is too large: the request announces 1,037 bytes; accepted: at most 1,000 bytes. \
Send smaller or fewer input images, or raise the setting body_max.
{EXPECT_REFUSAL.format(413)}""",
    "test_415": f"""\
omixa-mock: a call broke the contract: #1 415 {CALL}
    The body must be declared as JSON: there was no Content-Type. Send the header "Content-Type: application/json".
{EXPECT_REFUSAL.format(415)}""",
    "test_missing_key": f"""\
omixa-mock: a call broke the contract: #1 401 {CALL}
    No API key. Send the header "Authorization: Bearer omx_live_test".
{EXPECT_REFUSAL.format(401)}""",
    "test_malformed_key": f"""\
omixa-mock: a call broke the contract: #1 401 {CALL}
    The API key has the wrong form: 6 characters that do not begin with omx_live_. \
A key is omx_live_ and 1 to 200 of A-Z a-z 0-9 _ - (for instance omx_live_test).
{EXPECT_REFUSAL.format(401)}""",
    "test_missing_key_at_the_server": f"""\
omixa-mock: a call broke the contract: 401 {CALL}
    No API key. Send the header "Authorization: Bearer omx_live_test".
{EXPECT_REFUSAL.format(401).replace("omixa_mock.expect", "omixa_mock_server.expect")}""",
    "test_plan_never_met": f"""\
omixa-mock: a planned fault did not come: no_route (times=2): never fired; injected into 0 of 2 calls
{FEWER}""",
    "test_plan_partly_met": f"""\
omixa-mock: a planned fault did not come: insufficient_balance, ok, no_route: partly used; injected into 1 of 3 calls
{FEWER}""",
    "test_plan_for_ever_never_met": f"""\
omixa-mock: a planned fault did not come: no_route (for ever): never fired; injected into 0 calls
{FEWER}""",
    "test_live_attempt": f"""\
omixa-mock: test_it.py::test_live_attempt tried to reach api.omixa.cloud for real from FOLDER/test_it.py:LINE; \
it was refused, and nothing was sent
{FIXTURE}""",
    "test_many_breaches": "\n".join(
        [
            *(
                f"omixa-mock: a call broke the contract: #{number} 404 GET /x\n"
                "    There is nothing at /x. Did you mean POST /api/v1/images/generations?"
                for number in range(1, 6)
            ),
            "omixa-mock: … and 2 more",
            EXPECT_REFUSAL.format(404),
        ]
    ),
    "test_everything_at_once": f"""\
omixa-mock: test_it.py::test_everything_at_once tried to reach api.omixa.cloud for real from FOLDER/test_it.py:LINE; \
it was refused, and nothing was sent
omixa-mock: a call broke the contract: #1 404 GET /x
    There is nothing at /x. Did you mean POST /api/v1/images/generations?
omixa-mock: a planned fault did not come: no_route (times=1): never fired; injected into 0 of 1 calls; \
calls that were refused leave it unused (#1 not_found)
{OTHER_HOST}
{EXPECT_REFUSAL.format(404)}
{FEWER}""",
}


@pytest.fixture(scope="module")
def failing(run_pytest: Any) -> Any:
    return run_pytest(SOURCE)


def line_of(run: Any, name: str, text: str) -> Any:
    """Return the number of the line of a test that contains a text."""
    lines = (run.folder / "test_it.py").read_text().splitlines()
    begin = lines.index(next(line for line in lines if line.startswith(f"def {name}(")))
    return next(index for index in range(begin, len(lines)) if text in lines[index]) + 1


@pytest.mark.parametrize("name", RAISED)
def test_assertion_raises_its_message(failing: Any, name: str) -> None:
    assert failing.error(name) == RAISED[name]


@pytest.mark.parametrize("name", RAISED)
def test_assertion_shows_no_frame_of_the_plugin(failing: Any, name: str) -> None:
    assert "omixa_mock/" not in failing.text(name)


@pytest.mark.parametrize("name", FINDINGS)
def test_finding_has_its_message(failing: Any, name: str) -> None:
    line = line_of(failing, name, "api.omixa.cloud") if "LINE" in FINDINGS[name] else 0
    expected = FINDINGS[name].replace("FOLDER", str(failing.folder)).replace("LINE", str(line))
    assert failing.text(name) == expected


@pytest.mark.parametrize("name", [*RAISED, *FINDINGS, "test_long_message"])
def test_failing_test_is_reported_once(failing: Any, name: str) -> None:
    assert failing.outcomes[name] == "failed"


def test_tables_name_every_test_of_the_project(failing: Any) -> None:
    assert set(failing.outcomes) == {*RAISED, *FINDINGS, "test_long_message"}


def test_short_summary_names_the_first_finding(failing: Any) -> None:
    assert (
        "FAILED test_it.py::test_404 - Failed: omixa-mock: a call broke the contract: #1 404 GET /api/v2/models"
        in failing.output
    )


def test_message_has_at_most_2_kb(failing: Any) -> None:
    message = failing.error("test_long_message")
    assert 1900 < len(message.removeprefix("AssertionError: ").encode()) <= 2048


@pytest.mark.parametrize("name", ["test_long_message", "test_other_image"])
def test_no_base64_is_shown(failing: Any, name: str) -> None:
    assert "iVBOR" not in failing.text(name) + failing.section(name)


def test_report_has_a_section_with_the_last_calls(failing: Any) -> None:
    assert failing.section("test_two_charges") == f"#1 200 {CAT}\n#2 200 {DOG}"


def test_report_without_calls_has_no_section(failing: Any) -> None:
    assert not failing.section("test_not_called")


def test_section_has_at_most_2_kb(failing: Any) -> None:
    assert len(failing.section("test_long_message").encode()) <= 2048


def test_report_shows_the_calls_of_both_fixtures(run_pytest_in_process: Any) -> None:
    run = run_pytest_in_process(
        """
        def test_both(omixa_mock, omixa_mock_server):
            draw("a server's")
            post({"model": "gpt-image-1.5", "prompt": "a host's"}, url=omixa_mock.base_url)
            assert False
        """
    )
    first, second = run.section("test_both").splitlines()
    assert ['"a host\'s"' in first, '"a server\'s"' in second] == [True, True]
