"""The command line, called in this process: a new one for each call would take a second each."""

import sys

import pytest

from commandline import Ended
from product_importer.cli import main


@pytest.fixture
def invoke(shop, monkeypatch, capfd):
    """``invoke(*arguments, **environment)`` runs the command in the shop's folder, on its database."""

    def run(*arguments, **environment):
        for name, value in {"DATABASE_URL": shop.url, "TERMINAL_WIDTH": "200", **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(shop.folder)
        monkeypatch.setattr(sys, "argv", ["product-importer", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return Ended(end.value.code, *capfd.readouterr())

    return run
