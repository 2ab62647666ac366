"""A source that fetches files from SFTP servers: ``sftp://user:password@host/path``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from product_importer import hookimpl
from product_importer.environment import Environment, directory
from product_importer_sftp.source import Access, SftpSource

if TYPE_CHECKING:
    from product_importer.ports import ReportingSource

__all__ = ["SftpSource"]


@hookimpl
def product_importer_sources() -> Iterable[ReportingSource]:
    """Registers the source ``sftp``."""
    environment = Environment.read()
    access = environment.fill(
        Access,
        key=environment.own("SFTP_KEY", directory, "the path of a private key"),
        known_hosts=environment.own("SFTP_KNOWN_HOSTS", directory, "the path of a file of known hosts"),
    )
    return [SftpSource(access)]
