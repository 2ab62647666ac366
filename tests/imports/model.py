"""The promised semantics of an import, in plain Python: what the importer is compared with.

A catalogue is a dict of SKU key → product; a product is a dict of its fields.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from product_importer.cells.sku import sku_key

PRICES = {"": None, " ": None, "0": "0", "1.5": "1.5", "1.50": "1.5", " 2 ": "2", "3.0001": "3.0001"}
BAD_PRICES = ("-1", "1.23456", "x")
FLAGS = {"": None, "true": True, "YES": True, "0": False, "no": False}
BAD_FLAGS = ("maybe", "2")
NO_VALUES = {"price": "x", "active": "maybe"}
OTHER = "attribute "
EVENT_FIELDS = ("sku", "name", "description", "price", "active", "attributes")


@dataclass
class Outcome:
    """What an import of a file is to end with. ``rejects``: record numbers."""

    created: set = field(default_factory=set)
    updated: dict = field(default_factory=dict)
    unchanged: int = 0
    duplicate: int = 0
    rejects: list = field(default_factory=list)
    skipped: int = 0
    deactivated: set = field(default_factory=set)

    @property
    def ledger(self):
        return (
            len(self.created),
            len(self.updated),
            self.unchanged,
            self.duplicate,
            len(self.rejects),
            self.skipped,
        )


@dataclass(frozen=True)
class Row:
    """A valid row: the values by target, None where blank."""

    record: int
    key: str
    values: dict


def imported(catalogue, header, records, *, duplicates, blank, missing, extra):
    """The outcome, or None where the import refuses to deactivate; ``catalogue`` is changed accordingly."""
    outcome = Outcome()
    rows, shown, unknown = [], set(), False
    header = [OTHER + column if is_no_field(header, records, column) else column for column in header]
    for record, cells in enumerate(records, start=1):
        if all(not cell.strip() for cell in cells):
            outcome.skipped += 1
            continue
        if cells:
            key = sku_key(cells[header.index("sku")]) if len(cells) > header.index("sku") else ""
            shown.add(key)
            surplus = len(cells) > len(header)
            unknown = unknown or not key or (surplus and header[0] != "sku")
        row = read(header, record, cells)
        if row is None:
            outcome.rejects.append(record)
        else:
            rows.append(row)
    winners = chosen(rows, duplicates, blank, outcome)
    for row in winners:
        merge(catalogue, header, row, blank, extra, outcome)
    outcome.rejects.sort()
    if missing == "deactivate":
        if len(outcome.rejects) + outcome.duplicate + outcome.skipped == len(records) or unknown:
            return None  # no row is good, or a product can't be told
        for key, product in catalogue.items():
            if product["active"] and key not in shown:
                product["active"] = False
                outcome.deactivated.add(key)
    return outcome


def is_no_field(header, records, column):
    """Whether three or more cells, and not one that may be such a value, show that it is an attribute."""
    place = header.index(column)
    cells = [cells[place] for cells in records if len(cells) == len(header) and cells[place].strip()]
    return column in NO_VALUES and len(cells) >= 3 and set(cells) == {NO_VALUES[column]}


def read(header, record, cells):
    if len(cells) != len(header):
        return None
    values = {}
    for column, cell in zip(header, cells, strict=True):
        value = cell if cell.strip() else None
        if column in ("sku", "name"):
            value = cell.strip() or None
            if value is None and column == "sku":
                return None
        elif column == "price":
            if cell in BAD_PRICES:
                return None
            value = PRICES[cell] and Decimal(PRICES[cell])
        elif column == "active":
            if cell in BAD_FLAGS:
                return None
            value = FLAGS[cell]
        values[column] = value
    return Row(record, sku_key(values["sku"]), values)


def chosen(rows, duplicates, blank, outcome):
    by_key = {}
    for row in rows:
        by_key.setdefault(row.key, []).append(row)
    winners = []
    for rivals in by_key.values():
        if len(rivals) == 1:
            winners += rivals
        elif duplicates == "error":
            outcome.rejects += [row.record for row in rivals]
        else:
            first = next((row for row in rivals if row.values["name"] is not None), rivals[0])
            winners.append(filled(rivals, blank) if duplicates == "last" else first)
            outcome.duplicate += len(rivals) - 1
    outcome.rejects.sort()
    return winners


def filled(rivals, blank):
    """The last row; its blank cells are filled from the rows before it, but where blank cells clear."""
    last = rivals[-1]
    values = dict(last.values)
    for row in reversed(rivals):
        for column, value in row.values.items():
            if values[column] is None and (blank == "keep" or column in ("name", "active")):
                values[column] = value
    return Row(last.record, last.key, values)


def merge(catalogue, header, row, blank, extra, outcome):
    old = catalogue.get(row.key)
    if old is None and row.values["name"] is None:  # a new product needs a name
        outcome.rejects.append(row.record)
        return
    new = {"sku": row.values["sku"], "name": row.values["name"] or old["name"]}
    start = old or {"description": None, "price": None, "active": True, "attributes": {}}
    clear = blank == "clear"
    for name in ("description", "price"):
        value = row.values.get(name)
        new[name] = value if value is not None or (clear and name in header) else start[name]
    flag = row.values.get("active")
    new["active"] = start["active"] if flag is None else flag
    attributes = dict(start["attributes"])
    if extra == "attributes":
        for column in header:
            if column not in EVENT_FIELDS:
                name = column.removeprefix(OTHER)
                if clear:
                    attributes.pop(name, None)
                if row.values[column] is not None:
                    attributes[name] = row.values[column]
    new["attributes"] = attributes
    if old is None:
        outcome.created.add(new["sku"])
    elif changed := tuple(name for name in EVENT_FIELDS if old[name] != new[name]):
        outcome.updated[new["sku"]] = changed
    else:
        outcome.unchanged += 1
    catalogue[row.key] = new
