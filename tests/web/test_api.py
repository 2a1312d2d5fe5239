"""The REST API on a real server process."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.conftest import Server
from tests.dialogues import BAD, GOOD, SCENARIO, SEED

API = "/api/v1"


def start(client: httpx.Client, **wish) -> dict:
    answer = client.post(f"{API}/conversations", json={"scenario": SCENARIO, "seed": SEED, **wish})
    assert answer.status_code == 201, answer.text
    return answer.json()


def reply(client: httpx.Client, name: str, text: str, **more) -> httpx.Response:
    return client.post(f"{API}/conversations/{name}/replies", json={"text": text, **more})


def problem(answer: httpx.Response, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    body = answer.json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert "Traceback" not in answer.text
    return body


def test_scenarios_are_listed_with_what_a_trainee_may_know(client: httpx.Client):
    scenarios = client.get(f"{API}/scenarios").json()
    assert len(scenarios) >= 6
    assert {s["channel"] for s in scenarios} == {"phone", "chat", "email", "social"}
    assert {"id", "title", "channel", "difficulty", "skills"} <= set(scenarios[0])
    assert "facts" not in scenarios[0]


def test_a_whole_conversation_ends_with_a_scorecard(client: httpx.Client):
    begun = start(client)
    assert begun["customer"]["text"]
    assert set(begun["mood"]) == {"anger", "trust", "heard", "patience"}
    for number, text in enumerate(GOOD, start=1):
        answer = reply(client, begun["id"], text).json()
        assert answer["turn"] == number
        assert {"empathy", "resolution", "components", "respect", "acts", "evidence", "feedback", "better"} <= set(answer["rating"])
        if answer["ended"]:
            break
    assert answer["outcome"] == "resolved"
    card = client.post(f"{API}/conversations/{begun['id']}/finish").json()
    assert card["outcome"] == "resolved"
    assert {"empathy", "resolution", "respect"} <= set(card)
    assert client.post(f"{API}/conversations/{begun['id']}/finish").json() == card
    whole = client.get(f"{API}/conversations/{begun['id']}").json()
    assert [turn["reply"] for turn in whole["turns"]][1:] == list(GOOD[:number])
    assert whole["scorecard"] == card


def test_same_seed_and_replies_give_the_same_conversation(client: httpx.Client):
    def play() -> list[str]:
        name = start(client)["id"]
        return [reply(client, name, text).json()["customer"]["text"] for text in GOOD[:3]]

    assert play() == play()


def test_in_an_assessment_rating_and_mood_stay_hidden_until_the_end(client: httpx.Client):
    begun = start(client, mode="assessment")
    assert begun["mood"] is None
    answer = reply(client, begun["id"], GOOD[0]).json()
    assert (answer["rating"], answer["mood"], answer["because"]) == (None, None, None)
    assert client.get(f"{API}/conversations/{begun['id']}").json()["turns"][1]["rating"] is None
    assert client.get(f"/practice/{begun['id']}/mood-light.svg").status_code == 404
    problem(client.post(f"{API}/conversations/{begun['id']}/branch", json={"turn": 0}), 409)
    client.post(f"{API}/conversations/{begun['id']}/finish")
    assert client.get(f"{API}/conversations/{begun['id']}").json()["turns"][1]["rating"]["empathy"] >= 0


def test_a_message_id_makes_a_reply_idempotent(client: httpx.Client):
    name = start(client)["id"]
    first = reply(client, name, GOOD[0], message_id="a").json()
    assert reply(client, name, GOOD[0], message_id="a").json() == first
    problem(reply(client, name, GOOD[1], message_id="a"), 409)


def test_two_different_replies_racing_one_wins_the_other_gets_409(server: Server, client: httpx.Client):
    for _ in range(5):
        name = start(client)["id"]
        url = f"{server.url}{API}/conversations/{name}/replies"
        with ThreadPoolExecutor(2) as pool:
            calls = [pool.submit(httpx.post, url, json={"text": text}, trust_env=False) for text in (GOOD[0], BAD[0])]
        codes = sorted(call.result().status_code for call in calls)
        turns = len(client.get(f"{API}/conversations/{name}").json()["turns"]) - 1
        assert codes in ([200, 409], [200, 200])
        assert turns == codes.count(200)
        if codes == [200, 409]:
            return
    raise AssertionError("the replies never raced")


def test_a_branch_and_the_desk_work_over_http(client: httpx.Client):
    name = start(client)["id"]
    reply(client, name, GOOD[0])
    branched = client.post(f"{API}/conversations/{name}/branch", json={"turn": 0})
    assert branched.status_code == 201
    assert branched.json()["turn"] == 0
    result = client.post(f"{API}/conversations/{name}/desk/notes", json={"arguments": {"text": "dritter Anruf"}}).json()
    assert result["result"] == {"notiert": "dritter Anruf"}
    assert {tool["tool"] for tool in client.get(f"{API}/tools").json()} >= {"record", "ticket_read", "suggestion"}
    problem(client.post(f"{API}/conversations/{name}/desk/teleport", json={"arguments": {}}), 404)
    problem(client.post(f"{API}/conversations/{name}/desk/notes", json={"arguments": {}}), 422)


def test_the_report_comes_as_json_page_and_pdf_and_only_when_finished(client: httpx.Client):
    name = start(client)["id"]
    problem(client.get(f"{API}/conversations/{name}/report"), 409)
    reply(client, name, GOOD[0])
    client.post(f"{API}/conversations/{name}/finish")
    assert client.get(f"{API}/conversations/{name}/report").json()["scorecard"]["replies"] == 1
    assert "Auswertung" in client.get(f"{API}/conversations/{name}/report.html").text
    pdf = client.get(f"{API}/conversations/{name}/report.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")


def test_scoring_one_conversation(client: httpx.Client):
    item = {
        "id": "x",
        "channel": "phone",
        "turns": [{"role": "customer", "text": "Das Internet ist tot!"}, {"role": "agent", "text": "Das tut mir leid."}],
    }
    scored = client.post(f"{API}/score", json=item).json()
    assert scored["replies"][0]["turn"] == 1
    problem(client.post(f"{API}/score", json={"turns": "x"}), 422)


def test_rasas_rest_channel(client: httpx.Client):
    def send(message: str) -> httpx.Response:
        return client.post("/webhooks/rest/webhook", json={"sender": "rasa-tester", "message": message})

    opening = send('/start{"scenario": "phone-third-call", "seed": 7}').json()
    assert opening[0]["recipient_id"] == "rasa-tester"
    assert opening[0]["text"] == start(client)["customer"]["text"]
    assert send(GOOD[0]).json()[0]["text"]
    assert send('/desk_notes{"text": "x"}').json()[0]["custom"]["tool"]["result"]
    assert send("/finish").json()[0]["custom"]["scorecard"]["replies"] == 1
    problem(send("noch etwas"), 409)
    problem(send("/tanzen"), 422)
    problem(client.post("/webhooks/rest/webhook", json={"sender": "neu", "message": "Hallo"}), 404)


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b'{"scenario": ', 400, "JSON"),
        (b"[]", 422, "Zuordnung"),
        (b'{"scenario": "gibt-es-nicht"}', 404, "phone-third-call"),
        (b'{"scenario": "phone-third-call", "persona": "ursula_thiem"}', 422, "Stimme"),
        (b'{"scenario": "phone-third-call", "seed": -3}', 422, "mindestens 0"),
        (b'{"scenario": "phone-third-call", "colour": "red"}', 422, "colour"),
        (b'{"scenario": "phone-third-call", "channel": "email"}', 422, "email"),
    ],
)
def test_a_bad_wish_is_answered_with_what_is_wrong_and_what_helps(client: httpx.Client, body: bytes, status: int, word: str):
    answer = client.post(f"{API}/conversations", content=body, headers={"content-type": "application/json"})
    found = problem(answer, status)
    assert word in found["detail"] + found.get("remedy", "")


@pytest.mark.parametrize(("text", "word"), [("", "leer"), ("ä" * 10_000, "10000"), ("Guten\u0000 Tag", "Steuerzeichen")])
def test_a_bad_reply_is_named_and_changes_nothing(client: httpx.Client, text: str, word: str):
    name = start(client)["id"]
    found = problem(reply(client, name, text), 422)
    assert word in found["detail"]
    assert found["remedy"]
    assert len(client.get(f"{API}/conversations/{name}").json()["turns"]) == 1


def test_unknown_ids_and_ended_conversations_are_told(client: httpx.Client):
    problem(client.get(f"{API}/conversations/nichts"), 404)
    problem(reply(client, "nichts", "Hallo"), 404)
    problem(client.get("/gibt/es/nicht"), 404)
    name = start(client)["id"]
    client.post(f"{API}/conversations/{name}/finish")
    problem(reply(client, name, "Hallo"), 409)


def test_a_body_that_is_too_large_and_a_foreign_origin_are_refused(client: httpx.Client):
    problem(client.post(f"{API}/conversations", content=b"x" * 2_000_000), 413)
    problem(client.post(f"{API}/conversations", json={"scenario": SCENARIO}, headers={"origin": "http://fremd.example"}), 403)


def test_a_page_of_another_name_cannot_reach_the_server_through_the_browser(client: httpx.Client):
    problem(client.get("/", headers={"host": "boese.example:8000"}), 421)
    problem(client.get(f"{API}/scenarios", headers={"host": "boese.example"}), 421)
    assert client.get("/health", headers={"host": "localhost"}).status_code == 200


def test_every_answer_carries_the_security_headers_and_no_page_asks_for_anything_outside(client: httpx.Client):
    for path in ("/", "/about", "/health", f"{API}/scenarios"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    for path in ("/", "/about", "/docs"):
        page = client.get(path).text
        assert "http://" not in page.replace("http://www.w3.org", "")
        assert "https://" not in page


def test_operation_endpoints_answer(client: httpx.Client):
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/ready").json()["status"] == "ready"
    assert "warteschleife_turns_total" in client.get("/metrics").text
    paths = client.get("/openapi.json").json()["paths"]
    assert {f"{API}/conversations", f"{API}/conversations/{{conversation_id}}/replies", f"{API}/score", "/webhooks/rest/webhook"} <= set(
        paths
    )


def test_a_server_killed_in_mid_conversation_goes_on_where_it_was(tmp_path, config, model):
    server = Server(tmp_path / "killed", config.models)
    try:
        with httpx.Client(base_url=server.url, timeout=30, trust_env=False) as http:
            name = start(http)["id"]
            said = [reply(http, name, text).json()["customer"]["text"] for text in GOOD[:2]]
            server.stop()
            server.start()
            whole = http.get(f"{API}/conversations/{name}").json()
            assert [turn["customer"]["text"] for turn in whole["turns"]][1:] == said
            assert reply(http, name, GOOD[2]).json()["turn"] == 3
    finally:
        server.stop()


def test_deleting_a_conversation(client: httpx.Client):
    name = start(client)["id"]
    assert client.delete(f"{API}/conversations/{name}").status_code == 204
    problem(client.get(f"{API}/conversations/{name}"), 404)
