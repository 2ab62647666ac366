"""The page on which rejected rows are corrected in a grid, one kind of fault at a time."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from aiohttp import web

from product_importer.errors import ConflictError
from product_importer.fields import FIELDS
from product_importer_web.api import reading
from product_importer_web.declarations import Place, Query
from product_importer_web.keys import IMPORTER
from product_importer_web.rendering import render
from product_importer_web.routing import ID, Permission, Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from product_importer.model import ImportState
    from product_importer.model.resubmissions import Fault

PATH: Final = "/imports"

_PAGE_ROWS: Final = 100


class FixQuery(Query, frozen=True):
    """``code`` and ``column`` name the kind whose rows are shown, by default the largest one. ``after``: only
    rows after this record are shown.
    """

    code: str = ""
    column: str = ""
    after: Place = 0


async def show_fix(request: web.Request) -> web.Response:
    """Shows the kinds of faults, and the rows of one kind in a grid."""
    importer = request.app[IMPORTER]
    given = reading.query(request, FixQuery)
    state = await importer.imports.state(int(request.match_info["id"]))
    try:
        importer.imports.check_resubmittable(state)
    except ConflictError as error:
        return render(request, "import/fix.html", {"state": state, "refused": str(error), "faults": []})
    faults = await importer.imports.faults(state.id)
    chosen = _chosen(faults, given)
    rows = []
    if chosen is not None:
        rows = await importer.imports.rejected(
            state.id, code=chosen.code, column=chosen.column, after=given.after, limit=_PAGE_ROWS + 1
        )
    columns = importer.imports.own_columns(state)
    context = {
        "state": state,
        "refused": "",
        "faults": [(fault, _address(state, fault)) for fault in faults],
        "chosen": chosen,
        "columns": columns,
        "order": _used_first(state, columns),
        "rows": rows[:_PAGE_ROWS],
        "after": given.after,
        "following": _address(state, chosen, rows[_PAGE_ROWS - 1].record)
        if chosen is not None and len(rows) > _PAGE_ROWS
        else "",
        "beginning": _address(state, chosen) if chosen is not None and given.after else "",
    }
    return render(request, "import/fix.html", context)


def _chosen(faults: Sequence[Fault], given: FixQuery) -> Fault | None:
    """Returns the kind that the address names, or else the largest one."""
    for fault in faults:
        if (fault.code, fault.column or "") == (given.code, given.column):
            return fault
    return faults[0] if faults else None


def _used_first(state: ImportState, columns: Sequence[str]) -> list[int]:
    """Returns the places of the columns: first those of fields, then attributes, then the ignored ones."""
    ranks = {**dict.fromkeys(FIELDS, 0), "attribute": 1}
    return sorted(range(len(columns)), key=lambda place: ranks.get(state.mapping.get(columns[place], ""), 2))


def _address(state: ImportState, fault: Fault, after: int = 0) -> str:
    given = {"code": fault.code, "column": fault.column or "", "after": after or ""}
    parameters = {name: value for name, value in given.items() if value}
    return f"{PATH}/{state.id}/fix?{urlencode(parameters)}"


ROUTES = (
    Route(
        "GET", f"{PATH}/{ID}/fix", show_fix, Permission.EDIT, "page-imports-one-fix", query=(FixQuery,),
        problems=(HTTPStatus.CONFLICT,),
    ),
)  # fmt: skip
