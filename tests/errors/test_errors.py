"""Each error belongs to one family, and its HTTP status and a command's exit status follow from there."""

from collections.abc import Iterator
from http import HTTPStatus

import pytest

from product_importer import errors
from product_importer.cli import exits
from product_importer_web import problems
from product_importer_webhooks import errors as webhook_errors

FAMILIES = {errors.NotFoundError, errors.ConflictError, errors.InvalidError, errors.UnavailableError}
OF_NO_FAMILY = {
    errors.ParserDeclined,
    errors.PluginError,
    errors.ImportInterrupted,
    errors.ImportStuck,
    errors.LedgerError,
}


def _below(kind: type[errors.ProductImporterError]) -> Iterator[type[errors.ProductImporterError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


ALL = sorted(
    {
        kind
        for kind in _below(errors.ProductImporterError)
        if kind.__module__.startswith((errors.__name__, webhook_errors.__name__))
    },
    key=lambda kind: kind.__name__,
)


@pytest.mark.parametrize("kind", ALL)
def test_each_error_is_of_one_family(kind):
    families = [family for family in FAMILIES if issubclass(kind, family)]

    assert len(families) == (kind not in OF_NO_FAMILY)


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind.__module__.startswith(errors.__name__)])
def test_the_tree_in_the_docstring_names_each_error(kind):
    assert errors.__doc__ is not None
    assert kind.__name__ in errors.__doc__.replace(",", " ").replace("(", " ").replace(")", " ").split()


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind is not errors.ProductChanged])
def test_the_status_follows_from_the_family(kind):
    error = kind.__new__(kind)
    Exception.__init__(error, "It went wrong.")
    error.problems, error.product, error.products, error.questions = (), None, 0, ()  # what some carry
    deviating = [problems.DEVIATIONS[base] for base in kind.__mro__ if base in problems.DEVIATIONS]
    of_family = [status for base, status in problems.STATUS_OF.items() if issubclass(kind, base)]

    assert problems.of_error(error).status == (deviating or of_family)[0]


@pytest.mark.parametrize("kind", ALL)
def test_the_exit_status_follows_from_the_family(kind):
    deviating = [exits.DEVIATIONS[base] for base in kind.__mro__ if base in exits.DEVIATIONS]
    of_family = [status for base, status in exits.STATUS_OF.items() if issubclass(kind, base)]

    assert exits.of_error(kind.__new__(kind)) == (deviating or of_family)[0]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.ImportNotFound, 1),
        (errors.ImportBusy, 1),
        (errors.DatabaseError, 1),
        (errors.StorageError, 1),
        (errors.PluginError, 1),
        (errors.UsageError, 2),
        (errors.ImportEnded, 2),
        (errors.FileError, 2),
        (errors.SettingsError, 2),
    ],
)
def test_scripts_know_these_exit_statuses(kind, status):
    assert exits.of_error(kind.__new__(kind)) == status


def test_a_new_error_gets_its_status_by_its_base():
    class ShelfNotFound(errors.NotFoundError):
        code = "shelf_not_found"

    assert exits.of_error(ShelfNotFound("There is no shelf 7.")) == exits.FAILED
    assert problems.of_error(ShelfNotFound("There is no shelf 7.")).status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("table", [problems, exits])
def test_each_deviation_differs_from_what_would_follow(table):
    for kind, status in table.DEVIATIONS.items():
        inherited = {**table.STATUS_OF, **table.DEVIATIONS}
        base = next(base for base in kind.__mro__[1:] if base in inherited)
        assert inherited[base] != status
