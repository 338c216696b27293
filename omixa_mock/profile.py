"""Profile: a configuration file with the settings of a gateway as it was seen to be.

It has the form of a file for `serve --config`, and `verify --profile` writes it. Everywhere but in `serve`, its
`[settings]` apply below explicit ones. What concerns a server's process, such as `port`, applies to `serve` alone. A
name that would change responses is never ignored: it is refused.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omixa_mock.configuration import read_tables
from omixa_mock.gateway import SettingError

__all__ = ["ProfilePath", "read_profile", "settings_of"]

ProfilePath = str | os.PathLike[str]
# Names that change responses, and where else they belong.
ELSEWHERE: Mapping[str, str] = {
    "keys": "to the argument keys of serve() or asgi_app()",
    "faults": "into the test, for instance mock.fail({'fail': 'no_route'})",
    "price_table": "below [settings.prices], the rows of its file",
}


def settings_of(profile: ProfilePath | None, settings: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the changes to `Settings`: those of a profile, and above them explicit ones.

    Raises:
        SettingError: The profile cannot be used.
    """
    return {**({} if profile is None else read_profile(profile)), **(settings or {})}


def read_profile(profile: ProfilePath) -> dict[str, Any]:
    """Return the settings of a profile.

    Raises:
        SettingError: There is no such file, it is not accepted, or it has a name that only `serve` can apply.
    """
    if not isinstance(profile, (str, os.PathLike)) or not os.fspath(profile):
        raise SettingError(
            f'profile = {profile!r} is not accepted; accepted: the path of a TOML file, for instance "omixa.toml"'
        )
    path = Path(profile)
    if not path.is_file():
        raise SettingError(
            f"Correct the path of the profile, or write the file by `omixa-mock verify URL --profile {path.name}`: "
            f"there is no file {path.absolute()}"
        )
    tables = read_tables(path)
    for name in tables.server:
        if name in ELSEWHERE:
            raise SettingError(f"{path}: move {name} {ELSEWHERE[name]}. Only `omixa-mock serve` takes it from a file.")
    return dict(tables.settings)
