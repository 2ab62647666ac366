"""Processes that use an embedded server, as root and as an ordinary user."""

import fcntl
import json
import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

import product_importer
from product_importer.embedded.accounts import server_account

CLIENT = Path(__file__).parent / "client.py"
DEADLINE = 20.0
ROOT = os.geteuid() == 0


def wait_until(condition, what):
    """Returns the first truthy value of ``condition()``; fails when there is none in time."""
    end = time.monotonic() + DEADLINE
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {DEADLINE} s in vain until {what}"
        time.sleep(0.01)
    return value


@dataclass(frozen=True)
class Person:
    """Who runs a client, and how that one can run Python: root's may lie where nobody else can enter."""

    uid: int
    server_uid: int
    python: str = sys.executable
    environment: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    def popen_options(self):
        switched = self.uid != os.geteuid()
        user = (
            {"user": self.uid, "group": pwd.getpwuid(self.uid).pw_gid, "extra_groups": []} if switched else {}
        )
        return {**user, "env": {**os.environ, **self.environment}, "cwd": "/"}


class Client:
    """A running ``client.py``."""

    def __init__(self, person, data_dir, kind, **environment):
        options = person.popen_options()
        options["env"].update(environment)
        self.process = subprocess.Popen(
            [person.python, *person.options, CLIENT, data_dir, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )

    def answer(self):
        return json.loads(self.process.stdout.readline() or '{"state": "ended"}')

    def opened(self):
        answer = self.answer()
        assert answer["state"] == "open", answer
        return answer

    def tell(self, command):
        """The server's answer to a query, or to a command of Redis."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.answer()
        assert not answer["err"]
        return answer["out"]

    def close(self):
        self.process.stdin.close()
        assert self.answer() == {"state": "closed"}
        assert self.process.wait(DEADLINE) == 0

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE)

    def tidy_up(self):
        if self.process.poll() is None:
            self.kill()
        self.process.stdin.close()
        self.process.stdout.close()


class Watch:
    """What can be seen of a data directory's server from outside."""

    def __init__(self, data_dir, kind="postgres"):
        self.home = data_dir / kind
        self.lock = self.home / "server.lock"

    def keeper(self):
        log = json.dumps(str(self.home / "server.log"))
        (keeper,) = [process for process in psutil.process_iter() if log in _arguments(process)]
        return keeper

    def postmaster(self):
        return psutil.Process(int((self.home / "data/postmaster.pid").read_text().splitlines()[0]))

    def processes(self):
        """Every process of the server itself, whatever it calls itself."""
        return [process for process in psutil.process_iter() if _cwd(process) == str(self.home / "data")]

    def locked(self):
        if not self.lock.exists():
            return False
        with self.lock.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def gone(self):
        """Whether no process of the server or its keeper is left."""
        return not self.locked() and not self.processes()


def _arguments(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _cwd(process):
    try:
        return process.cwd()
    except (psutil.Error, OSError):
        return None


def public_directory(parent="/tmp"):
    """A directory that everybody can enter, which pytest's own are not, with a short path."""
    path = Path(tempfile.mkdtemp(prefix="pi-", dir=parent))
    path.chmod(0o777)
    return path


@pytest.fixture
def public_dir():
    path = public_directory()
    yield path
    shutil.rmtree(path)


def link(source, target):
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _ordinary_person(world):
    """An ordinary user. What it needs and can't read is put into ``world``."""
    daemon = pwd.getpwnam("daemon")
    person = Person(daemon.pw_uid, daemon.pw_uid)

    def can_read(path):
        tried = subprocess.run(["ls", path], **person.popen_options(), capture_output=True, check=False)
        return tried.returncode == 0

    def readable(path, target):
        if can_read(path):
            return str(path)
        shutil.copytree(path, target, copy_function=link, symlinks=True)
        return str(target)

    packages = [
        readable(Path(sysconfig.get_path("purelib")), world / "packages"),
        readable(Path(product_importer.__file__).parents[1], world / "src"),
    ]
    environment = {"PYTHONPATH": ":".join(packages), "HOME": str(world), "PYTHONDONTWRITEBYTECODE": "1"}
    python = sys.executable
    if not can_read(python):
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        (world / "bin").mkdir()
        (world / "lib").mkdir()
        link(Path(python).resolve(), world / "bin" / version)
        base = Path(sys.base_prefix) / "lib"
        for library in base.glob("libpython*.so.*"):
            link(library, world / "lib" / library.name)
        unneeded = shutil.ignore_patterns(
            "test", "site-packages", "config-*", "idlelib", "ensurepip", "tkinter"
        )
        shutil.copytree(base / version, world / "lib" / version, ignore=unneeded, copy_function=link)
        python = str(world / "bin" / version)
        environment["LD_LIBRARY_PATH"] = str(world / "lib")
    return Person(person.uid, person.server_uid, python, environment)


@pytest.fixture(scope="session")
def people():
    """By name: ``root`` only if we are root, ``user`` always."""
    if not ROOT:
        yield {"user": Person(os.geteuid(), os.geteuid())}
        return
    world = public_directory()
    world.chmod(0o755)
    yield {"root": Person(0, server_account().uid), "user": _ordinary_person(world)}
    shutil.rmtree(world)


@pytest.fixture
def user(people):
    return people["user"]


@pytest.fixture
def root(people):
    if "root" not in people:
        pytest.skip("only root can try this")
    return people["root"]


@pytest.fixture(params=["root", "user"])
def person(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def start(public_dir, new_dir):
    """``start(person, data_dir, kind, **environment)`` begins a client.

    When the test ends, all are killed, and after that every server must be gone.
    """
    clients = []
    servers = []

    def start_client(person, data_dir, kind="postgres", **environment):
        servers.append(Watch(data_dir, kind))
        client = Client(person, data_dir, kind, **environment)
        clients.append(client)
        assert client.answer() == {"state": "opening"}
        return client

    yield start_client
    for client in clients:
        client.tidy_up()
    for server in servers:
        wait_until(server.gone, f"the server in {server.home} was gone")


@pytest.fixture(scope="session")
def data_dirs():
    """A place for data directories, in memory where there is enough of it."""
    memory = Path("/dev/shm")
    roomy = memory.exists() and shutil.disk_usage(memory).free > 2 << 30
    place = public_directory(memory if roomy else "/tmp")
    odd = place / "ünï & %41"  # nothing minds a name like this
    odd.mkdir()
    odd.chmod(0o777)
    yield odd
    shutil.rmtree(place)


@pytest.fixture
def new_dir(data_dirs):
    """A name for a new data directory."""
    place = Path(tempfile.mkdtemp(prefix="new-", dir=data_dirs))
    place.chmod(0o777)
    yield place / "data"
    shutil.rmtree(place)


@pytest.fixture
def data_dir(person, data_dirs):
    """A data directory of the person's own, new for the first test that asks for it."""
    return data_dirs / str(person.uid)


@pytest.fixture
def user_dir(user, data_dirs):
    """The same for tests that make no difference between root and others."""
    return data_dirs / str(user.uid)
