"""What was said against what was done: the scorecard and the customer both look at the desk."""

import pytest

from bot.config import data_root
from bot.content import library
from bot.desk.faults import drawn
from bot.session import Host
from bot.simulation.work import call_for, identifying, pending
from tests.dialogues import GOOD, SCENARIO, SEED


async def talk(host: Host, name: str, replies, *, work: bool) -> dict:
    """Play replies, doing at the desk what the case needs before the third, or nothing."""
    await host.start(SCENARIO, seed=whole_seed(), conversation_id=name)
    for number, text in enumerate(replies, 1):
        conversation = await host.conversation(name)
        if conversation.outcome:
            break
        if work and number >= 3:
            await work_on(host, name)
        await host.reply(name, text)
    return dict((await host.finish(name)).scorecard or {})


def whole_seed() -> int:
    """A seed under which no tool breaks."""
    scenario = library(data_root()).scenario(SCENARIO)
    return next(seed for seed in range(1000) if not list(drawn(scenario, seed)))


async def work_on(host: Host, name: str) -> None:
    scenario = library(data_root()).scenario(SCENARIO)
    conversation = await host.conversation(name)
    customer, desk = conversation.slots["customer"], conversation.slots["desk"]
    for tool, arguments in identifying(scenario, conversation.session["persona"], customer["given"], desk):
        await host.desk(name, tool, arguments)
    promised = {demand.id: "promised" for demand in scenario.demands if demand.granted}
    for path, wanted in pending(scenario, desk, promised):
        call = call_for(scenario, path, wanted, "Ausfall seit 12. März, Rückruf morgen um 17 Uhr")
        if call:
            await host.desk(name, *call)


def kinds(card: dict) -> dict[str, int]:
    found: dict[str, int] = {}
    for deed in card["deeds"]:
        found[deed["kind"]] = found.get(deed["kind"], 0) + 1
    return found


async def test_the_same_words_are_worth_more_when_the_work_was_done(host: Host):
    done = await talk(host, "done", GOOD, work=True)
    said = await talk(host, "said", GOOD, work=False)
    assert done["resolution"] >= said["resolution"] + 25
    assert kinds(done).get("said_and_done", 0) >= 2
    assert kinds(done)["checked"] == 1
    assert kinds(said).get("said_not_done", 0) >= 2
    assert all(goal["holds"] for goal in done["goal"])
    assert "Was gesagt ist, auch tun" in " ".join(step["text"] for step in said["next_steps"])


async def test_the_goal_weighs_most_in_the_resolution(host: Host):
    card = await talk(host, "weights", GOOD, work=True)
    weights = {part["what"]: part["weight"] for part in card["parts"]}
    assert max(weights, key=lambda what: weights[what]) == "goal"


async def test_acting_before_the_identity_check_and_touching_a_strangers_ticket_are_named(host: Host):
    await host.start(SCENARIO, seed=SEED, conversation_id="careless")
    await host.desk("careless", "booking", {"slot": "Donnerstag, 19. März, 14"})
    await host.desk("careless", "ticket_status", {"ticket": "61580", "status": "geschlossen"})
    await host.reply("careless", GOOD[0])
    card = dict((await host.finish("careless")).scorecard or {})
    assert kinds(card)["unchecked"] == 1
    assert any("61580" in deed["text"] for deed in card["deeds"] if deed["kind"] == "side_effect")


@pytest.mark.parametrize(("text", "told"), [
    ("Ihr neuer Vertrag V250-2093 läuft seit dem 12.03.2026.", True),
    ("Ich sehe gleich nach, wie lautet Ihre Kundennummer?", False),
])  # fmt: skip
async def test_data_from_the_closed_record_must_not_be_told(text: str, told: bool, host: Host):
    await host.start(SCENARIO, seed=SEED, conversation_id=f"leak {told}")
    await host.reply(f"leak {told}", text)
    card = dict((await host.finish(f"leak {told}")).scorecard or {})
    assert ("leaked" in kinds(card)) is told


async def test_after_the_check_the_record_may_be_spoken_of(host: Host):
    await host.start(SCENARIO, seed=SEED, conversation_id="open")
    await host.reply("open", GOOD[0])
    await host.desk("open", "record", {"identifier": "264918"})
    await host.reply("open", "Ihr neuer Vertrag V250-2093 läuft seit dem 12.03.2026.")
    card = dict((await host.finish("open")).scorecard or {})
    assert "leaked" not in kinds(card)


async def test_a_wrong_draft_sent_unread_is_heard_by_the_customer_and_named_on_the_scorecard(host: Host, content):
    drafts = content.scenario(SCENARIO).desk.suggestion
    await host.start(SCENARIO, seed=SEED, conversation_id="draft")
    texts = [(await host.desk("draft", "suggestion", {}))["result"]["entwurf"] for _ in drafts]
    wrong = next(draft for draft in drafts if draft.kind == "wrong")
    assert wrong.text in texts
    _, exchange = await host.reply("draft", wrong.text)
    assert "wrong_draft" in {change["cause"] for change in exchange.because}
    card = dict((await host.finish("draft")).scorecard or {})
    assert any(deed["text"] == wrong.wrong for deed in card["deeds"] if deed["kind"] == "draft")


async def test_a_slow_tool_lets_the_customer_wait_also_without_a_clock(host: Host, content):
    seed = next(s for s in range(60) if _slow_in(content.scenario(SCENARIO), s))
    await host.start(SCENARIO, seed=seed, conversation_id="slow")
    fault = _slow_in(content.scenario(SCENARIO), seed)
    tool = fault.tools[0]
    for _ in range(6):
        await host.desk(
            "slow",
            tool,
            {"identifier": "1234"}
            if tool == "record"
            else {"query": "x"}
            if "search" in tool or tool == "knowledge"
            else {"ticket": "61508"},
        )
    _, exchange = await host.reply("slow", "So.")
    assert "waited" in {change["cause"] for change in exchange.because}


def _slow_in(scenario, seed: int):
    active = [scenario.desk.faults[i] for i in drawn(scenario, seed)]
    return next(
        (f for f in active if f.kind == "slow" and f.turns[0] == 0 and f.tools[0] in {"record", "ticket_search", "ticket_read"}), None
    )


async def test_who_only_talked_reads_so_in_the_headline(host: Host):
    said = await talk(host, "words", GOOD, work=False)
    assert said["outcome"] == "resolved"
    assert "am Arbeitsplatz noch nicht" in said["headline"]
