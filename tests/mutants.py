"""Defects put into the library on purpose, one at a time: do the tests of the module that has it fail?

``tox -e mutants`` tries a hundred, the same ones while their code stays; ``MUTANTS`` says how many.
"""

import ast
import hashlib
import math
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from operator import methodcaller
from pathlib import Path

from parsing import parsed
from servers import embedded_server

FLOOR = 0.8
"""The share of a hundred mutants that has to be caught. It may only rise."""

SECONDS = 90
"""What the tests of one mutant may take; one that takes longer counts as caught."""

SECONDS_EACH = 12
"""No more mutants are begun once so much time has passed for each that was asked for."""

SECONDS_SOUND = 900
"""What the tests of all of them may take without a mutant."""

WORKERS = 2
ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "product_importer"
PYTEST = [
    *(sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", "-p", "no:cacheprovider"),
    *("-m", "not slow and not oldest_python", "--hypothesis-profile", "quick"),
]
LEFT_OUT = ("cli", "embedded", "process", "testing", "__main__.py")
"""Whole programs, and what tests are made with."""

CSV = ["builtin/csv_records", "builtin/csv_parser", "builtin/csv_refusals"]
ENCODINGS = ["delimited/dialect", "delimited/encodings/files"]
LANGUAGES = [*ENCODINGS, "delimited/encodings/languages"]
LISTING = ["catalogue/listing", "catalogue/letter_forms"]
RELAY = ["outbox/relay", "outbox/relay_failing_sinks"]
MOST_CELLS = ["pipeline/damage", "pipeline/convert", "imports/marks"]

IMPORTS = [f"imports/{subject}" for subject in ("options", "preview", "authors", "attempts", "events")]

ELSEWHERE = {
    "builtin/csv_parser.py": CSV,
    "builtin/plugin.py": ["plugins/plugins"],
    "builtin/validators.py": ["imports/marks"],
    "catalogue.py": ["catalogue/listing", "catalogue/changes"],
    "cells/headers/__init__.py": ["cells/headers/headings"],
    "cells/headers/aliases.py": ["cells/headers/headings"],
    "cells/headers/languages.py": ["cells/headers/headings"],
    "cells/headers/remarks.py": ["cells/headers/headings", "pipeline/mapping"],
    "cells/leading.py": ["builtin/validators", *MOST_CELLS],
    "cells/names.py": ["imports/attribute_names", "catalogue/changes"],
    "cells/shortening.py": ["pipeline/mapping", "delimited/dialect"],
    "cells/spreadsheet_damage.py": [
        "builtin/validators",
        *MOST_CELLS,
        "imports/deactivation",
    ],
    "cells/storable.py": ["catalogue/changes", "catalogue/listing"],
    "support/connections.py": ["store/connect", "store/copy"],
    "delimited/broken_rows.py": ["builtin/csv_parser"],
    "delimited/csv_records.py": CSV,
    "delimited/csv_writing.py": ["imports/rejects_again"],
    "delimited/dialect.py": ["builtin/csv_refusals"],
    "delimited/encodings/guessing.py": LANGUAGES,
    "delimited/encodings/names.py": ["delimited/encodings/encoding_names"],
    "delimited/encodings/seven_bit.py": ENCODINGS,
    "delimited/header.py": ["delimited/parsed_tables", "delimited/formulas", *CSV],
    "delimited/malformed.py": ["builtin/csv_parser"],
    "delimited/quotes.py": ["builtin/csv_parser", "builtin/csv_refusals"],
    "delimited/raw_batches.py": ["builtin/csv_parser", "imports/deactivation"],
    "delimited/rejects_file.py": ["pipeline/store_views", "imports/rejects_again"],
    "delimited/text_columns.py": ["builtin/csv_parser"],
    "delimited/textfile.py": [*ENCODINGS, "builtin/csv_refusals"],
    "delimited/warnings_file.py": ["web/warnings_api"],
    "fields.py": ["fields_doc", "pipeline/mapping"],
    "errors/families.py": ["errors/errors"],
    "errors/files.py": ["errors/errors"],
    "imports/checks.py": IMPORTS,
    "imports/imports.py": [*IMPORTS, "imports/contents"],
    "imports/running.py": [*IMPORTS, "imports/rejects_again"],
    "outbox/delivering.py": [*RELAY, "outbox/relay_slow_sinks"],
    "outbox/isolation.py": ["builtin/log_sink", "outbox/delivering", "outbox/relay_failing_sinks"],
    "support/packing.py": ["imports/events"],
    "pipeline/active.py": ["imports/notation"],
    "pipeline/assumptions.py": ["imports/notation"],
    "pipeline/batch_file.py": ["pipeline/spool"],
    "pipeline/cells.py": MOST_CELLS,
    "pipeline/column_uses.py": ["pipeline/mapping", "imports/attribute_names"],
    "pipeline/convert.py": ["imports/notation"],
    "pipeline/cutting.py": ["pipeline/saving", "pipeline/run"],
    "pipeline/decoded_twice.py": ["pipeline/damage"],
    "pipeline/dedupe.py": ["pipeline/winners", "pipeline/saving"],
    "pipeline/draft.py": ["catalogue/changes"],
    "pipeline/file_digest.py": ["pipeline/run", "imports/reading_changed"],
    "pipeline/filling.py": [
        "pipeline/saving",
        "imports/duplicates",
        "imports/cut_files",
    ],
    "pipeline/header_hints.py": ["imports/header_hints"],
    "pipeline/first_pass.py": ["pipeline/run", "imports/notation"],
    "pipeline/header_words.py": ["pipeline/mapping", "pipeline/headers_of_languages"],
    "pipeline/keyhash.py": ["pipeline/spooling", "pipeline/run"],
    "pipeline/lookalikes.py": ["pipeline/mapping"],
    "model/options.py": ["model/profile", "imports/inspect", "imports/questions"],
    "pipeline/read_values.py": ["imports/preview", "imports/typed_numbers"],
    "pipeline/mapping.py": [
        *("imports/header_hints", "imports/preview", "imports/barcode_stock"),
        "pipeline/store_contract",
    ],
    "pipeline/mapping_refusals.py": ["pipeline/mapping", "imports/header_hints"],
    "pipeline/mapping_warnings.py": ["pipeline/mapping", "imports/header_hints"],
    "pipeline/preview.py": ["imports/preview", "imports/notation"],
    "pipeline/reading.py": ["pipeline/run", "imports/options", "imports/warnings"],
    "pipeline/rejected_again.py": ["imports/rejects_again"],
    "pipeline/rejects.py": [
        "pipeline/run",
        "imports/deactivation",
        "imports/options",
    ],
    "pipeline/run.py": ["pipeline/store_contract"],
    "pipeline/saving.py": ["pipeline/run", "imports/options"],
    "pipeline/second_pass.py": ["pipeline/run", "pipeline/store_contract"],
    "pipeline/sorted_words.py": ["pipeline/known_digests", "pipeline/spooling"],
    "pipeline/terms.py": ["pipeline/run", "imports/options"],
    "pipeline/twins.py": ["imports/warnings", "imports/marks"],
    "pipeline/watch.py": ["pipeline/run"],
    "pipeline/warning_log.py": ["pipeline/saving", "imports/warnings"],
    "plugins/loading.py": ["plugins/plugins"],
    "plugins/registration.py": ["plugins/plugins"],
    "pipeline/whole_number.py": ["imports/barcode_stock"],
    "product.py": ["wire", "catalogue/changes", "catalogue/listing"],
    "registry.py": ["plugins/plugins", "guards"],
    "settings.py": ["environment"],
    "sinks.py": RELAY,
    "support/sql_files.py": ["store/schema"],
    "model/states.py": ["store/import_states"],
    "storage/sources.py": [
        "plugins/two_of_each",
        "store/taking_over",
        "store/uploads",
    ],
    "builtin/web_client.py": ["builtin/web_source"],
    "imports/creating.py": ["imports/fetching"],
    "store/fetching.py": ["imports/fetching", "imports/schedules"],
    "store/schedules.py": ["imports/schedules"],
    "support/buckets.py": ["storage/opening", "storage/storages"],
    "testing/sources.py": ["testing/check_source"],
    "store/attribute_names.py": ["imports/attribute_names", "catalogue/changes"],
    "store/actions.py": ["imports/authors"],
    "store/changes/history.py": ["store/changes/history"],
    "store/changes/images.py": ["store/changes/change_log"],
    "store/changes/keeping.py": ["store/changes/keeping"],
    "store/changes/log.py": ["store/changes/change_log"],
    "store/changes/sets.py": ["store/changes/change_log", "imports/events"],
    "store/changes/states.py": ["store/changes/chains", "store/changes/change_log"],
    "store/changes/values.py": ["outbox/relay_values"],
    "store/columns.py": ["imports/barcode_stock", "catalogue/listing", "catalogue/export"],
    "store/deletions.py": ["catalogue/deletions"],
    "store/events.py": ["imports/events", "outbox/relay_waking"],
    "store/chosen.py": ["catalogue/export", "catalogue/reading_products"],
    "store/export.py": ["catalogue/export"],
    "store/export_columns.py": ["cli/export_command", "catalogue/export"],
    "pipeline/cell_notes.py": ["pipeline/typed_cells"],
    "pipeline/nested_cells.py": ["pipeline/typed_cells"],
    "pipeline/commands.py": ["pipeline/store_contract", "pipeline/run"],
    "pipeline/missing.py": ["pipeline/store_contract", "pipeline/run", "imports/deactivation"],
    "pipeline/nameless.py": ["pipeline/store_contract", "catalogue/changes"],
    "store/merging.py": ["pipeline/store_contract", "imports/merge"],
    "store/missing.py": ["pipeline/store_contract", "imports/options"],
    "store/import_rows.py": ["pipeline/store_contract"],
    "store/imports.py": [
        "pipeline/store_contract",
        "imports/warnings",
        "web/handlers",
    ],
    "store/leases.py": [
        *("pipeline/store_contract", "store/lease_ends", "imports/ledger"),
        "imports/reading_changed",
    ],
    "store/leasing.py": ["store/lease_ends", "imports/attempts", "pipeline/store_contract"],
    "store/locks.py": ["store/lease_ends"],
    "store/products.py": ["catalogue/changes"],
    "store/relaying.py": ["outbox/relay", "outbox/relay_waking", "outbox/relay_order"],
    "store/search/indexing.py": ["store/search/search_index", "catalogue/indexing"],
    "store/search/listing.py": ["store/search/search_index", *LISTING],
    "store/search/landmarks.py": ["catalogue/indexing"],
    "store/uploads.py": ["store/receiving", "store/taking_over"],
    "store/warnings.py": ["imports/warnings"],
    "store/writer.py": [
        "pipeline/store_contract",
        "imports/options",
        "imports/merge",
    ],
}
"""Tests of a module besides those that have its name: ``pipeline/run`` is tests/pipeline/test_run.py."""

ROOMS = {
    "delimited/encodings": LANGUAGES,
    "outbox": RELAY,
    "model": ["wire", "imports/options"],
    "pipeline": ["pipeline/run", "imports/options"],
    "storage": ["storage/storages", "storage/names", "storage/opening"],
    "store/search": LISTING,
    "store": ["pipeline/store_contract", "imports/options"],
}
"""Tests of modules that have none by their names and are not listed above. Others are not mutated."""

PAIRS = [
    *((ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq)),
    *((ast.In, ast.NotIn), (ast.Is, ast.IsNot)),
]
OTHER_COMPARISON = dict(PAIRS) | {second: first for first, second in PAIRS}
NO_BEHAVIOUR = {"annotation", "returns", "decorator_list", "bases"}
"""Parts of the code that are not mutated: they speak to readers and type checkers, for the most part."""


@dataclass(frozen=True)
class Mutant:
    module: str
    line: int
    change: str
    place: int
    number: int
    order: str


def tests_of(module):
    """The tests of a module, those first that have its name."""
    own = module.removesuffix(".py")
    listed = [own, *ELSEWHERE.get(module, [])] if path_of(own).exists() else ELSEWHERE.get(module, [])
    room = next((tests for room, tests in ROOMS.items() if module.startswith(f"{room}/")), [])
    return [path_of(test).relative_to(ROOT).as_posix() for test in dict.fromkeys(listed or room)]


def path_of(test):
    path = ROOT / "tests" / test
    return path.with_name(f"test_{path.name}.py")


def places(node):
    """All nodes that have behaviour, each with its parent's field: (parent, field, index, node)."""
    for field, value in ast.iter_fields(node):
        if field in NO_BEHAVIOUR:
            continue
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST) and not _is_plain(child):
                yield node, field, index if isinstance(value, list) else None, child
                yield from places(child)


def _is_plain(node):
    """Docstrings, ``...``, log messages, imports for types, and zip's ``strict``."""
    if isinstance(node, ast.Expr):
        text = ast.unparse(node)
        return isinstance(node.value, ast.Constant) or text.startswith("logger.")
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING"
    return isinstance(node, ast.keyword) and node.arg == "strict"


def changes(node):
    """What may become of a node, each with its name."""
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            yield "comparison", ast.Compare(left, [OTHER_COMPARISON[type(operator)]()], [right])
        case ast.BoolOp(op=operator, values=values):
            yield "and/or", ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
        case ast.Constant(value=bool() as value):
            yield "constant", ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield "constant", ast.Constant(value + 1)
            yield "constant", ast.Constant(value - 1)
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) != "None":
            yield "returns None", ast.Return(ast.Constant(None))
        case ast.If(test=test, body=body, orelse=orelse) | ast.IfExp(test=test, body=body, orelse=orelse):
            yield "negated", type(node)(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Expr() | ast.AugAssign() | ast.Raise():
            yield "removed", ast.Pass()


def mutants_of(module):
    seen = Counter()
    nodes = places(parsed((PACKAGE / module).read_text()))
    for place, (_, _, _, node) in enumerate(nodes):
        for number, (kind, changed) in enumerate(changes(node)):
            before, after = (ast.unparse(each).splitlines()[0] for each in (node, changed))
            change = f"{kind}: {before}  ->  {after}"
            seen[change] += 1
            order = hashlib.sha256(f"{module} {change} {seen[change]}".encode()).hexdigest()
            yield Mutant(module, node.lineno, change, place, number, order)


def source_of(mutant):
    """The module's code with the defect in it."""
    tree = parsed((PACKAGE / mutant.module).read_text())
    parent, field, index, node = list(places(tree))[mutant.place]
    _, changed = list(changes(node))[mutant.number]
    if index is None:
        setattr(parent, field, changed)
    else:
        getattr(parent, field)[index] = changed
    return ast.unparse(ast.fix_missing_locations(tree))


def chosen(number):
    """So many of all mutants. A change elsewhere in the code doesn't change the choice of the others."""
    modules = [str(path.relative_to(PACKAGE)) for path in sorted(PACKAGE.rglob("*.py"))]
    tested = [module for module in modules if not module.startswith(LEFT_OUT) and tests_of(module)]
    return sorted((m for module in tested for m in mutants_of(module)), key=lambda m: m.order)[:number]


class Copy:
    """A copy of the package, for one mutant after the other, and a server for their tests."""

    def __init__(self, folder, server):
        self._folder = folder
        self._package = folder / "product_importer"
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(folder),
            "POSTGRES_OF_TESTS": f"{server.url} {server.template}",
        }
        shutil.copytree(PACKAGE, self._package, ignore=shutil.ignore_patterns("__pycache__"))

    def outcome(self, tests, seconds):
        """How these tests end: ``passed``, ``failed`` or ``timeout``."""
        process = subprocess.Popen(
            [*PYTEST, "--timeout", str(seconds // 2), *tests],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for how in (signal.SIGINT, signal.SIGKILL):  # interrupted, pytest still ends what its fixtures began
            try:
                passed = process.wait(seconds) == 0
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, how)
                seconds = 10
            else:
                return "timeout" if how is signal.SIGKILL else "passed" if passed else "failed"
        process.wait()
        return "timeout"

    def outcome_with(self, mutant):
        """How the tests of the mutant's module end."""
        path = self._package / mutant.module
        original = path.read_text()
        try:
            write(path, source_of(mutant))
            return self.outcome(tests_of(mutant.module), SECONDS)
        finally:
            write(path, original)


def write(path, source):
    """Writes a module. What was compiled of it goes: only the source's time and size tell it apart."""
    path.write_text(source)
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        compiled.unlink()


def needed(tried):
    """How many have to be caught: of fewer than a hundred, what chance alone explains may be missing."""
    chance = math.sqrt(tried * FLOOR * (1 - FLOOR)) if tried < 100 else 0
    return math.ceil(FLOOR * tried - chance)


def main():
    began = time.monotonic()
    sample = chosen(int(os.environ.get("MUTANTS") or "100"))
    with ExitStack() as stack:
        copies = queue.SimpleQueue()
        for _ in range(WORKERS):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            folder.chmod(0o755)  # for tests' processes that stop being root
            copies.put(Copy(folder, stack.enter_context(embedded_server())))

        def on_a_copy(work):
            copy = copies.get()
            try:
                return work(copy)
            finally:
                copies.put(copy)

        def in_time(work):
            return on_a_copy(work) if time.monotonic() < end else None

        pool = stack.enter_context(ThreadPoolExecutor(WORKERS))
        tests = sorted({test for mutant in sample for test in tests_of(mutant.module)})
        sound = pool.submit(on_a_copy, lambda copy: copy.outcome(tests, SECONDS_SOUND))
        end = time.monotonic() + SECONDS_EACH * len(sample)
        outcomes = pool.map(in_time, [methodcaller("outcome_with", mutant) for mutant in sample])
        caught = Counter()
        for mutant, outcome in zip(sample, outcomes, strict=True):
            if outcome is not None:
                caught[outcome != "passed"] += 1
                said = {"passed": "SURVIVED", "failed": "caught  ", "timeout": "caught by its time"}[outcome]
                print(said, f"src/product_importer/{mutant.module}:{mutant.line}", mutant.change, flush=True)
        if sound.result() != "passed":
            sys.exit("Nothing is shown by that: the tests fail without a mutant, too.")
    tried = caught.total()
    print(f"{caught[True]} of {tried} mutants were caught, in {time.monotonic() - began:.0f} s")
    if caught[True] < needed(tried):
        sys.exit(f"At least {needed(tried)} have to be: a test is missing for what survived.")


if __name__ == "__main__":
    main()
