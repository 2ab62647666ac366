"""Imports that are met half-way."""

import asyncio
import time

PATIENCE = 120.0
"""Seconds until a test gives up. A relay runs at a low priority, and starts late on a busy machine."""


async def until(condition, what):
    """The first truthy value of ``await condition()``."""
    end = time.monotonic() + PATIENCE
    while not (value := await condition()):
        assert time.monotonic() < end, f"waited {PATIENCE} s in vain until {what}"
        await asyncio.sleep(0.005)
    return value


async def released(importer, import_id):
    """Returns once the server has noticed that the killed process, which ran the import, is gone.

    On a busy machine that takes a moment, and until then the import is busy.
    """
    session = importer.database.session_name(f"import {import_id}")

    async def gone():
        async with importer.database.connection() as connection:
            return not await connection.fetchval(
                "SELECT EXISTS (SELECT FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = $1)",
                session,
            )

    await until(gone, f"the session of import {import_id} had ended")


def catalogue_file(rows, *, version, first=0):
    """A file with everything in it: valid rows, and now and then a duplicate, an invalid and a blank row."""
    lines = ["sku,name,description,price,colour"]
    for n in range(first, first + rows):
        name = f"Product {n}" if n % 3 else f"Product {n} version {version}"
        lines.append(f"SKU-{n},{name},Text {n},{n}.{version},{'green' if n % 2 else ''}")
        if n % 50 == 0:
            lines.append(f"sku-{first + (n + 7) % rows},Duplicate of another,,1,")
        if n % 70 == 0:
            lines.append(f"BAD-{n},Bad,,1.2.3,")
        if n % 90 == 0:
            lines.append("")
    return "\n".join(lines) + "\n"


class Watch:
    """Looks at a shop's only running import from outside."""

    def __init__(self, shop):
        self._connection = shop.connection

    async def import_id(self):
        return await until(
            lambda: self._connection.fetchval("SELECT max(id) FROM imports WHERE status = 'running'"),
            "the import was running",
        )

    async def chunks(self, number):
        """Returns once so many chunks are saved."""

        async def enough():
            saved = await self._connection.fetchval(
                "SELECT count(*) FROM import_chunks WHERE phase = 'saving'"
            )
            return saved >= number

        await until(enough, f"{number} chunks were saved")


class Barrier:
    """Stops whoever gets to a certain row write, in the middle of the transaction, until it is lifted."""

    KEY = 4711

    def __init__(self, shop):
        self._connection = shop.connection

    async def put(self, when, table, condition="true"):
        """For example ``put("BEFORE INSERT", "products", "NEW.sku_key = 'a'")``."""
        await self._connection.execute(
            f"""
            CREATE FUNCTION barrier() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF {condition} THEN PERFORM pg_advisory_xact_lock({self.KEY}); END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER barrier {when} ON {table} FOR EACH ROW EXECUTE FUNCTION barrier();
            SELECT pg_advisory_lock({self.KEY});
            """
        )

    async def reached(self, by=1):
        async def waiting():
            return by <= await self._connection.fetchval(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                " AND objid = $1"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                self.KEY,
            )

        await until(waiting, "somebody stood at the barrier")

    async def lift(self, table):
        await self._connection.execute(f"SELECT pg_advisory_unlock({self.KEY})")
        await self._connection.execute(f"DROP TRIGGER barrier ON {table}; DROP FUNCTION barrier()")
