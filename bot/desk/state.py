"""The desk's state: plain JSON data, made from the scenario, changed only by tools."""

from collections.abc import Mapping
from typing import Any

from bot.content.schema import Scenario
from bot.desk.faults import drawn

State = dict[str, Any]


def initial(scenario: Scenario, seed: int = 0, voice: str = "") -> State:
    """Return the desk as a scenario starts it.

    Args:
        scenario: whose desk it is.
        seed: of the conversation; it draws which faults occur and in which order drafts are suggested.
        voice: who the customer is, for the identity check.
    """
    return {
        "seed": seed,
        "voice": voice,
        "faults": list(drawn(scenario, seed)),
        "identified": False,
        "checked": [],
        "unchecked": [],
        "tickets": {ticket.id: ticket.model_dump(exclude={"id"}) for ticket in scenario.desk.tickets},
        "remedies": {},
        "booking": "",
        "callback": "",
        "notes": [],
        "handover": "",
        "suggestions": [],
        "seconds": 0.0,
    }


def changed(state: State, **changes: Any) -> State:
    """Return the state with some entries changed; the given one stays as it is."""
    return {**state, **changes}


def value_at(state: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a path like `tickets.4711.status`; None where there is nothing."""
    value: Any = state
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
