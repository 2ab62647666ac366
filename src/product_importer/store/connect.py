"""Connections to the database: a small pool for short queries, dedicated connections for imports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import asyncpg

from product_importer.errors import DatabaseError, DataRefused, TooManyConnections, UsageError
from product_importer.store.locks import Locks
from product_importer.support import namespace
from product_importer.support.connections import pooled

OLDEST_SUPPORTED: Final = 15
"""The oldest major version of PostgreSQL that the schema and the queries are tested with."""

_CONNECT_SECONDS: Final = 15.0
_POOL_SIZE: Final = 5


class Database:
    """A catalogue in a PostgreSQL database, given by DSN and schema. Made by :meth:`open`.

    ``schema`` is None if the connections' own search path leads to the tables. ``locks`` holds the numbers of
    the catalogue's advisory locks; ``channel`` is the ``NOTIFY`` channel for its events.
    """

    def __init__(self, dsn: str, pool: asyncpg.Pool, schema: str | None = None) -> None:
        self.dsn = dsn
        self.schema = schema
        self.locks = Locks.of(schema)
        self.channel = namespace.channel(schema)
        self._pool = pool
        self._closed = False

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, schema: str | None = None) -> AsyncIterator[Database]:
        """Opens the catalogue.

        Raises :class:`DatabaseError` if the server can't be reached or is too old, or if a pooler in between
        drops the search path.
        """
        try:
            pool = await asyncpg.create_pool(
                dsn,
                min_size=0,
                max_size=_POOL_SIZE,
                timeout=_CONNECT_SECONDS,
                server_settings=_settings(schema),
            )
            async with pool.acquire() as connection:
                major = connection.get_server_version().major
                path = await connection.fetchval("SHOW search_path") if schema else None
        except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DatabaseError(
                f"The database can't be reached: {_one_line(error)}. "
                "Check DATABASE_URL and that the server runs.",
                code="database_unreachable",
            ) from error
        async with pool:
            if major < OLDEST_SUPPORTED:
                raise DatabaseError(
                    f"The server is PostgreSQL {major}; {OLDEST_SUPPORTED} or newer is needed.",
                    code="database_too_old",
                )
            if schema and path != namespace.search_path(schema):
                raise DatabaseError(
                    f"The search path of new connections is {path}, though {schema} was asked for. Let what "
                    "stands before the server (such as PgBouncer) pass on the parameter search_path, or "
                    "connect to the server itself.",
                    code="schema",
                )
            database = cls(dsn, pool, schema)
            try:
                yield database
            finally:
                database._closed = True

    def session_name(self, purpose: str) -> str:
        """Returns the name in ``pg_stat_activity`` of :meth:`dedicated` connections for this purpose."""
        return namespace.session_name(self.schema, purpose)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """Provides a shared connection for short queries. Its errors are translated
        (:func:`translated_errors`).

        Code that needs the driver's own errors must catch them inside.
        """
        self._check_open()
        async with translated_errors(), AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(pooled(self._pool))
            except OSError as error:
                raise _lost(error) from error
            yield connection

    @asynccontextmanager
    async def dedicated(self, purpose: str, **settings: str) -> AsyncIterator[asyncpg.Connection]:
        """Provides a dedicated connection. ``purpose`` shows in ``pg_stat_activity``; settings are
        PostgreSQL's.

        The driver's errors are translated as by :meth:`connection`.
        """
        self._check_open()
        async with translated_errors():
            try:
                connection = await asyncpg.connect(
                    self.dsn,
                    timeout=_CONNECT_SECONDS,
                    server_settings=_settings(self.schema, purpose) | settings,
                )
            except OSError as error:
                raise _lost(error) from error
            try:
                yield connection
            finally:
                if not connection.is_closed() and connection.is_in_transaction():
                    connection.terminate()
                else:
                    await connection.close(timeout=_CONNECT_SECONDS)

    def _check_open(self) -> None:
        """Raises :class:`UsageError` once the context of :meth:`open` has ended."""
        if self._closed:
            raise UsageError("The importer is closed. Open another one.")


def _settings(schema: str | None, purpose: str = "") -> dict[str, str]:
    """Returns the server settings of a connection."""
    path = {} if schema is None else {"search_path": namespace.search_path(schema)}
    return {"application_name": namespace.session_name(schema, purpose), **path}


@asynccontextmanager
async def translated_errors() -> AsyncIterator[None]:
    """Translates the driver's errors into :class:`DatabaseError`, or :class:`DataRefused` for refused values.

    Each connection of :class:`Database` is wrapped in this. Inside such a connection, it serves code that
    must tell our errors apart before the connection is closed.
    """
    try:
        yield
    except asyncpg.InterfaceError as e:
        if isinstance(e, ValueError):  # the driver can't encode an argument
            raise _refused(e) from e
        raise _lost(e) from e
    except asyncpg.DataError as e:
        raise _refused(e) from e
    except asyncpg.TooManyConnectionsError as e:
        raise TooManyConnections(
            f"The database takes no more connections: {_one_line(e)}. "
            "Raise its max_connections, or run fewer processes."
        ) from e
    except (
        ConnectionError,
        asyncpg.InternalClientError,  # the driver's protocol raises it if the connection breaks while in use
        asyncpg.PostgresConnectionError,
        asyncpg.OperatorInterventionError,
    ) as e:
        raise _lost(e) from e
    except asyncpg.DiskFullError as e:
        raise DatabaseError(
            "The database's disk is full. Free some space there; then resume the import.",
            code="database_full",
        ) from e
    except asyncpg.PostgresError as e:
        raise DatabaseError(f"The database refused a statement: {_one_line(e)}.") from e


def _refused(error: BaseException) -> DataRefused:
    return DataRefused(f"The database can't store a value: {_one_line(error)}.")


def _lost(error: BaseException) -> DatabaseError:
    protocol = isinstance(error, asyncpg.InternalClientError)
    reason = "the server closed it" if protocol else _one_line(error)
    return DatabaseError(f"The connection to the database was lost: {reason}.", code="database_lost")


def _one_line(error: BaseException) -> str:
    return (" ".join(str(error).split()) or type(error).__name__).rstrip(".")
