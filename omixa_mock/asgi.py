"""`asgi_app()`: a fake gateway as an ASGI application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from omixa_mock.configuration import read_token
from omixa_mock.gateway import KeyPolicy
from omixa_mock.gateway.calls import JOURNAL_BYTES
from omixa_mock.gateway_setup import set_up_gateway
from omixa_mock.mock import OmixaMock
from omixa_mock.plain_asgi import MockApp, plain_contract
from omixa_mock.profile import ProfilePath, settings_of
from omixa_mock.transports.control import ControlPolicy

__all__ = ["BASE_URL", "asgi_app"]

# RFC 6761 §6.4: no such host exists, so that a client without the application reaches nothing.
BASE_URL = "http://omixa-mock.test/api/v1"


def asgi_app(
    *,
    base_url: str = BASE_URL,
    keys: KeyPolicy = "any",
    settings: Mapping[str, Any] | None = None,
    profile: ProfilePath | None = None,
    faults: Sequence[Any] = (),
    journal_bytes: int | str = JOURNAL_BYTES,
    control_token: str | None = None,
    allow_hosts: Sequence[str] = (),
    cors_origins: Sequence[str] = (),
    inspector: bool = True,
) -> MockApp:
    """Return a fake gateway as an ASGI 3 application, with its mock as the attribute `mock`.

        app = omixa_mock.asgi_app()
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=app.mock.base_url)

    Mount it in Starlette or FastAPI, or serve it with uvicorn or hypercorn. Below a mount, the base URL of a client
    is the mount's URL and `/api/v1`. Faults that break the connection are refused when they are planned, since ASGI
    cannot perform them; `serve()` can.

    Args:
        base_url: The mock's `base_url`, for instance `"http://127.0.0.1:8000/api/v1"` under uvicorn.
        keys: The keys that open a workspace: `any`, only `issued` ones, or a list of keys.
        settings: Changes to `Settings`, by name.
        profile: TOML file whose `[settings]` apply below `settings`, for instance of `omixa-mock verify --profile`.
        faults: Faults planned in every workspace: plans, or text such as `no_route=0.1`.
        journal_bytes: How many bytes of large bodies the journals keep together, for instance `"16MB"`.
        control_token: The token for the control routes; without one there are none, since an application does not
            know on which address its server listens.
        allow_hosts: Host names that control calls may use besides loopback ones and that of `base_url`.
        cors_origins: Origins of web pages that may call the API.
        inspector: True for the inspector, the page at `/__omixa/`, while there are control routes.

    Raises:
        SettingError: A setting, profile or journal_bytes is unknown or not accepted, a fault breaks the connection, or
            control_token is empty.
    """
    token = read_token(control_token)
    gateway, client, api_key = set_up_gateway(
        plain_contract(), keys, settings_of(profile, settings), faults, journal_bytes
    )
    hosts = (*allow_hosts, urlsplit(base_url).hostname or "")
    policy = None if token is None else ControlPolicy(token=token, hosts=hosts, inspector=inspector)
    return MockApp(OmixaMock(base_url.rstrip("/"), api_key, client, gateway), policy, cors_origins)
