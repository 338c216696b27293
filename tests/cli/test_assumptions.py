"""`assumptions --config`: each setting is observed, contradicted or assumed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
PROFILE = """
keys = "{keys}"

[settings]
success_status = 201
malformed_status = 422
latency = "2s"
models = ["gpt-image-1.5", "MAI-Image-2.5"]
prices = {{"gpt-image-1.5" = "0.05"}}
provider_limit = 4

[profile]
observed = ["auto_size", "provider_limit"]
"""
STATUSES = {
    "auto_size": "observed",
    "success_status": "contradicted: 201; assumed: 200",
    "latency": "contradicted: 2s; assumed: 0s",
    "models": "contradicted: gpt-image-1.5, MAI-Image-2.5; assumed: gpt-image-1.5",
    "prices": 'contradicted: {"gpt-image-1.5": "0.05"}; assumed: as shipped',
    "keys": "contradicted: issued; assumed: any",
    # A change counts more than the list.
    "provider_limit": "contradicted: 4; assumed: 10",
    # Set to the default, and not listed.
    "malformed_status": "assumed",
    "empty_prompt": "assumed",
}


def statuses_of(run: Run, folder: Path, *, keys: str = "issued") -> dict[str, str]:
    (folder / "p.toml").write_text(PROFILE.format(keys=keys))
    result = run("assumptions", "--config", folder / "p.toml")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    return {
        before.partition(" = ")[0]: line.strip()
        for before, line in pairwise(lines)
        if line.startswith("  ") and not line.startswith("    ")
    }


@pytest.mark.parametrize("name", STATUSES)
def test_setting_has_its_status(run: Run, tmp_path: Path, name: str) -> None:
    assert statuses_of(run, tmp_path)[name] == STATUSES[name]


def test_every_setting_has_a_status(run: Run, tmp_path: Path) -> None:
    names = {line.partition(" = ")[0] for line in run("assumptions").stdout.splitlines() if " = " in line.split(":")[0]}
    assert {name for name in names if not name.startswith(" ")} == statuses_of(run, tmp_path).keys()


def test_keys_are_not_shown(run: Run, tmp_path: Path) -> None:
    assert statuses_of(run, tmp_path, keys="omx_live_SECRET")["keys"] == "contradicted: a list of keys; assumed: any"


def test_output_without_a_file_has_no_status(run: Run, tmp_path: Path) -> None:
    statuses_of(run, tmp_path)
    with_file = run("assumptions", "--config", tmp_path / "p.toml").stdout.splitlines()
    rest = [line for line in with_file if line.startswith("    ") or not line.startswith("  ")]
    assert rest == run("assumptions").stdout.splitlines()


def test_file_that_is_not_accepted_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text("[profile]\nobservd = []")
    result = run("assumptions", "--config", tmp_path / "p.toml")
    assert (result.exit_code, "unknown name profile.observd. Did you mean observed?" in result.stderr) == (2, True)
