"""Generators of clients take the OpenAPI description; their clients compile, and request an image."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

import omixa_mock
from omixa_mock import Settings, shipped_contract
from omixa_mock.gateway.contract import describe_api

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "generators"
CLIENTS = FOLDER / "clients"
BIN = ROOT / ".venv-generators" / "bin"
NODE_BIN = FOLDER / "node_modules" / ".bin"
CONTRACT = shipped_contract()
MODELS = {"one model": Settings().models, "all models": tuple(CONTRACT.requests)}
TSC = ("tsc", "--strict", "--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--types", "node")
JAVA = ("go", "python", "csharp", "php", "typescript-fetch")

# Each reads openapi.json, and writes `generated` or `generated.*`.
GENERATORS = {
    "hey-api": ("openapi-ts", "-i", "openapi.json", "-o", "generated", "-c", "@hey-api/client-fetch"),
    "openapi-typescript": ("openapi-typescript", "openapi.json", "-o", "generated.ts"),
    "datamodel-code-generator": (
        *("datamodel-codegen", "--input", "openapi.json", "--input-file-type", "openapi", "--output", "generated.py"),
        *("--output-model-type", "pydantic_v2.BaseModel", "--formatters", "builtin"),
    ),
    "openapi-python-client": (
        *("openapi-python-client", "generate", "--path", "openapi.json", "--output-path", "generated"),
        "--fail-on-warning",
    ),
    **{
        f"openapi-generator {language}": (
            *("openapi-generator-cli", "generate", "-i", "openapi.json", "-g", language, "-o", "generated"),
        )
        for language in JAVA
    },
}


class Client(NamedTuple):
    """Program that uses a generated client: its source, the copy's name, and the commands that build and run it."""

    source: str
    copy: str
    commands: tuple[tuple[str, ...], ...]


def typescript(source: str) -> Client:
    compiled = (*TSC, "--module", "commonjs", "--moduleResolution", "node10", "--outDir", "js", "client.ts")
    return Client(source, "client.ts", (compiled, ("node", "js/client.js")))


def python(source: str) -> Client:
    return Client(source, "generated/client.py", (("python", "-W", "error", "generated/client.py"),))


USED = {
    "openapi-generator python": python("openapi_generator.py.txt"),
    "openapi-python-client": python("openapi_python_client.py.txt"),
    "openapi-generator go": Client(
        "main.go",
        "generated/main/main.go",
        (("go", "-C", "generated", "vet", "."), ("go", "-C", "generated", "run", "./main")),
    ),
    "openapi-generator typescript-fetch": typescript("typescript_fetch.ts"),
    "openapi-typescript": typescript("openapi_typescript.ts"),
    "hey-api": typescript("hey_api.ts"),
}


@pytest.fixture(scope="session", autouse=True)
def tools(require: Callable[..., str]) -> None:
    """Skip everything unless the generators are installed."""
    require("node")
    for path in (BIN / "openapi-generator-cli", NODE_BIN / "spectral"):
        if not path.exists():
            pytest.skip("`make acceptance` has not installed the generators")


@pytest.fixture(scope="module")
def served() -> Iterator[omixa_mock.OmixaMockServer]:
    with omixa_mock.serve() as server:
        yield server


def run(folder: Path, *command: str, **environment: str) -> str:
    """Run a command of the generators; return what it printed."""
    # The generated Go needs nothing but the standard library.
    go = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOCACHE": str(folder / "cache"), "GOPATH": str(folder / "gopath")}
    path = os.pathsep.join([str(BIN), str(NODE_BIN), os.environ["PATH"]])
    done = subprocess.run(
        command, cwd=folder, env=os.environ | go | environment | {"PATH": path}, capture_output=True, text=True,
        check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def generate(folder: Path, generator: str, document: Any) -> None:
    """Run a generator on a description in a folder that has the Node packages."""
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    (folder / "openapi.json").write_text(json.dumps(document))
    run(folder, *GENERATORS[generator])


@pytest.mark.parametrize("models", MODELS.values(), ids=MODELS)
def test_spectral_finds_nothing(tmp_path: Path, models: tuple[str, ...]) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(describe_api(CONTRACT, CONTRACT.under(Settings(models=models)))))
    (tmp_path / ".spectral.json").write_text('{"extends": ["spectral:oas"]}')
    found = run(tmp_path, "spectral", "lint", "openapi.json", "--format", "json", "--fail-severity", "hint", "--quiet")
    assert json.loads(found) == []


@pytest.mark.parametrize("generator", GENERATORS)
def test_generator_takes_the_description_of_all_models(tmp_path: Path, generator: str) -> None:
    generate(tmp_path, generator, describe_api(CONTRACT, CONTRACT.under(Settings(models=MODELS["all models"]))))
    assert any(path.stem == "generated" for path in tmp_path.iterdir())


@pytest.mark.parametrize("generator", [name for name in GENERATORS if name not in USED])
def test_generator_takes_the_description_of_one_model(tmp_path: Path, generator: str) -> None:
    generate(tmp_path, generator, describe_api(CONTRACT, CONTRACT.under(Settings())))
    assert any(path.stem == "generated" for path in tmp_path.iterdir())


def test_generated_models_read_a_response(tmp_path: Path) -> None:
    generate(tmp_path, "datamodel-code-generator", describe_api(CONTRACT, CONTRACT.under(Settings())))
    body = (ROOT / "schemas/examples/valid/response--one-image.json").read_text("utf-8")
    code = f"import generated; print(generated.ImageResponse.model_validate_json({body!r}).data[0].url)"
    assert run(tmp_path, "python", "-W", "error", "-c", code) == "None\n"


@pytest.mark.parametrize("generator", USED)
def test_generated_client_requests_images(tmp_path: Path, served: omixa_mock.OmixaMockServer, generator: str) -> None:
    generate(tmp_path, generator, httpx.get(f"{served.url}/__omixa/openapi.json").json())
    client = USED[generator]
    copy = tmp_path / client.copy
    copy.parent.mkdir(exist_ok=True)
    copy.write_text((CLIENTS / client.source).read_text("utf-8"))
    *build, start = client.commands
    for command in build:
        run(tmp_path, *command)
    printed = run(tmp_path, *start, OMIXA_API_KEY=served.api_key, OMIXA_URL=served.url)
    assert printed == "2 0.078000\n"


def validate(pairs: list[Any]) -> Any:
    """Return, for each schema and instance, whether @cfworker/json-schema takes the instance for valid."""
    command = ["node", str(FOLDER / "validate.mjs")]
    done = subprocess.run(command, input=json.dumps(pairs), capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_cfworker_reads_every_schema() -> None:
    schemas = list(CONTRACT.schemas().values())
    assert validate([(schema, 1) for schema in schemas]) == [False] * len(schemas)


@pytest.mark.parametrize(("folder", "valid"), [("valid", True), ("invalid", False)])
def test_cfworker_validates_as_the_files_say(folder: str, *, valid: bool) -> None:
    files = (ROOT / "schemas/examples" / folder).glob("re*.json")
    bodies = [(path, json.loads(path.read_text("utf-8"))) for path in files]
    pairs = [(schema_of(path, body), body) for path, body in bodies]
    found = zip(bodies, validate(pairs), strict=True)
    assert [path.stem for (path, _), accepted in found if accepted != valid] == []


def schema_of(path: Path, body: Any) -> Any:
    """Return the schema of an example of a request or a response with images."""
    if path.stem.startswith("response"):
        return CONTRACT.responses["image"]
    model = body.get("model") if isinstance(body, dict) else None
    return CONTRACT.requests.get(str(model), CONTRACT.requests["gpt-image-1.5"])
