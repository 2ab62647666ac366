"""The statuses of an import, and the transitions between them, as one table.

The database enforces this table for every import: the migration ``0018_import_states.sql`` has the same
transitions and the same conditions on an import's columns. ``docs/imports.md`` shows both, and tests compare
all three.

A new status is one entry of ``STATES``. A new transition is one line in the ``follows`` of the status that it
leaves. A new phase is one more name in the ``phases`` of a status. The name itself comes from
``model.Status`` or ``model.Phase``, and another migration brings the change to the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from product_importer.model.imports import Phase, Status


@dataclass(frozen=True, slots=True)
class State:
    """The properties of every import of one status.

    ``ended``: whether all work on the import is over; ``finished_at`` is set if and only if it is.
    ``started``: whether work on the import must have begun, so that ``started_at`` is set; if false, both are
    possible. ``phases``: the possible phases of the import. ``follows``: each status that may come next, and
    the act that leads there. An import may always keep its status.
    """

    meaning: str
    ended: bool
    started: bool
    phases: tuple[Phase, ...]
    follows: Mapping[Status, str] = field(default_factory=dict)


_UNDONE: Final = MappingProxyType({Status.UNDONE: "somebody has undone it as a whole"})
_AGAIN: Final = MappingProxyType(
    {Status.RUNNING: "somebody resumes it", Status.QUEUED: "it is left to the workers again", **_UNDONE}
)

STATES: Final[Mapping[Status, State]] = MappingProxyType(
    {
        Status.QUEUED: State(
            meaning="The import is registered and waits for somebody to take it.",
            ended=False,
            started=False,
            phases=(Phase.WAITING,),
            follows=MappingProxyType(
                {
                    Status.RUNNING: "a worker or another process takes it",
                    Status.CANCELLED: "the user cancels it before anybody takes it",
                }
            ),
        ),
        Status.RUNNING: State(
            meaning="A process fetches, reads or saves the file; after a crash, until another takes over.",
            ended=False,
            started=True,
            phases=(Phase.FETCHING, Phase.READING, Phase.SAVING, Phase.DEACTIVATING),
            follows=MappingProxyType(
                {
                    Status.QUEUED: "its worker stops in good order, or is gone and others are asked again",
                    Status.WAITING: "the file raises questions that only a person can answer",
                    Status.PLANNED: "a dry run reaches its end, or a plan no longer fits the products",
                    Status.COMPLETED: "all rows are saved and accounted for",
                    Status.FAILED: "an error ends it",
                    Status.CANCELLED: "its owner stops because the user has cancelled it",
                }
            ),
        ),
        Status.WAITING: State(
            meaning="The file raises questions, and nothing is saved until they are answered.",
            ended=False,
            started=True,
            phases=(Phase.WAITING,),
            follows=MappingProxyType(
                {
                    Status.QUEUED: "the questions are answered",
                    Status.FAILED: "nobody answers in time, and a schedule began it",
                    Status.CANCELLED: "the user cancels it, or nobody answers in time",
                }
            ),
        ),
        Status.PLANNED: State(
            meaning="A dry run is done, or a number has to be confirmed: nothing is changed, only counted.",
            ended=True,
            started=True,
            phases=(Phase.FINISHED,),
            follows=MappingProxyType(
                {
                    Status.QUEUED: "somebody has its plan applied",
                    Status.CANCELLED: "somebody discards its plan",
                }
            ),
        ),
        Status.COMPLETED: State(
            meaning="Every row of the file is saved or otherwise accounted for.",
            ended=True,
            started=True,
            phases=(Phase.FINISHED,),
            follows=_UNDONE,
        ),
        Status.FAILED: State(
            meaning="An error ended the import; what was saved stays, and the import can be resumed.",
            ended=True,
            started=True,
            phases=(Phase.FINISHED,),
            follows=_AGAIN,
        ),
        Status.CANCELLED: State(
            meaning="The user stopped the import; what was saved stays, and the import can be resumed.",
            ended=True,
            started=False,
            # An import that was cancelled before a process took it keeps the phase in which it waited.
            phases=(Phase.WAITING, Phase.FINISHED),
            follows=_AGAIN,
        ),
        Status.UNDONE: State(
            meaning="All that the import had changed was undone.",
            ended=True,
            started=True,
            phases=(Phase.FINISHED,),
            follows=MappingProxyType(
                dict.fromkeys(
                    (Status.COMPLETED, Status.FAILED, Status.CANCELLED), "the undo is undone in turn"
                )
            ),
        ),
    }
)
"""The table, in the order in which the documentation shows it."""


def may_run(status: Status) -> bool:
    """Whether a process may take an import of this status, or take over a running one."""
    return status is Status.RUNNING or Status.RUNNING in STATES[status].follows
