"""Faults: which occur in a conversation is drawn by its seed, what each does is told by its kind."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from bot.content.schema import Fault, Scenario

BLOCKING = frozenset({"outage", "timeout"})
"""Kinds after which a tool has done nothing."""


def drawn(scenario: Scenario, seed: int) -> Iterator[int]:
    """Yield the positions of the scenario's faults that occur under a seed."""
    chance = Random(f"faults {seed} {scenario.id}")
    for i, fault in enumerate(scenario.desk.faults):
        if chance.random() < fault.chance:
            yield i


def _active(state: Mapping[str, Any], scenario: Scenario, turn: int) -> Iterator[Fault]:
    for i in state["faults"]:
        fault = scenario.desk.faults[i]
        if fault.turns[0] <= turn <= fault.turns[1]:
            yield fault


def fault_of(state: Mapping[str, Any], scenario: Scenario, tool: str, turn: int, *, writes: bool) -> Fault | None:
    """Return the fault that hits a tool now; the one that does most harm when there are several.

    Args:
        state: of the desk.
        scenario: whose faults they are.
        tool: that is called.
        turn: number of replies so far.
        writes: whether the tool changes anything; reading works in read-only mode.
    """
    hitting = [f for f in _active(state, scenario, turn) if tool in f.tools and (f.kind != "read_only" or writes)]
    order = ("outage", "timeout", "read_only", "not_saved", "slow")
    return min(hitting, key=lambda f: order.index(f.kind) if f.kind in order else len(order), default=None)


def hidden_tickets(state: Mapping[str, Any], scenario: Scenario, turn: int) -> frozenset[str]:
    """Return the tickets that cannot be found now."""
    return frozenset(f.ticket for f in _active(state, scenario, turn) if f.kind == "gone" and f.ticket)


def mixed_up(state: Mapping[str, Any], scenario: Scenario, turn: int) -> dict[str, str]:
    """Return the tickets in whose place another one is shown now."""
    return {f.ticket: f.shows for f in _active(state, scenario, turn) if f.kind == "mixed_up" and f.ticket and f.shows}


def line_is_bad(state: Mapping[str, Any], scenario: Scenario, turn: int) -> bool:
    """Tell whether the voice software swallows words now; only a phone has one."""
    return scenario.channel == "phone" and any(f.kind == "garbled" for f in _active(state, scenario, turn))
