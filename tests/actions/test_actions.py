"""The actions, through rasa-sdk's executor and on a real action server, with trackers as Rasa sends them."""

import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from rasa_sdk.executor import ActionExecutor

from bot.config import ActionEndpoint, Config
from bot.conversation import SLOTS, fold
from bot.session import Host, Store, make_runner
from tests.conftest import ROOT, free_port, wait_for
from tests.dialogues import GOOD, SCENARIO, SEED


def tracker(events: list[dict], text: str, intent: str, /, **entities) -> dict:
    """A tracker as Rasa 3.6 posts it to an action server."""
    parse = {
        "intent": {"name": intent, "confidence": 0.99},
        "entities": [{"entity": name, "value": value, "start": 0, "end": 1} for name, value in entities.items()],
        "text": text,
        "message_id": "m1",
        "metadata": {},
        "intent_ranking": [{"name": intent, "confidence": 0.99}],
    }
    user = {"event": "user", "timestamp": 1700000000.0, "text": text, "parse_data": parse, "input_channel": "rest", "message_id": "m1"}
    slots = dict.fromkeys(SLOTS)
    for event in events:
        if event["event"] == "slot":
            slots[event["name"]] = event["value"]
    return {
        "sender_id": "rasa-7",
        "slots": slots,
        "latest_message": parse,
        "latest_event_time": 1700000000.0,
        "followup_action": None,
        "paused": False,
        "events": [*events, user],
        "latest_input_channel": "rest",
        "active_loop": {},
        "latest_action": {"action_name": "action_listen"},
        "latest_action_name": "action_listen",
    }


def as_events(call: dict, name: str, answer: dict) -> list[dict]:
    """Events as Rasa appends them after an action: action, bot messages, returned events, listening."""
    said = [{"event": "bot", "text": r["text"], "data": {"custom": r.get("custom")}, "metadata": {}} for r in answer["responses"]]
    return [*call["events"], {"event": "action", "name": name}, *said, *answer["events"], {"event": "action", "name": "action_listen"}]


@pytest.fixture(scope="module")
def action_server(model) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(port)],
        cwd=ROOT, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for(f"http://127.0.0.1:{port}/health", process)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()


def post(url: str, name: str, call: dict) -> httpx.Response:
    return httpx.post(
        f"{url}/webhook",
        json={"next_action": name, "sender_id": "rasa-7", "tracker": call, "domain": {}, "version": "3.6.0"},
        timeout=60,
        trust_env=False,
    )


def test_a_training_session_runs_on_a_real_action_server(action_server: str):
    start = tracker(
        [{"event": "action", "name": "action_session_start"}, {"event": "session_started"}], "/start", "start", scenario=SCENARIO, seed=SEED
    )
    answer = post(action_server, "action_session_open", start).json()
    events = as_events(start, "action_session_open", answer)
    assert fold(events).session["seed"] == SEED
    for text in GOOD:
        call = tracker(events, text, "reply")
        answer = post(action_server, "action_trainee_reply", call).json()
        assert answer["responses"][0]["text"]
        events = as_events(call, "action_trainee_reply", answer)
        if fold(events).outcome:
            break
    finish = tracker(events, "/finish", "finish")
    answer = post(action_server, "action_session_finish", finish).json()
    card = answer["responses"][0]["custom"]["scorecard"]
    assert card["outcome"] == "resolved"
    assert fold(as_events(finish, "action_session_finish", answer)).scorecard == card


def test_the_action_server_lists_every_action_and_refuses_an_unknown_one_as_rasa_demands(action_server: str):
    names = {item["name"] for item in httpx.get(f"{action_server}/actions", trust_env=False).json()}
    assert {"action_session_open", "action_trainee_reply", "action_session_finish", "action_desk_ticket_create"} <= names
    answer = post(action_server, "action_fly", tracker([], "x", "x"))
    assert answer.status_code == 404
    assert answer.json()["action_name"] == "action_fly"


async def test_the_remote_server_and_the_built_in_host_give_the_same_conversation(action_server: str, tmp_path, config: Config):
    conversations = []
    for endpoint in (ActionEndpoint(url="", timeout=20), ActionEndpoint(url=action_server, timeout=60)):
        store = Store(f"sqlite+aiosqlite:///{tmp_path / str(len(conversations))}.db")
        await store.migrate()
        runner = make_runner(endpoint)
        host = Host(store, runner, config.limits.conversation_replies)
        await host.start(SCENARIO, seed=SEED, conversation_id="same")
        for text in GOOD[:3]:
            await host.reply("same", text)
        await host.desk("same", "notes", {"text": "Montag vergeblich gewartet"})
        events = await store.read("same")
        conversations.append([{k: v for k, v in event.items() if k != "timestamp"} for event in events])
        await runner.close()
        await store.close()
    assert conversations[0] == conversations[1]


async def test_a_mistake_is_said_as_a_message_and_leaves_no_events(model):
    executor = ActionExecutor()
    executor.register_package("actions")
    for name, call in (
        ("action_trainee_reply", tracker([], "Guten Tag", "reply")),
        ("action_session_open", tracker([], "/start", "start", scenario="gibt-es-nicht")),
        ("action_session_open", tracker([], "/start{kaputt", "start")),
        ("action_session_finish", tracker([], "/finish", "finish")),
    ):
        result = await executor.run({"next_action": name, "sender_id": "x", "tracker": call, "domain": {}})
        assert result.events == []
        assert result.responses[0]["custom"]["error"]["remedy"], name
        assert "Traceback" not in result.responses[0]["text"]
