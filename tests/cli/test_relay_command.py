import json
import signal

from halfway import until


def delivered(path):
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.splitlines() if line]


async def test_a_relay_delivers_what_an_import_causes_until_it_is_told_to_stop(command_line, tmp_path):
    events = tmp_path / "events.jsonl"
    (tmp_path / "products.csv").write_text("sku,name\nA,Tea\nB,Cup\n")
    tmp_path.chmod(0o777)  # as root, a relay works under another account
    relay = command_line.start("relay", REHEARSAL_EVENTS=str(events))
    command_line.run("import", "products.csv", "--quiet")

    async def all_there():
        return len(delivered(events)) == 3

    await until(all_there, "the events were delivered")
    relay.send_signal(signal.SIGTERM)
    relay.communicate(timeout=30)

    assert relay.returncode == 0
    assert sorted(event["type"] for event in delivered(events)) == [
        "import.completed",
        "product.created",
        "product.created",
    ]
    assert [event["actor"] for event in delivered(events)] == ["import:1"] * 3


def test_what_the_sinks_still_have_to_get(command_line, tmp_path):
    missing = tmp_path / "missing" / "events.jsonl"
    (tmp_path / "products.csv").write_text("sku,name\nA,Tea\n")
    assert "No event sink was served yet" in command_line.run("sinks").stdout
    command_line.run("import", "products.csv", "--quiet")
    assert "2 batches of events wait for a relay." in command_line.run("sinks").stdout

    ended = command_line.run("relay", "--once", REHEARSAL_EVENTS=str(missing))

    assert "The event sink 'appender' (rehearsal 1.0) failed on batch" in ended.stderr
    said = command_line.run("sinks").stdout
    assert "appender  2 batches wait, 0 were given up" in said
    assert "fails: FileNotFoundError" in said
    missing.parent.mkdir()
    missing.parent.chmod(0o777)
    (status,) = command_line.json("sinks", "--retry", "appender")
    assert status["fresh"] == 0
    waiting = {sink["name"]: sink["waiting"] for sink in status["sinks"]}
    assert (waiting["appender"], waiting["log"]) == (2, 0)
    command_line.run("relay", "--once", REHEARSAL_EVENTS=str(missing))
    assert len(delivered(missing)) == 2
    complaint = command_line.run("sinks", "--retry", "nobody").complaint
    assert "There is no event sink 'nobody'. Known: appender, log" in complaint
