"""The store: conversations as append-only lists of events, in any database SQLAlchemy speaks to.

Only this module touches the database. One move of a session is one transaction; a second writer that was faster shows
as a `ConflictError`, because the position of an event is part of its key.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, delete, event, insert, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.conversation import Event
from bot.errors import ConflictError, NotFoundError, StorageError
from bot.session.tables import conversations, events


@dataclass(frozen=True, slots=True)
class Header:
    """What a conversation is, without its events."""

    id: str
    scenario: str
    persona: str
    channel: str
    seed: int
    mode: str
    outcome: str = ""
    branch_of: str | None = None
    branch_turn: int | None = None
    created_at: float = 0.0
    updated_at: float = 0.0


class Store:
    """Conversations in a database.

    Args:
        url: SQLAlchemy URL with an async driver, e.g. `sqlite+aiosqlite:///file.db` or `postgresql+asyncpg://…`.
        durability: for SQLite, `full` or `normal` (SQLite's `synchronous`).
    """

    def __init__(self, url: str, durability: str = "full") -> None:
        try:
            self.url = make_url(url)
            if self.url.get_backend_name() == "sqlite" and self.url.database not in (None, "", ":memory:"):
                Path(str(self.url.database)).parent.mkdir(parents=True, exist_ok=True)
            self.engine: AsyncEngine = create_async_engine(self.url, pool_pre_ping=self.url.get_backend_name() != "sqlite")
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise StorageError(
                f"storage.url lässt sich nicht verwenden: {error}.", "Beispiel: sqlite+aiosqlite:///var/warteschleife.db"
            ) from error
        except OSError as error:
            raise _unusable(str(self.url.database), error) from error
        is_sqlite = self.url.get_backend_name() == "sqlite"
        self._one_writer = asyncio.Lock() if is_sqlite else None
        if is_sqlite:
            _tune_sqlite(self.engine, durability)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection whose work is committed at the end, all or nothing.

        SQLite has one writer at a time; waiting in line here is fair and quick, waiting in SQLite is neither.
        """
        async with self._one_writer or nullcontext(), self.engine.begin() as connection:
            yield connection

    async def migrate(self) -> None:
        """Bring the schema up to date.

        Raises:
            StorageError: when the database cannot be opened or written.
        """

        def run(connection: Connection) -> None:
            config = AlembicConfig()
            config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

        try:
            async with self.engine.begin() as connection:
                await connection.run_sync(run)
        except (DBAPIError, OSError) as error:
            raise _unusable(self.url.render_as_string(hide_password=True), error) from error

    async def create(self, header: Header, new: Sequence[Event]) -> None:
        """Store a new conversation with its first events.

        Raises:
            ConflictError: when the id exists.
            StorageError: when it cannot be written.
        """
        now = time.time()
        row = {name: getattr(header, name) for name in Header.__dataclass_fields__} | {"created_at": now, "updated_at": now}
        try:
            async with self.writing() as connection:
                await connection.execute(insert(conversations), row)
                await connection.execute(insert(events), _rows(header.id, 0, new))
        except IntegrityError as error:
            raise ConflictError(f"Das Gespräch „{header.id}“ gibt es schon.", "Eine andere Kennung wählen.") from error
        except DBAPIError as error:
            raise _unusable(self.url.render_as_string(hide_password=True), error) from error

    async def append(self, conversation_id: str, position: int, new: Sequence[Event], outcome: str) -> None:
        """Append events after the `position` events that were read; all or none are stored.

        Raises:
            ConflictError: when somebody else has appended in the meantime.
            StorageError: when it cannot be written.
        """
        try:
            async with self.writing() as connection:
                await connection.execute(insert(events), _rows(conversation_id, position, new))
                await connection.execute(
                    update(conversations).where(conversations.c.id == conversation_id).values(updated_at=time.time(), outcome=outcome)
                )
        except IntegrityError as error:
            raise ConflictError("Eine andere Antwort war schneller.", "Bitte das Gespräch neu laden; der Text bleibt erhalten.") from error
        except DBAPIError as error:
            raise _unusable(self.url.render_as_string(hide_password=True), error) from error

    async def read(self, conversation_id: str) -> list[Event]:
        """Return the events of a conversation, oldest first.

        Raises:
            NotFoundError: when there is no such conversation.
            StorageError: when it cannot be read.
        """
        query = select(events.c.data).where(events.c.conversation_id == conversation_id).order_by(events.c.position)
        try:
            async with self.engine.connect() as connection:
                found = (await connection.execute(query)).scalars().all()
        except DBAPIError as error:
            raise _unusable(self.url.render_as_string(hide_password=True), error) from error
        if not found:
            raise NotFoundError(f"Das Gespräch „{conversation_id}“ gibt es nicht.", "Bitte von der Startseite aus ein neues beginnen.")
        return [json.loads(data) for data in found]

    async def headers(self, limit: int = 50) -> list[Header]:
        """Return the latest conversations, newest first."""
        query = select(conversations).order_by(conversations.c.updated_at.desc()).limit(limit)
        try:
            async with self.engine.connect() as connection:
                rows = (await connection.execute(query)).mappings().all()
        except DBAPIError as error:
            raise _unusable(self.url.render_as_string(hide_password=True), error) from error
        return [Header(**row) for row in rows]

    async def delete(self, conversation_id: str) -> None:
        """Delete a conversation and its events for good.

        Raises:
            NotFoundError: when there is no such conversation.
        """
        try:
            async with self.writing() as connection:
                await connection.execute(delete(events).where(events.c.conversation_id == conversation_id))
                gone = await connection.execute(delete(conversations).where(conversations.c.id == conversation_id))
        except DBAPIError as error:
            raise _unusable(self.url.render_as_string(hide_password=True), error) from error
        if not gone.rowcount:
            raise NotFoundError(f"Das Gespräch „{conversation_id}“ gibt es nicht.", "Es ist vielleicht schon gelöscht.")

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


def _rows(conversation_id: str, position: int, new: Sequence[Event]) -> list[dict[str, Any]]:
    return [
        {
            "conversation_id": conversation_id,
            "position": position + i,
            "message_id": item.get("message_id") if item["event"] == "user" else None,
            "data": json.dumps(item, ensure_ascii=False, separators=(",", ":")),
        }
        for i, item in enumerate(new)
    ]


def _tune_sqlite(engine: AsyncEngine, durability: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def set_pragmas(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={'FULL' if durability == 'full' else 'NORMAL'}",
            "foreign_keys=ON",
            "busy_timeout=5000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _unusable(where: str, error: Exception) -> StorageError:
    reason = str(getattr(error, "orig", None) or error)
    return StorageError(
        f"Die Datenbank {where} lässt sich nicht benutzen: {reason}.",
        "Bitte Schreibrechte und freien Platz prüfen oder storage.folder bzw. storage.url ändern. Ihr Text ist nicht verloren.",
    )
