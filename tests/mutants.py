"""Defects put into the library on purpose, one at a time: do the tests of the module that has it fail?

``tox -e mutants`` tries a hundred, the same ones while their code stays; ``MUTANTS`` says how many.
"""

import ast
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

FLOOR = 0.65
"""The share of mutants that has to be caught. It may only rise."""

SECONDS = 60
"""What the tests of one mutant may take; one that takes longer counts as caught."""

QUICK = "not slow and not whole"
WORKERS = 2
ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "product_importer"
LEFT_OUT = ("cli", "embedded", "testing", "__main__.py")

ELSEWHERE = {
    "catalogue.py": ["catalogue/test_listing.py", "catalogue/test_changes.py"],
    "delimited/encodings/names.py": ["delimited/encodings/test_encoding_names.py"],
    "errors/families.py": ["errors/test_errors.py"],
    "errors/files.py": ["errors/test_errors.py"],
    "imports/imports.py": ["imports/test_authors.py", "imports/test_events.py"],
    "pipeline/batch_file.py": ["pipeline/test_spool.py"],
    "pipeline/column_uses.py": ["pipeline/test_mapping.py"],
    "pipeline/cutting.py": ["pipeline/test_saving.py"],
    "pipeline/dedupe.py": ["pipeline/test_winners.py", "pipeline/test_saving.py"],
    "pipeline/filling.py": ["pipeline/test_saving.py", "imports/test_duplicates.py"],
    "pipeline/first_pass.py": ["pipeline/test_run.py"],
    "pipeline/header_hints.py": ["imports/test_header_hints.py"],
    "pipeline/header_words.py": ["pipeline/test_mapping.py"],
    "pipeline/keyhash.py": ["pipeline/test_spooling.py"],
    "pipeline/mapping_refusals.py": ["pipeline/test_mapping.py"],
    "pipeline/mapping_warnings.py": ["pipeline/test_mapping.py"],
    "pipeline/preview.py": ["imports/test_preview.py"],
    "pipeline/reading.py": ["pipeline/test_run.py"],
    "pipeline/rejected_again.py": ["imports/test_rejects_again.py"],
    "pipeline/second_pass.py": ["pipeline/test_run.py"],
    "pipeline/sorted_words.py": ["pipeline/test_merged.py", "pipeline/test_spooling.py"],
    "pipeline/watch.py": ["pipeline/test_run.py"],
    "pipeline/warning_log.py": ["pipeline/test_saving.py", "imports/test_warnings.py"],
    "store/deletions.py": ["catalogue/test_deletions.py"],
    "store/import_rows.py": ["pipeline/test_store_contract.py"],
    "store/imports.py": ["pipeline/test_store_contract.py"],
    "store/leases.py": ["pipeline/test_store_contract.py"],
    "store/writer.py": ["pipeline/test_store_contract.py"],
}
"""The tests of modules whose tests don't have their name. Modules with neither are not mutated."""

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
    path = Path(module)
    own = f"{path.parent}/test_{path.name}" if path.parent.name else f"test_{path.name}"
    named = [own] if (ROOT / "tests" / own).exists() else ELSEWHERE.get(module, [])
    return [f"tests/{test}" for test in named]


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
    nodes = places(ast.parse((PACKAGE / module).read_text()))
    for place, (_, _, _, node) in enumerate(nodes):
        for number, (kind, changed) in enumerate(changes(node)):
            before, after = (ast.unparse(each).splitlines()[0] for each in (node, changed))
            change = f"{kind}: {before}  ->  {after}"
            seen[change] += 1
            order = hashlib.sha256(f"{module} {change} {seen[change]}".encode()).hexdigest()
            yield Mutant(module, node.lineno, change, place, number, order)


def source_of(mutant):
    """The module's code with the defect in it."""
    tree = ast.parse((PACKAGE / mutant.module).read_text())
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


def passes(copy, tests, seconds):
    """Whether these tests pass with the package that lies in ``copy``."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "0",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-m",
        "not slow",
    ]
    process = subprocess.Popen(
        [*command, "--timeout", str(seconds // 2), *tests],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(copy)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    for how in (signal.SIGINT, signal.SIGKILL):  # interrupted, pytest still stops the servers of its fixtures
        try:
            return process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, how)
            seconds = 10
    process.wait()
    return False


def survives(copy, mutant):
    path = copy / "product_importer" / mutant.module
    original = path.read_text()
    try:
        write(path, source_of(mutant))
        return passes(copy, tests_of(mutant.module), SECONDS)
    finally:
        write(path, original)


def write(path, source):
    """Writes a module. What was compiled of it goes: only the source's time and size tell it apart."""
    path.write_text(source)
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        compiled.unlink()


def main():
    began = time.monotonic()
    sample = chosen(int(os.environ.get("MUTANTS") or "100"))
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        copies = [Path(folder, str(number)) for number in range(WORKERS)]
        for copy in copies:
            shutil.copytree(PACKAGE, copy / "product_importer", ignore=shutil.ignore_patterns("__pycache__"))
        tests = sorted({test for mutant in sample for test in tests_of(mutant.module)})

        def on_a_copy(work, *arguments):
            copy = copies.pop()
            try:
                return work(copy, *arguments)
            finally:
                copies.append(copy)

        sound = pool.submit(on_a_copy, passes, tests, 5 * SECONDS)
        survivors = 0
        for mutant, survivor in zip(sample, pool.map(partial(on_a_copy, survives), sample), strict=True):
            survivors += survivor
            place = f"src/product_importer/{mutant.module}:{mutant.line}"
            print("SURVIVED" if survivor else "caught  ", place, mutant.change, flush=True)
        if not sound.result():
            sys.exit("Nothing is shown by that: the tests fail without a mutant, too.")
    share = 1 - survivors / len(sample)
    print(f"{share:.0%} of {len(sample)} mutants were caught, in {time.monotonic() - began:.0f} s")
    if share < FLOOR:
        sys.exit(f"At least {FLOOR:.0%} have to be: a test is missing for what survived.")


if __name__ == "__main__":
    main()
