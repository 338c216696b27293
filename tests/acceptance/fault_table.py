"""Results of every client under every fault: `python tests/acceptance/fault_table.py` measures them again.

The script rewrites fault_table.json, from which `python docs/tables.py` makes the table in the docs.
With `--print` it writes to standard output instead.

Each client does what an ordinary program does. It posts a request for two images, raises on a status of 400 or more,
parses the response, and decodes each `b64_json`.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import omixa_mock
from omixa_mock.gateway import CATALOGUE

FOLDER = Path(__file__).parent
FILE = FOLDER / "fault_table.json"
REQUEST = {"model": "gpt-image-1.5", "prompt": "a lighthouse", "n": 2}
# Two seconds become 0.3 seconds.
SETTINGS = {"time_scale": 0.15}
# Read timeouts in seconds. Only a hang must exceed it: under other faults a busy machine must not look like one.
TIMEOUTS = {fault: 1.0 if fault == "hang" else 30.0 for fault in CATALOGUE}
# The slowest faults come first.
FAULTS = sorted(CATALOGUE, key=lambda fault: fault not in {"hang", "rate_limited"})
# curl's exit code for a status of 400 or more, with --fail.
HTTP_ERROR = 22

Raw = Mapping[str, Mapping[str, Any]]
Table = dict[str, dict[str, str]]


def measure() -> Table:
    """Return the result of each client under each fault."""
    with omixa_mock.serve(settings=SETTINGS) as server:
        options = {"baseUrl": server.base_url, "imageRequest": REQUEST, "faults": FAULTS, "timeouts": TIMEOUTS}
        runners: list[Callable[[], Raw]] = [
            lambda: run_script(options, sys.executable, FOLDER / "fault_clients.py"),
            lambda: run_script(options, find("node"), FOLDER / "node" / "faults.mjs"),
            lambda: {"curl": run_curl(find("curl"), server.base_url)},
        ]
        with ThreadPoolExecutor() as threads:
            tables = threads.map(lambda runner: runner(), runners)
            raw = {client: row for table in tables for client, row in table.items()}
        undisturbed = options | {"faults": ["ok"], "timeouts": {"ok": 30}}
        files = run_script(undisturbed, find("node"), FOLDER / "node/faults.mjs")["node-fetch"]["ok"]["files"]
        return {
            client: {
                fault: describe_result(fault, raw[client][fault], files) + describe_charges(server, client, fault)
                for fault in CATALOGUE
            }
            for client in sorted(raw)
        }


def find(name: str) -> str:
    """Return a command's path, or exit."""
    path = shutil.which(name)
    if path is None:
        sys.exit(f"this machine has no {name}")
    return path


def run_script(options: Mapping[str, Any], *command: str | Path) -> Raw:
    """Return the output of a script."""
    done = subprocess.run(
        command, input=json.dumps(options), capture_output=True, text=True, check=False, timeout=120, cwd=FOLDER
    )
    if done.returncode:
        sys.exit(done.stderr)
    table: Raw = json.loads(done.stdout)
    return table


def run_curl(curl: str, base_url: str) -> Mapping[str, Any]:
    """Return the results of curl: its exit code and message, or the images decoded by Python."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(4) as threads:
        paths = [Path(folder, fault) for fault in FAULTS]
        return dict(
            zip(FAULTS, threads.map(lambda path: generate_by_curl(curl, base_url, path.name, path), paths), strict=True)
        )


def generate_by_curl(curl: str, base_url: str, fault: str, path: Path) -> Mapping[str, Any]:
    command = [curl, "--silent", "--show-error", "--fail", "--max-time", str(TIMEOUTS[fault]), "--output", str(path)]
    headers = ["-H", f"Authorization: Bearer omx_live_fail_{fault}--curl", "-H", "Content-Type: application/json"]
    url = f"{base_url}/images/generations"
    done = subprocess.run(
        [*command, url, *headers, "--data", json.dumps(REQUEST)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        message = re.sub(r"curl: \(\d+\) |The requested URL returned error: ", "", done.stderr.strip())
        if done.returncode != HTTP_ERROR:
            message = re.sub(r"(?<= )\d+(?= )", "…", message)
        return {"error": f"exit {done.returncode}: {message}"}
    try:
        items = json.loads(path.read_bytes())["data"]
        return {"files": [base64.b64encode(base64.b64decode(item["b64_json"], validate=True)) for item in items]}
    except (ValueError, LookupError, TypeError) as error:
        name = type(error).__name__
        return {"error": f"exit 0; {'binascii.Error' if name == 'Error' else name}"}


# Node reports a reset while it reads with either code, depending on timing.
EQUIVALENT = {("reset_in_body", f"TypeError: terminated ({code})") for code in ("ECONNRESET", "UND_ERR_SOCKET")}


def describe_result(fault: str, outcome: Mapping[str, Any], expected: list[str]) -> str:
    """Return an exception, or a comparison of the written files with those of an undisturbed call."""
    if (fault, outcome.get("error")) in EQUIVALENT:
        return "TypeError: terminated (ECONNRESET or UND_ERR_SOCKET)"
    if "error" in outcome:
        return str(outcome["error"])
    files = [file.decode() if isinstance(file, bytes) else file for file in outcome["files"]]
    kinds = ["empty file" if not file else "image" if file in expected else "wrong file" for file in files]
    return ", ".join(plural(kinds.count(kind), kind) for kind in dict.fromkeys(kinds)) or "no image"


def describe_charges(server: omixa_mock.OmixaMockServer, client: str, fault: str) -> str:
    """Return the numbers of calls and of charges, if there was more than one call."""
    workspace = server.gateway.workspaces.enter(f"omx_live_fail_{fault}--{client}")
    while workspace.under_way:
        time.sleep(0.01)
    if {call.fault for call in workspace.journal} != {fault}:
        sys.exit(f"{client} met another fault than {fault}: {list(workspace.journal)}")
    calls = len(workspace.journal)
    paid = sum(call.charged for call in workspace.journal)
    text = f"; {calls} calls" if calls > 1 else ""
    return f"{text}, {paid} charged" if calls > 1 and paid else text


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def main() -> None:
    text = json.dumps(measure(), indent=2, ensure_ascii=False) + "\n"
    if "--print" in sys.argv[1:]:
        sys.stdout.write(text)
    else:
        FILE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
