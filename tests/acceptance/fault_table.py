"""What every client ends with under every fault: `python tests/acceptance/fault_table.py` measures it anew.

It rewrites fault_table.json, of which `python docs/tables.py` makes the table in the docs;
with `--print` it writes to standard output instead.

Each client does what an ordinary program does: it posts an order of two images, raises on
a status of 400 or more, parses the response and decodes each `b64_json`.
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
# Two seconds become three tenths of one.
SETTINGS = {"time_scale": 0.15}
# Only of a hang does a client have to tire: in the other cases a busy machine must not look like one.
PATIENCE = {fault: 1.0 if fault == "hang" else 30.0 for fault in CATALOGUE}
# What waits longest begins first.
FAULTS = sorted(CATALOGUE, key=lambda fault: fault not in {"hang", "rate_limited"})
# What --fail makes of a status of 400 or more.
HTTP_ERROR = 22

Raw = Mapping[str, Mapping[str, Any]]
Table = dict[str, dict[str, str]]


def measure() -> Table:
    """What each client ends with under each fault."""
    with omixa_mock.serve(settings=SETTINGS) as server:
        given = {"baseUrl": server.base_url, "order": REQUEST, "faults": FAULTS, "patience": PATIENCE}
        runners: list[Callable[[], Raw]] = [
            lambda: run_script(given, sys.executable, FOLDER / "fault_clients.py"),
            lambda: run_script(given, find("node"), FOLDER / "node" / "faults.mjs"),
            lambda: {"curl": run_curl(find("curl"), server.base_url)},
        ]
        with ThreadPoolExecutor() as threads:
            raw = {client: row for ran in threads.map(lambda run: run(), runners) for client, row in ran.items()}
        right = run_script(given | {"faults": ["ok"], "patience": {"ok": 30}}, find("node"), FOLDER / "node/faults.mjs")
        files = right["node-fetch"]["ok"]["files"]
        return {
            client: {
                fault: tell(fault, raw[client][fault], files) + tell_bill(server, client, fault) for fault in CATALOGUE
            }
            for client in sorted(raw)
        }


def find(name: str) -> str:
    """A command's path."""
    path = shutil.which(name)
    if path is None:
        sys.exit(f"this machine has no {name}")
    return path


def run_script(given: Mapping[str, Any], *command: str | Path) -> Raw:
    """What one of the scripts prints."""
    done = subprocess.run(
        command, input=json.dumps(given), capture_output=True, text=True, check=False, timeout=120, cwd=FOLDER
    )
    if done.returncode:
        sys.exit(done.stderr)
    told: Raw = json.loads(done.stdout)
    return told


def run_curl(curl: str, base_url: str) -> Mapping[str, Any]:
    """curl's own exit code and words; the body that it saved is read by Python."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(4) as threads:
        paths = [Path(folder, fault) for fault in FAULTS]
        return dict(
            zip(FAULTS, threads.map(lambda path: order_by_curl(curl, base_url, path.name, path), paths), strict=True)
        )


def order_by_curl(curl: str, base_url: str, fault: str, path: Path) -> Mapping[str, Any]:
    command = [curl, "--silent", "--show-error", "--fail", "--max-time", str(PATIENCE[fault]), "--output", str(path)]
    headers = ["-H", f"Authorization: Bearer omx_live_fail_{fault}--curl", "-H", "Content-Type: application/json"]
    url = f"{base_url}/images/generations"
    done = subprocess.run(
        [*command, url, *headers, "--data", json.dumps(REQUEST)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = re.sub(r"curl: \(\d+\) |The requested URL returned error: ", "", done.stderr.strip())
        told = words if done.returncode == HTTP_ERROR else re.sub(r"(?<= )\d+(?= )", "…", words)
        return {"error": f"exit {done.returncode}: {told}"}
    try:
        items = json.loads(path.read_bytes())["data"]
        return {"files": [base64.b64encode(base64.b64decode(item["b64_json"], validate=True)) for item in items]}
    except (ValueError, LookupError, TypeError) as error:
        name = type(error).__name__
        return {"error": f"exit 0; {'binascii.Error' if name == 'Error' else name}"}


# Node names a reset that comes while it reads by one code or by the other, as it happens.
EITHER = {("reset_in_body", f"TypeError: terminated ({code})") for code in ("ECONNRESET", "UND_ERR_SOCKET")}


def tell(fault: str, outcome: Mapping[str, Any], right: list[str]) -> str:
    """An exception, or the files that were written, compared with those of an undisturbed call."""
    if (fault, outcome.get("error")) in EITHER:
        return "TypeError: terminated (ECONNRESET or UND_ERR_SOCKET)"
    if "error" in outcome:
        return str(outcome["error"])
    files = [file.decode() if isinstance(file, bytes) else file for file in outcome["files"]]
    kinds = ["empty file" if not file else "image" if file in right else "wrong file" for file in files]
    return ", ".join(plural(kinds.count(kind), kind) for kind in dict.fromkeys(kinds)) or "no image"


def tell_bill(server: omixa_mock.OmixaMockServer, client: str, fault: str) -> str:
    """How many calls it took, and how many were charged, where it was more than one."""
    workspace = server.gateway.workspaces.enter(f"omx_live_fail_{fault}--{client}")
    while workspace.under_way:
        time.sleep(0.01)
    if {call.fault for call in workspace.journal} != {fault}:
        sys.exit(f"{client} met something else than {fault}: {list(workspace.journal)}")
    calls = len(workspace.journal)
    paid = sum(call.charged for call in workspace.journal)
    told = f"; {calls} calls" if calls > 1 else ""
    return f"{told}, {paid} charged" if calls > 1 and paid else told


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
