"""Settings, from the environment and a ``.env`` file in the working directory."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from product_importer.embedded import default_data_dir
from product_importer.errors import SettingsError


class Settings(BaseSettings):
    """``DATABASE_URL`` is called what hosting platforms call it; the rest begins with ``PRODUCT_IMPORTER_``.

    ``data_dir``: where the embedded database and the files of unfinished imports live. ``writers``: database
    connections that one import saves over at once. ``plugin_timeout``: seconds that a plugin's object may
    take for one batch. ``disabled_plugins``: names, as ``product-importer plugins`` lists them.
    """

    model_config = SettingsConfigDict(
        env_prefix="PRODUCT_IMPORTER_", env_file=".env", extra="ignore", frozen=True
    )

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    data_dir: Path = Field(default_factory=default_data_dir)
    parser: str = "csv"
    writers: int = Field(default=2, ge=1, le=16)
    plugin_timeout: float = Field(default=60.0, gt=0)
    disabled_plugins: frozenset[str] = frozenset()


def load_settings() -> Settings:
    """Raises :class:`SettingsError`, naming the setting, where one can't be used."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(map(str, first["loc"])).upper()
        raise SettingsError(f"The setting {name} can't be used: {first['msg']}.") from error
