"""Retention: what is older than its limit is found and deleted, when an operator asks for it.

Practice counts from when a conversation was last used, an assessment from when its latest attempt was released (or else handed in, or its
time ran out). An assessment goes as a whole, with all its attempts: one that lost some would allow them again. What is still open stays.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, insert, or_, select

from bot.config import RetentionSettings
from bot.session.store import Store
from bot.session.tables import assignments, attempt_cases, attempts, audit, conversations

ACTOR = "retention"
"""Who the audit log says it was: no account, but the command on the server."""

_DAY = 86400.0
_BATCH = 200
"""Conversations or assessments that are deleted in one transaction, so that nobody who practises waits long."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """What is older than its limit.

    Attributes:
        kind: practice or assessments.
        days: the limit; 0 keeps everything.
        count: practice conversations, or assessments given to a person.
        attempts, conversations: of these assessments; 0 for practice.
        before: seconds since 1970 that the limit comes to.
        oldest, newest: when the oldest and newest of them were last touched; None without any.
    """

    kind: str
    days: int
    count: int = 0
    attempts: int = 0
    conversations: int = 0
    before: float = 0.0
    oldest: float | None = None
    newest: float | None = None


class Retention:
    """Limits on how long things are kept in the database of a store.

    Args:
        store: whose database it is.
        settings: from config.yml.
        batch: how much is deleted in one transaction.
    """

    def __init__(self, store: Store, settings: RetentionSettings, batch: int = _BATCH) -> None:
        self.store = store
        self.settings = settings
        self.batch = batch

    async def find(self, now: float | None = None) -> list[Outdated]:
        """Return what is older than its limit, by kind; nothing is changed.

        Args:
            now: seconds since 1970; the present when None.
        """
        practice, assessments = self._limits(time.time() if now is None else now)
        if practice.days:
            c = conversations.c
            practice = replace(practice, **await self._extent(c.id, c.updated_at, _old_practice(practice.before)))
        if assessments.days:
            old = _old_assessments(assessments.before)
            found = await self._extent(assignments.c.id, _last_touched(), old)
            tries = await self._count(select(attempts.c.id).where(attempts.c.assignment_id.in_(select(assignments.c.id).where(old))))
            played = await self._count(_conversations_of(select(assignments.c.id).where(old)))
            assessments = replace(assessments, **found, attempts=tries, conversations=played)
        return [practice, assessments]

    async def delete(self, now: float | None = None) -> list[Outdated]:
        """Delete what is older than its limit for good, in batches; return what went, by kind.

        What team leads might see of them is added to the tallies first, so that statistics stay the same. The audit log notes how much
        went.

        Args:
            now: seconds since 1970; the present when None.
        """
        practice, assessments = await self.find(now)
        if practice.count:
            gone = 0
            old = select(conversations.c.id).where(_old_practice(practice.before))
            async for ids in self._batches(old.order_by(conversations.c.updated_at)):
                chosen = old.where(conversations.c.id.in_(ids))
                gone += (await self.store.change_each(*self.store.deletions(chosen)))[-1]
            practice = replace(practice, count=gone)
        if assessments.count:
            gone = played = 0
            given = select(assignments.c.id).where(_old_assessments(assessments.before))
            async for ids in self._batches(given.order_by(assignments.c.created_at)):
                chosen = given.where(assignments.c.id.in_(ids))
                held = chosen.order_by(assignments.c.id).with_for_update(of=assignments)
                deletions = self.store.deletions(_conversations_of(chosen))
                # Attempts, and what was said of them, go with their assignment.
                counts = await self.store.change_each(held, *deletions, delete(assignments).where(assignments.c.id.in_(chosen)))
                played, gone = played + counts[-2], gone + counts[-1]
            assessments = replace(assessments, count=gone, conversations=played)
        for went in (practice, assessments):
            if went.count:
                await self.store.change(_entry(went))
        return [practice, assessments]

    def _limits(self, now: float) -> Iterator[Outdated]:
        for kind, days in (("practice", self.settings.practice_days), ("assessments", self.settings.assessment_days)):
            yield Outdated(kind, days, before=now - days * _DAY)

    async def _batches(self, query: Select[Any]) -> Any:
        """Yield ids until there are none any more; whoever takes them deletes them."""
        while rows := await self.store.fetch(query.limit(self.batch)):
            yield [row["id"] for row in rows]

    async def _extent(self, one: Any, touched: Any, old: ColumnElement[bool]) -> dict[str, Any]:
        query = select(func.count(one).label("count"), func.min(touched).label("oldest"), func.max(touched).label("newest"))
        return dict((await self.store.fetch(query.where(old)))[0])

    async def _count(self, query: Select[Any]) -> int:
        return int((await self.store.fetch(select(func.count().label("n")).select_from(query.subquery())))[0]["n"])


def _old_practice(before: float) -> ColumnElement[bool]:
    of_attempt = exists().where(attempt_cases.c.conversation_id == conversations.c.id)
    return and_(conversations.c.updated_at < before, ~of_attempt)


def _touched() -> ColumnElement[Any]:
    return func.coalesce(attempts.c.released_at, attempts.c.finished_at, attempts.c.ends_at)


def _last_touched() -> ColumnElement[Any]:
    """When the latest attempt at an assignment was touched; without attempts, when it was due."""
    latest = select(func.max(_touched())).where(attempts.c.assignment_id == assignments.c.id).correlate(assignments).scalar_subquery()
    return func.coalesce(latest, assignments.c.due_at)


def _old_assessments(before: float) -> ColumnElement[bool]:
    """Older than the limit, and nothing open: no attempt that may still go on, no second look that was asked for."""
    is_open = exists().where(attempts.c.assignment_id == assignments.c.id, or_(_touched().is_(None), attempts.c.second_by == ""))
    return and_(_last_touched() < before, ~is_open)


def _conversations_of(given: Select[Any]) -> Select[Any]:
    query = select(attempt_cases.c.conversation_id).join(attempts, attempts.c.id == attempt_cases.c.attempt_id)
    return query.where(attempts.c.assignment_id.in_(given))


def _entry(went: Outdated) -> Any:
    detail = {"count": went.count, "attempts": went.attempts, "conversations": went.conversations, "days": went.days}
    return insert(audit).values(
        at=time.time(), actor=ACTOR, action="outdated_deleted", subject=went.kind, detail=json.dumps(detail, ensure_ascii=False)
    )
