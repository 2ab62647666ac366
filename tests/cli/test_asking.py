"""Questions about a file on the command line: on a terminal and without one."""

import os
import pty
import select
import time
from dataclasses import fields

import pytest

from commandline import PATIENCE
from product_importer.cli.asking import option_of
from product_importer.cli.importing import import_command
from product_importer.model import ImportOptions, Question

UNCLEAR = b"sku,name\nA,sch\x9an\n"


def test_the_options_that_answer_questions_are_those_of_the_command():
    names = {field.name for field in fields(ImportOptions)}
    answering = [option for option in import_command.params if option.name in names]
    assert len(answering) > 10
    for option in answering:
        given = option_of(Question("code", "Words?", option.name, ()), "value").partition(" ")[0]
        assert given in option.opts


class Terminal:
    """A pseudo-terminal on which a command runs. ``shown`` is what it has printed there."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        self.shown = ""

    def read_until(self, words):
        end = time.monotonic() + PATIENCE
        while words not in self.shown:
            assert time.monotonic() < end, self.shown
            if select.select([self.master], [], [], 0.1)[0]:
                self.shown += os.read(self.master, 4096).decode()

    def type(self, text):
        os.write(self.master, text.encode())


@pytest.fixture
def terminal():
    terminal = Terminal()
    yield terminal
    os.close(terminal.master)
    os.close(terminal.slave)


def begin(command_line, terminal, *arguments):
    return command_line.start(*arguments, stdin=terminal.slave, stderr=terminal.slave)


def test_on_a_terminal_the_question_is_asked(shop, command_line, terminal):
    process = begin(command_line, terminal, "import", shop.file(UNCLEAR))
    terminal.read_until("Number: ")
    (number,) = (
        line.strip().partition(".")[0] for line in terminal.shown.splitlines() if "mac-roman" in line
    )
    terminal.type(f"{number}\n")
    terminal.read_until("type a name")
    terminal.type("Old Mac\n")

    assert process.wait(PATIENCE) == 0
    assert "A,schön" in terminal.shown
    assert "1  created" in process.stdout.read().decode()


def test_what_was_remembered_is_proposed(shop, command_line, terminal):
    path = shop.file(UNCLEAR)
    first = begin(command_line, terminal, "import", path)
    terminal.read_until("Number: ")
    number = next(
        line.strip().partition(".")[0] for line in terminal.shown.splitlines() if "mac-roman" in line
    )
    terminal.type(f"{number}\n")
    terminal.read_until("type a name")
    terminal.type("Old Mac\n")
    assert first.wait(PATIENCE) == 0
    assert 'encoding = "mac-roman"' in command_line.run("profiles", "Old Mac").stdout

    again = begin(command_line, terminal, "import", path)
    terminal.read_until("The profile Old Mac is remembered for files with these columns. Use it?")
    terminal.type("\n")
    assert again.wait(PATIENCE) == 0
    assert "1  unchanged" in again.stdout.read().decode()


def test_breaking_off_cancels_the_import(shop, command_line, terminal):
    process = begin(command_line, terminal, "import", shop.file(UNCLEAR))
    terminal.read_until("Number: ")
    terminal.type("\x04")  # the end of the input

    assert process.wait(PATIENCE) == 1
    resumed = command_line.run("import", "--resume", "1")
    assert (resumed.code, "Waiting for answers about 1.csv" in resumed.stdout) == (2, True)
    assert "--encoding mac-roman" in resumed.stderr


def test_an_import_that_waits_is_resumed_with_its_question(shop, command_line, terminal):
    first = begin(command_line, terminal, "import", shop.file(UNCLEAR))
    terminal.read_until("Number: ")
    terminal.type("\x04")
    first.wait(PATIENCE)
    command_line.run("import", "--resume", "1")

    terminal.shown = ""
    process = begin(command_line, terminal, "import", "--resume", "1")
    terminal.read_until("Number: ")
    terminal.type("1\n")
    terminal.read_until("type a name")
    terminal.type("\n")
    assert process.wait(PATIENCE) == 0
    assert command_line.run("profiles").stdout == ""


def test_without_a_terminal_the_option_is_named(shop, invoke):
    ended = invoke("import", str(shop.file(UNCLEAR)))

    assert ended.code == 2
    assert "Which of these texts is the one in line 2 of the file?" in ended.stderr
    assert "  --encoding mac-roman: The file is in mac-roman." in ended.stderr
    assert "A,schön" in ended.stderr


def test_json_has_the_questions(shop, invoke):
    ended = invoke("import", str(shop.file(UNCLEAR)), "--json")

    assert (ended.code, ended.stderr) == (2, "")
    assert '"questions": [{"code": "encoding_unclear"' in ended.stdout
