"""Who causes a change, as events, imports and deletions tell of it."""

import inspect

import pytest

from product_importer import Importer
from product_importer.catalogue import Catalogue
from product_importer.imports import Imports
from product_importer.imports.schedules import Schedules
from product_importer.model import Actor, ActorKind
from product_importer.sinks import Sinks
from product_importer.store.deletions import Deletions
from product_importer.store.profiles import Profiles
from product_importer.store.uploads import Uploads
from product_importer_webhooks.endpoints import Endpoints
from product_importer_webhooks.webhooks import Webhooks


@pytest.mark.parametrize(
    ("actor", "text"),
    [
        (Actor(ActorKind.USER, "3"), "user:3"),
        (Actor(ActorKind.TOKEN, "2"), "token:2"),
        (Actor(ActorKind.IMPORT, "5"), "import:5"),
        (Actor(ActorKind.SYSTEM, "web"), "web"),
        (Actor(ActorKind.COMMAND_LINE), "command line"),
        (Actor(ActorKind.COMMAND_LINE, "ann"), "command line:ann"),
    ],
)
def test_as_a_text(actor, text):
    assert str(actor) == text


@pytest.mark.parametrize("kind", [kind for kind in ActorKind if kind is not ActorKind.COMMAND_LINE])
def test_others_than_the_command_line_need_a_name(kind):
    with pytest.raises(ValueError, match=f"'{kind.value}' needs an id or a name"):
        Actor(kind)


NO_CHANGE_BY_ANYBODY = {
    Imports: {
        *("check_rejects_format", "due", "entries", "inspect", "interrupted", "numbers"),
        *("plan", "plan_changes", "plan_summary", "preview", "recent"),
        *("rejects", "rejects_file", "rejects_formats", "report", "start", "state", "suspected", "warnings"),
        *("authors", "compare", "file", "check_undoable", "undos", "undos_of_deletion"),
        "changed_since",
        *("check", "check_resubmittable", "faults", "own_columns", "rejected", "resubmissions"),
    },
    Catalogue: {
        *("batches", "by_sku", "by_skus", "collisions", "export", "get", "index_all", "index_pending"),
        *("iterate", "list", "pending"),
    },
    Uploads: {"get", "head", "local", "of_source", "tidy"},
    Deletions: {"due", "recent", "run", "state"},
    Schedules: {"all", "begin", "due", "get", "runs"},
    Sinks: {"fresh", "relay", "relay_once", "states", "tidy"},
    Profiles: {"check_new", "fitting", "get", "list"},
    Importer: {"check", "close", "connection", "grant", "open"},
    Endpoints: {"all", "backlogs", "endpoint", "get"},
    Webhooks: {"changes", "classes", "deliveries", "delivery", "figures", "on"},
}
"""What only reads, or goes on with what somebody has asked for before."""


@pytest.mark.parametrize("face", NO_CHANGE_BY_ANYBODY, ids=lambda face: face.__name__)
def test_every_changing_call_takes_an_actor(face):
    calls = {name for name, _ in inspect.getmembers(face, callable) if not name.startswith("_")}
    with_actor = {name for name in calls if "actor" in inspect.signature(getattr(face, name)).parameters}

    assert calls - with_actor == NO_CHANGE_BY_ANYBODY[face]
