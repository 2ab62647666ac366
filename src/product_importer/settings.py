"""The library's settings, from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from product_importer.embedded.accounts import default_data_dir
from product_importer.environment import (
    Environment,
    directory,
    networks,
    number_from_zero,
    percentage,
    positive_number,
    size,
    size_or_none,
    split_names,
    whole_number,
)
from product_importer.errors import SettingsError
from product_importer.model import AUTO_PARSER
from product_importer.support.logs import LEVELS
from product_importer.support.namespace import SCHEMA_WANTED, schema_name

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network


@dataclass(frozen=True, slots=True)
class Settings:
    """``DATABASE_URL`` and ``STORAGE_URL`` have the names that hosting platforms use; the other settings
    begin with ``PRODUCT_IMPORTER_``.

    ``schema``: the PostgreSQL schema of the catalogue, apart from others in the same database;
    None: the connections' own search path, which mostly is ``public``. A name with characters other than
    lower-case letters, digits and underscores raises :class:`~product_importer.errors.SettingsError`.

    ``data_dir``: the directory of the embedded database, and by default of the storage. ``storage_url``:
    where uploaded files are kept until their import has ended: ``file:///directory`` or
    ``s3://bucket/prefix``. ``upload_hours``: how long an upload waits to go on, or to be imported.
    ``keep_days``: how long the file of a failed or cancelled import is kept, so that it can be resumed.
    ``history_months``: how many whole months of changes of products are kept beside the present one.
    ``keep_files_days``: how long the file of any ended import is kept, so that it can be downloaded and
    imported again; 0: only as long as the import may be resumed.
    ``disk_reserve``: bytes that files of the storage leave free on its disk, in the environment also as
    ``500M``; 0 is none. ``open_uploads``: the maximum number of uploads that aren't complete, or not
    imported.

    ``fetch_allow``: private networks from which files may be fetched, beside the public Internet.
    ``max_fetch``: maximum size of a fetched file in bytes. ``fetch_seconds``: how long fetching may take.

    ``parser``: the parser if an import names none. ``writers``: the number of database connections
    over which one import saves. ``plugin_timeout``: seconds that a plugin's object may take for one batch.
    ``unpacked_size``: the maximum bytes that come out of a packed file, in the environment also as ``20G``;
    ``unpacked_ratio``: how many times its own size, if that is more than 64 MiB.
    ``missing_share``: the percentage of products that an import may deactivate or delete without a
    confirmation, as its file lacks them. ``disabled_plugins``: names as ``product-importer plugins`` lists
    them, in the environment separated by commas. ``log_level``: the lowest level that long-running commands
    log.
    """

    database_url: str | None = None
    data_dir: Path = field(default_factory=default_data_dir)
    storage_url: str | None = None
    upload_hours: float = 24.0
    keep_days: float = 30.0
    history_months: int = 13
    keep_files_days: float = 30.0
    disk_reserve: int = 500 << 20
    open_uploads: int = 1000
    fetch_allow: tuple[IPv4Network | IPv6Network, ...] = ()
    max_fetch: int = 10 << 30
    fetch_seconds: float = 3600.0
    parser: str = AUTO_PARSER
    writers: int = 2
    plugin_timeout: float = 60.0
    unpacked_size: int = 20 << 30
    unpacked_ratio: int = 250
    missing_share: float = 5.0
    disabled_plugins: frozenset[str] = frozenset()
    log_level: str = "INFO"
    schema: str | None = None

    def __post_init__(self) -> None:
        if self.schema is not None:
            try:
                schema_name(self.schema)
            except ValueError as error:
                raise SettingsError(f"The schema {error}.") from None


def load_settings() -> Settings:
    """Loads the settings. Raises :class:`~product_importer.errors.SettingsError`, which names a wrong one."""
    environment = Environment.read()
    return environment.fill(
        Settings,
        database_url=environment.platform("DATABASE_URL", str, "a postgresql:// URL"),
        schema=environment.own("SCHEMA", schema_name, SCHEMA_WANTED),
        data_dir=environment.own("DATA_DIR", directory, "a directory"),
        storage_url=environment.platform("STORAGE_URL", str, "file:///directory or s3://bucket/prefix"),
        upload_hours=environment.own("UPLOAD_HOURS", positive_number, "a number of hours above 0"),
        keep_days=environment.own("KEEP_DAYS", positive_number, "a number of days above 0"),
        history_months=environment.own(
            "HISTORY_MONTHS", whole_number(1, 1200), "a number of months from 1 to 1200"
        ),
        keep_files_days=environment.own(
            "KEEP_FILES_DAYS", number_from_zero, "a number of days, or 0 for none"
        ),
        disk_reserve=environment.own(
            "DISK_RESERVE", size_or_none, "a number of bytes, such as 500M or 10G, or 0 for none"
        ),
        open_uploads=environment.own("OPEN_UPLOADS", whole_number(1, 100_000), "a number from 1 to 100000"),
        fetch_allow=environment.own("FETCH_ALLOW", networks, "networks, as 10.0.0.0/8, separated by commas"),
        max_fetch=environment.own("MAX_FETCH", size, "a number of bytes, such as 500M or 10G"),
        fetch_seconds=environment.own("FETCH_SECONDS", positive_number, "a number of seconds above 0"),
        parser=environment.own("PARSER", str, "a parser's name"),
        writers=environment.own("WRITERS", whole_number(1, 16), "a whole number from 1 to 16"),
        plugin_timeout=environment.own("PLUGIN_TIMEOUT", positive_number, "a number of seconds above 0"),
        unpacked_size=environment.own("UNPACKED_SIZE", size, "a number of bytes, such as 500M or 10G"),
        unpacked_ratio=environment.own(
            "UNPACKED_RATIO", whole_number(1, 1_000_000), "a whole number from 1 to 1000000"
        ),
        missing_share=environment.own("MISSING_SHARE", percentage, "a number from 0 to 100"),
        disabled_plugins=environment.own("DISABLED_PLUGINS", split_names, "names separated by commas"),
        log_level=environment.own("LOG_LEVEL", _log_level, f"one of {', '.join(LEVELS)}"),
    )


def _log_level(text: str) -> str:
    if text.upper() not in LEVELS:
        raise ValueError
    return text.upper()
