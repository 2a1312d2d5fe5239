"""What the simulated trainees do at the desk: the tool calls that bring a condition about."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.content.schema import Scenario
from bot.desk import holds

Call = tuple[str, dict[str, str]]


def identifying(scenario: Scenario, voice: str, given: Mapping[str, Any], desk: Mapping[str, Any]) -> Iterator[Call]:
    """Yield the calls that open the record with what the customer has given, one for each datum.

    Args:
        scenario, voice: whose record, and who tells the data.
        given: facts the customer has given.
        desk: state of the desk.
    """
    facts = {fact.id: fact for fact in scenario.facts}
    for name in scenario.desk.identify_by:
        if name in given and name not in desk["checked"] and not desk["identified"]:
            answers = scenario.voices[voice].answers.get(name, [])
            words = facts[name].mentioned_as
            yield "record", {"identifier": words[0] if words else answers[0].split(".")[0]}


def call_for(scenario: Scenario, path: str, wanted: Any, text: str) -> Call | None:
    """Return the tool call that brings a condition about; None where no tool does.

    Args:
        scenario: whose desk it is.
        path, wanted: the condition, as in `goal`.
        text: what a note, a hand-over or a call-back is given as words.
    """
    first, *rest = path.split(".")
    if first == "remedies":
        limit = scenario.desk.remedies[rest[0]].limit
        amount = wanted if not isinstance(wanted, bool) else limit
        return "remedy", {"name": rest[0]} | ({"amount": str(amount)} if amount is not None else {})
    if first == "tickets":
        status = wanted if rest[1] == "status" and isinstance(wanted, str) else "in Arbeit"
        return "ticket_status", {"ticket": rest[0], "status": str(status)}
    if first == "booking":
        return "booking", {"slot": scenario.desk.slots[0] if wanted is True else str(wanted)}
    if first == "handover":
        targets = scenario.desk.handover
        return "handover", {
            "to": next((t for t in targets if wanted is not True and str(wanted) in t), targets[0] if targets else "Teamleitung"),
            "note": text,
        }
    if first in {"notes", "callback"}:
        return first, {"text" if first == "notes" else "time": text}
    return None


def pending(scenario: Scenario, desk: Mapping[str, Any], demands: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Yield the conditions of the goal, and of the demands promised, that do not hold yet."""
    promised = [d for d in scenario.demands if d.granted and demands.get(d.id) in {"promised", "done", "offered"}]
    wanted = dict(scenario.goal) | {path: value for demand in promised for path, value in demand.desk.items()}
    for path, value in wanted.items():
        taken_over = path.endswith(".owner") and path.replace(".owner", ".status") in wanted  # setting the status does that
        if not holds(desk, path, value) and not taken_over:
            yield path, value
