"""The example assistant and the action server's protocol, against real `python -m rasa_sdk` processes (HTTP and gRPC)."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
import yaml

from bot.config import Config
from bot.conversation import SLOTS, fold
from bot.desk import TOOLS
from bot.session import Host, Store, make_runner
from tests.actions.test_actions import action_server, as_events, post, tracker  # noqa: F401
from tests.conftest import ROOT, free_port
from tests.dialogues import GOOD, SCENARIO, SEED

EXAMPLE = ROOT / "examples" / "rasa"
ACTIONS = {
    "action_session_open",
    "action_trainee_reply",
    "action_session_finish",
    "action_hint",
    *(f"action_desk_{tool}" for tool in TOOLS),
}


def example(name: str) -> dict:
    return yaml.safe_load((EXAMPLE / name).read_text(encoding="utf-8"))


def test_the_domain_of_the_example_names_every_action_slot_and_argument():
    domain = example("domain.yml")
    assert set(domain["actions"]) == ACTIONS
    assert list(domain["slots"]) == list(SLOTS)
    used = {next(iter(i)): next(iter(i.values()))["use_entities"] for i in domain["intents"] if isinstance(i, dict)}
    for name, tool in TOOLS.items():
        assert used.get(f"desk_{name}", []) == list(tool.arguments)
    assert {entity for entities in used.values() for entity in entities} == set(domain["entities"])


def test_every_action_of_the_example_has_a_rule_and_every_intent_is_in_the_domain():
    rules = [[next(iter(step.items())) for step in rule["steps"]] for rule in example("data/rules.yml")["rules"]]
    assert {value for rule in rules for kind, value in rule if kind == "action"} == ACTIONS
    intents = {i if isinstance(i, str) else next(iter(i)) for i in example("domain.yml")["intents"]} | {"nlu_fallback"}
    assert {value for rule in rules for kind, value in rule if kind == "intent"} == intents


class Assistant:
    """What Rasa does with the example: the intent of a message, the rule for it, the action on the action server, the events."""

    def __init__(self, url: str):
        self.url = url
        self.events: list[dict] = [{"event": "action", "name": "action_session_start"}, {"event": "session_started"}]
        steps = [[next(iter(step.items())) for step in rule["steps"]] for rule in example("data/rules.yml")["rules"]]
        self.rules = {rule[0][1]: rule[1][1] for rule in steps}

    def hear(self, text: str) -> list[dict]:
        payload = re.match(r"/(\w+)(\{.*\})?$", text, re.DOTALL)
        intent = payload[1] if payload else "nlu_fallback"
        entities = json.loads(payload[2] or "{}") if payload else {}
        call = tracker(self.events, text, intent, **entities)
        answer = post(self.url, self.rules[intent], call)
        assert answer.status_code == 200, answer.text
        self.events = as_events(call, self.rules[intent], answer.json())
        return answer.json()["responses"]


def substance(events: list[dict]) -> list:
    """What was said and what the slots hold, without what belongs to a host."""
    found = []
    for event in events:
        if event["event"] == "slot":
            found.append((event["name"], event["value"]))
        elif event["event"] == "bot":
            found.append(("said", event["text"]))
    return found


async def test_rasa_with_the_example_and_the_built_in_host_give_the_same_conversation_event_for_event(
    action_server: str,  # noqa: F811
    tmp_path,
    config: Config,
):
    tools = [("record", {"identifier": "264918"}), ("ticket_read", {"ticket": "61508"}), ("notes", {"text": "Löschen: „ß“ & 🙂"})]
    assistant = Assistant(action_server)
    assistant.hear(f'/start{{"scenario": "{SCENARIO}", "seed": {SEED}}}')
    assistant.hear(GOOD[0])
    for tool, arguments in tools:
        assistant.hear(f"/desk_{tool}{json.dumps(arguments)}")
    for text in GOOD[1:]:
        if not fold(assistant.events).outcome:
            assistant.hear(text)
    card = assistant.hear("/finish")[0]["custom"]["scorecard"]

    store = Store(f"sqlite+aiosqlite:///{tmp_path}/host.db")
    await store.migrate()
    host = Host(store, make_runner(config.action_endpoint), config.limits.conversation_replies)
    await host.start(SCENARIO, seed=SEED, conversation_id="same")
    await host.reply("same", GOOD[0])
    for tool, arguments in tools:
        await host.desk("same", tool, arguments)
    for text in GOOD[1:]:
        if not (await host.conversation("same")).outcome:
            await host.reply("same", text)
    finished = await host.finish("same")
    assert substance(assistant.events) == substance(await store.read("same"))
    assert finished.scorecard == card
    await store.close()


def test_a_paused_restarted_and_started_again_tracker_folds_to_the_last_session(action_server: str):  # noqa: F811
    assistant = Assistant(action_server)
    assistant.hear(f'/start{{"scenario": "{SCENARIO}", "seed": {SEED}}}')
    assistant.hear(GOOD[0])
    assistant.events += [{"event": "pause"}, {"event": "resume"}, {"event": "restart"}, {"event": "session_started"}]
    assistant.hear(f'/start{{"scenario": "{SCENARIO}", "seed": 8}}')
    assert fold(assistant.events).session["seed"] == 8
    assert fold(assistant.events).turn == 0


def test_a_long_history_of_other_actions_changes_nothing(action_server: str):  # noqa: F811
    long, short = Assistant(action_server), Assistant(action_server)
    for assistant in (long, short):
        assistant.hear(f'/start{{"scenario": "{SCENARIO}", "seed": {SEED}}}')
    long.events += [
        {"event": "action", "name": "action_listen"},
        {"event": "user_featurization", "use_text_for_featurization": False},
        {"event": "form_validation", "name": None},
    ] * 1000
    assert long.hear(GOOD[0])[0]["text"] == short.hear(GOOD[0])[0]["text"]


def test_a_tracker_without_slots_is_answered_from_its_events(action_server: str):  # noqa: F811
    assistant = Assistant(action_server)
    assistant.hear(f'/start{{"scenario": "{SCENARIO}", "seed": {SEED}}}')
    call = tracker(assistant.events, GOOD[0], "nlu_fallback") | {"slots": {}}
    answer = post(action_server, "action_trainee_reply", call)
    assert answer.status_code == 200
    assert answer.json()["responses"][0]["text"]


def test_a_tracker_whose_events_cannot_be_read_is_rejected_in_rasas_form(action_server: str):  # noqa: F811
    call = tracker([], "Guten Tag", "nlu_fallback")
    call["events"].insert(0, {"event": "slot", "value": 3})  # a slot event without a name
    answer = post(action_server, "action_trainee_reply", call)
    assert answer.status_code == 400
    assert answer.json()["action_name"] == "action_trainee_reply"
    assert "cannot be read" in answer.json()["error"]


def test_a_body_without_a_tracker_gets_rasas_error_form(action_server: str):  # noqa: F811
    answer = httpx.post(f"{action_server}/webhook", json={"next_action": "action_trainee_reply"}, timeout=30, trust_env=False)
    assert answer.status_code >= 400
    assert "error" in answer.json()


def test_a_domain_named_only_by_its_digest_is_asked_for(model):
    """A fresh server knows no domain yet: it answers 449, and once told, the digest is enough."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(port)],
        cwd=ROOT, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        from tests.conftest import wait_for

        wait_for(f"http://127.0.0.1:{port}/health", process)
        start = tracker([], "/start", "start", scenario=SCENARIO, seed=SEED)
        body = {"next_action": "action_session_open", "sender_id": "x", "tracker": start, "domain_digest": "abc", "version": "3.6.0"}
        asked = httpx.post(f"http://127.0.0.1:{port}/webhook", json=body, timeout=60, trust_env=False)
        assert asked.status_code == 449
        assert asked.json()["action_name"] == "action_session_open"
        told = httpx.post(f"http://127.0.0.1:{port}/webhook", json=body | {"domain": {"actions": []}}, timeout=60, trust_env=False)
        assert told.status_code == 200
        again = httpx.post(f"http://127.0.0.1:{port}/webhook", json=body, timeout=60, trust_env=False)
        assert again.status_code == 200
        assert again.json() == told.json()
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def grpc_server(model) -> Iterator[str]:
    import grpc

    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(port), "--grpc"],
        cwd=ROOT, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"127.0.0.1:{port}"
    with grpc.insecure_channel(address) as channel:
        grpc.channel_ready_future(channel).result(timeout=60)
    yield address
    process.terminate()
    process.wait()


def test_the_same_session_runs_over_grpc(grpc_server: str, action_server: str):  # noqa: F811
    import grpc
    from google.protobuf.json_format import MessageToDict, ParseDict
    from rasa_sdk.grpc_py import action_webhook_pb2, action_webhook_pb2_grpc

    def call(stub, name: str, state: dict) -> dict:
        plain = {
            key: state[key] for key in ("sender_id", "slots", "latest_message", "events", "paused", "active_loop", "latest_action_name")
        }
        body = {"next_action": name, "sender_id": "rasa-7", "tracker": plain, "domain": {}, "version": "3.6.0"}
        request = ParseDict(body, action_webhook_pb2.WebhookRequest(), ignore_unknown_fields=True)
        return MessageToDict(stub.Webhook(request, timeout=60), preserving_proto_field_name=True)

    with grpc.insecure_channel(grpc_server) as channel:
        stub = action_webhook_pb2_grpc.ActionServiceStub(channel)
        listed = MessageToDict(stub.Actions(action_webhook_pb2.ActionsRequest()))
        assert {item["name"] for item in listed["actions"]} >= ACTIONS
        start = tracker([], "/start", "start", scenario=SCENARIO, seed=SEED)
        answer = call(stub, "action_session_open", start)
        over_http = post(action_server, "action_session_open", start).json()
        assert answer["responses"][0]["text"] == over_http["responses"][0]["text"]
        begun = as_events(start, "action_session_open", over_http)
        reply = tracker(begun, GOOD[0], "nlu_fallback")
        spoken = call(stub, "action_trainee_reply", reply)
        assert spoken["responses"][0]["text"] == post(action_server, "action_trainee_reply", reply).json()["responses"][0]["text"]
        with pytest.raises(grpc.RpcError) as unknown:
            call(stub, "action_fly", start)
        assert unknown.value.code() == grpc.StatusCode.NOT_FOUND
