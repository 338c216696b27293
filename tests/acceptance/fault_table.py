"""Results of every client under every fault: `python tests/acceptance/fault_table.py` measures them again.

The script rewrites fault_table.json, from which `python docs/tables.py` makes the tables in the docs.
With names of clients as arguments it measures only those.

`omixa-mock gauntlet` runs a small program for each client: see the folder clients and node/client.mjs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from omixa_mock.trials.cases import CASES

FOLDER = Path(__file__).parent
PROGRAMS = FOLDER / "clients"
FILE = FOLDER / "fault_table.json"
GAUNTLET = (sys.executable, "-c", "from omixa_mock.cli import main; main()", "gauntlet")
GO_ENVIRONMENT = FOLDER.parents[1] / ".venv-generators"
JARS = tuple(Path("/usr/share/java", f"jackson-{part}.jar") for part in ("annotations", "core", "databind"))
# A fault and its moment, as a plan names them.
FAULTS = tuple(case.outcome for case in CASES if not case.always)
# Seconds. Only a hang must exceed the client's own: under other faults a busy machine must not look like one.
CLIENT_TIMEOUT = "6"
OPTIONS = ("-k", "once", "--output", "out.png", "--timeout", "90", "--format", "json")

Build = Callable[[Path], list[str]]
Row = dict[str, str]


class Client(NamedTuple):
    """Client under test.

    Attributes:
        needs: Files and commands that must be there.
        build: A function of a folder for what is built; it returns the command.
        options: Further options of the gauntlet.
    """

    needs: tuple[str, ...]
    build: Build
    options: tuple[str, ...] = ()


def script(*command: str | Path) -> Build:
    """Return a build of a program that needs none."""
    return lambda _: [str(word) for word in command]


def python(name: str) -> Client:
    return Client((), script(sys.executable, PROGRAMS / "client.py", name))


def node(name: str, package: str = "", *options: str) -> Client:
    needs = ("node", str(FOLDER / "node" / "node_modules" / package))
    return Client(needs, script("node", FOLDER / "node" / "client.mjs", name), options)


def php(name: str, *needs: str) -> Client:
    return Client(("php", *needs), script("php", PROGRAMS / "client.php", name))


def java(name: str) -> Client:
    def build(folder: Path) -> list[str]:
        path = os.pathsep.join(map(str, JARS))
        run("javac", "-d", str(folder), "-cp", path, str(PROGRAMS / "Client.java"))
        return ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{folder}{os.pathsep}{path}", "Client", name]

    return Client(("java", "javac", *map(str, JARS)), build)


def build_go(folder: Path) -> list[str]:
    cache = {"GOCACHE": str(GO_ENVIRONMENT / "cache")}
    run(
        str(GO_ENVIRONMENT / "bin" / "go"),
        "build",
        "-o",
        str(folder / "client"),
        str(PROGRAMS / "client.go"),
        **cache,
    )
    return [str(folder / "client")]


def build_csharp(folder: Path) -> list[str]:
    program = folder / "Client.exe"
    run("mcs", "-r:System.Net.Http,System.Web.Extensions", f"-out:{program}", str(PROGRAMS / "Client.cs"))
    return ["mono", str(program)]


def run(*command: str, **variables: str) -> None:
    subprocess.run(command, env=os.environ | variables, check=True, timeout=300)


CLIENTS: Mapping[str, Client] = {
    "aiohttp": python("aiohttp"),
    "httpx": python("httpx"),
    "httpx2": python("httpx2"),
    "openai": python("openai"),
    "openai-without-retries": python("openai-without-retries"),
    "requests": python("requests"),
    "urllib": python("urllib"),
    "fetch": node("fetch"),
    "axios": node("axios"),
    "got": node("got"),
    "openai-node": node("openai-node"),
    "openai-node-without-retries": node("openai-node-without-retries"),
    "ai-sdk": node("ai-sdk"),
    # Nothing ends its call under a hang: no need to wait for long.
    "langchain": node(
        "langchain", "@langchain/openai", "--config", str(PROGRAMS / "langchain.toml"), "--timeout", "30"
    ),
    "curl": Client(("curl", "jq"), script("sh", PROGRAMS / "client.sh")),
    "php-curl": php("curl"),
    "guzzle": php("guzzle", "/usr/share/php/GuzzleHttp/autoload.php"),
    "go": Client((str(GO_ENVIRONMENT / "bin" / "go"),), build_go),
    "csharp": Client(("mcs", "mono"), build_csharp),
    "ruby": Client(("ruby",), script("ruby", PROGRAMS / "client.rb")),
    "java-http-client": java("http-client"),
    "java-url-connection": java("url-connection"),
}


def find_missing(client: str) -> list[str]:
    """Return what a client needs and this machine lacks."""
    return [need for need in CLIENTS[client].needs if not (shutil.which(need) or Path(need).exists())]


def measure(client: str) -> Row:
    """Return what a client does under each fault that it meets once, by the gauntlet."""
    with tempfile.TemporaryDirectory() as folder:
        command = CLIENTS[client].build(Path(folder))
        done = subprocess.run(
            [*GAUNTLET, *OPTIONS, *CLIENTS[client].options, "--", *command],
            env=os.environ | {"OMIXA_TIMEOUT": CLIENT_TIMEOUT},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
    if done.returncode not in {0, 1}:
        sys.exit(f"{client}: {done.stderr}")
    trials = json.loads(done.stdout)["trials"]
    return {trial["case"].removesuffix(" once"): describe_trial(trial) for trial in trials}


def describe_trial(trial: Mapping[str, Any]) -> str:
    """Return the outcomes of a trial, and the numbers of calls and charges if there was more than one call."""
    calls, charges = trial["calls"], trial["charges"]
    count = [] if calls == 1 else [f"{calls} calls, {charges} charged"]
    return "; ".join([*(describe_outcome(outcome) for outcome in trial["outcomes"]), *count])


def describe_outcome(outcome: Mapping[str, str]) -> str:
    """Return an outcome: `image`, an error's name, or a failure with its evidence."""
    name, evidence = outcome["name"], outcome["evidence"]
    if name == "ended loudly":
        return evidence
    if name == "swallowed":
        flaw = re.sub(r"^.*, and out.png |; requested: .*", "", evidence)
        return f"swallowed: the file {flaw}"
    return "image" if name == "recovered" else name


def rows(clients: list[str]) -> Iterator[tuple[str, Row]]:
    """Yield the row of each client."""
    for client in clients:
        if missing := find_missing(client):
            sys.exit(f"This machine has no {', '.join(missing)}: {client} cannot be measured.")
        yield client, measure(client)


def main() -> None:
    chosen = sys.argv[1:] or [*CLIENTS]
    before = json.loads(FILE.read_text("utf-8")) if len(sys.argv) > 1 else {}
    table = {**before, **dict(rows(chosen))}
    ordered = {client: table[client] for client in CLIENTS if client in table}
    FILE.write_text(json.dumps(ordered, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
