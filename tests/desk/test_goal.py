"""The goal states of all scenarios: reachable with the tools, and nothing else changed on the way."""

import pytest

from bot.config import data_root
from bot.content import library
from bot.desk import call, holds, initial, side_effects
from bot.simulation.work import call_for, identifying, pending

SCENARIOS = sorted(library(data_root()).scenarios)


def without_faults(scenario, voice: str):
    return initial(scenario, 0, voice) | {"faults": []}


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_goal_can_be_reached_with_the_tools_and_without_side_effects(name: str):
    scenario = library(data_root()).scenario(name)
    for voice in scenario.voices:
        state = without_faults(scenario, voice)
        given = dict.fromkeys(scenario.desk.identify_by, 1)
        calls = list(identifying(scenario, voice, given, state))
        demands = {d.id: "promised" for d in scenario.demands if d.granted}
        calls += [c for path, wanted in pending(scenario, state, demands) if (c := call_for(scenario, path, wanted, "heute um 17 Uhr"))]
        for tool, arguments in calls:
            state, _ = call(state, scenario, tool, arguments, 1)
        missed = [path for path, wanted in scenario.goal.items() if not holds(state, path, wanted)]
        assert missed == [], f"{name}, {voice}: {missed}"
        assert side_effects(scenario, state) == []


def test_changing_another_customers_ticket_is_seen():
    scenario = library(data_root()).scenario("phone-third-call")
    other = next(t for t in scenario.desk.tickets if t.other)
    state, _ = call(without_faults(scenario, ""), scenario, "ticket_status", {"ticket": other.id, "status": "erledigt"}, 1)
    assert side_effects(scenario, state) == [f"Ticket {other.id} einer anderen Kundin oder eines anderen Kunden verändert"]


def test_looking_things_up_changes_nothing():
    scenario = library(data_root()).scenario("phone-third-call")
    state = without_faults(scenario, "")
    for tool, arguments in (("ticket_search", {"query": ""}), ("ticket_read", {"ticket": "61508"}), ("knowledge", {"query": "Ticket"})):
        state, _ = call(state, scenario, tool, arguments, 1)
    assert side_effects(scenario, state) == []
    assert state == without_faults(scenario, "")
