"""The simulated tools."""

import copy

import pytest

from bot.desk import TOOLS, call, holds, initial
from bot.errors import InvalidInputError, NotFoundError


@pytest.fixture
def scenario(content):
    return content.scenario("phone-third-call")


def test_a_tool_changes_only_the_state_it_returns(scenario):
    before = initial(scenario)
    kept = copy.deepcopy(before)
    after, result = call(before, scenario, "notes", {"text": "tot seit Donnerstag"}, 1)
    assert before == kept
    assert after["notes"] == ["tot seit Donnerstag"]
    assert result.fault is None


def test_the_record_opens_only_for_something_that_identifies(scenario):
    state = initial(scenario)
    closed, _ = call(state, scenario, "record", {"identifier": "12"}, 1)
    number = next(str(v) for v in scenario.desk.record.values() if sum(c.isdigit() for c in str(v)) >= 5)
    opened, result = call(state, scenario, "record", {"identifier": number}, 1)
    assert not closed["identified"]
    assert opened["identified"]
    assert result.result["gefunden"]


def test_a_ticket_can_be_opened_noted_and_read_again(scenario):
    state, made = call(initial(scenario), scenario, "ticket_create", {"subject": "Ausfall"}, 1)
    number = made.result["id"]
    state, _ = call(state, scenario, "ticket_note", {"ticket": number, "text": "ruft um 17 Uhr an"}, 1)
    _, read = call(state, scenario, "ticket_read", {"ticket": f"#{number}"}, 1)
    assert read.result["history"] == ["ruft um 17 Uhr an"]


def test_only_a_free_slot_can_be_booked(scenario):
    state, wrong = call(initial(scenario), scenario, "booking", {"slot": "gestern um drei"}, 1)
    assert not wrong.result["gebucht"]
    assert wrong.result["frei"] == scenario.desk.slots
    state, right = call(state, scenario, "booking", {"slot": scenario.desk.slots[0]}, 1)
    assert right.result["gebucht"]
    assert holds(state, "booking", True)


def test_an_outage_shows_its_message_and_changes_nothing(content):
    scenario = content.scenario("phone-system-down")
    fault = scenario.desk.faults[0]
    state = initial(scenario)
    tool = fault.tools[0]
    arguments = dict.fromkeys(TOOLS[tool].arguments, "1")
    after, result = call(state, scenario, tool, arguments, fault.turns[0])
    assert after == state
    assert result.fault == {"kind": fault.kind, "message": fault.message}
    _, later = call(state, scenario, tool, arguments, fault.turns[1] + 1)
    assert later.fault is None


def test_a_wrong_call_names_the_argument_and_the_remedy(scenario):
    state = initial(scenario)
    with pytest.raises(NotFoundError, match="ticket_create"):
        call(state, scenario, "teleport", {}, 1)
    with pytest.raises(InvalidInputError, match="subject"):
        call(state, scenario, "ticket_create", {"subject": " "}, 1)
    with pytest.raises(InvalidInputError, match="colour"):
        call(state, scenario, "notes", {"text": "x", "colour": "red"}, 1)


@pytest.mark.parametrize("amount", ["4,50", "4.50", "4.5", "4,50 €"])
def test_an_amount_may_be_written_the_german_or_the_english_way(content, amount: str):
    scenario = content.scenario("chat-double-booking")
    name = next(n for n, r in scenario.desk.remedies.items() if r.limit == 4.5)
    state, result = call(initial(scenario), scenario, "remedy", {"name": name, "amount": amount}, 1)
    assert result.result["gewährt"]
    assert state["remedies"][name] == 4.5


def test_every_goal_of_every_scenario_is_open_at_the_start_and_can_be_named(content):
    for scenario in content.scenarios.values():
        state = initial(scenario)
        assert scenario.goal, scenario.id
        assert not all(holds(state, path, wanted) for path, wanted in scenario.goal.items()), scenario.id
