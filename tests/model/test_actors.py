"""Who causes a change, as events, imports and deletions tell of it."""

import pytest

from product_importer.model import Actor, ActorKind


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
