"""What a team shows together: skills by person and month, cases by how they go. Only what may be seen: released assessments and
conversations that their trainees have shown; practice stays private.
"""

import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from scipy.stats import t as student
from sqlalchemy import func, select

from bot.session.store import Store, may_be_seen
from bot.session.tables import attempts, conversations, shown_skills, tallies

_CONFIDENCE = 0.95
"""Of the intervals."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with what it rests on.

    Attributes:
        value: 0..100.
        count: how many points it is the mean of.
        margin: half of the 95 % interval of the mean; None with fewer than two.
    """

    value: float
    count: int
    margin: float | None


def mean_of(count: int, total: float, squares: float) -> Mean:
    """Return a mean from a count, a sum and a sum of squares."""
    value = total / count
    variance = max(0.0, (squares - count * value * value) / (count - 1)) if count > 1 else None
    margin = None if variance is None else round(_quantile(count - 1) * math.sqrt(variance / count), 1)
    return Mean(round(value, 1), count, margin)


@lru_cache(maxsize=1024)
def _quantile(freedom: int) -> float:
    """Return how many standard errors the interval reaches, by Student's t: with few conversations many."""
    return float(student.ppf((1 + _CONFIDENCE) / 2, freedom))


class Team:
    """Statistics over the conversations that may be seen.

    Args:
        store: whose database it is.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._known: dict[str, Any] = {}
        self._stamp: tuple[Any, ...] = ()

    async def skills_by_person(self) -> Mapping[tuple[str, str], Mean]:
        """Return (account, skill) -> mean points."""

        async def find() -> Mapping[tuple[str, str], Mean]:
            points, who = shown_skills.c.points, conversations.c.owner
            query = (
                select(who, shown_skills.c.skill, func.count().label("n"), func.sum(points).label("total"))
                .add_columns(func.sum(points * points).label("squares"))
                .join(conversations, conversations.c.id == shown_skills.c.conversation_id)
                .where(may_be_seen())
                .group_by(who, shown_skills.c.skill)
            )
            rows = await self.store.fetch(query)
            return {(row["owner"], row["skill"]): mean_of(row["n"], row["total"], row["squares"]) for row in rows}

        found: Mapping[tuple[str, str], Mean] = await self._once("person", find)
        return found

    async def skills_by_month(self) -> Mapping[tuple[str, str], Mean]:
        """Return (skill, month such as `2026-12`) -> mean points, of what was deleted since too."""
        return _grouped(await self._statistics(), "skill", "month")

    async def scenarios(self) -> Mapping[str, Mean]:
        """Return scenario -> mean points over its skills, of what was deleted since too."""
        return {scenario: mean for (scenario,), mean in _grouped(await self._statistics(), "scenario").items()}

    async def _statistics(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = await self._once("statistics", self.store.statistics)
        return found

    async def _once(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Return what was found before as long as nothing was finished, shown, released or deleted since."""
        c = conversations.c
        seen: Any = select(func.count(), func.max(c.finished_at), func.max(c.shared_at), func.count(c.shared_at)).select_from(conversations)
        released: Any = select(func.count(attempts.c.released_at), func.max(attempts.c.released_at))
        deleted: Any = select(func.sum(tallies.c.count))
        rows = [(await self.store.fetch(query))[0] for query in (seen, released, deleted)]
        stamp = tuple(value for row in rows for value in row.values())
        if stamp != self._stamp:
            self._known.clear()
            self._stamp = stamp
        if name not in self._known:
            self._known[name] = await work()
        return self._known[name]


def _grouped(rows: Iterable[Mapping[str, Any]], *keys: str) -> dict[Any, Mean]:
    sums: dict[tuple[str, ...], tuple[int, float, float]] = {}
    for row in rows:
        key = tuple(row[name] for name in keys)
        count, total, squares = sums.get(key, (0, 0.0, 0.0))
        sums[key] = (count + row["count"], total + row["points"], squares + row["squares"])
    return {key: mean_of(*values) for key, values in sums.items()}
