"""Under which account the servers run, what they see of ours, and who gets at them."""

import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
from dataclasses import replace

import pytest

from product_importer.embedded import accounts, keeper
from product_importer.embedded.accounts import Account, clean_environment, server_account
from product_importer.embedded.joining import Endings, Launch, Patience, ServerFiles, log_tail, obtain
from product_importer.errors import EmbeddedServerError

from .conftest import ROOT, Watch, wait_until

NOBODY = 65_534
only_root = pytest.mark.skipif(not ROOT, reason="only root can try this")


@only_root
def test_an_account_that_nothing_else_uses():
    account = server_account()
    assert account.switch
    assert account.uid not in (0, NOBODY)
    entry = pwd.getpwnam(account.name)
    assert entry.pw_shell.endswith("nologin")
    assert server_account() == account


@only_root
def test_the_setting_names_another_account(monkeypatch):
    monkeypatch.setenv("PRODUCT_IMPORTER_ACCOUNT", "games")
    assert server_account().name == "games"


@only_root
@pytest.mark.parametrize("name", ["root", "nobody", "daemon"])
def test_an_account_that_others_use_is_refused(name, monkeypatch):
    monkeypatch.setenv("PRODUCT_IMPORTER_ACCOUNT", name)
    with pytest.raises(EmbeddedServerError, match=f"is {name}, which other programs use, too") as refused:
        server_account()
    assert "--system" in str(refused.value)


@only_root
def test_an_account_of_the_setting_is_not_made(monkeypatch):
    monkeypatch.setenv("PRODUCT_IMPORTER_ACCOUNT", "no-such-user-here")
    with pytest.raises(
        EmbeddedServerError, match=r"no such user. Make it with: \S*useradd --system .* no-such-"
    ):
        server_account()


@only_root
@pytest.mark.parametrize("program", ["/bin/false", "/no/such/program"])
def test_where_the_account_can_not_be_made_the_command_is_told(program, monkeypatch):
    monkeypatch.setattr(accounts, "_entry", lambda name: None)
    monkeypatch.setattr(accounts, "_making", lambda name: [[program, "--system", name]])
    with pytest.raises(EmbeddedServerError) as refused:
        server_account()
    assert f"Make it with: {program} --system product-importer\n" in str(refused.value)
    assert "run the program as an ordinary user" in str(refused.value)


def test_with_busybox_the_account_has_a_group_of_its_own(monkeypatch):
    """Its default is one that all such accounts share."""
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    group, user = accounts._making("no-such-user-here")
    assert group == ["addgroup", "-S", "no-such-user-here"]
    assert user[user.index("-G") :] == ["-G", "no-such-user-here", "no-such-user-here"]
    ((command, *_),) = accounts._making("games")  # the group is there
    assert command == "adduser"


@only_root
def test_the_account_is_made_once_and_said(monkeypatch, caplog):
    made = []
    monkeypatch.setattr(accounts, "_entry", lambda name: pwd.getpwnam("games") if made else None)
    monkeypatch.setattr(accounts, "_tried", made.append)
    assert server_account().name == "games"
    assert len(made) == 1
    assert "The system account product-importer was made" in caplog.text


def test_servers_see_nothing_of_our_secrets(person, new_dir, start):
    client = start(
        person, new_dir, SECRET_KEY="geheim", AWS_SECRET_ACCESS_KEY="geheim", PGPASSWORD="geheim", TZ="UTC"
    )
    client.opened()
    server = Watch(new_dir)
    for process in (server.postmaster(), server.keeper()):
        names = process.environ().keys()
        assert "PATH" in names
        assert names <= {"PATH", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "LC_CTYPE"}  # the last by Python


def test_what_is_passed_on_is_named_one_by_one(monkeypatch):
    monkeypatch.setenv("ANYTHING", "x")
    monkeypatch.setenv("TMPDIR", "/tmp")
    assert "ANYTHING" not in clean_environment()
    assert clean_environment()["TMPDIR"] == "/tmp"


@pytest.mark.parametrize(("kind", "name"), [("postgres", ".s.PGSQL.5432"), ("valkey", "valkey.sock")])
def test_nobody_gets_at_the_servers_of_root(root, new_dir, start, kind, name):
    start(root, new_dir, kind).opened()
    path = new_dir / kind / "run" / name
    with socket.socket(socket.AF_UNIX) as ours:
        ours.connect(str(path))
    tried = subprocess.run(
        ["/usr/bin/python3", "-c", f"import socket; socket.socket(socket.AF_UNIX).connect({str(path)!r})"],
        user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    assert "PermissionError" in tried.stderr


@pytest.mark.parametrize(
    ("kind", "statement"), [("postgres", "CREATE TABLE kept AS SELECT 1"), ("valkey", "SET kept 1")]
)
def test_data_of_nobody_are_handed_over(root, new_dir, start, kind, statement, tmp_path):
    """As they were made by earlier versions. No link leads to what isn't theirs."""
    client = start(root, new_dir, kind)
    client.opened()
    client.tell(statement)
    client.close()
    data, home = new_dir / kind / "data", new_dir / kind
    for folder in (data, home / "run"):
        subprocess.run(["chown", "-R", "nobody", folder], check=True)
    secret = tmp_path / "secret"
    secret.write_text("root's")
    (data / "soft").symlink_to(secret)
    os.lchown(data / "soft", NOBODY, NOBODY)
    os.link(shutil.copy(secret, home / "other"), data / "hard")

    client = start(root, new_dir, kind)
    client.opened()
    assert client.tell({"postgres": "SELECT count(*) FROM kept", "valkey": "GET kept"}[kind]) == "1"
    left = [path for path in (data, *data.rglob("*")) if path.lstat().st_uid != root.server_uid]
    assert left == [data / "hard"]
    assert secret.stat().st_uid == (home / "other").stat().st_uid == 0
    client.close()


@pytest.fixture
def files(new_dir):
    new_dir.mkdir()
    return ServerFiles(new_dir, new_dir)


def kept(files, program):
    """What has the keeper start ``program`` and stop it by an interrupt; the status is that of the lock."""
    own = Account("us", os.geteuid(), os.getegid(), switch=False)
    launch = Launch(["/bin/sh", "-c", program], own, stop_signal=signal.SIGINT)
    return obtain(files, lambda: launch, Patience(20.0))


def test_a_server_is_stopped_though_whoever_started_it_ignores_interrupts(files):
    """As the shell has it for what a script starts in the background."""
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        lease = kept(files, "exec sleep 60")
        lease.close()
    finally:
        signal.signal(signal.SIGINT, former)
    assert replace(lease).broken
    kept(files, "exit 0").close()  # the lock is free


def test_a_server_that_was_deaf_at_first_is_told_again(files):
    deaf = 'trap "" INT; sleep 1; trap "exit 0" INT; while :; do sleep 0.1; done'
    kept(files, deaf).close()
    kept(files, "exit 0").close()


def test_a_server_that_never_worked_is_not_started_again(files):
    lease = kept(files, "echo x >&2")
    wait_until(lambda: lease.broken, "the keeper had ended")
    lease.close()
    assert files.log.read_text() == "x\n"


def test_a_server_that_worked_is_started_again_until_nobody_uses_it(files):
    begun = files.home / "begun"
    lease = kept(files, f"echo x >>{shlex.quote(str(begun))}; sleep 0.3")
    lease.confirm()
    wait_until(lambda: begun.exists() and begun.read_text().count("x") > 1, "it was started again")
    lease.close()
    kept(files, "exit 0").close()


def test_who_joins_says_that_it_works_where_the_starter_was_killed_before(files):
    begun = files.home / "begun"
    starter = kept(files, f"echo x >>{shlex.quote(str(begun))}; sleep 1")
    joined = kept(files, "exit 1")
    assert joined.log_start is None
    starter.connection.close()
    joined.confirm()
    wait_until(lambda: begun.exists() and begun.read_text().count("x") > 1, "it was started again")
    joined.close()


def test_endings_are_counted_though_the_log_is_begun_anew(files):
    line = f"{keeper.ENDED}; it starts anew in 1 seconds.\n"
    files.log.write_text(line + "x" * 1000 + "\n")
    joined = files.log.stat().st_size
    endings = Endings(files)
    assert endings.count() == 0
    with files.log.open("a") as log:
        log.write(line)
    assert endings.count() == 1
    files.log.write_text(line + "its last words\n")
    assert endings.count() == 2
    assert log_tail(files, joined).endswith("its last words")
