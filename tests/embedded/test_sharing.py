"""One server, several processes, and every way in which they can end."""

import os
import signal
import socket
import stat
import subprocess

import psutil

from .conftest import Watch, wait_until

KEEP = "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 1 AS id"
SAME_SERVER = "SELECT pg_postmaster_start_time()"


def test_first_start_and_later_start(person, new_dir, start):
    server = Watch(new_dir)
    first = start(person, new_dir)
    first.opened()
    assert first.tell("SELECT current_database()") == "product_importer"
    assert first.tell("SHOW server_encoding") == "UTF8"
    assert first.tell("SHOW fsync") == first.tell("SHOW full_page_writes") == "on"
    assert first.tell("SHOW listen_addresses") == ""
    assert first.tell("SELECT lower('ÀÉÎ') || upper('çя')") == "àéîÇЯ"
    first.tell("CREATE TABLE kept AS SELECT 42 AS id")
    assert server.postmaster().uids().real == person.server_uid
    assert not server.postmaster().net_connections("inet")
    assert stat.S_IMODE((server.home / "run").stat().st_mode) == 0o700
    assert stat.S_IMODE((server.home / "data").stat().st_mode) == 0o700
    first.close()
    assert server.gone()  # closing has waited for it

    later = start(person, new_dir)
    later.opened()
    assert later.tell("SELECT id FROM kept") == "42"
    later.close()


def test_accented_letters_have_trigrams(user, user_dir, start):
    client = start(user, user_dir)
    client.opened()
    client.tell("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    assert client.tell("SELECT show_trgm('é') <> show_trgm('à')") == "t"


def test_two_first_starts_at_once(user, new_dir, start):
    server = Watch(new_dir)
    clients = [start(user, new_dir) for _ in range(2)]
    for client in clients:
        client.opened()
    assert clients[0].tell(SAME_SERVER) == clients[1].tell(SAME_SERVER)
    for client in clients:
        client.close()
    assert server.gone()


def test_the_starter_may_leave_before_those_who_joined(user, user_dir, start):
    server = Watch(user_dir)
    starter = start(user, user_dir)
    starter.opened()
    joined = start(user, user_dir)
    joined.opened()
    begun = starter.tell(SAME_SERVER)
    starter.close()
    assert joined.tell(SAME_SERVER) == begun
    joined.close()
    assert server.gone()


def test_killing_the_only_client_stops_the_server_and_keeps_what_was_committed(person, data_dir, start):
    server = Watch(data_dir)
    client = start(person, data_dir)
    client.opened()
    client.tell(KEEP)
    client.kill()
    wait_until(server.gone, "the server had stopped")

    client = start(person, data_dir)
    client.opened()
    assert client.tell("SELECT id FROM kept") == "1"


def test_killing_the_keeper_leaves_no_orphan(person, data_dir, start):
    server = Watch(data_dir)
    client = start(person, data_dir)
    client.opened()
    client.tell(KEEP)
    server.keeper().kill()
    wait_until(server.gone, "the server had stopped, though its client still lives")

    later = start(person, data_dir)
    later.opened()
    assert later.tell("SELECT id FROM kept") == "1"


def test_nobody_starts_a_second_server_beside_one_that_has_lost_its_keeper(user, user_dir, start):
    server = Watch(user_dir)
    client = start(user, user_dir)
    client.opened()
    begun = client.tell(SAME_SERVER)
    postmaster = server.postmaster()
    postmaster.suspend()
    try:
        keeper = server.keeper()
        keeper.kill()
        wait_until(lambda: not keeper.is_running(), "the keeper had ended")
        later = start(user, user_dir)
        assert server.locked()
    finally:
        postmaster.resume()
    later.opened()
    assert later.tell(SAME_SERVER) != begun


def test_a_crashed_server_starts_again_though_its_old_process_number_is_taken(person, data_dir, start):
    """By its keeper, if that is left, and otherwise by whoever comes next."""
    server = Watch(data_dir)
    client = start(person, data_dir)
    client.opened()
    client.tell(KEEP)
    pid_file = server.home / "data/postmaster.pid"
    with subprocess.Popen(["sleep", "60"], user=person.server_uid if os.geteuid() == 0 else None) as stranger:
        try:
            keeper, processes = server.keeper(), server.processes()
            keeper.suspend()
            crash(server.postmaster(), processes)
            taken(pid_file, stranger.pid)
            keeper.resume()
            answers(client)

            processes = server.processes()
            postmaster = server.postmaster()
            postmaster.suspend()
            server.keeper().kill()
            crash(postmaster, processes)
            wait_until(server.gone, "every process had ended")
            taken(pid_file, stranger.pid)
            later = start(person, data_dir)
            later.opened()
            assert later.tell("SELECT id FROM kept") == "1"
            assert stranger.poll() is None
        finally:
            stranger.kill()


def crash(postmaster, processes):
    postmaster.kill()
    wait_until(lambda: not any(map(runs, processes)), "every process had ended")


def runs(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def taken(pid_file, pid):
    _, *old = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(pid), *old]) + "\n")


def answers(client):
    def answer():
        try:
            return client.tell("SELECT id FROM kept") == "1"
        except AssertionError:
            return False  # it is not there yet

    wait_until(answer, "the server was back")


def test_a_killed_server_is_back_in_a_moment_for_those_who_use_it(person, new_dir, start):
    server = Watch(new_dir)
    client = start(person, new_dir)
    client.opened()
    client.tell(KEEP)
    for _ in range(2):
        old = server.postmaster()
        old.kill()
        wait_until(lambda old=old: not runs(old), "it had ended")
        answers(client)
        assert server.postmaster() != old
    assert "The server ended by itself; it starts anew" in (server.home / "server.log").read_text()
    client.close()
    assert server.gone()


def test_a_client_that_comes_during_the_shutdown_waits_and_starts_anew(user, user_dir, start):
    server = Watch(user_dir)
    first = start(user, user_dir)
    first.opened()
    begun = first.tell(SAME_SERVER)
    postmaster = server.postmaster()
    postmaster.suspend()  # so that the shutdown takes as long as we like
    try:
        first.kill()
        wait_until(lambda: refuses(server.home / "keeper.sock"), "the keeper took no more clients")
        second = start(user, user_dir)
        assert not server.gone()
    finally:
        postmaster.resume()
    second.opened()
    assert second.tell(SAME_SERVER) != begun


def refuses(path):
    with socket.socket(socket.AF_UNIX) as attempt:
        try:
            attempt.connect(str(path))
        except ConnectionRefusedError:
            return True
        return False


def test_the_terminals_interrupt_does_not_reach_the_server(user, user_dir, start):
    server = Watch(user_dir)
    client = start(user, user_dir)
    client.opened()
    assert os.getsid(server.keeper().pid) != os.getsid(client.process.pid)
    assert os.getpgid(server.postmaster().pid) != os.getpgid(client.process.pid)


def test_the_keeper_stops_the_server_when_asked_to_end(user, user_dir, start):
    server = Watch(user_dir)
    client = start(user, user_dir)
    client.opened()
    server.keeper().send_signal(signal.SIGTERM)
    wait_until(server.gone, "the server had stopped")
    assert "database system is shut down" in (server.home / "server.log").read_text()
