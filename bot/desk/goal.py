"""The goal state: what must hold at the end, and what was changed without need."""

from collections.abc import Mapping
from typing import Any

from bot.content.schema import Scenario
from bot.desk.state import State, initial, value_at


def holds(state: Mapping[str, Any], path: str, wanted: Any) -> bool:
    """Tell whether a goal condition holds.

    Args:
        state: of the desk.
        path: e.g. `tickets.4711.status`, `remedies.credit`, `booking`.
        wanted: the value; `true` means anything that is not empty, a text must be contained.
    """
    value = value_at(state, path)
    if isinstance(wanted, bool):
        return bool(value) is wanted
    if isinstance(wanted, str) and isinstance(value, str):
        return wanted.casefold() in value.casefold()
    return bool(value == wanted)


def side_effects(scenario: Scenario, state: State) -> list[str]:
    """Return what was changed at the desk that the case did not ask for, as German sentences; empty when nothing was.

    Notes, new tickets, a call-back and a hand-over are part of any work and never wrong in themselves.
    """
    wanted = {*scenario.goal, *(path for demand in scenario.demands for path in demand.desk)}
    before = initial(scenario)
    found = []
    for number, ticket in state["tickets"].items():
        was = before["tickets"].get(number)
        if was is None or ticket == was:
            continue
        if was["other"]:
            found.append(f"Ticket {number} einer anderen Kundin oder eines anderen Kunden verändert")
        elif ticket["status"] != was["status"] and not any(path.startswith(f"tickets.{number}.") for path in wanted):
            found.append(f"Status von Ticket {number} ohne Anlass auf „{ticket['status']}“ gesetzt")
    for name, granted in state["remedies"].items():
        if f"remedies.{name}" not in wanted and granted:
            found.append(f"„{scenario.desk.remedies[name].label}“ gewährt, ohne dass es zum Fall gehört")
    if state["booking"] and "booking" not in wanted:
        found.append(f"Termin „{state['booking']}“ gebucht, ohne dass es zum Fall gehört")
    return found


def described(scenario: Scenario, path: str, wanted: Any) -> str:
    """Return a goal condition as a German phrase for the scorecard."""
    first, *rest = path.split(".")
    if first == "remedies":
        return f"{scenario.desk.remedies[rest[0]].label} gewährt"
    if first == "tickets":
        value = "von Ihnen übernommen" if rest[1] == "owner" else f"Status „{wanted}“"
        return f"Ticket {rest[0]}: {value}"
    named = "" if isinstance(wanted, bool) else f" ({wanted})"
    known = {
        "identified": "Angaben abgeglichen",
        "booking": "Termin gebucht",
        "callback": "Rückruf vorgemerkt",
        "notes": "Notiz geschrieben",
        "handover": "Mit Notiz weitergegeben",
    }
    return known.get(first, path) + named
