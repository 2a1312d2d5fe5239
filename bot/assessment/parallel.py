"""Parallel forms: other cases of the same kind whose simulated difficulty is as equal as can be found.

Half of the simulated trainees choose the cases, the other half measure how equal the forms came out: a difference that was looked
for and measured with the same people would look smaller than it is. Pure; the same seed gives the same forms.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from random import Random
from statistics import mean, stdev
from typing import Any

from scipy.stats import t as student

from bot.assessment.difficulty import DifficultyTable, SimulatedCase, weighted
from bot.assessment.forms import Form, FormCase
from bot.config import ParallelSettings
from bot.errors import InvalidInputError, NotFoundError

_SAME_CASE = 100
"""How many common scenarios one and the same case in two forms counts as."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two forms lie apart.

    Attributes:
        first, second: which; 0 is the form that was given, 1 the first new one.
        points: mean of (points of the first minus points of the second) over the simulated trainees who measured.
        low, high: its interval at the level of `assessment.parallel.confidence`, by Student's t over these trainees.
        by_trainee: the same for each kind of trainee: forms can be equal on the whole and unequal for some.
    """

    first: int
    second: int
    points: float
    low: float
    high: float
    by_trainee: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ParallelForms:
    """Forms that stand for a given one.

    Attributes:
        forms: the new ones.
        points: what the measuring trainees reach on average, first in the given form, then in the new ones.
        differences: of every two of them, the given one among them.
        shared: scenario -> numbers of the forms that hold it, where these are more than one: who has taken one knows the case.
        people: simulated trainees that measured.
    """

    forms: tuple[Form, ...]
    points: tuple[float, ...]
    differences: tuple[Difference, ...]
    shared: Mapping[str, tuple[int, ...]]
    people: int

    @property
    def largest(self) -> Difference:
        """The two forms that lie farthest apart."""
        return max(self.differences, key=lambda d: abs(d.points))

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return asdict(self) | {"forms": [form.model_dump() for form in self.forms], "largest": asdict(self.largest)}


def parallel_forms(form: Form, table: DifficultyTable, count: int, seed: int, settings: ParallelSettings) -> ParallelForms:
    """Look for forms that are as hard as a given one.

    Every case is replaced by one over the same channel, with common skills and about the same length. Of all ways found, that
    one is taken in which the fewest scenarios stand in two forms, and among these the one whose forms lie closest together.

    Args:
        form: the given one; weights, must-dos, time limit and pass mark are taken over.
        table: simulated difficulty.
        count: how many new forms.
        seed: of the search.
        settings: what counts as the same kind, and how long to look.

    Raises:
        NotFoundError: for a case whose difficulty nobody simulated.
        InvalidInputError: for a number of forms that is not allowed, or a case that nothing can stand for.
    """
    if not 1 <= count <= settings.most:
        raise InvalidInputError(f"{count} parallele Bögen gehen nicht.", f"Erlaubt: 1 bis {settings.most}.")
    given = [_simulated(case, table) for case in form.cases]
    options = [_stand_ins(case, given, table, settings) for case in given]
    choosing = [i for i, person in enumerate(table.people) if person.time % 2]
    measuring = [i for i, person in enumerate(table.people) if not person.time % 2]
    if len(choosing) < 2 or len(measuring) < 2:
        raise InvalidInputError("Die Tabelle der Schwierigkeiten hat zu wenige simulierte Trainees.", "Je Hälfte mindestens zwei.")
    search = _Search(given, options, form.weights, choosing)
    chosen = search.best(count, settings.starts, Random(f"parallel {seed}"))
    found = tuple(_form_of(form, cases, number) for number, cases in enumerate(chosen, start=1))
    return _report((tuple(given), *chosen), found, form.weights, table, measuring, settings.confidence)


def _simulated(case: FormCase, table: DifficultyTable) -> SimulatedCase:
    wanted = (case.scenario, case.persona, case.seed)
    for known in table.cases:
        if _key(known) == wanted:
            return known
    seeds = sorted({known.seed for known in table.cases})
    raise NotFoundError(
        f"Wie schwer der Fall {wanted} ist, hat niemand simuliert.", f"Simuliert sind die Startwerte {', '.join(map(str, seeds))}."
    )


def _key(case: SimulatedCase) -> tuple[str, str, int]:
    return case.scenario, case.persona, case.seed


def _stand_ins(
    case: SimulatedCase, given: Sequence[SimulatedCase], table: DifficultyTable, settings: ParallelSettings
) -> list[SimulatedCase]:
    """Return the cases that can stand for one: none of the given form itself."""
    kind = table.scenarios[case.scenario]
    taken = {_key(other) for other in given}
    found = []
    for other in table.cases:
        theirs = table.scenarios[other.scenario]
        alike = theirs.channel == kind.channel and abs(theirs.minutes - kind.minutes) <= settings.minutes
        if alike and len(set(theirs.skills) & set(kind.skills)) >= settings.shared_skills and _key(other) not in taken:
            found.append(other)
    if not found:
        raise InvalidInputError(
            f"Für „{case.scenario}“ gibt es keinen gleichartigen Fall.",
            "Einen anderen Fall nehmen, oder assessment.parallel weiter fassen.",
        )
    return found


Chosen = tuple[tuple[SimulatedCase, ...], ...]


class _Search:
    """Looks for cases: from random beginnings, one place after the other takes the case that suits best until none does better."""

    def __init__(
        self,
        given: Sequence[SimulatedCase],
        options: Sequence[Sequence[SimulatedCase]],
        weights: Mapping[str, float],
        people: Sequence[int],
    ) -> None:
        self.given, self.options = given, options
        cases = [*given, *(case for found in options for case in found)]
        self.points = {_key(case): mean(points_of_people(case, weights, people)) for case in cases}

    def best(self, count: int, starts: int, chance: Random) -> Chosen:
        """Return the best of what is found from so many beginnings."""
        found = [self._from(self._random(count, chance), chance) for _ in range(starts)]
        rows = min(found, key=lambda rows: (self._cost(rows), [[_key(case) for case in row] for row in rows]))
        return tuple(tuple(row) for row in rows)

    def _random(self, count: int, chance: Random) -> list[list[SimulatedCase]]:
        return [[chance.choice(found) for found in self.options] for _ in range(count)]

    def _from(self, rows: list[list[SimulatedCase]], chance: Random) -> list[list[SimulatedCase]]:
        places = [(i, j) for i in range(len(rows)) for j in range(len(self.options))]
        cost, better = self._cost(rows), True
        while better:
            better = False
            chance.shuffle(places)
            for i, j in places:
                for case in self.options[j]:
                    before, rows[i][j] = rows[i][j], case
                    new = self._cost(rows)
                    if new < cost:
                        cost, better = new, True
                    else:
                        rows[i][j] = before
        return rows

    def _cost(self, rows: Sequence[Sequence[SimulatedCase]]) -> tuple[int, float]:
        """Return (scenarios used again, distance of the easiest form from the hardest in points)."""
        everything = [case for row in (self.given, *rows) for case in row]
        scenarios, same = Counter(case.scenario for case in everything), Counter(map(_key, everything))
        again = sum(n - 1 for n in scenarios.values()) + _SAME_CASE * sum(n - 1 for n in same.values())
        totals = [sum(self.points[_key(case)] for case in row) / len(row) for row in (self.given, *rows)]
        return again, round(max(totals) - min(totals), 6)


def points_of_people(case: SimulatedCase, weights: Mapping[str, float], people: Sequence[int]) -> list[float]:
    """Return what simulated trainees (by their place in the table) reach in a case with the weights of a form."""
    return [weighted({name: values[i] for name, values in case.values.items()}, weights) for i in people]


def _form_of(form: Form, cases: Sequence[SimulatedCase], number: int) -> Form:
    fresh = [FormCase(scenario=case.scenario, persona=case.persona, seed=case.seed) for case in cases]
    return form.model_copy(update={"title": f"{form.title} ({chr(ord('A') + number)})", "cases": fresh})


def _report(
    rows: Chosen, forms: tuple[Form, ...], weights: Mapping[str, float], table: DifficultyTable, people: Sequence[int], confidence: float
) -> ParallelForms:
    totals = [[mean(points) for points in zip(*(points_of_people(c, weights, people) for c in row), strict=True)] for row in rows]
    kinds = [table.people[i].trainee for i in people]
    differences = tuple(_difference(i, j, totals, kinds, confidence) for i, j in combinations(range(len(rows)), 2))
    holders: dict[str, tuple[int, ...]] = {}
    for name in sorted({case.scenario for row in rows for case in row}):
        holders[name] = tuple(i for i, row in enumerate(rows) if any(case.scenario == name for case in row))
    shared = {name: numbers for name, numbers in holders.items() if len(numbers) > 1}
    return ParallelForms(forms, tuple(round(mean(points), 1) for points in totals), differences, shared, len(people))


def _difference(first: int, second: int, totals: Sequence[Sequence[float]], kinds: Sequence[str], confidence: float) -> Difference:
    apart = [a - b for a, b in zip(totals[first], totals[second], strict=True)]
    middle = mean(apart)
    reach = float(student.ppf((1 + confidence) / 2, len(apart) - 1)) * stdev(apart) / len(apart) ** 0.5
    by_kind = {kind: round(mean(a for a, k in zip(apart, kinds, strict=True) if k == kind), 1) for kind in dict.fromkeys(kinds)}
    return Difference(first, second, round(middle, 1), round(middle - reach, 1), round(middle + reach, 1), by_kind)
