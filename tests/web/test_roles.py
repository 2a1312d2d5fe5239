"""Who may call what: every route of the application, as nobody, as two trainees, as a team lead and as an admin."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from bot.web.access import role_of
from bot.web.app import create_app
from tests.dialogues import BAD, GOOD, SCENARIO, SEED
from tests.team import MANY_TRIES, PLAIN_HTTP, TeamServer, browser, invite, is_login_form, join

# Every route, the role it asks for, and how it answers who may call it. MINE: for the owner of the conversation alone.
# SHOWN: also for leads, once the owner shows it. A new route fails here until somebody has decided who may call it.
MINE, SHOWN = "mine", "shown"
ROUTES = {
    "GET /openapi.json": (None, 200),  # FastAPI's own: the description of the API, the same for everybody
    "GET /docs": ("public", 200),
    "GET /health": ("public", 200),
    "GET /ready": ("public", 200),
    "GET /metrics": ("public", 200),
    "GET /about": ("public", 200),
    "GET /privacy": ("public", 200),
    "POST /language": ("public", 303),
    "GET /login": ("public", 200),
    "POST /login": ("public", 401),
    "POST /logout": ("public", 303),
    "POST /api/v1/login": ("public", 401),
    "GET /sso": ("public", 404),
    "GET /sso/callback": ("public", 404),
    "GET /invite/{token}": ("public", 404),
    "POST /invite/{token}": ("public", 404),
    "GET /": ("trainee", 200),
    "GET /scenarios": ("trainee", 200),
    "GET /path": ("trainee", 200),
    "GET /path/{level}": ("trainee", 200),
    "POST /path/{level}/check": ("trainee", 200),
    "GET /history": ("trainee", 200),
    "GET /compare": ("trainee", 303),
    "GET /compare/{conversation_id}/{other_id}": ("trainee", 200, MINE),
    "GET /progress": ("trainee", 200),
    "GET /progress/{skill}": ("trainee", 200),
    "GET /pictures/skills-{theme}.svg": ("trainee", 200),
    "GET /pictures/skill-{skill}-{theme}.svg": ("trainee", 200),
    "POST /practice": ("trainee", 303),
    "GET /practice/{conversation_id}": ("trainee", 200, MINE),
    "POST /practice/{conversation_id}/reply": ("trainee", 303, MINE),
    "POST /practice/{conversation_id}/desk/{tool}": ("trainee", 200, MINE),
    "POST /practice/{conversation_id}/hint": ("trainee", 200, MINE),
    "POST /practice/{conversation_id}/feedback": ("trainee", 303, MINE),
    "POST /practice/{conversation_id}/share": ("trainee", 303, MINE),
    "POST /practice/{conversation_id}/finish": ("trainee", 303, MINE),
    "POST /practice/{conversation_id}/branch": ("trainee", 303, MINE),
    "POST /practice/{conversation_id}/delete": ("trainee", 303, MINE),
    "GET /practice/{conversation_id}/scorecard": ("trainee", 200, SHOWN),
    "GET /practice/{conversation_id}/mood-{theme}.svg": ("trainee", 200, SHOWN),
    "GET /account": ("trainee", 200),
    "POST /account/name": ("trainee", 200),
    "POST /account/password": ("trainee", 422),  # the old one is wrong
    "GET /account/export": ("trainee", 200),
    "POST /account/delete": ("trainee", 422),  # without the tick
    "GET /api/v1/scenarios": ("trainee", 200),
    "GET /api/v1/tools": ("trainee", 200),
    "GET /api/v1/me": ("trainee", 200),
    "POST /api/v1/score": ("trainee", 200),
    "POST /api/v1/conversations": ("trainee", 201),
    "GET /api/v1/conversations/{conversation_id}": ("trainee", 200, SHOWN),
    "DELETE /api/v1/conversations/{conversation_id}": ("trainee", 204, MINE),
    "POST /api/v1/conversations/{conversation_id}/replies": ("trainee", 200, MINE),
    "POST /api/v1/conversations/{conversation_id}/desk/{tool}": ("trainee", 200, MINE),
    "POST /api/v1/conversations/{conversation_id}/hint": ("trainee", 200, MINE),
    "POST /api/v1/conversations/{conversation_id}/finish": ("trainee", 200, MINE),
    "POST /api/v1/conversations/{conversation_id}/branch": ("trainee", 201, MINE),
    "GET /api/v1/conversations/{conversation_id}/report": ("trainee", 200, SHOWN),
    "GET /api/v1/conversations/{conversation_id}/report.html": ("trainee", 200, SHOWN),
    "GET /api/v1/conversations/{conversation_id}/report.pdf": ("trainee", 200, SHOWN),
    "POST /webhooks/rest/webhook": ("trainee", 200, MINE),
    "GET /shared": ("lead", 200),
    "POST /api/v1/logout": ("trainee", 204),
    "GET /assessments": ("trainee", 200),
    "GET /assessments/{assignment_id}": ("trainee", 404),
    "POST /assessments/{assignment_id}/begin": ("trainee", 404),
    "GET /assessments/{assignment_id}/go": ("trainee", 404),
    "GET /attempts/{attempt_id}/go": ("trainee", 404),
    "GET /results/{attempt_id}": ("trainee", 404),
    "POST /results/{attempt_id}/answer": ("trainee", 404),
    "POST /results/{attempt_id}/objection": ("trainee", 404),
    "GET /forms": ("lead", 200),
    "GET /forms/new": ("lead", 200),
    "POST /forms": ("lead", 422),  # without a title
    "GET /forms/{form_id}": ("lead", 404),
    "POST /forms/{form_id}/assign": ("lead", 404),
    "POST /forms/{form_id}/archive": ("lead", 404),
    "GET /forms/{form_id}/parallel": ("lead", 404),
    "POST /forms/{form_id}/parallel": ("lead", 404),
    "GET /reviews": ("lead", 200),
    "GET /reviews/{attempt_id}": ("lead", 404),
    "POST /reviews/{attempt_id}/say": ("lead", 404),
    "POST /reviews/{attempt_id}/release": ("lead", 404),
    "POST /reviews/{attempt_id}/second": ("lead", 404),
    "GET /audit": ("lead", 200),
    "GET /team": ("lead", 200),
    "GET /team/skills-{theme}.svg": ("lead", 200),
    "GET /exports/results.csv": ("lead", 200),
    "GET /exports/results.json": ("lead", 200),
    "GET /people": ("admin", 200),
    "POST /people/invite": ("admin", 200),
    "POST /people/invitations/{token}/withdraw": ("admin", 303),
    "POST /people/{account_id}/password": ("admin", 200),
    "POST /people/{account_id}/role": ("admin", 303),
    "POST /people/{account_id}/active": ("admin", 303),
    "POST /people/{account_id}/delete": ("admin", 303),
}
FORMS = {
    "POST /language": {"language": "de"},
    "POST /practice": {"scenario": SCENARIO, "seed": str(SEED)},
    "POST /practice/{conversation_id}/reply": {"text": GOOD[0]},
    "POST /practice/{conversation_id}/desk/{tool}": {"text": "eine Notiz"},
    "POST /practice/{conversation_id}/share": {"on": "1"},
    "POST /practice/{conversation_id}/branch": {"turn": "0"},
    "POST /account/name": {"name": "Wer auch immer"},
    "POST /account/password": {"old": "falsch", "new": "etwas langes Neues"},
    "POST /people/{account_id}/role": {"role": "trainee"},
    "POST /people/{account_id}/active": {},
    "POST /people/{account_id}/delete": {"sure": "1"},
}
BODIES = {
    "POST /api/v1/login": {"email": "niemand@firma.example", "password": "falsch"},
    "POST /api/v1/score": {"id": "x", "channel": "phone", "turns": [{"role": "customer", "text": "Na?"}, {"role": "agent", "text": "Ja."}]},
    "POST /api/v1/conversations": {"scenario": SCENARIO, "seed": SEED},
    "POST /api/v1/conversations/{conversation_id}/replies": {"text": GOOD[0]},
    "POST /api/v1/conversations/{conversation_id}/desk/{tool}": {"arguments": {"text": "eine Notiz"}},
    "POST /api/v1/conversations/{conversation_id}/branch": {"turn": 0},
}
FINISHED = ("/scorecard", "/share", "/report", "/report.html", "/report.pdf", "/compare/{conversation_id}/{other_id}")
ORDER = ["public", "trainee", "lead", "admin"]
PROTECTED = sorted(name for name, rule in ROUTES.items() if rule[0] not in (None, "public"))
ABOUT_CONVERSATIONS = sorted(name for name, rule in ROUTES.items() if len(rule) == 3)
CHANGING = [name for name in PROTECTED if not name.startswith("GET ")]


def test_every_route_has_the_role_that_was_decided_for_it(config, model):
    found = {}
    for route in iter_route_contexts(create_app(config).routes):
        if isinstance(route.original_route, Mount):
            assert route.path in ("/static", "/swagger")
            continue
        for method in route.methods - {"HEAD"}:
            found[f"{method} {route.path}"] = role_of(route)
    assert found == {name: rule[0] for name, rule in ROUTES.items()}


@dataclass
class Team:
    server: TeamServer
    people: dict[str, httpx.Client]
    level: str
    names: Iterator[int] = field(default_factory=itertools.count)

    def conversation(self, owner: str, *, finished: bool = False, replies: tuple[str, ...] = ()) -> str:
        client = self.people[owner]
        begun = client.post("/api/v1/conversations", json={"scenario": SCENARIO, "seed": SEED})
        assert begun.status_code == 201, begun.text
        name = begun.json()["id"]
        for text in replies:
            assert client.post(f"/api/v1/conversations/{name}/replies", json={"text": text}).status_code == 200
        if finished:
            assert client.post(f"/api/v1/conversations/{name}/finish").status_code == 200
        return name

    def shown(self, owner: str) -> str:
        name = self.conversation(owner, finished=True, replies=GOOD[:1])
        assert self.people[owner].post(f"/practice/{name}/share", data={"on": "1"}).status_code == 303
        return name

    def somebody(self) -> str:
        """Return the id of an account that nobody misses."""
        client = join(self.server, invite(self.people["admin"]), f"Wegwerf{next(self.names)}")
        return client.get("/api/v1/me").json()["id"]

    def call(self, client: httpx.Client, route: str, conversation: str = "x", other: str = "x", **more) -> httpx.Response:
        method, path = route.split(" ")
        account = self.somebody() if "{account_id}" in path and client is self.people["admin"] else "x"
        path = path.format(
            conversation_id=conversation, other_id=other, tool="notes", level=self.level, skill="listening", theme="light",
            token="gibt-es-nicht", account_id=account, assignment_id="x", attempt_id="x", form_id="x",
        )  # fmt: skip
        body: dict = {"data": FORMS.get(route)}
        if path.startswith(("/api/", "/webhooks/")) and method == "POST":
            body = {"json": BODIES.get(route)}
        if route == "POST /webhooks/rest/webhook":
            body = {"json": {"sender": conversation, "message": GOOD[0]}}
        if route == "GET /compare":
            body = {"params": {"pick": ["a", "b"]}}
        return client.request(method, path, **body, **more)

    def conversation_for(self, route: str, owner: str) -> tuple[str, str]:
        """Return a conversation that the route works on, and another of the same scenario."""
        finished = route.endswith(FINISHED)
        name = self.conversation(owner, finished=finished)
        return name, self.conversation(owner, finished=True) if "{other_id}" in route else "x"


@pytest.fixture(scope="module")
def team(tmp_path_factory, config, model, content) -> Iterator[Team]:
    server = TeamServer(tmp_path_factory.mktemp("roles"), config.models, **PLAIN_HTTP, **MANY_TRIES)
    admin = join(server, server.first_link(), "Adele Admin")
    people = {"admin": admin}
    people["lead"] = join(server, invite(admin, "lead"), "Lena Lead")
    for name in ("Anna", "Bert"):
        people[name] = join(server, invite(admin), name)
    yield Team(server, people, content.levels[0].id)
    for client in people.values():
        client.close()
    server.stop()


def role(name: str) -> str:
    return name if name in ORDER else "trainee"


def without_place(page: str) -> str:
    """Return a page without where the form leads on to."""
    return re.sub(r'name="next" value="[^"]*"', "", page)


@pytest.mark.parametrize("route", [name for name, rule in ROUTES.items() if rule[0] in (None, "public")])
def test_what_is_public_answers_nobody(team: Team, route: str):
    with browser(team.server) as nobody:
        assert team.call(nobody, route).status_code == ROUTES[route][1]


@pytest.mark.parametrize("route", PROTECTED)
def test_nobody_gets_the_login_form_and_nothing_else(team: Team, route: str):
    name, other = team.conversation_for(route, "Anna") if len(ROUTES[route]) == 3 else ("x", "x")
    with browser(team.server) as nobody:
        form = nobody.get("/login").text
        answer = team.call(nobody, route, name, other)
        if route.split(" ")[1].startswith(("/api/", "/webhooks/")):
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert set(answer.json()) == {"type", "title", "status", "detail", "remedy"}
        elif "draft" in answer.text:  # what was written is given back to who wrote it
            assert answer.status_code == 401
            assert FORMS[route]["text"] in answer.text
            assert is_login_form(answer)
        else:
            assert answer.status_code in (200, 401)
            assert is_login_form(answer)
            assert without_place(answer.text) == without_place(form)
        assert team.call(nobody, route, name, other, headers={"accept": "application/json"}).status_code == 401
        forged = {"cookie": "warteschleife=ausgedacht; __Host-warteschleife=ausgedacht", "x-csrf-token": "ausgedacht"}
        assert team.call(nobody, route, name, other, headers={"accept": "*/*", **forged}).status_code == 401
        assert team.call(nobody, route, name, other, headers={"accept": "*/*", "authorization": "Bearer ausgedacht"}).status_code == 401
    if len(ROUTES[route]) == 3:
        assert team.people["Anna"].get(f"/api/v1/conversations/{name}").status_code == 200, "nothing has happened to it"


@pytest.mark.parametrize("who", ["Anna", "Bert", "lead", "admin"])
@pytest.mark.parametrize("route", PROTECTED)
def test_every_role_gets_what_is_decided_and_nobody_gets_at_anothers_conversation(team: Team, route: str, who: str):
    rule = ROUTES[route]
    if len(rule) == 2:
        allowed = ORDER.index(role(who)) >= ORDER.index(rule[0])
        answer = team.call(team.people[who], route)
        assert answer.status_code == (rule[1] if allowed else 403), answer.text
        return
    name, other = team.conversation_for(route, "Anna")
    answer = team.call(team.people[who], route, name, other)
    assert answer.status_code == (rule[1] if who == "Anna" else 404), answer.text
    if who != "Anna":
        assert "Kretzschmar" not in answer.text
        unknown = team.call(team.people[who], route, "u" * len(name), other)
        assert (unknown.status_code, len(unknown.text)) == (404, len(answer.text)), "that it exists is nobody's business"
        assert team.people["Anna"].get(f"/api/v1/conversations/{name}").status_code == 200, "nothing has happened to it"


@pytest.mark.parametrize("who", ["Bert", "lead", "admin"])
@pytest.mark.parametrize("route", ABOUT_CONVERSATIONS)
def test_a_lead_may_read_what_is_shown_but_not_touch_it_and_a_trainee_may_not_even_read_it(team: Team, route: str, who: str):
    name, other = team.shown("Anna"), team.shown("Anna")
    before = team.people["Anna"].get(f"/api/v1/conversations/{name}").json()
    readable = ROUTES[route][2] == SHOWN and who in ("lead", "admin")
    assert team.call(team.people[who], route, name, other).status_code == (ROUTES[route][1] if readable else 404)
    assert team.people["Anna"].get(f"/api/v1/conversations/{name}").json() == before
    if readable:
        assert team.people["Anna"].post(f"/practice/{name}/share", data={}).status_code == 303  # taken back
        assert team.call(team.people[who], route, name, other).status_code == 404


def test_a_lead_sees_what_is_shown_and_no_trace_of_what_is_not(team: Team):
    shown, hidden = team.shown("Anna"), team.conversation("Anna", finished=True, replies=BAD[:2])
    lead = team.people["lead"]
    listed = lead.get("/shared").text
    assert shown in listed
    assert hidden not in listed
    card = lead.get(f"/practice/{shown}/scorecard").text
    assert hidden not in card
    assert "anna@firma.example" not in card
    csrf = team.people["Anna"].headers["x-csrf-token"]
    for path in (f"/practice/{shown}/scorecard", f"/api/v1/conversations/{shown}", f"/api/v1/conversations/{shown}/report"):
        assert csrf not in lead.get(path).text
    for action in ("/branch", "/delete", "/share", "/reply"):
        assert f'action="/practice/{shown}{action}"' not in card


def test_a_branch_of_a_shown_conversation_is_private(team: Team):
    shown = team.shown("Anna")
    fresh = team.people["Anna"].post(f"/api/v1/conversations/{shown}/branch", json={"turn": 0}).json()["id"]
    assert team.people["Anna"].get(f"/practice/{fresh}").status_code == 200
    assert team.people["lead"].get(f"/api/v1/conversations/{fresh}").status_code == 404


def test_only_a_finished_conversation_can_be_shown(team: Team):
    name = team.conversation("Anna")
    assert team.people["Anna"].post(f"/practice/{name}/share", data={"on": "1"}).status_code == 409
    assert team.people["lead"].get(f"/api/v1/conversations/{name}").status_code == 404


def test_a_comparison_takes_no_conversation_of_another_on_either_side(team: Team):
    mine, theirs = team.conversation("Anna", finished=True), team.shown("Bert")
    for pair in (f"{mine}/{theirs}", f"{theirs}/{mine}"):
        assert team.people["Anna"].get(f"/compare/{pair}").status_code == 404
    for pair in (f"{mine}/{theirs}", f"{theirs}/{theirs}"):
        assert team.people["lead"].get(f"/compare/{pair}").status_code == 404


def test_what_one_practises_shows_nowhere_with_another(team: Team):
    name = team.conversation("Anna", finished=True, replies=GOOD[:2])
    for who in ("Bert", "lead", "admin"):
        for path in ("/", "/history", "/progress", "/account/export", "/scenarios", "/path", "/shared", "/people"):
            assert name not in team.people[who].get(path).text, (who, path)
    exported = team.people["Anna"].get("/account/export").json()
    assert name in {c["id"] for c in exported["conversations"]}
    assert "$argon2" not in team.people["Anna"].get("/account/export").text


def test_the_rasa_channel_can_neither_speak_for_another_nor_take_over_their_conversation(team: Team):
    name = team.conversation("Anna")
    bert = team.people["Bert"]
    before = team.people["Anna"].get(f"/api/v1/conversations/{name}").json()
    for message in ("Guten Tag", "/finish", "/hint", '/desk_notes{"text": "x"}', "/tanzen"):
        assert bert.post("/webhooks/rest/webhook", json={"sender": name, "message": message}).status_code == 404
    start = f'/start{{"scenario": "{SCENARIO}"}}'
    assert bert.post("/webhooks/rest/webhook", json={"sender": name, "message": start}).status_code in (404, 409)
    assert team.people["Anna"].get(f"/api/v1/conversations/{name}").json() == before


@pytest.mark.parametrize("route", CHANGING)
def test_what_changes_something_asks_for_the_token_when_the_login_is_a_cookie(team: Team, route: str):
    admin = team.people["admin"]
    name, other = team.conversation_for(route, "admin") if len(ROUTES[route]) == 3 else ("x", "x")
    with browser(team.server, cookies=dict(admin.cookies)) as forged:
        assert team.call(forged, route, name, other).status_code == 403
        assert team.call(forged, route, name, other, headers={"x-csrf-token": "falsch"}).status_code == 403
        anothers = team.people["Anna"].headers["x-csrf-token"]
        assert team.call(forged, route, name, other, headers={"x-csrf-token": anothers}).status_code == 403
    if len(ROUTES[route]) == 3:
        assert admin.get(f"/api/v1/conversations/{name}").status_code == 200
    assert admin.get("/account").status_code == 200


def test_a_role_that_changes_counts_at_once(team: Team):
    carla = join(team.server, invite(team.people["admin"]), "Carla")
    carlas = carla.get("/api/v1/me").json()["id"]
    admin = team.people["admin"]
    for given, statuses in (("lead", (200, 403)), ("admin", (200, 200)), ("trainee", (403, 403))):
        assert admin.post(f"/people/{carlas}/role", data={"role": given}).status_code == 303
        assert (carla.get("/shared").status_code, carla.get("/people").status_code) == statuses
    assert admin.post(f"/people/{carlas}/active", data={}).status_code == 303
    assert carla.get("/api/v1/me").status_code == 401
    assert admin.post(f"/people/{carlas}/delete", data={"sure": "1"}).status_code == 303
    assert admin.post(f"/people/{carlas}/role", data={"role": "lead"}).status_code == 404


def test_the_account_without_login_cannot_be_opened_by_an_admin(team: Team):
    admin = team.people["admin"]
    for action, form in (("password", {}), ("role", {"role": "trainee"}), ("active", {}), ("delete", {"sure": "1"})):
        assert admin.post(f"/people/solo/{action}", data=form).status_code == 404, action


def test_an_admin_cannot_lock_everybody_out(team: Team):
    admin = team.people["admin"]
    mine = admin.get("/api/v1/me").json()["id"]
    for action, form in (("role", {"role": "trainee"}), ("active", {}), ("delete", {"sure": "1"})):
        answer = admin.post(f"/people/{mine}/{action}", data=form)
        assert answer.status_code == 409
        assert "letzte" in answer.text
    assert admin.post("/account/delete", data={"sure": "1"}).status_code == 409
    assert admin.get("/people").status_code == 200


# --- assessments: real ids in the hands of others ---------------------------------------------------------------------


@dataclass(frozen=True)
class Taken:
    """An assessment that somebody has taken."""

    form: str
    assignment: str
    attempt: str
    conversation: str


def taken(team: Team, who: str, *, released: bool = False) -> Taken:
    """Have somebody take an assessment of one conversation; `admin` composes, assigns and releases it."""
    admin, client = team.people["admin"], team.people[who]
    composed = admin.post("/forms", data={"title": f"Prüfung für {who}", "case": SCENARIO, "must": "greeted", "attempts": "1"})
    assert composed.status_code == 303, composed.text
    form = composed.headers["location"].removeprefix("/forms/")
    account = client.get("/api/v1/me").json()["id"]
    assert admin.post(f"/forms/{form}/assign", data={"person": account}).status_code == 303
    assignment = re.search(r'href="/assessments/([\w-]+)"[^>]*>Prüfung für', client.get("/assessments").text)[1]
    assert client.post(f"/assessments/{assignment}/begin").status_code == 303
    conversation = client.get(f"/assessments/{assignment}/go").headers["location"].removeprefix("/practice/")
    assert client.post(f"/practice/{conversation}/reply", data={"text": GOOD[0]}).status_code == 303
    attempt = client.post(f"/practice/{conversation}/finish").headers["location"].split("/")[2]
    assert client.get(f"/assessments/{assignment}/go").headers["location"] == f"/results/{attempt}"
    if released:
        assert admin.post(f"/reviews/{attempt}/release").status_code == 303
    return Taken(form, assignment, attempt, conversation)


def own_routes(it: Taken) -> list[tuple[str, str]]:
    return [
        ("GET", f"/assessments/{it.assignment}"),
        ("POST", f"/assessments/{it.assignment}/begin"),
        ("GET", f"/assessments/{it.assignment}/go"),
        ("GET", f"/attempts/{it.attempt}/go"),
        ("GET", f"/results/{it.attempt}"),
        ("POST", f"/results/{it.attempt}/answer"),
        ("POST", f"/results/{it.attempt}/objection"),
    ]


def lead_routes(it: Taken) -> list[tuple[str, str]]:
    return [
        ("GET", "/forms"),
        ("GET", f"/forms/{it.form}"),
        ("POST", f"/forms/{it.form}/assign"),
        ("POST", f"/forms/{it.form}/archive"),
        ("GET", "/reviews"),
        ("GET", f"/reviews/{it.attempt}"),
        ("POST", f"/reviews/{it.attempt}/say"),
        ("POST", f"/reviews/{it.attempt}/release"),
        ("POST", f"/reviews/{it.attempt}/second"),
        ("GET", "/audit"),
    ]


WORDS = {"kind": "comment", "text": "Das steht hier nicht."}


@pytest.mark.parametrize("released", [False, True])
@pytest.mark.parametrize("who", ["Bert", "lead", "admin"])
def test_what_somebody_takes_is_nobody_elses_not_even_by_its_real_address(team: Team, who: str, released: bool):
    it = taken(team, "Anna", released=released)
    before = team.server.database("SELECT * FROM attempts WHERE id = ?", it.attempt)
    for method, path in own_routes(it):
        answer = team.people[who].request(method, path, data=WORDS if method == "POST" else None)
        assert answer.status_code == 404, (path, answer.text)
        assert "Prüfung für Anna" not in answer.text
    for path in (f"/practice/{it.conversation}", f"/practice/{it.conversation}/scorecard", f"/api/v1/conversations/{it.conversation}"):
        assert team.people[who].get(path).status_code == 404, path
    assert f"/assessments/{it.assignment}" not in team.people[who].get("/assessments").text
    assert team.server.database("SELECT * FROM attempts WHERE id = ?", it.attempt) == before
    assert team.people["Anna"].get(f"/results/{it.attempt}").status_code == 200


@pytest.mark.parametrize("who", ["Anna", "Bert"])
def test_a_trainee_reviews_nothing_not_even_their_own(team: Team, who: str):
    it = taken(team, "Anna")
    before = team.server.database("SELECT * FROM attempts WHERE id = ?", it.attempt)
    for method, path in lead_routes(it):
        answer = team.people[who].request(method, path, data=WORDS if method == "POST" else None)
        assert answer.status_code == 403, (path, answer.text)
        assert "Prüfung für Anna" not in answer.text
    assert team.server.database("SELECT * FROM attempts WHERE id = ?", it.attempt) == before
    assert team.server.database("SELECT * FROM opinions WHERE attempt_id = ?", it.attempt) == []
    assert team.server.database("SELECT archived_at FROM forms WHERE id = ?", it.form) == [(None,)]


def test_a_lead_does_not_review_their_own_attempt_but_others_do_and_only_the_lead_reads_the_result(team: Team):
    it, lead, admin = taken(team, "lead"), team.people["lead"], team.people["admin"]
    for method, path in lead_routes(it):
        if it.attempt in path:
            answer = lead.request(method, path, data=WORDS if method == "POST" else None)
            assert answer.status_code == 403, (path, answer.text)
            assert "beurteilt eine andere Person" in answer.text
    assert team.server.database("SELECT released_at FROM attempts WHERE id = ?", it.attempt) == [(None,)]
    assert lead.get(f"/api/v1/conversations/{it.conversation}").json()["scorecard"] is None, "hidden also from a lead who takes it"
    assert admin.get(f"/reviews/{it.attempt}").status_code == 200
    assert admin.post(f"/reviews/{it.attempt}/say", data={"kind": "score", "value": "50", "text": "Ganz gut."}).status_code == 303
    assert admin.post(f"/reviews/{it.attempt}/release").status_code == 303
    assert "Ganz gut." in lead.get(f"/results/{it.attempt}").text
    assert admin.get(f"/results/{it.attempt}").status_code == 404


def test_a_lead_reviews_others_attempts_when_they_are_handed_in_and_not_before(team: Team):
    admin, anna, lead = team.people["admin"], team.people["Anna"], team.people["lead"]
    it = taken(team, "Anna")
    account = anna.get("/api/v1/me").json()["id"]
    assert admin.post(f"/forms/{it.form}/assign", data={"person": account}).status_code == 303
    assignment = re.search(r'href="/assessments/([\w-]+)"[^>]*>Prüfung für Anna', anna.get("/assessments").text)[1]
    anna.post(f"/assessments/{assignment}/begin")
    running = team.server.database("SELECT id FROM attempts WHERE assignment_id = ?", assignment)[0][0]
    for method, path in lead_routes(Taken(it.form, assignment, running, "")):
        if running in path:
            assert lead.request(method, path, data=WORDS if method == "POST" else None).status_code == 409, path
    assert lead.get(f"/reviews/{it.attempt}").status_code == 200
    assert lead.post(f"/reviews/{it.attempt}/say", data=WORDS).status_code == 303
    assert lead.post(f"/reviews/{it.attempt}/second", data={"text": "Niemand hat danach gefragt."}).status_code == 409
    assert lead.post(f"/reviews/{it.attempt}/release").status_code == 303
