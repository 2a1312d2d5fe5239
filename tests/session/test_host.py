"""The host: what is stored, and what happens when things go wrong."""

import asyncio
import stat
from pathlib import Path

import pytest

from bot.errors import ConflictError, InvalidInputError, NotFoundError, StorageError
from bot.session import Host, Store, make_runner
from tests.dialogues import BAD, GOOD, SCENARIO, SEED


async def test_a_restart_in_mid_conversation_loses_nothing(tmp_path: Path, config, model):
    texts = []
    for restart in (False, True):
        url = f"sqlite+aiosqlite:///{tmp_path / f'{restart}.db'}"
        for i, text in enumerate(GOOD[:4]):
            if i == 0 or restart:
                store = Store(url)
                await store.migrate()
                host = Host(store, make_runner(config.action_endpoint), 60)
            if i == 0:
                await host.start(SCENARIO, seed=SEED, conversation_id="a")
            await host.reply("a", text)
        texts.append([exchange.customer for exchange in (await host.conversation("a")).exchanges])
    assert texts[0] == texts[1]
    assert len(texts[0]) == 5


async def test_a_reply_sent_twice_counts_once_and_gets_the_same_answer(host: Host):
    name, _ = await host.start(SCENARIO, seed=SEED)
    first, again = await host.reply(name, GOOD[0], "m-1"), await host.reply(name, GOOD[0], "m-1")
    assert first[1].customer == again[1].customer
    assert (await host.conversation(name)).turn == 1


async def test_a_message_id_is_not_reused_for_another_text(host: Host):
    name, _ = await host.start(SCENARIO, seed=SEED)
    await host.reply(name, GOOD[0], "m-1")
    with pytest.raises(ConflictError, match="m-1"):
        await host.reply(name, GOOD[1], "m-1")


async def test_of_two_racing_replies_one_wins_and_the_other_is_told(host: Host):
    name, _ = await host.start(SCENARIO, seed=SEED)
    results = await asyncio.gather(host.reply(name, GOOD[0]), host.reply(name, BAD[0]), return_exceptions=True)
    assert sorted(isinstance(r, ConflictError) for r in results) == [False, True]
    assert (await host.conversation(name)).turn == 1


async def test_two_processes_racing_on_one_database_cannot_both_win(tmp_path: Path, config, model):
    hosts = []
    for _ in range(2):
        store = Store(f"sqlite+aiosqlite:///{tmp_path / 'shared.db'}")
        await store.migrate()
        hosts.append(Host(store, make_runner(config.action_endpoint), 60))
    name, _ = await hosts[0].start(SCENARIO, seed=SEED)
    before = await hosts[0].store.read(name)
    await hosts[0].reply(name, GOOD[0])
    with pytest.raises(ConflictError, match="schneller"):
        await hosts[1].store.append(name, len(before), [{"event": "user", "text": "zu spät"}], "")
    assert (await hosts[1].conversation(name)).turn == 1


async def test_the_same_message_racing_itself_gives_one_turn_and_one_answer(host: Host):
    name, _ = await host.start(SCENARIO, seed=SEED)
    (_, a), (_, b) = await asyncio.gather(host.reply(name, GOOD[0], "m"), host.reply(name, GOOD[0], "m"))
    assert a.customer == b.customer
    assert (await host.conversation(name)).turn == 1


async def test_events_are_rasa_events_in_rasas_order(host: Host):
    name, _ = await host.start(SCENARIO, seed=SEED)
    await host.reply(name, GOOD[0])
    kinds = [event["event"] for event in await host.store.read(name)]
    second = kinds.index("user", 1)
    assert kinds[:3] == ["user", "action", "bot"]
    assert kinds[second : second + 4] == ["user", "action", "bot", "slot"]


async def test_a_branch_goes_on_from_a_turn_and_leaves_the_original_alone(host: Host):
    name, _ = await host.start(SCENARIO, seed=SEED)
    for text in GOOD[:3]:
        await host.reply(name, text)
    fresh, branched = await host.branch(name, 1)
    original = await host.conversation(name)
    assert branched.turn == 1
    assert branched.exchanges == original.exchanges[:2]
    _, exchange = await host.reply(fresh, GOOD[1])
    assert exchange.customer == original.exchanges[2].customer, "same seed, same replies, same customer"
    await host.reply(fresh, BAD[2])
    assert (await host.conversation(name)).turn == 3


async def test_finishing_is_idempotent_also_after_an_ending(host: Host):
    name, _ = await host.start(SCENARIO, seed=SEED)
    for text in BAD:
        conversation, _ = await host.reply(name, text)
        if conversation.outcome:
            break
    first, second = await host.finish(name), await host.finish(name)
    assert first.scorecard == second.scorecard
    assert first.count == second.count
    with pytest.raises(ConflictError, match="zu Ende"):
        await host.reply(name, GOOD[0])


async def test_a_conversation_that_is_finished_early_is_abandoned(host: Host):
    name, _ = await host.start(SCENARIO, seed=SEED)
    assert (await host.finish(name)).outcome == "abandoned"


async def test_deleting_a_conversation_leaves_nothing(host: Host):
    name, _ = await host.start(SCENARIO, seed=SEED)
    await host.delete(name)
    with pytest.raises(NotFoundError):
        await host.conversation(name)
    with pytest.raises(NotFoundError):
        await host.delete(name)


@pytest.mark.parametrize(
    ("text", "message"), [("", "leer"), ("   \n ", "leer"), ("x" * 10_000, "10000 Zeichen"), ("Guten\x07 Tag", "U\\+0007")]
)
async def test_bad_input_is_named_and_nothing_is_stored(host: Host, text: str, message: str):
    name, _ = await host.start(SCENARIO, seed=SEED)
    before = await host.store.read(name)
    with pytest.raises(InvalidInputError, match=message):
        await host.reply(name, text)
    assert await host.store.read(name) == before


async def test_a_desk_call_is_kept_with_the_turn_it_came_before(host: Host):
    name, _ = await host.start(SCENARIO, seed=SEED)
    result = await host.desk(name, "notes", {"text": "dritter Anruf"})
    assert result["result"] == {"notiert": "dritter Anruf"}
    conversation, exchange = await host.reply(name, GOOD[0])
    assert [tool["tool"] for tool in exchange.tools] == ["notes"]
    with pytest.raises(NotFoundError, match="teleport"):
        await host.desk(name, "teleport", {})
    assert conversation.slots["desk"]["notes"] == ["dritter Anruf"]


async def test_a_disk_that_cannot_be_written_is_named_with_the_remedy(tmp_path: Path):
    folder = tmp_path / "readonly"
    folder.mkdir()
    broken = folder / "file"
    broken.write_text("not a folder")
    broken.chmod(stat.S_IRUSR)
    with pytest.raises(StorageError, match="Schreibrechte"):
        Store(f"sqlite+aiosqlite:///{broken / 'below' / 'x.db'}")


async def test_a_database_that_is_no_database_is_named(tmp_path: Path):
    path = tmp_path / "x.db"
    path.write_text("das ist keine Datenbank, sondern ein Brief. " * 50)
    with pytest.raises(StorageError, match="lässt sich nicht benutzen"):
        await Store(f"sqlite+aiosqlite:///{path}").migrate()


def test_an_unusable_address_is_named():
    with pytest.raises(StorageError, match=r"storage\.url"):
        Store("nonsense")
