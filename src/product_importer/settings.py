"""The library's settings, from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from product_importer.embedded.accounts import default_data_dir
from product_importer.environment import Environment, directory, positive_seconds, split_names, whole_number


@dataclass(frozen=True, slots=True)
class Settings:
    """``DATABASE_URL`` is called what hosting platforms call it; the rest begins with ``PRODUCT_IMPORTER_``.

    ``data_dir``: where the embedded database and the files of unfinished imports live. ``parser``: the one to
    use where an import names none. ``writers``: database connections that one import saves over at once.
    ``plugin_timeout``: seconds that a plugin's object may take for one batch. ``disabled_plugins``: names, as
    ``product-importer plugins`` lists them, in the environment separated by commas.
    """

    database_url: str | None = None
    data_dir: Path = field(default_factory=default_data_dir)
    parser: str = "csv"
    writers: int = 2
    plugin_timeout: float = 60.0
    disabled_plugins: frozenset[str] = frozenset()


def load_settings() -> Settings:
    """Raises :class:`~product_importer.errors.SettingsError`, naming the setting that can't be used."""
    environment = Environment.read()
    return environment.fill(
        Settings,
        database_url=environment.platform("DATABASE_URL", str, "a postgresql:// URL"),
        data_dir=environment.own("DATA_DIR", directory, "a directory"),
        parser=environment.own("PARSER", str, "a parser's name"),
        writers=environment.own("WRITERS", whole_number(1, 16), "a whole number from 1 to 16"),
        plugin_timeout=environment.own("PLUGIN_TIMEOUT", positive_seconds, "a number of seconds above 0"),
        disabled_plugins=environment.own("DISABLED_PLUGINS", split_names, "names separated by commas"),
    )
