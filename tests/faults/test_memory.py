"""Memory stays flat, also where every row of a long file is rejected."""

import json
import subprocess
import sys

import pytest

MEASURED = """
import asyncio, json, resource, sys
from product_importer import Importer, ImportOptions

async def main(url, path):
    async with Importer.open(url) as importer:
        report = await importer.run(path, ImportOptions())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"invalid": report.invalid, "created": report.created, "peak": peak // 1024}))

asyncio.run(main(*sys.argv[1:]))
"""
ROOM = 200
"""Megabytes above what an import of a handful of rows takes."""

KINDS = {
    "valid": lambda n: f"SKU-{n},Name of the product {n},Text,{n}",
    "invalid": lambda n: f",Name of the product {n},Text,not a price",
    "malformed": lambda n: f"SKU-{n},Name of the product {n},Text,1,too much",
}


def measure(shop, kind, rows):
    path = shop.folder / "long.csv"
    with path.open("w") as file:
        file.write("sku,name,description,price\n")
        file.writelines(KINDS[kind](n) + "\n" for n in range(rows))
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, shop.url, str(path)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
async def test_memory_stays_flat(shop, kind):
    few = measure(shop, kind, 10)
    many = measure(shop, kind, 300_000)
    print(f"{kind}: {few['peak']} MB for a few rows, {many['peak']} MB for 300,000")

    assert many["invalid" if kind != "valid" else "created"] >= 299_990
    assert many["peak"] < few["peak"] + ROOM
