"""Tools that break: what each kind of fault shows, keeps and costs."""

import pytest

from bot.content.schema import Fault, Scenario, Ticket
from bot.desk import call, initial, line_is_bad
from bot.desk.faults import drawn


@pytest.fixture
def scenario(content) -> Scenario:
    return content.scenario("phone-third-call")


def broken(scenario: Scenario, **fault) -> tuple[Scenario, dict]:
    """The scenario with one fault, and its desk."""
    desk = scenario.desk.model_copy(update={"faults": [Fault(turns=[0, 9], **fault)]})
    changed = scenario.model_copy(update={"desk": desk})
    return changed, initial(changed, 3)


def test_a_slow_tool_works_and_takes_its_time(scenario: Scenario):
    scenario, state = broken(scenario, kind="slow", tools=["notes"], seconds=25, message="")
    after, result = call(state, scenario, "notes", {"text": "x"}, 1)
    assert after["notes"] == ["x"]
    assert after["seconds"] == 25
    assert result.to_dict()["seconds"] == 25


def test_a_timeout_does_nothing_and_takes_its_time_too(scenario: Scenario):
    scenario, state = broken(scenario, kind="timeout", tools=["notes"], seconds=40, message="Zeitüberschreitung")
    after, result = call(state, scenario, "notes", {"text": "x"}, 1)
    assert after["notes"] == []
    assert after["seconds"] == 40
    assert result.fault == {"kind": "timeout", "message": "Zeitüberschreitung"}


def test_what_was_not_saved_looks_saved_until_one_looks_again(scenario: Scenario):
    scenario, state = broken(scenario, kind="not_saved", tools=["ticket_note"], message="")
    after, result = call(state, scenario, "ticket_note", {"ticket": "61508", "text": "ruft um fünf an"}, 1)
    assert "ruft um fünf an" in result.result["history"]
    _, read = call(after, scenario, "ticket_read", {"ticket": "61508"}, 1)
    assert "ruft um fünf an" not in read.result["history"]


def test_read_only_lets_read_and_refuses_to_write(scenario: Scenario):
    scenario, state = broken(scenario, kind="read_only", tools=["ticket_read", "ticket_note"], message="Nur Lesen")
    _, read = call(state, scenario, "ticket_read", {"ticket": "61508"}, 1)
    assert read.result["id"] == "61508"
    after, write = call(state, scenario, "ticket_note", {"ticket": "61508", "text": "x"}, 1)
    assert write.fault == {"kind": "read_only", "message": "Nur Lesen"}
    assert after == state


def test_a_ticket_that_is_gone_cannot_be_found_by_any_tool(scenario: Scenario):
    scenario, state = broken(scenario, kind="gone", ticket="61508")
    _, found = call(state, scenario, "ticket_search", {"query": ""}, 1)
    assert "61508" not in {ticket["id"] for ticket in found.result}
    _, read = call(state, scenario, "ticket_read", {"ticket": "61508"}, 1)
    assert read.result["gefunden"] is False
    _, later = call(state, scenario, "ticket_read", {"ticket": "61508"}, 10)
    assert later.result["id"] == "61508"


def test_a_mixed_up_ticket_shows_somebody_elses_content_under_its_number(scenario: Scenario):
    other = next(ticket for ticket in scenario.desk.tickets if ticket.other)
    scenario, state = broken(scenario, kind="mixed_up", ticket="61508", shows=other.id)
    _, read = call(state, scenario, "ticket_read", {"ticket": "61508"}, 1)
    assert read.result["id"] == "61508"
    assert read.result["history"] == other.history
    assert "other" not in read.result, "the tool must not tell that it belongs to somebody else"


def test_only_a_phone_has_a_line_that_can_be_bad(content, scenario: Scenario):
    phone, state = broken(scenario, kind="garbled")
    assert line_is_bad(state, phone, 1)
    assert not line_is_bad(state, phone, 10)
    mail, state = broken(content.scenario("email-closed-ticket"), kind="garbled")
    assert not line_is_bad(state, mail, 1)


def test_the_seed_draws_which_faults_occur_and_the_same_seed_the_same(content):
    for scenario in content.scenarios.values():
        if all(fault.chance == 1.0 for fault in scenario.desk.faults):
            continue
        draws = [tuple(drawn(scenario, seed)) for seed in range(40)]
        assert draws == [tuple(drawn(scenario, seed)) for seed in range(40)]
        assert len(set(draws)) > 1, scenario.id


def test_every_scenario_can_break_and_every_kind_of_fault_occurs_somewhere(content):
    assert all(scenario.desk.faults for scenario in content.scenarios.values())
    kinds = {fault.kind for scenario in content.scenarios.values() for fault in scenario.desk.faults}
    assert kinds == {"outage", "timeout", "slow", "not_saved", "read_only", "gone", "mixed_up", "garbled"}


def test_every_case_has_good_tone_deaf_and_wrong_drafts_drawn_in_an_order_of_the_seed(content):
    for scenario in content.scenarios.values():
        assert {draft.kind for draft in scenario.desk.suggestion} == {"good", "tone_deaf", "wrong"}, scenario.id
    scenario = content.scenario("phone-third-call")
    orders = set()
    for seed in range(8):
        state = initial(scenario, seed) | {"faults": []}
        texts = []
        for _ in scenario.desk.suggestion:
            state, result = call(state, scenario, "suggestion", {}, 1)
            texts.append(result.result["entwurf"])
        assert sorted(texts) == sorted(draft.text for draft in scenario.desk.suggestion)
        orders.add(tuple(texts))
    assert len(orders) > 3


def test_the_record_opens_with_what_each_voice_tells_and_with_less_stays_shut(content):
    for scenario in content.scenarios.values():
        rules = scenario.desk
        for voice in scenario.voices:
            state = initial(scenario, 0, voice) | {"faults": []}
            facts = {fact.id: fact for fact in scenario.facts}
            given = [
                facts[n].mentioned_as[0] if facts[n].mentioned_as else scenario.voices[voice].answers[n][0].split(".")[0]
                for n in rules.identify_by
            ]
            opened, _ = call(state, scenario, "record", {"identifier": ", ".join(given)}, 1)
            assert opened["identified"], f"{scenario.id}, {voice}: {given}"
            shut, answer = call(state, scenario, "record", {"identifier": "Berta 999"}, 1)
            assert not shut["identified"]
            assert not any(str(value) in str(answer.result) for value in rules.record.values())


def test_acting_before_the_check_is_remembered_and_taking_notes_is_not(scenario: Scenario):
    state = initial(scenario, 0) | {"faults": []}
    state, _ = call(state, scenario, "notes", {"text": "dritter Anruf"}, 1)
    assert state["unchecked"] == []
    state, _ = call(state, scenario, "booking", {"slot": scenario.desk.slots[0]}, 1)
    assert state["unchecked"] == ["booking"]


def test_two_tickets_can_be_merged_and_nothing_of_their_history_is_lost(scenario: Scenario):
    state = initial(scenario, 0) | {"faults": []}
    first, second = scenario.desk.tickets[0], scenario.desk.tickets[1]
    after, result = call(state, scenario, "ticket_merge", {"ticket": second.id, "into": first.id}, 1)
    assert set(first.history) | set(second.history) <= set(result.result["history"])
    assert after["tickets"][second.id]["status"] == f"zusammengeführt mit {first.id}"


def test_a_search_finds_an_article_by_other_endings_and_with_a_slip(content):
    scenario = content.scenario("phone-third-call")
    state = initial(scenario, 0) | {"faults": []}
    _, found = call(state, scenario, "knowledge", {"query": "Entschädigungen bei Ausfällen"}, 1)
    assert any("Entschädigung bei Ausfall" in article["title"] for article in found.result[:2])
    _, slip = call(state, scenario, "knowledge", {"query": "Entschädigng"}, 1)
    assert any("Entschädigung" in article["title"] for article in slip.result[:2])
    _, nothing = call(state, scenario, "knowledge", {"query": "Quarkkeulchen"}, 1)
    assert nothing.result == []


def test_what_looks_like_another_customers_ticket_is_marked_for_the_check_only(content):
    assert all(any(ticket.other for ticket in scenario.desk.tickets) for scenario in content.scenarios.values())
    assert "other" in Ticket.model_fields


def test_what_was_not_saved_shows_in_the_overview_as_missing(scenario: Scenario):
    scenario, state = broken(scenario, kind="not_saved", tools=["callback"], message="")
    after, result = call(state, scenario, "callback", {"time": "heute 17 Uhr"}, 1)
    assert result.result == {"vorgemerkt": "heute 17 Uhr"}
    _, seen = call(after, scenario, "overview", {}, 1)
    assert seen.result["Rückruf"] == "keiner"


def test_the_desk_gives_nothing_away_that_the_scenario_hides(content):
    for scenario in content.scenarios.values():
        for voice in scenario.voices:
            state = initial(scenario, 0, voice) | {"faults": [], "checked": list(scenario.desk.identify_by)}
            facts = {fact.id: fact for fact in scenario.facts}
            name = scenario.desk.identify_by[0]
            given = facts[name].mentioned_as[0] if facts[name].mentioned_as else scenario.voices[voice].answers[name][0].split(".")[0]
            state, record = call(state, scenario, "record", {"identifier": given}, 1)
            shown = [str(record.result)]
            for ticket in scenario.desk.tickets:
                shown.append(str(call(state, scenario, "ticket_read", {"ticket": ticket.id}, 1)[1].result["history"]))
            for _ in scenario.desk.suggestion:
                state, draft = call(state, scenario, "suggestion", {}, 1)
                shown.append(draft.result["entwurf"])
            for fact in scenario.facts:
                if fact.kind == "hidden" and not fact.at_desk:
                    leaking = [
                        word for word in fact.mentioned_as if len(word) >= 6 and any(word.casefold() in text.casefold() for text in shown)
                    ]
                    assert leaking == [], f"{scenario.id}: {fact.id}"


def test_what_a_scenario_hides_shows_at_the_desk_once_the_customer_has_told_it(scenario: Scenario):
    hidden = next(fact for fact in scenario.facts if fact.kind == "hidden")
    word = next(word for word in hidden.mentioned_as if len(word) >= 6)
    desk = scenario.desk.model_copy(update={"record": {**scenario.desk.record, "Vermerk": f"Kunde erwähnt {word}"}})
    changed = scenario.model_copy(update={"desk": desk})
    state = initial(changed, 0) | {"faults": []}
    _, before = call(state, changed, "record", {"identifier": "264918"}, 1)
    assert "Vermerk" not in before.result
    _, after = call(state, changed, "record", {"identifier": "264918"}, 1, told={hidden.id: 1})
    assert "Vermerk" in after.result
