"""Finds a server's programs in the installed package that contains them."""

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
class Package:
    """``distribution`` contains ``module`` with the ``program`` of ``server``; ``instead`` is advice."""

    module: str
    distribution: str
    program: Path
    server: str
    instead: str

    def path(self) -> Path:
        """Returns the package's directory, without importing the package, which would load unused helpers.

        Raises:
            EmbeddedServerError: the package is not installed, or has no build for this machine.
        """
        spec = find_spec(self.module)
        if spec is None or spec.origin is None:
            raise EmbeddedServerError(
                f"The embedded {self.server} is not installed. Install it with: "
                f'pip install "product-importer[embedded]", or {self.instead}.'
            )
        path = Path(spec.origin).parent
        if not (path / self.program).exists():
            raise EmbeddedServerError(
                f"The package {self.distribution} has no {self.server} for this machine in {path}. "
                f"Please {self.instead}."
            )
        return path

    def usable_by(self, account: Account, copies: Path) -> Usable:
        """Returns the package if ``account`` can run its program, or else a copy of it under ``copies``.

        For example, the server's user can't enter a virtual environment under root's home. The caller must
        hold the server's lock.

        Raises:
            EmbeddedServerError: the server can't be run on this machine, or not by this account.
        """
        packaged = self.path()
        if usable := self._try(packaged, account):
            return usable
        copy = copies / f"{self.server.lower()}-{version(self.distribution)}"
        if not copy.exists():
            _copy(packaged, copy)
        if usable := self._try(copy / packaged.name, account):
            return usable
        raise EmbeddedServerError(
            f"The user {account.name}, as whom {self.server} runs, can't enter {copy}. "
            "Set PRODUCT_IMPORTER_DATA_DIR to a directory that every user can enter."
        )

    def _try(self, path: Path, account: Account) -> Usable | None:
        """Returns the usable program; None if the account may not run it."""
        try:
            tried = run([str(path / self.program), "--version"], account=account)
        except PermissionError:
            return None
        if tried.returncode != 0:
            raise EmbeddedServerError(
                f"{self.server} can't run on this machine: {tried.stderr.strip() or 'no reason given'}. "
                f"If it names a library, install the system package that brings it, or {self.instead}."
            )
        return Usable(path / self.program, tried.stdout.strip())


@dataclass(frozen=True, slots=True)
class Usable:
    """A program that its user can run; ``version`` is the program's own output."""

    program: Path
    version: str


def _copy(package: Path, copy: Path) -> None:
    """Copies the package, and the libraries beside it, readable for all users; removes older copies.

    The copy gets its name only when it is complete.
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
