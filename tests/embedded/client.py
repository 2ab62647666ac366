"""A process that uses an embedded server: opens it, obeys lines on stdin, answers with JSON lines."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from product_importer.embedded import EmbeddedPostgres, EmbeddedValkey
from product_importer.errors import EmbeddedServerError


def answer(**facts) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def psql(server, query):
    command = [server.bin_dir / "psql", server.dsn, "-XAtqc", query]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return {"out": done.stdout.strip(), "err": done.stderr if done.returncode else ""}


def redis(server, command):
    from redis import Redis  # noqa: PLC0415 - for PostgreSQL's tests it need not be there

    with Redis.from_url(server.url, decode_responses=True) as client:
        return {"out": client.execute_command(*command.split()), "err": ""}


KINDS = {"postgres": (EmbeddedPostgres, psql), "valkey": (EmbeddedValkey, redis)}


async def main() -> None:
    kind, obey = KINDS[sys.argv[2]]
    answer(state="opening")
    try:
        async with kind.open(Path(sys.argv[1])) as server:
            answer(state="open")
            for line in sys.stdin:
                answer(state="answered", **obey(server, line))
    except EmbeddedServerError as error:
        answer(state="refused", message=str(error), code=error.code)
    else:
        answer(state="closed")


asyncio.run(main())
