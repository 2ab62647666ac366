"""What a catalogue has to be after any changes and undos, in plain Python.

:mod:`test_histories` compares the real one with it. Each product has a *mark* for each field: which changes
of the field count, in order, and which undos are in effect. A change that was undone doesn't count, and
neither does its undo. A field may go back to what it was before a change if, after that change, the same
changes counted as now.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from decimal import Decimal

from product_importer.cells.sku import sku_key
from product_importer.fields import NAMES

ALL = frozenset(NAMES)
NEW = {"description": None, "price": None, "active": True, "attributes": {}, "barcode": None, "stock": None}
BAD_PRICE = "-1"


@dataclass(frozen=True)
class Mark:
    """``counts``: the steps whose change of the field counts; ``undos``: the undos that are in effect."""

    counts: tuple = ()
    undos: frozenset = frozenset()

    def has(self, step):
        return step in self.counts or step in self.undos


@dataclass(frozen=True)
class Change:
    """What a step did to a product. ``before`` and ``after``: its values, None without it; and its marks."""

    kind: str
    fields: frozenset
    before: dict | None
    after: dict | None
    marked_before: dict
    marked_after: dict


@dataclass
class Counted:
    """What an import of rows does: its counts, and the products' values afterwards by id, by SKU if new."""

    values: dict = field(default_factory=dict)
    rejected: list = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)


class CatalogueModel:
    """``products``: the values of each product by id. Steps are numbered by imports' ids, or by texts."""

    def __init__(self):
        self.products = {}
        self.marks = {}
        self.changes = {}
        self.moments = []
        self._ways_back = set()

    def remember(self, moment):
        self.moments.append((moment, dict(self.products), dict(self.marks)))

    def holder(self, sku):
        """The id of the product that has this SKU, or None."""
        key = sku_key(sku)
        return next((each for each, values in self.products.items() if sku_key(values["sku"]) == key), None)

    def changed_by(self, step):
        """By id: what the step did."""
        return {product: change for (number, product), change in self.changes.items() if number == step}

    def counts(self, step):
        """Whether any change of the step counts, but for what it has created: that may be gone already."""
        return any(
            self.marks[product][name].has(step)
            for product, change in self.changed_by(step).items()
            if change.kind != "created"
            for name in change.fields
        )

    def change(self, step, product, after):
        """Gives a product other values; None deletes it. Returns whether that changes anything."""
        before = self.products.get(product)
        if before == after:
            return False
        marks = self.marks.setdefault(product, dict.fromkeys(NAMES, Mark()))
        fields = _fields(before, after)
        self._set(step, product, after, {name: self._counting(marks[name], step) for name in fields}, fields)
        return True

    @staticmethod
    def _counting(mark, step):
        return replace(mark, counts=(*mark.counts, step))

    def _set(self, step, product, after, marks, fields):
        before, marked_before = self.products.get(product), self.marks[product]
        marked_after = {**marked_before, **marks}
        kind = "created" if before is None else "deleted" if after is None else "updated"
        self.changes[step, product] = Change(kind, fields, before, after, marked_before, marked_after)
        self.marks[product] = marked_after
        if after is None:
            del self.products[product]
        else:
            self.products[product] = after

    def imported(self, header, rows, *, mode="merge", blank="keep", missing="keep"):
        """What importing these rows, with an SKU each, would do; None if no row is good."""
        found = Counted()
        for record, cells in enumerate(rows, start=1):
            found.counts[self._row(dict(zip(header, cells, strict=True)), record, mode, blank, found)] += 1
        if missing != "keep":
            if found.counts["invalid"] == len(rows):
                return None  # no row is good
            shown = {sku_key(cells[header.index("sku")]) for cells in rows}
            for product, values in self.products.items():
                if sku_key(values["sku"]) in shown:
                    continue
                if missing == "delete":
                    found.values[product] = None
                    found.counts["removed"] += 1
                elif values["active"]:
                    found.values[product] = {**values, "active": False}
                    found.counts["deactivated"] += 1
        return found

    def _row(self, row, record, mode, blank, found):
        product = self.holder(row["sku"])
        old = self.products.get(product)
        if mode == "delete":
            if old is not None:
                found.values[product] = None
            return "skipped" if old is None else "deleted"
        if mode == "deactivate":
            if old is None:
                return "skipped"
            return self._put(found, product, {**old, "active": False})
        if row.get("price") == BAD_PRICE:
            found.rejected.append(record)
            return "invalid"
        if (mode == "update" and old is None) or (mode == "create" and old is not None):
            return "skipped"
        if old is None and not row["name"]:
            found.rejected.append(record)
            return "invalid"
        return self._put(found, row["sku"] if old is None else product, _merged(old or NEW, row, blank))

    def _put(self, found, product, values):
        if self.products.get(product) == values:
            return "unchanged"
        found.values[product] = values
        return "updated" if product in self.products else "created"

    def undo(self, undo, step, *, products=None, fields=None):
        """Undoes what the step did; returns the warnings: codes and columns. ``products``: ids."""
        warnings, goals = Counter(), {}
        for product, change in self.changed_by(step).items():
            if (products is not None and product not in products) or (fields and change.kind != "updated"):
                continue
            marks, wanted = self.marks[product], change.fields & (fields or ALL)
            wanted = {name for name in wanted if marks[name].has(step)}
            back = {name for name in wanted if marks[name].counts == change.marked_after[name].counts}
            if change.kind == "updated":
                back = back if product in self.products else set()
                if back:
                    goals[product] = {name: change.before[name] for name in back}
                self._warn(warnings, [name for name in NAMES if name in wanted - back])
            elif wanted and (change.kind == "deleted" or product in self.products):
                if back == ALL:
                    goals[product] = change.before
                else:
                    self._warn(warnings, [None])
        taken = self._taken(goals)
        for product in taken:
            warnings["sku_taken", "sku" if product in self.products else None] += 1
            if product in self.products:
                del goals[product]["sku"]
            else:
                del goals[product]
        for product, goal in goals.items():
            self._go_back(undo, step, product, goal)
        return warnings

    @staticmethod
    def _warn(warnings, names):
        if names:
            warnings["changed_since", None if names == [None] else ", ".join(names)] += 1

    def _taken(self, goals):
        """The products that can't get back their SKUs, as another product keeps them."""
        taken = set()
        while True:
            keeping = {
                sku_key(values["sku"]): product
                for product, values in self.products.items()
                if product in taken or (product not in goals or "sku" not in (goals[product] or ALL))
            }
            more = {
                product
                for product, goal in goals.items()
                if product not in taken and goal and "sku" in goal
                if keeping.get(sku_key(goal["sku"]), product) != product
            }
            if not more:
                return taken
            taken |= more

    def _go_back(self, undo, step, product, goal):
        change, marks = self.changes[step, product], self.marks[product]
        fields = ALL if goal is None or product not in self.products else frozenset(goal)
        if not fields:
            return
        after = None if goal is None else {**self.products.get(product, {}), **goal}
        now = {
            name: Mark(
                change.marked_before[name].counts,
                marks[name].undos - {step} | change.marked_before[name].undos | {undo},
            )
            for name in fields
        }
        self._set(undo, product, after, now, fields)
        self._revive(step, product)

    def _revive(self, step, product):
        """A way back to a moment that was undone in all its fields covers nothing any more."""
        change, marks = self.changes[step, product], self.marks[product]
        if step in self._ways_back and not any(marks[name].has(step) for name in change.fields):
            self.marks[product] = {
                name: mark if name in change.fields else _without(change, name, mark)
                for name, mark in marks.items()
            }

    def restore(self, undo, place):
        """Goes back to a moment that was remembered."""
        _, products, marks = self.moments[place]
        self._ways_back.add(undo)
        for product in list(self.marks):
            then = products.get(product)
            if then == self.products.get(product):
                continue
            fields = _fields(self.products.get(product), then)
            blank = dict.fromkeys(NAMES, Mark())
            now = {
                name: replace(mark, undos=mark.undos | ({undo} if name in fields else set()))
                for name, mark in marks.get(product, blank).items()
            }
            self._set(undo, product, then, now, fields)


def _fields(before, after):
    """The fields in which a product changes: all if it comes into being or goes."""
    if before is None or after is None:
        return ALL
    return frozenset(name for name in NAMES if before[name] != after[name])


def _without(change, name, mark):
    """The mark of a field that the way back ``change`` didn't touch, without that way back."""
    before = change.marked_before[name]
    since = mark.counts[len(change.marked_after[name].counts) :]
    return Mark(before.counts + since, mark.undos | before.undos)


def _merged(old, row, blank):
    values = {**old, "sku": row["sku"], "name": row["name"] or old["name"]}
    for name in ("description", "price", "stock"):
        if row.get(name):
            values[name] = row[name] if name == "description" else Decimal(row[name])
        elif name in row and blank == "clear":
            values[name] = None
    if row.get("active"):
        values["active"] = row["active"] == "true"
    attributes = dict(old["attributes"])
    if "Colour" in row:
        if row["Colour"]:
            attributes["Colour"] = row["Colour"]
        elif blank == "clear":
            attributes.pop("Colour", None)
    values["attributes"] = attributes
    return values
