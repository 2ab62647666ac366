"""A process that uses the embedded PostgreSQL: opens it, obeys lines on stdin, answers with JSON lines."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from product_importer.embedded import EmbeddedPostgres
from product_importer.errors import EmbeddedServerError


def answer(**facts) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def psql(server, query):
    command = [server.psql, server.dsn, "-XAtqc", query]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return {"out": done.stdout.strip(), "err": done.stderr if done.returncode else ""}


async def main() -> None:
    answer(state="opening")
    try:
        async with EmbeddedPostgres.open(Path(sys.argv[1])) as server:
            answer(state="open", dsn=server.dsn, bin_dir=str(server.bin_dir))
            for line in sys.stdin:
                answer(state="answered", **psql(server, line))
    except EmbeddedServerError as error:
        answer(state="refused", message=str(error), code=error.code)
    else:
        answer(state="closed")


asyncio.run(main())
