"""Profiles as plain values and as TOML, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from product_importer.cells.shortening import quoted
from product_importer.errors import InvalidProfile
from product_importer.model import PROFILE_VERSION, Profile
from product_importer.support.records import InvalidRecord, plain, record

_VERSION: Final = "version"

_LONGEST: Final = 16_000
"""Maximum number of characters of a text in TOML. Some texts take the square of their length to read."""


def profile_object(profile: Profile) -> dict[str, Any]:
    """Returns the profile as a JSON object: the version of its form, then all fields that have a value."""
    values: dict[str, Any] = plain(profile)
    return {_VERSION: PROFILE_VERSION, **values}


def profile_of_object(values: Any, where: str = "The profile") -> Profile:
    """Returns the profile that a JSON object describes; what it leaves out has its default.

    Raises :class:`InvalidProfile`, whose message begins with ``where``.
    """
    try:
        if not isinstance(values, Mapping):
            raise InvalidRecord("It has to be a table of keys with values.")
        version = values.get(_VERSION)
        if type(version) is not int:
            raise InvalidRecord(f"The key 'version' has to be {PROFILE_VERSION}, as a number.")
        if version != PROFILE_VERSION:
            raise InvalidRecord(
                f"Its version is {version}, but this program knows version {PROFILE_VERSION} only. "
                "Use the version of the program that wrote it, or a newer one."
            )
        return record(Profile, {name: value for name, value in values.items() if name != _VERSION})
    except InvalidRecord as error:
        raise InvalidProfile(f"{where} can't be used. {error}") from None


def profile_toml(profile: Profile) -> str:
    """Returns the profile as a text in TOML."""
    import tomli_w  # noqa: PLC0415 - few commands write a profile

    return tomli_w.dumps(profile_object(profile))


def profile_of_toml(text: str, where: str = "The profile") -> Profile:
    """Returns the profile that the text describes. Raises :class:`InvalidProfile`, as above."""
    if len(text) > _LONGEST:
        raise InvalidProfile(
            f"{where} is too long: it has {len(text):,} characters, and {_LONGEST:,} is the maximum. Keep "
            "what differs from the defaults only."
        )
    import tomllib  # noqa: PLC0415 - few commands read a profile

    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidProfile(f"{where} is no valid TOML: {quoted(str(error))}.") from None
    except (ValueError, RecursionError):
        raise InvalidProfile(
            f"{where} can't be used. It has a number of too many digits, or too many lists within lists."
        ) from None
    return profile_of_object(values, where)
