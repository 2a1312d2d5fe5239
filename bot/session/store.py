"""The store: conversations as append-only lists of events, in any database SQLAlchemy speaks to.

Only this module touches the database. One move of a session is one transaction; a second writer that was faster shows
as a `ConflictError`, because the position of an event is part of its key.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.util import CommandError
from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Select,
    delete,
    event,
    func,
    insert,
    literal_column,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.conversation import Event
from bot.errors import ConflictError, DatabaseError, NotFoundError, StorageError
from bot.session.tables import assignments, attempt_cases, attempts, conversations, events, shown_skills, tallies


@dataclass(frozen=True, slots=True)
class Header:
    """What a conversation is, without its events.

    Attributes:
        owner: account of the trainee.
        outcome: empty while it goes on.
        finished_at, empathy, resolution: of the scorecard; None without one.
        examples: examples looked at on the way.
        shared_at: when its trainee showed it to the team leads; None while it is private.
    """

    id: str
    owner: str
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
    finished_at: float | None = None
    empathy: int | None = None
    resolution: int | None = None
    examples: int = 0
    shared_at: float | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """What a move that finishes a conversation leaves beside its events.

    Attributes:
        empathy, resolution: of the scorecard, 0..100.
        examples: examples looked at on the way.
        skills: skill -> 0..100.
    """

    empathy: int
    resolution: int
    examples: int
    skills: Mapping[str, float]


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
            self.engine: AsyncEngine = create_async_engine(
                self.url, pool_pre_ping=self.url.get_backend_name() != "sqlite", hide_parameters=True
            )
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise StorageError(
                f"storage.url lässt sich nicht verwenden: {error}.", "Beispiel: sqlite+aiosqlite:///var/warteschleife.db"
            ) from error
        except OSError as error:
            raise _unusable(str(self.url.database), error) from error
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._one_writer = asyncio.Lock() if self.is_sqlite else None
        if self.is_sqlite:
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
        except CommandError as error:
            raise StorageError(
                f"Die Datenbank {self.url.render_as_string(hide_password=True)} gehört zu einer neueren Version des Programms.",
                "Das Programm auf den neuen Stand bringen oder die Sicherung von vorher einspielen.",
            ) from error
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

    async def append(
        self, conversation_id: str, position: int, new: Sequence[Event], outcome: str, finished: Finished | None = None
    ) -> None:
        """Append events after the `position` events that were read; all or none are stored.

        Args:
            conversation_id: of the conversation.
            position: number of events that were read.
            new: events.
            outcome: of the conversation; empty while it goes on.
            finished: what the move leaves beside its events when it made the scorecard.

        Raises:
            ConflictError: when somebody else has appended in the meantime.
            StorageError: when it cannot be written.
        """
        try:
            async with self.writing() as connection:
                await connection.execute(insert(events), _rows(conversation_id, position, new))
                now = time.time()
                values: dict[str, Any] = {"updated_at": now, "outcome": outcome}
                if finished:
                    values |= {
                        "finished_at": now,
                        "empathy": finished.empathy,
                        "resolution": finished.resolution,
                        "examples": finished.examples,
                    }
                    rows = [{"conversation_id": conversation_id, "skill": s, "points": p} for s, p in finished.skills.items()]
                    if rows:
                        await connection.execute(insert(shown_skills), rows)
                await connection.execute(update(conversations).where(conversations.c.id == conversation_id).values(**values))
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

    async def header(self, conversation_id: str) -> Header:
        """Return what a conversation is.

        Raises:
            NotFoundError: when there is no such conversation.
        """
        rows = await self.fetch(select(conversations).where(conversations.c.id == conversation_id))
        if not rows:
            raise NotFoundError(f"Das Gespräch „{conversation_id}“ gibt es nicht.", "Bitte von der Startseite aus ein neues beginnen.")
        return Header(**rows[0])

    async def headers(self, owner: str, limit: int = 50, skip: int = 0, scenario: str = "", mode: str = "") -> list[Header]:
        """Return the latest conversations of a person, newest first.

        Args:
            owner: account.
            limit: how many at most.
            skip: how many of the latest to leave out.
            scenario: only of this one; empty for all.
            mode: practice or assessment; empty for both.
        """
        query = select(conversations).where(conversations.c.owner == owner)
        if mode:
            query = query.where(conversations.c.mode == mode)
        if scenario:
            query = query.where(conversations.c.scenario == scenario)
        rows = await self.fetch(query.order_by(conversations.c.updated_at.desc(), conversations.c.id).limit(limit).offset(skip))
        return [Header(**row) for row in rows]

    async def shared_headers(self, limit: int) -> list[Header]:
        """Return the conversations that trainees have shown to the team leads, the latest first."""
        query = select(conversations).where(conversations.c.shared_at.is_not(None)).order_by(conversations.c.shared_at.desc()).limit(limit)
        return [Header(**row) for row in await self.fetch(query)]

    async def count(self, owner: str, mode: str = "") -> int:
        """Return how many conversations a person has.

        Args:
            owner: account.
            mode: practice or assessment; empty for both.
        """
        query = select(func.count().label("n")).select_from(conversations).where(conversations.c.owner == owner)
        rows = await self.fetch(query.where(conversations.c.mode == mode) if mode else query)
        return int(rows[0]["n"])

    async def shown(self, owner: str) -> list[Mapping[str, Any]]:
        """Return what a person's finished practice shows: {conversation, scenario, finished_at, examples, skill, points}, oldest first."""
        c = conversations.c
        query = (
            select(c.id.label("conversation"), c.scenario, c.finished_at, c.examples, shown_skills.c.skill, shown_skills.c.points)
            .join(shown_skills, shown_skills.c.conversation_id == c.id)
            .where(c.owner == owner, c.mode == "practice")
            .order_by(c.finished_at, c.id)
        )
        return await self.fetch(query)

    async def statistics(self) -> list[Mapping[str, Any]]:
        """Return what conversations that may be seen have shown, those that are deleted too, without anybody's name.

        Returns:
            {scenario, skill, month, count, points, squares}, the earliest month first: how many conversations that finished in a month
            (`2026-12`, UTC) have points for the skill, the sum of these and of their squares. Deleting changes none of it. Practice that
            nobody was shown is not in it, neither before nor after it is deleted.
        """
        both = union_all(self._shown_by_month(), select(tallies)).subquery()
        keys = (both.c.month, both.c.scenario, both.c.skill)
        sums = [func.sum(both.c[name]).label(name) for name in ("count", "points", "squares")]
        rows = await self.fetch(select(both.c.scenario, both.c.skill, both.c.month, *sums).group_by(*keys).order_by(*keys))
        return [{**row, "count": int(row["count"])} for row in rows]

    def _shown_by_month(self, chosen: Select[Any] | None = None) -> Select[Any]:
        """Return a query with the columns of `tallies` over conversations that are there and may be seen: those chosen, or all."""
        c, points = conversations.c, shown_skills.c.points
        month = self._month(c.finished_at)
        query = (
            select(c.scenario, shown_skills.c.skill, month.label("month"), func.count().label("count"), func.sum(points).label("points"),
                   func.sum(points * points).label("squares"))
            .join(shown_skills, shown_skills.c.conversation_id == c.id)
            .where(c.finished_at.is_not(None), may_be_seen())
            .group_by(c.scenario, shown_skills.c.skill, month)
        )  # fmt: skip
        return query if chosen is None else query.where(c.id.in_(chosen))

    def _month(self, seconds: ColumnElement[Any]) -> ColumnElement[str]:
        # Literals, not parameters: PostgreSQL must see that the month selected and the month grouped by are the same.
        if self.is_sqlite:
            return func.strftime(literal_column("'%Y-%m'"), seconds, literal_column("'unixepoch'"))
        return func.to_char(func.timezone(literal_column("'UTC'"), func.to_timestamp(seconds)), literal_column("'YYYY-MM'"))

    async def share(self, conversation_id: str, *, shared: bool) -> None:
        """Show a conversation to the team leads, or take that back."""
        await self.change(
            update(conversations).where(conversations.c.id == conversation_id).values(shared_at=time.time() if shared else None)
        )

    async def fetch(self, query: Select[Any]) -> list[Mapping[str, Any]]:
        """Return the rows of a query.

        Raises:
            StorageError: when they cannot be read.
        """
        try:
            async with self.engine.connect() as connection:
                return list((await connection.execute(query)).mappings().all())
        except DBAPIError as error:
            raise _unusable(self.url.render_as_string(hide_password=True), error) from error

    async def change(self, *statements: Executable) -> int:
        """Run statements in one transaction; return how many rows the last one touched.

        Raises:
            IntegrityError: when a row would break a constraint.
            StorageError: when they cannot be run.
        """
        return (await self.change_each(*statements))[-1]

    async def change_each(self, *statements: Executable) -> list[int]:
        """Run statements in one transaction; return how many rows each of them touched.

        Raises:
            IntegrityError: when a row would break a constraint.
            StorageError: when they cannot be run.
        """
        try:
            async with self.writing() as connection:
                return [(await connection.execute(statement)).rowcount for statement in statements]
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise _unusable(self.url.render_as_string(hide_password=True), error) from error

    async def delete(self, conversation_id: str) -> None:
        """Delete a conversation and its events for good.

        Raises:
            NotFoundError: when there is no such conversation.
        """
        gone = await self.change(*self.deletions(select(conversations.c.id).where(conversations.c.id == conversation_id)))
        if not gone:
            raise NotFoundError(f"Das Gespräch „{conversation_id}“ gibt es nicht.", "Es ist vielleicht schon gelöscht.")

    async def delete_all(self, owner: str) -> None:
        """Delete all conversations of a person for good, with the assessments that some of them belong to."""
        await self.change(
            *self.deletions(select(conversations.c.id).where(conversations.c.owner == owner)),
            delete(assignments).where(assignments.c.account_id == owner),
        )

    def deletions(self, chosen: Select[Any]) -> list[Executable]:
        """Return the statements that delete conversations and all that hangs on them, for one transaction.

        What those that may be seen have shown is first added to the tallies. They are held until the end of the transaction, so that
        nobody who deletes them at the same time counts them again.

        Args:
            chosen: a query for their ids.
        """
        return [
            select(conversations.c.id).where(conversations.c.id.in_(chosen)).order_by(conversations.c.id).with_for_update(),
            self._tally(chosen),
            delete(events).where(events.c.conversation_id.in_(chosen)),
            delete(shown_skills).where(shown_skills.c.conversation_id.in_(chosen)),
            delete(conversations).where(conversations.c.id.in_(chosen)),
        ]

    def _tally(self, chosen: Select[Any]) -> Executable:
        """Return the statement that adds what conversations showed to the tallies."""
        add = (sqlite.insert if self.is_sqlite else postgresql.insert)(tallies)
        # In one order, so that two transactions never wait for each other's rows.
        shown = self._shown_by_month(chosen).order_by("scenario", "skill", "month")
        add = add.from_select(["scenario", "skill", "month", "count", "points", "squares"], shown)
        sums = {name: tallies.c[name] + add.excluded[name] for name in ("count", "points", "squares")}
        return add.on_conflict_do_update(index_elements=["scenario", "skill", "month"], set_=sums)

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


def may_be_seen() -> ColumnElement[bool]:
    """Return the condition that a conversation may be seen by team leads: its trainee shows it, or it is of a released assessment."""
    of_released = select(attempt_cases.c.conversation_id).join(attempts, attempts.c.id == attempt_cases.c.attempt_id)
    released = conversations.c.id.in_(of_released.where(attempts.c.released_at.is_not(None)))
    return or_(conversations.c.shared_at.is_not(None), released)


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
            "recursive_triggers=ON",  # INSERT OR REPLACE deletes too, which the audit log refuses
            "busy_timeout=5000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _unusable(where: str, error: Exception) -> DatabaseError:
    reason = str(getattr(error, "orig", None) or error)
    return DatabaseError(
        f"Die Datenbank {where} lässt sich nicht benutzen: {reason}.",
        "Bitte Schreibrechte und freien Platz prüfen oder storage.folder bzw. storage.url ändern. Ihr Text ist nicht verloren.",
    )
