"""What a team shows together: skills by person and month, cases by how they go. Only what may be seen: released assessments and
conversations that their trainees have shown; practice stays private.
"""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, and_, cast, func, or_, select

from bot.session.store import Store
from bot.session.tables import attempt_cases, attempts, conversations, shown_skills

_SURE = 1.96
"""Standard errors of a 95 % interval."""
_MONTH = 2_629_746
"""Seconds of a mean Gregorian month."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with what it rests on.

    Attributes:
        value: 0..100.
        count: conversations.
        margin: half of the 95 % interval of the mean; None with fewer than two conversations.
    """

    value: float
    count: int
    margin: float | None


def mean_of(count: int, total: float, squares: float) -> Mean:
    """Return a mean from a count, a sum and a sum of squares."""
    value = total / count
    variance = max(0.0, (squares - count * value * value) / (count - 1)) if count > 1 else None
    margin = None if variance is None else round(_SURE * math.sqrt(variance / count), 1)
    return Mean(round(value, 1), count, margin)


class Team:
    """Statistics over the conversations that may be seen.

    Args:
        store: whose database it is.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._known: dict[str, Any] = {}
        self._stamp: tuple[Any, ...] = ()

    async def _once(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Return what was found before as long as nothing was finished, shown, released or deleted since."""
        c = conversations.c
        seen: Any = select(func.count(), func.max(c.finished_at), func.max(c.shared_at), func.count(c.shared_at)).select_from(conversations)
        released: Any = select(func.count(attempts.c.released_at), func.max(attempts.c.released_at))
        stamp = (*(await self.store.fetch(seen))[0].values(), *(await self.store.fetch(released))[0].values())
        if stamp != self._stamp:
            self._known.clear()
            self._stamp = stamp
        if name not in self._known:
            self._known[name] = await work()
        return self._known[name]

    async def skills_by_person(self) -> Mapping[tuple[str, str], Mean]:
        """Return (account, skill) -> mean points."""

        async def find() -> Mapping[tuple[str, str], Mean]:
            rows = await self.store.fetch(_points(conversations.c.owner.label("who"), shown_skills.c.skill))
            return {(row["who"], row["skill"]): mean_of(row["n"], row["total"], row["squares"]) for row in rows}

        found: Mapping[tuple[str, str], Mean] = await self._once("person", find)
        return found

    async def skills_by_month(self) -> Mapping[tuple[str, int], Mean]:
        """Return (skill, months since 1970 of mean length) -> mean points."""

        async def find() -> Mapping[tuple[str, int], Mean]:
            month = cast(conversations.c.finished_at / _MONTH, Integer).label("month")
            rows = await self.store.fetch(_points(shown_skills.c.skill, month))
            return {(row["skill"], row["month"]): mean_of(row["n"], row["total"], row["squares"]) for row in rows}

        found: Mapping[tuple[str, int], Mean] = await self._once("month", find)
        return found

    async def scenarios(self, mark: float) -> Mapping[str, tuple[Mean, float]]:
        """Return scenario -> (mean points over its skills, share of skills shown with at least `mark` points)."""

        async def find() -> Mapping[str, tuple[Mean, float]]:
            passed = func.sum(cast(shown_skills.c.points >= mark, Integer)).label("passed")
            rows = await self.store.fetch(_points(conversations.c.scenario.label("scenario")).add_columns(passed))
            return {row["scenario"]: (mean_of(row["n"], row["total"], row["squares"]), row["passed"] / row["n"]) for row in rows}

        found: Mapping[str, tuple[Mean, float]] = await self._once(f"scenarios {mark}", find)
        return found


def _points(*groups: Any) -> Select[Any]:
    """Return the query for counts, sums and sums of squares of the points that may be seen, by groups."""
    points, c = shown_skills.c.points, conversations.c
    released = (
        select(attempt_cases.c.conversation_id)
        .join(attempts, attempts.c.id == attempt_cases.c.attempt_id)
        .where(attempts.c.released_at.is_not(None))
    )
    return (
        select(*groups, func.count().label("n"), func.sum(points).label("total"), func.sum(points * points).label("squares"))
        .join(conversations, c.id == shown_skills.c.conversation_id)
        .where(or_(c.shared_at.is_not(None), and_(c.mode == "assessment", c.id.in_(released))))
        .group_by(*groups)
    )
