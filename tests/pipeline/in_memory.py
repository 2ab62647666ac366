"""A store in memory: what the pipeline asks of PostgreSQL, for tests that take milliseconds.

``test_store_contract.py`` runs the same imports against this store and against PostgreSQL.
"""

import asyncio
import json
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

import pyarrow as pa

from product_importer.cells.names import folded
from product_importer.errors import FileError, ImportCancelled, LeaseLost, LedgerError
from product_importer.model import Counts, ImportOptions, ImportState, Phase, RowWarning, Status
from product_importer.model.modes import KNOWN_SKU, MODES, UNKNOWN_SKU
from product_importer.ports import DIGEST_BYTES, MissingProducts, Reading, Terms

FIELDS = ("sku", "name", "description", "price", "active", "attributes", "barcode", "stock")


@dataclass
class Product:
    """``untouched``: nobody has changed the product since the row of the digest ``merged`` was merged."""

    values: dict
    merged: bytes
    born: int
    version: int = 1
    untouched: bool = True


@dataclass(frozen=True)
class Range:
    """Records (or products) that one transaction accounts for."""

    phase: Phase
    first: int
    last: int
    counts: Counts


@dataclass
class Import:
    """What the store knows of one import."""

    options: ImportOptions
    born: int
    token: int = 0
    status: Status = Status.QUEUED
    phase: Phase = Phase.WAITING
    cancelled: bool = False
    records: int | None = None
    sha256: bytes | None = None
    rows_digest: bytes | None = None
    reading: Reading | None = None
    ranges: list[Range] = field(default_factory=list)
    rejects: dict[int, dict] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    warned: list[RowWarning] = field(default_factory=list)
    left_out: Counter = field(default_factory=Counter)
    to_confirm: int | None = None

    @property
    def saved(self):
        return sorted((it.first, it.last) for it in self.ranges if it.phase is Phase.SAVING)

    @property
    def counts(self):
        total = Counter()
        for each in self.ranges:
            total.update(asdict(each.counts))
        return Counts(**total)

    def account(self, phase, first, last, **counts):
        counts = Counts(**counts)
        assert counts.balanced, counts
        assert all((it.phase, it.first) != (phase, first) for it in self.ranges), "accounted for already"
        self.ranges.append(Range(phase, first, last, counts))


class MemoryStore:
    """``products`` by key, ``events`` in their order as (type, SKU, changed fields), imports by id."""

    def __init__(self):
        self.products = {}
        self.events = []
        self.names = {}
        self.imports = {}
        self._time = 0

    def now(self):
        self._time += 1
        return self._time

    def create(self, options):
        import_id = len(self.imports) + 1
        self.imports[import_id] = Import(options, self.now())
        return import_id

    def edit(self, key, **values):
        """What somebody else does to a product."""
        product = self.products[key]
        product.values.update(values)
        product.version += 1
        product.untouched = False

    def lease(self, import_id, **faults):
        known = self.imports[import_id]
        known.token += 1
        known.status, known.phase = Status.RUNNING, Phase.READING
        known.ranges = [it for it in known.ranges if it.phase is not Phase.READING]
        saved = known.saved
        known.rejects = {
            record: row
            for record, row in known.rejects.items()
            if any(first <= record <= last for first, last in saved)
        }
        known.warnings = {}
        return MemoryLease(self, import_id, **faults)


class MemoryLease:
    """``saved_ranges``: what an earlier run saved. ``fail_at``: which save raises, from 1."""

    def __init__(self, store=None, import_id=None, *, saved_ranges=(), fail_at=None):
        self.store = store or MemoryStore()
        if import_id is None:
            import_id = self.store.create(ImportOptions())
            self.store.imports[import_id].status = Status.RUNNING
        self.import_id = import_id
        self.attempt = 1
        self.known = self.store.imports[import_id]
        self.token = self.known.token
        self.fail_at = fail_at
        self.chunks = []
        self.rejected_chunks = []
        self.phases = []
        self.begun_saves = 0
        self.heartbeats = 0
        self.read = []
        for first, last in saved_ranges:
            number = last - first + 1
            self.known.account(Phase.SAVING, first, last, read=number, created=number)

    # --- what tests ask

    @property
    def cancelled(self):
        return self.known.cancelled

    @cancelled.setter
    def cancelled(self, value):
        self.known.cancelled = value

    @property
    def ended(self):
        return None if self.known.status is Status.RUNNING else self.known.status

    @property
    def warnings(self):
        return self.known.warnings

    @property
    def saved_lines(self):
        return sorted(line for chunk in self.chunks for line in chunk.rows.column("line").to_pylist())

    # --- the port

    def _own(self):
        if self.known.token != self.token or self.known.status is not Status.RUNNING:
            raise LeaseLost(f"Import {self.import_id} has been taken over by another process.")

    def fence(self):
        self._own()
        if self.cancelled:
            raise ImportCancelled(f"Import {self.import_id} was cancelled.")

    async def heartbeat(self, read):
        self.heartbeats += 1
        self.read.append(read)
        self.fence()

    async def begun_by(self):
        return self.known.reading.parser if self.known.saved and self.known.reading else None

    async def describe(self, reading):
        before = self.known.reading
        read_by = reading.parser, reading.version
        if self.known.saved and before is not None and (before.parser, before.version) != read_by:
            raise FileError("The parser is another.", code="reading_changed")
        self._own()
        self.known.reading = reading

    async def attribute_names(self, names, *, note):
        if note:
            for name in names:
                self.store.names.setdefault(folded(name), name)
        wanted = {folded(name) for name in names}
        return {fold: name for fold, name in self.store.names.items() if fold in wanted}

    async def file_read(self, records, sha256, rows_digest):
        self._own()
        known = self.known
        known.records, known.phase = records, Phase.SAVING
        known.sha256 = known.sha256 or sha256
        if not known.saved or known.rows_digest is None:
            known.rows_digest = rows_digest
        if known.sha256 != sha256:
            raise FileError("The file is another.", code="file_changed")
        if known.rows_digest != rows_digest:
            raise FileError("The rows are others.", code="reading_changed")

    async def place(self):
        return ""

    async def warn(self, counts, rows):
        self._own()
        self.known.warnings = dict(counts)
        self.known.warned = list(rows)

    async def still_rejected(self, origins):
        return None

    async def present(self, keys):
        return [key for key in keys if key in self.store.products]

    async def zero_led_lengths(self):
        return sorted(
            {len(key) for key in self.store.products if key.isdecimal() and key[0] == "0" and len(key) > 1}
        )

    async def saved(self):
        return self.known.saved

    async def plan_only(self, to_confirm):
        self._own()
        self.known.to_confirm = to_confirm
        self.known.options = replace(self.known.options, dry_run=True)

    async def phase(self, phase):
        self._own()
        self.known.phase = phase
        self.phases.append(phase)

    async def unchanged(self, keys, digests):
        return sum(self.shows(key, digest) for key, digest in zip(keys, digests, strict=True))

    def shows(self, key, digest):
        product = self.store.products.get(key)
        return product is not None and product.untouched and product.merged == digest

    async def digests(self, at_most, take):
        if len(self.store.products) > at_most:
            return
        found = [product.merged for product in self.store.products.values() if product.untouched]
        if found:
            take(pa.array(found, pa.binary(DIGEST_BYTES)))

    @asynccontextmanager
    async def writer(self, terms):
        yield MemoryWriter(self, terms)

    async def release(self):
        self._own()

    async def finish(self, status, message):
        self._own()
        counts = self.known.counts
        if status in (Status.COMPLETED, Status.PLANNED) and counts.read != self.known.records:
            raise LedgerError("The counts don't add up.")
        self.known.status, self.known.phase = status, Phase.FINISHED
        if status in (Status.COMPLETED, Status.FAILED):
            self.store.events.append((f"import.{status.value}", "", ()))

    async def state(self):
        now = datetime.now(UTC)
        return ImportState(
            id=self.import_id,
            status=self.known.status,
            phase=self.known.phase,
            filename="a.csv",
            source="a.csv",
            bytes_total=0,
            bytes_done=0,
            percent=0.0,
            counts=self.known.counts,
            rows_per_second=None,
            eta_seconds=None,
            message="",
            created_at=now,
            started_at=now,
            finished_at=None,
            options=self.known.options,
            to_confirm=self.known.to_confirm,
            warnings=self.known.warnings | dict(self.known.left_out),
        )


class MemoryWriter:
    """Saves a chunk at once, after the other writers got their turn."""

    def __init__(self, lease: MemoryLease, terms: Terms):
        self._lease = lease
        self._store = lease.store
        self._terms = terms

    async def save(self, chunk):
        self._lease.begun_saves += 1
        number = self._lease.begun_saves
        await asyncio.sleep(0)
        self._lease.fence()
        if number == self._lease.fail_at:
            raise OSError("the disk is full")
        merged, nameless = Counter(), []
        for row in chunk.rows.to_pylist():
            outcome = self._merge(row)
            merged[outcome] += 1
            if outcome == "nameless":
                nameless.append(row)
        self._lease.known.account(
            *(Phase.SAVING, chunk.first, chunk.last),
            read=chunk.read,
            created=merged["created"],
            updated=merged["updated"],
            unchanged=merged["unchanged"] + chunk.unchanged,
            deleted=merged["deleted"],
            duplicate=chunk.duplicate,
            invalid=chunk.rejects.num_rows + len(nameless),
            skipped=chunk.skipped + merged[UNKNOWN_SKU] + merged[KNOWN_SKU],
        )
        for code in (UNKNOWN_SKU, KNOWN_SKU):
            if merged[code]:
                self._lease.known.left_out[code] += merged[code]
        self._reject(chunk)
        self._lease.known.rejects.update({row["record"]: row for row in nameless})
        self._lease.chunks.append(chunk)

    async def save_rejects(self, chunk):
        number = chunk.rejects.num_rows
        if not number:
            return
        self._lease.fence()
        self._lease.known.account(Phase.READING, chunk.first, chunk.last, read=number, invalid=number)
        self._reject(chunk)
        self._lease.rejected_chunks.append(chunk)

    async def _missing(self, keys):
        present = {key async for batch in keys for key in batch.to_pylist()}
        self._lease.fence()
        return [
            (number, key, product)
            for number, (key, product) in enumerate(self._store.products.items(), start=1)
            if key not in present and product.born < self._lease.known.born
        ]

    async def count_missing(self, keys):
        missing = await self._missing(keys)
        active = sum(product.values["active"] for product in self._store.products.values())
        lacking = sum(product.values["active"] for _, _, product in missing)
        return MissingProducts(len(missing), lacking, len(self._store.products), active)

    async def end_missing(self, keys, way):
        missing = await self._missing(keys)
        if way == "deactivate":
            missing = [each for each in missing if each[2].values["active"]]
        if not missing:
            return
        for _, key, product in missing:
            self._delete(key) if way == "delete" else self._deactivate(product)
        counts = {"removed" if way == "delete" else "deactivated": len(missing)}
        self._lease.known.account(Phase.DEACTIVATING, 1, missing[-1][0], **counts)

    def _reject(self, chunk):
        self._lease.known.rejects.update({row["record"]: row for row in chunk.rejects.to_pylist()})

    def _merge(self, row):
        product = self._store.products.get(row["sku_key"])
        command = row.get("command")
        mode = self._terms.mode if command is None else MODES[command]
        if product is None:
            return self._create(row) if mode in ("merge", "create") else UNKNOWN_SKU
        if mode == "create":
            return KNOWN_SKU
        if mode == "delete":
            return self._delete(row["sku_key"])
        return self._deactivate(product) if mode == "deactivate" else self._change(row, product)

    def _create(self, row):
        if row["name"] is None:
            return "nameless"
        if not self._terms.dry_run:
            values = {name: row[name] for name in FIELDS}
            values["active"] = row["active"] is not False
            values["attributes"] = json.loads(row["attributes"] or "{}")
            self._store.products[row["sku_key"]] = Product(values, row["digest"], self._store.now())
            self._store.events.append(("product.created", row["sku"], ()))
        return "created"

    def _change(self, row, product):
        if self._lease.shows(row["sku_key"], row["digest"]):
            return "unchanged"
        values = self._values(row, product.values)
        changed = tuple(name for name in FIELDS if values[name] != product.values[name])
        if not changed:
            return "unchanged"
        if not self._terms.dry_run:
            product.values, product.merged, product.untouched = values, row["digest"], True
            product.version += 1
            self._store.events.append(("product.updated", row["sku"], changed))
        return "updated"

    def _delete(self, key):
        if not self._terms.dry_run:
            product = self._store.products.pop(key)
            self._store.events.append(("product.deleted", product.values["sku"], ()))
        return "deleted"

    def _deactivate(self, product):
        if not product.values["active"]:
            return "unchanged"
        if not self._terms.dry_run:
            product.values["active"] = False
            product.version += 1
            product.untouched = False
            self._store.events.append(("product.updated", product.values["sku"], ("active",)))
        return "updated"

    def _values(self, row, present):
        """What a product has after the row was merged into it: a blank cell keeps what is there."""
        values = {name: present[name] if row[name] is None else row[name] for name in FIELDS}
        values |= {name: row[name] for name in self._terms.clear}
        kept = {
            name: value
            for name, value in present["attributes"].items()
            if name not in (self._terms.clear_attributes or ())
        }
        values["attributes"] = kept | json.loads(row["attributes"] or "{}")
        return values
