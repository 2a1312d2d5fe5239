"""The trainees: what each says in a turn, by plain rules over what stands in the case and what the customer did last.

Their common lines lie in `data/trainees/lines.yml`, the lines of the case in the scenario's model sentences. None of
them is training data of the understanding.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from bot.content.schema import Demand, Fact, Persona, Scenario
from bot.conversation import Conversation
from bot.simulation.work import Call, call_for, identifying, pending

Lines = Mapping[str, Sequence[str]]
_MET = frozenset({"promised", "done", "conceded"})


@dataclass
class Seat:
    """What a trainee has before them, and what they remember of their own doing.

    Attributes:
        scenario, persona: the case.
        lines: common lines by kind, in the customer's form of address.
        chance: source of the choice between lines; seeded.
        taken_up: pieces of the story already acknowledged.
        said: lines already used.
        asked: facts asked for.
        steps: demands a step was named for, with how often.
        tried: desk conditions worked on, with how often.
    """

    scenario: Scenario
    persona: Persona
    lines: Lines
    chance: Random
    taken_up: set[str] = field(default_factory=set)
    said: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    steps: dict[str, int] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)

    def line(self, kind: str) -> str:
        """Return a common line of a kind, an unused one while there are some."""
        return self.pick(self.lines[kind])

    def pick(self, options: Sequence[str]) -> str:
        """Return one of the options, an unused one while there are some."""
        fresh = [text for text in options if text not in self.said] or list(options)
        text = self.chance.choice(fresh)
        self.said.add(text)
        return text

    def acknowledge(self, told: Sequence[str]) -> str:
        """Return a sentence that takes up the latest piece of the story not taken up yet; empty when there is none."""
        open_pieces = [piece for piece in told if piece not in self.taken_up and piece in self.scenario.acknowledge]
        if not open_pieces:
            return ""
        self.taken_up.update(told)
        return self.pick(self.scenario.acknowledge[open_pieces[-1]])

    def question(self, facts: Sequence[Fact]) -> str:
        """Return a question for one of the facts; empty when there is none."""
        facts = [fact for fact in facts if fact.asked_as]
        if not facts:
            return ""
        fact = facts[0]
        self.asked.append(fact.id)
        return self.pick(fact.asked_as)

    def step(self, demand: Demand) -> str:
        """Return a sentence that meets a demand."""
        self.steps[demand.id] = self.steps.get(demand.id, 0) + 1
        return self.pick(demand.step)


@dataclass(frozen=True)
class View:
    """What can be seen of the conversation.

    Attributes:
        turn: number of the reply that is due, from 1.
        told: story pieces told.
        given: facts given.
        demands: demand -> state.
        informed: information told.
        acts: what the customer did last.
        desk: state of the desk.
    """

    turn: int
    told: Sequence[str]
    given: Sequence[str]
    demands: Mapping[str, str]
    informed: Sequence[str]
    acts: Sequence[str]
    desk: Mapping[str, Any]

    @classmethod
    def of(cls, conversation: Conversation) -> "View":
        """Return the view on a conversation."""
        customer = conversation.slots["customer"]
        last = conversation.exchanges[-1]
        return cls(
            conversation.turn + 1,
            customer["told"],
            list(customer["given"]),
            customer["demands"],
            customer["informed"],
            last.acts,
            conversation.slots["desk"],
        )


def _unknown(seat: Seat, view: View, *kinds: str, identity: bool = False) -> list[Fact]:
    return [
        f for f in seat.scenario.facts
        if f.kind in kinds and f.id not in view.given and f.id not in seat.asked and f.identity == identity
    ]  # fmt: skip


def _identity(seat: Seat, view: View) -> list[Fact]:
    """Return the facts still needed to open the record."""
    rules = seat.scenario.desk
    if view.desk["identified"] or sum(name in view.given for name in rules.identify_by) >= rules.identify_with:
        return []
    return [f for f in _unknown(seat, view, "on_request", "open", identity=True) if f.id in rules.identify_by] or _unknown(
        seat, view, "on_request", "open", identity=True
    )


def _next_demand(seat: Seat, view: View) -> Demand | None:
    """Return the demand to work on: one that was stated, else the first that must be met."""
    waiting = [
        d
        for d in seat.scenario.demands
        if view.demands.get(d.id) not in _MET and (d.granted or view.demands.get(d.id) != "refused") and seat.steps.get(d.id, 0) < 4
    ]
    stated = [d for d in waiting if view.demands.get(d.id) in {"stated", "offered", "insisted", "refused"}]
    musts = [d for d in waiting if d.must]
    return next(iter([*[d for d in stated if d.must], *musts, *stated]), None)


def _informing(seat: Seat, view: View) -> str:
    due = [i for i in seat.scenario.information if i.id not in view.informed and i.id not in seat.steps]
    if not due:
        return ""
    seat.steps[due[0].id] = 1
    return seat.pick(due[0].told_as)


def _settled(seat: Seat, view: View) -> bool:
    return all(view.demands.get(d.id) in _MET for d in seat.scenario.demands if d.must)


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def exemplary(seat: Seat, view: View) -> str:
    """Takes up each piece of the story, asks what is needed and what matters, acts with a time, asks whether it suits."""
    parts = [seat.line("greeting")] if view.turn == 1 else []
    parts.append(seat.acknowledge(view.told))
    if view.turn == 1:
        return _joined(*parts, seat.line("own"), seat.question(_identity(seat, view)))
    demand = _next_demand(seat, view)
    if view.turn == 2 and not _settled(seat, view):
        return _joined(*parts, seat.line("look_up"), seat.question(_identity(seat, view) or _unknown(seat, view, "hidden")))
    if demand:
        return _joined(*parts, seat.step(demand), _informing(seat, view))
    return _joined(*parts, _informing(seat, view), seat.line("check"))


def solid(seat: Seat, view: View) -> str:
    """Friendly and orderly, takes the story up once, works demand by demand."""
    if view.turn == 1:
        return _joined(seat.line("greeting"), seat.line("sorry_plain"), seat.question(_identity(seat, view)))
    if view.turn == 2:
        return _joined(seat.acknowledge(view.told), seat.line("look_up"), seat.question(_identity(seat, view)))
    demand = _next_demand(seat, view)
    if demand and view.turn % 4:
        return seat.step(demand)
    return _joined(_informing(seat, view), seat.line("check"))


def formulaic(seat: Seat, view: View) -> str:
    """Stock phrases all the way, a step now and then."""
    if view.turn == 1:
        return _joined(seat.line("greeting"), seat.line("formula"), seat.question(_identity(seat, view)))
    demand = _next_demand(seat, view)
    if demand and view.turn >= 4 and view.turn % 2 == 0:
        return _joined(seat.line("formula"), seat.step(demand))
    return _joined(seat.line("sorry_plain"), seat.line("formula"))


def warm_useless(seat: Seat, view: View) -> str:
    """Hears the customer out warmly and does nothing."""
    return _joined(
        seat.line("greeting") if view.turn == 1 else "",
        seat.acknowledge(view.told),
        seat.line("warm"),
        seat.line("vague") if view.turn % 2 == 0 else "",
    )


def cold_effective(seat: Seat, view: View) -> str:
    """Solves the case without a word for the human being."""
    if view.turn == 1:
        return _joined(seat.line("cold"), seat.question(_identity(seat, view)))
    demand = _next_demand(seat, view)
    return _joined(seat.step(demand) if demand else _joined(_informing(seat, view), seat.line("check")))


def slow(seat: Seat, view: View) -> str:
    """Works like the solid one, and lets the customer wait every other turn."""
    if view.turn % 2 == 0:
        return seat.line("hold")
    worked = replace(view, turn=(view.turn + 1) // 2)
    return solid(seat, worked)


def interrogator(seat: Seat, view: View) -> str:
    """Asks and asks, also for what was given."""
    facts = _unknown(seat, view, "on_request", "hidden", "open") or [f for f in seat.scenario.facts if f.kind != "hidden"]
    seat.chance.shuffle(facts)
    return _joined(seat.question(facts), seat.question(facts[1:]))


def promiser(seat: Seat, view: View) -> str:
    """Promises the moon, with a time, and does nothing."""
    return _joined(seat.line("impossible"), seat.line("own") if view.turn % 3 == 1 else "")


def blamer(seat: Seat, view: View) -> str:
    """Looks for the fault with the customer, or hides behind others."""
    return _joined(seat.line("blame"), seat.line("deflect") if view.turn % 2 else "")


def rude(seat: Seat, view: View) -> str:
    """Insults."""
    return seat.line("rude")


def silent(seat: Seat, view: View) -> str:
    """Says nothing."""
    return "…"


def repeater(seat: Seat, view: View) -> str:
    """Says the same good reply again and again."""
    if view.turn == 1:
        seat.asked.append(_joined(seat.acknowledge(view.told), seat.line("own")))
    return seat.asked[0]


def careful(seat: Seat, view: View) -> list[Call]:
    """Identify first, then do what was promised and what the case needs; look again and repeat what a fault swallowed."""
    return _work(seat, view, times=3)


def once(seat: Seat, view: View) -> list[Call]:
    """The same, but trusting that what was saved is saved."""
    return _work(seat, view, times=1)


def _work(seat: Seat, view: View, times: int) -> list[Call]:
    voice = seat.scenario.stand_ins.get(seat.persona.id, seat.persona.id)
    calls = list(identifying(seat.scenario, voice, dict.fromkeys(view.given), view.desk))
    if view.turn < _FIRST_WORK:
        return calls
    for path, wanted in pending(seat.scenario, view.desk, view.demands):
        call = call_for(seat.scenario, path, wanted, seat.scenario.title)
        if call and seat.tried.get(path, 0) < times:
            seat.tried[path] = seat.tried.get(path, 0) + 1
            calls.append(call)
    return calls


_FIRST_WORK = 3
"""Reply from which the case is known well enough to work on it."""


def nothing(seat: Seat, view: View) -> list[Call]:
    """Leave the desk alone."""
    return []


Speak = Callable[[Seat, View], str]
Work = Callable[[Seat, View], list[Call]]


@dataclass(frozen=True)
class Trainee:
    """A scripted trainee.

    Attributes:
        id: name on the command line.
        title: German name.
        speak: what they say.
        work: what they do at the desk before it.
        rank: the order a coach would give, 1 the best; equal ranks are not told apart.
    """

    id: str
    title: str
    speak: Speak
    rank: int
    work: Work = nothing


TRAINEES: Mapping[str, Trainee] = {
    t.id: t
    for t in (
        Trainee("exemplary", "vorbildlich", exemplary, 1, careful),
        Trainee("solid", "solide", solid, 2, once),
        Trainee("cold_effective", "kühl und wirksam", cold_effective, 3, careful),
        Trainee("slow", "langsam", slow, 5, once),
        Trainee("formulaic", "formelhaft", formulaic, 4, once),
        Trainee("warm_useless", "warm und nutzlos", warm_useless, 6),
        Trainee("repeater", "wiederholt sich", repeater, 7),
        Trainee("promiser", "verspricht alles", promiser, 7),
        Trainee("interrogator", "verhört", interrogator, 7),
        Trainee("silent", "schweigt", silent, 7),
        Trainee("blamer", "sucht die Schuld beim Kunden", blamer, 8),
        Trainee("rude", "beleidigt", rude, 8),
    )
}
