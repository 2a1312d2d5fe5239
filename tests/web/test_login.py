"""Coming in and going out: the first link, cookies, tokens, tries, lost logins, on real servers with and without accounts."""

import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests.conftest import ROOT, Server, free_port
from tests.dialogues import GOOD, SCENARIO, SEED
from tests.team import (
    MANY_TRIES,
    PAGE,
    PASSWORD,
    PLAIN_HTTP,
    TeamServer,
    browser,
    csrf_of,
    field,
    invite,
    is_login_form,
    join,
    link_in,
    log_in,
)

API = "/api/v1"
CLIENT_SECRET = "das-geheimnis-des-firmenkontos"


@pytest.fixture(scope="module")
def team(tmp_path_factory, config, model) -> Iterator[TeamServer]:
    running = TeamServer(tmp_path_factory.mktemp("login"), config.models, **PLAIN_HTTP, **MANY_TRIES)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def admin(team: TeamServer) -> Iterator[httpx.Client]:
    client = join(team, team.first_link(), "Adele Admin")
    yield client
    client.close()


@pytest.fixture
def anna(team: TeamServer, admin: httpx.Client) -> Iterator[httpx.Client]:
    """Somebody new in each test, e-mail anna<n>@firma.example."""
    number = team.database("SELECT count(*) FROM accounts")[0][0]
    client = join(team, invite(admin), f"Anna{number}")
    client.email = f"anna{number}@firma.example"
    yield client
    client.close()


@pytest.fixture(scope="module")
def limited(tmp_path_factory, config, model) -> Iterator[tuple[TeamServer, dict[str, httpx.Client]]]:
    """A server that counts tries as it is shipped, and people who have not tried to log in yet."""
    running = TeamServer(tmp_path_factory.mktemp("limited"), config.models, **PLAIN_HTTP)
    people = {"Adele": join(running, running.first_link(), "Adele")}
    for name in ("Bert", "Carla", "Doro"):
        people[name] = join(running, invite(people["Adele"]), name)
    yield running, people
    for client in people.values():
        client.close()
    running.stop()


@pytest.fixture(scope="module")
def strict(tmp_path_factory, config, model) -> Iterator[TeamServer]:
    """A server as it is shipped, only in team mode."""
    running = TeamServer(tmp_path_factory.mktemp("strict"), config.models)
    yield running
    running.stop()


def begin(client: httpx.Client, **more) -> str:
    answer = client.post(f"{API}/conversations", json={"scenario": SCENARIO, "seed": SEED}, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


# --- the first link, cookies ------------------------------------------------------------------------------------------


def test_every_start_prints_a_new_first_link_until_there_is_an_admin(tmp_path, config, model):
    server = TeamServer(tmp_path / "first", config.models, **PLAIN_HTTP)
    try:
        early = server.first_link()
        assert early
        assert "Noch gibt es kein Konto mit Verwaltung" in server.output
        server.stop()
        server.start()
        late = server.first_link()
        assert late
        assert late != early
        with browser(server) as client:
            assert client.get(f"/invite/{early}").status_code == 404
            assert client.post(f"/invite/{early}", data={"name": "E", "email": "e@f.example", "password": PASSWORD}).status_code == 404
        admin = join(server, late, "Adele")
        assert admin.get(f"{API}/me").json()["role"] == "admin"
        assert admin.get(f"/invite/{late}").status_code == 404
        server.stop()
        server.start()
        assert server.first_link() is None
        assert admin.get(f"{API}/me").json()["role"] == "admin", "a login outlives the server"
    finally:
        server.stop()


def test_what_was_practised_alone_is_the_first_admins(tmp_path, config, model):
    server = TeamServer(tmp_path / "inherits", config.models, WARTESCHLEIFE_ACCOUNTS__MODE="solo", **PLAIN_HTTP)
    try:
        with browser(server) as alone:
            name = begin(alone)
        server.stop()
        server.environment["WARTESCHLEIFE_ACCOUNTS__MODE"] = "team"
        server.start()
        with browser(server) as nobody:
            assert nobody.get(f"{API}/conversations/{name}").status_code == 401
        admin = join(server, server.first_link(), "Adele")
        assert admin.get(f"{API}/conversations/{name}").status_code == 200
        trainee = join(server, invite(admin), "Anna")
        assert trainee.get(f"{API}/conversations/{name}").status_code == 404
    finally:
        server.stop()


def test_an_invitation_makes_an_account_and_a_cookie_that_only_https_and_this_host_get(strict: TeamServer):
    form = {"name": "Adele", "email": "adele@firma.example", "password": PASSWORD}
    with browser(strict) as client:
        link = strict.first_link()
        page = client.get(f"/invite/{link}")
        assert page.status_code == 200
        assert "Ihre Rolle: Verwaltung" in page.text
        answer = client.post(f"/invite/{link}", data=form)
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"]
        name, _, rest = cookie.partition("=")
        flags = {flag.strip().casefold() for flag in rest.split(";")[1:]}
        assert name == "__Host-warteschleife"
        assert {"httponly", "secure", "samesite=lax", "path=/", f"max-age={14 * 86400}"} <= flags
        assert not any(flag.startswith("domain") for flag in flags), "__Host- forbids it"
        assert client.get("/history").status_code == 200
        assert is_login_form(client.get("/history")), "httpx does not send a Secure cookie over HTTP"
        token = rest.split(";")[0]
        assert len(token) >= 43, "256 bits"
        assert client.get(f"{API}/me", headers={"cookie": f"__Host-warteschleife={token}"}).json()["role"] == "admin"
        assert client.get(f"{API}/me", headers={"cookie": f"warteschleife={token}"}).status_code == 401
        assert client.post(f"/invite/{link}", data=form).status_code == 404
        page = client.post("/login", data=form)
        assert page.headers["set-cookie"].startswith("__Host-warteschleife=")
        out = client.post("/logout", headers={"cookie": f"__Host-warteschleife={token}"}).headers["set-cookie"].casefold()
        assert "max-age=0" in out
        assert "secure" in out, "without it browsers ignore a __Host- cookie"


def test_without_secure_cookies_the_flag_and_the_prefix_are_gone_but_nothing_else(team: TeamServer, admin: httpx.Client):
    with browser(team) as client:
        cookie = client.post("/login", data={"email": "adele@firma.example", "password": PASSWORD}).headers["set-cookie"]
    assert cookie.startswith("warteschleife=")
    flags = {flag.strip().casefold() for flag in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= flags
    assert "secure" not in flags


def test_every_login_gets_a_token_of_its_own(team: TeamServer, anna: httpx.Client):
    tokens = set()
    for _ in range(3):
        client, answer = log_in(team, anna.email)
        assert answer.status_code == 303
        tokens.add(client.cookies["warteschleife"])
    assert len(tokens | {anna.cookies["warteschleife"]}) == 4
    chosen = browser(team, cookies={"warteschleife": "vom-angreifer-gesetzt"})
    chosen.post("/login", data={"email": anna.email, "password": PASSWORD})
    with browser(team, cookies={"warteschleife": "vom-angreifer-gesetzt"}) as attacker:
        assert attacker.get(f"{API}/me").status_code == 401, "no fixation"


# --- the token against forged forms -----------------------------------------------------------------------------------


def test_a_form_needs_the_token_of_the_person_in_a_field_or_a_header(team: TeamServer, anna: httpx.Client, admin: httpx.Client):
    with browser(team, cookies=dict(anna.cookies)) as plain:
        token = csrf_of(plain)
        for wrong in ({}, {"csrf": ""}, {"csrf": token[:-1]}, {"csrf": csrf_of(admin)}, {"csrf": "ü" * 32}):
            answer = plain.post("/practice", data={"scenario": SCENARIO, **wrong})
            assert answer.status_code == 403
            assert "nicht von einer unserer Seiten" in answer.text
        assert plain.post("/practice", params={"csrf": token}, data={"scenario": SCENARIO}).status_code == 403, "not in the address"
        assert plain.post("/practice", content="scenario=x", headers={"content-type": "text/plain"}).status_code == 403
        for wrong in ({}, {"x-csrf-token": "falsch"}):
            assert plain.post(f"{API}/conversations", json={"scenario": SCENARIO}, headers=wrong).status_code == 403
        assert plain.get("/account/export").json()["conversations"] == []
        assert plain.post("/practice", data={"scenario": SCENARIO, "csrf": token}).status_code == 303
        assert plain.post("/practice", files={"scenario": (None, SCENARIO), "csrf": (None, token)}).status_code == 303
        assert plain.post("/practice", data={"scenario": SCENARIO}, headers={"x-csrf-token": token}).status_code == 303
        assert plain.post(f"{API}/conversations", json={"scenario": SCENARIO}, headers={"x-csrf-token": token}).status_code == 201


def test_every_form_of_the_pages_works_with_nothing_but_its_own_fields(team: TeamServer, anna: httpx.Client):
    """As a browser without scripts sends them: the token is in the form, and gets into nothing that is stored."""
    with browser(team, cookies=dict(anna.cookies)) as plain:
        name = begin(anna)
        page = plain.get(f"/practice/{name}").text
        token = field(page, "csrf")
        forms = re.findall(r'<form [^>]*action="(/practice/[^"#]*)[^"]*"[^>]*>(.*?)</form>', page, re.DOTALL)
        assert {action.removeprefix(f"/practice/{name}/").split("/")[0] for action, _ in forms} >= {"reply", "desk", "hint", "finish"}, [
            action for action, _ in forms
        ]
        assert all(f'value="{token}"' in inside for _, inside in forms)
        assert plain.post(f"/practice/{name}/desk/notes", data={"csrf": token, "text": "dritter Anruf"}).status_code == 200
        assert plain.post(f"/practice/{name}/reply", data={"csrf": token, "text": GOOD[0]}).status_code == 303
        assert plain.post(f"/practice/{name}/hint", data={"csrf": token}).status_code == 200
        assert plain.post(f"/practice/{name}/finish", data={"csrf": token}).status_code == 303
        assert token not in plain.get("/account/export").text


def test_another_sites_form_is_refused_also_where_no_token_is_asked_for(team: TeamServer, anna: httpx.Client):
    for origin in ("https://boese.example", "null", "http://127.0.0.1:1"):
        with browser(team) as client:
            answer = client.post("/login", data={"email": anna.email, "password": PASSWORD}, headers={"origin": origin})
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers
    with browser(team) as client:
        ours = client.post("/login", data={"email": anna.email, "password": PASSWORD}, headers={"origin": team.url})
        assert ours.status_code == 303


# --- tokens for programs ----------------------------------------------------------------------------------------------


def test_a_program_logs_in_with_a_bearer_token_and_needs_no_other(team: TeamServer, anna: httpx.Client):
    with httpx.Client(base_url=team.url, trust_env=False, timeout=30) as program:
        answer = program.post(f"{API}/login", json={"email": anna.email, "password": PASSWORD})
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        found = answer.json()
        assert found["role"] == "trainee"
        bearer = {"authorization": f"Bearer {found['token']}"}
        name = begin(program, headers=bearer)
        assert program.post(f"{API}/conversations/{name}/replies", json={"text": GOOD[0]}, headers=bearer).status_code == 200
        assert anna.get(f"{API}/conversations/{name}").status_code == 200
        assert program.get(f"{API}/me").status_code == 401, "nothing is kept in cookies"
        for wrong in ("Bearer", "Bearer x", f"Basic {found['token']}", found["token"], f"Bearer {found['token']}x"):
            assert program.get(f"{API}/me", headers={"authorization": wrong}).status_code == 401
        assert program.get(f"{API}/me", params={"token": found["token"], "access_token": found["token"]}).status_code == 401


def test_a_wrong_login_of_a_program_is_told_without_saying_what_is_wrong(team: TeamServer, anna: httpx.Client):
    with httpx.Client(base_url=team.url, trust_env=False, timeout=30) as program:
        answers = [
            program.post(f"{API}/login", json={"email": email, "password": password})
            for email, password in ((anna.email, "falsch"), ("niemand@firma.example", PASSWORD), ("keine-adresse", ""), ("\x00", "\x00"))
        ]
        assert {a.status_code for a in answers} == {401}
        assert len({a.text for a in answers}) == 1
        for bad in ({}, {"email": "a" * 255, "password": "x"}, {"email": "a", "password": "x" * 1001}):
            assert program.post(f"{API}/login", json=bad).status_code == 422
        secret = "ein zu langes Geheimnis " * 50
        assert secret not in program.post(f"{API}/login", json={"email": "a@b.example", "password": secret}).text


def test_half_a_character_is_a_mistake_of_the_caller(team: TeamServer):
    with httpx.Client(base_url=team.url, trust_env=False) as program:
        body, kind = b'{"email": "\\ud800", "password": "x"}', {"content-type": "application/json"}
        assert program.post(f"{API}/login", content=body, headers=kind).status_code == 422


def test_a_page_says_the_same_for_an_unknown_address_and_a_wrong_password(team: TeamServer, anna: httpx.Client):
    pages = []
    for email, password in ((anna.email, "falsch falsch falsch"), ("niemand@firma.example", PASSWORD)):
        _, answer = log_in(team, email, password)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        assert password not in answer.text
        pages.append(answer.text.replace(email, "…"))
    assert pages[0] == pages[1]


# --- too many tries ---------------------------------------------------------------------------------------------------


def too_many(answer: httpx.Response) -> None:
    assert answer.status_code == 429, answer.text
    assert 1 <= int(answer.headers["retry-after"]) <= 15 * 60
    assert "zu viele Versuche" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("path", "email", "net"),
    [
        ("/login", "bert@firma.example", "192.0.2"),
        (f"{API}/login", "carla@firma.example", "198.51.100"),
        ("/login", "gibt-es-nicht@firma.example", "203.0.113"),
        (f"{API}/login", "auch-nicht@firma.example", "203.0.114"),
    ],
)
def test_the_eleventh_try_for_an_account_is_refused_from_wherever_and_whether_it_exists_or_not(limited, path: str, email: str, net: str):
    """The server believes a proxy on the same device about where a request comes from; so a test can come from anywhere."""
    server, _ = limited
    with browser(server) as client:

        def attempt(n: int, password: str = "falsch falsch") -> httpx.Response:
            headers = {"x-forwarded-for": f"{net}.{n}"}
            if path == "/login":
                return client.post(path, data={"email": email.upper() if n % 2 else email, "password": password}, headers=headers)
            return client.post(path, json={"email": f" {email}", "password": password}, headers=headers)

        assert [attempt(n).status_code for n in range(10)] == [401] * 10
        too_many(attempt(10))
        too_many(attempt(11, PASSWORD))
        other = client.post("/login", data={"email": f"x{net}@anders.example", "password": "x"}, headers={"x-forwarded-for": f"{net}.200"})
        assert other.status_code == 401, "others are not locked out"


def test_the_eleventh_try_from_an_address_is_refused_whatever_account_it_is_for(limited):
    server, people = limited
    with browser(server) as client:
        for n in range(10):
            if n % 2:
                answer = client.post("/login", data={"email": f"wer{n}@firma.example", "password": "x"})
            else:
                answer = client.post(f"{API}/login", json={"email": f"wer{n}@firma.example", "password": "x"})
            assert answer.status_code == 401
        too_many(client.post("/login", data={"email": "adele@firma.example", "password": PASSWORD}))
        too_many(client.post(f"{API}/login", json={"email": "adele@firma.example", "password": PASSWORD}))
        page = client.post("/login", data={"email": "wer@firma.example", "password": "x", "draft": "Mein Text", "next": "/history"})
        too_many(page)
        assert "Mein Text" in page.text
        assert field(page.text, "next") == "/history"
        assert client.get("/about").status_code == 200, "only logging in is refused"
        assert people["Adele"].get(f"{API}/me").status_code == 200


def test_guessing_the_old_password_is_counted_too(limited):
    doro = limited[1]["Doro"]
    wrong = {"old": "geraten", "new": "was ganz anderes Langes"}
    answers = [doro.post("/account/password", data=wrong) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    too_many(answers[-1])
    assert doro.post("/account/password", data={"old": PASSWORD, "new": "was ganz anderes Langes"}).status_code == 429


# --- where one goes on ------------------------------------------------------------------------------------------------

ELSEWHERE = (
    "https://boese.example/", "//boese.example", "///boese.example", "/\\boese.example", "\\\\boese.example",
    "/\t/boese.example",
    "/\n/boese.example", "\t//boese.example", " //boese.example", "/\r\nSet-Cookie: a=b", "boese.example", "javascript:alert(1)",
    "http:boese.example", "/%09/boese.example", "/.//boese.example", "/..//boese.example", "data:text/html,x", "", "@boese.example",
)  # fmt: skip


def goes_to(base: str, place: str) -> str | None:
    """Return the host a browser goes to: it drops tabs and line breaks, trims, and takes a backslash for a slash (WHATWG URL)."""
    place = re.sub(r"[\t\r\n]", "", place).strip(" \x00\x0b\x0c").replace("\\", "/")
    found = urlsplit(urljoin(base, place))
    assert found.scheme in ("http", "https"), place
    return found.netloc


@pytest.mark.parametrize("place", ELSEWHERE)
def test_what_comes_after_the_login_is_never_another_host(team: TeamServer, anna: httpx.Client, place: str):
    here = urlsplit(team.url).netloc
    client, answer = log_in(team, anna.email, next=place)
    assert answer.status_code == 303
    assert goes_to(team.url, answer.headers["location"]) == here
    assert "set-cookie" in answer.headers
    assert "a=b" not in answer.headers.get_list("set-cookie")
    for moved in (client.get("/login", params={"next": place}), client.post("/language", data={"language": "de", "next": place})):
        assert moved.status_code == 303
        assert goes_to(team.url, moved.headers["location"]) == here
    with browser(team) as nobody:
        assert goes_to(team.url, field(nobody.get("/login", params={"next": place}).text, "next")) == here
        failed = nobody.post("/login", data={"email": "x", "password": "x", "next": place, "draft": "Text"})
        assert goes_to(team.url, field(failed.text, "next")) == here
        kept = nobody.post("/login", data={"email": anna.email, "password": PASSWORD, "next": place, "draft": "Text"})
        main = kept.text.partition("<main")[2].partition("</main>")[0]
        for target in re.findall(r'(?:href|action)="([^"]*)"', main):
            assert goes_to(team.url, unescape(target)) == here, target


def test_after_the_login_one_is_where_one_wanted_to_go(team: TeamServer, anna: httpx.Client):
    with browser(team, follow_redirects=True) as client:
        page = client.get("/progress/listening")
        assert is_login_form(page)
        form = {"email": anna.email, "password": PASSWORD, "next": field(page.text, "next")}
        assert client.post("/login", data=form).url.path == "/progress/listening"
        assert client.get("/login", params={"next": "/history"}).url.path == "/history", "who is logged in is not asked again"


# --- going out --------------------------------------------------------------------------------------------------------


def test_logging_out_ends_the_login_on_the_server_too(team: TeamServer, anna: httpx.Client):
    token = anna.cookies["warteschleife"]
    elsewhere, _ = log_in(team, anna.email)
    answer = anna.post("/logout")
    assert answer.headers["location"] == "/login"
    assert "warteschleife" not in anna.cookies
    with browser(team, cookies={"warteschleife": token}) as kept:
        assert kept.get(f"{API}/me").status_code == 401
        assert is_login_form(kept.get("/"))
    assert elsewhere.get(f"{API}/me").status_code == 200, "other devices stay logged in"


def test_a_new_password_ends_all_other_logins(team: TeamServer, anna: httpx.Client):
    elsewhere, _ = log_in(team, anna.email)
    changed = anna.post("/account/password", data={"old": PASSWORD, "new": PASSWORD + " neu"})
    assert changed.status_code == 200
    assert anna.get(f"{API}/me").status_code == 200
    assert elsewhere.get(f"{API}/me").status_code == 401
    assert log_in(team, anna.email)[1].status_code == 401
    assert log_in(team, anna.email, PASSWORD + " neu")[1].status_code == 303


def test_an_admin_gives_a_link_for_a_new_password_and_never_sees_one(team: TeamServer, admin: httpx.Client, anna: httpx.Client):
    mine = anna.get(f"{API}/me").json()["id"]
    token = link_in(admin.post(f"/people/{mine}/password"))
    with browser(team) as client:
        page = client.get(f"/invite/{token}")
        assert "Neues Passwort" in page.text
        assert page.headers["referrer-policy"] == "same-origin"
        assert client.post(f"/invite/{token}", data={"password": "kurz"}).status_code == 422
        assert anna.get(f"{API}/me").status_code == 200
        done = client.post(f"/invite/{token}", data={"password": "vergessen und neu gesetzt", "name": "Eve", "email": "eve@firma.example"})
        assert done.status_code == 303
        assert client.get(f"{API}/me").json() == {"id": mine, "name": client.get(f"{API}/me").json()["name"], "role": "trainee"}
        assert client.get(f"{API}/me").json()["name"].startswith("Anna")
    assert anna.get(f"{API}/me").status_code == 401
    assert log_in(team, anna.email, "vergessen und neu gesetzt")[1].status_code == 303


def test_a_closed_account_is_out_at_once_and_a_link_for_its_password_opens_nothing(
    team: TeamServer, admin: httpx.Client, anna: httpx.Client
):
    mine = anna.get(f"{API}/me").json()["id"]
    token = link_in(admin.post(f"/people/{mine}/password"))
    admin.post(f"/people/{mine}/active", data={})
    assert anna.get(f"{API}/me").status_code == 401
    assert log_in(team, anna.email)[1].status_code == 401
    with browser(team) as client:
        client.post(f"/invite/{token}", data={"password": "ein neues langes Passwort"})
        assert client.get(f"{API}/me").status_code == 401


def test_deleting_oneself_takes_a_tick_and_leaves_nothing(team: TeamServer, anna: httpx.Client):
    name, mine = begin(anna), anna.get(f"{API}/me").json()["id"]
    anna.post(f"{API}/conversations/{name}/replies", json={"text": GOOD[0]})
    assert anna.post("/account/delete", data={}).status_code == 422
    assert anna.post("/account/delete", data={"sure": "1"}).status_code == 303
    assert anna.get(f"{API}/me").status_code == 401
    assert log_in(team, anna.email)[1].status_code == 401
    for table, column in (("accounts", "id"), ("conversations", "owner"), ("logins", "account_id"), ("checks", "account_id")):
        assert team.database(f"SELECT count(*) FROM {table} WHERE {column} = ?", mine) == [(0,)]
    assert team.database("SELECT count(*) FROM events WHERE conversation_id = ?", name) == [(0,)]


# --- a login that ends in mid-conversation ----------------------------------------------------------------------------

WRITTEN = 'Das tut mir leid, Herr Kretzschmar: 5 < 6 & "wirklich" </textarea><script>alert(1)</script> – ü.\r\nZweite Zeile.'


def expire(team: TeamServer, client: httpx.Client) -> None:
    """Let more hours go by than a login lives unused."""
    mine = client.get(f"{API}/me").json()["id"]
    team.database("UPDATE logins SET seen_at = seen_at - 13 * 3600 WHERE account_id = ?", mine)


def written_in(page: str, name: str) -> str:
    found = re.search(rf'<textarea id="{name}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found, page
    return unescape(found[1])


def test_a_reply_written_while_the_login_ended_is_there_after_logging_in_and_can_be_sent(team: TeamServer, anna: httpx.Client):
    name = begin(anna)
    expire(team, anna)
    lost = anna.post(f"/practice/{name}/reply", data={"text": WRITTEN})
    assert lost.status_code == 401
    assert is_login_form(lost)
    assert written_in(lost.text, "draft") == WRITTEN
    assert "<script>alert" not in lost.text
    form = {"next": field(lost.text, "next"), "draft": written_in(lost.text, "draft"), "email": anna.email}
    wrong = anna.post("/login", data=form | {"password": "vertippt vertippt"})
    assert wrong.status_code == 401
    assert written_in(wrong.text, "draft") == WRITTEN
    assert field(wrong.text, "next") == f"/practice/{name}"
    back = anna.post("/login", data=form | {"password": PASSWORD})
    assert back.status_code == 200
    assert written_in(back.text, "text") == WRITTEN
    assert "<script>alert" not in back.text
    action = re.search(r'<form method="post" action="(/practice/[^"]+)"', back.text)[1]
    del anna.headers["x-csrf-token"]
    sent = anna.post(action, data={"csrf": field(back.text, "csrf"), "text": GOOD[0]})
    assert sent.status_code == 303
    turns = anna.get(f"{API}/conversations/{name}").json()["turns"]
    assert [turn["reply"] for turn in turns] == [None, GOOD[0]], "sent once"


def test_a_script_that_sends_a_reply_without_login_is_told_and_keeps_the_text(team: TeamServer, anna: httpx.Client):
    name = begin(anna)
    expire(team, anna)
    answer = anna.post(f"/practice/{name}/reply", data={"text": WRITTEN}, headers={"x-fragment": "1"})
    assert answer.status_code == 401
    assert "abgelaufen" in answer.text
    assert f'href="/login?next=/practice/{name}"' in answer.text
    assert "<html" not in answer.text


def test_a_login_ends_for_good_after_its_days_also_when_it_is_used(team: TeamServer, anna: httpx.Client):
    mine = anna.get(f"{API}/me").json()["id"]
    team.database("UPDATE logins SET created_at = created_at - 15 * 86400 WHERE account_id = ?", mine)
    assert anna.get(f"{API}/me").status_code == 401


def test_what_somebody_else_wrote_cannot_be_sent_into_anothers_conversation_by_logging_in(team: TeamServer, anna: httpx.Client, admin):
    name = begin(anna)
    client, page = log_in(team, "adele@firma.example", next=f"/practice/{name}", draft="Hallo")
    assert page.status_code == 200
    form = {"csrf": field(page.text, "csrf"), "text": "Hallo"}
    assert client.post(f"/practice/{name}/reply", data=form).status_code == 404


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_the_page_of_an_invitation_tells_no_other_host_its_address(team: TeamServer, admin: httpx.Client):
    """Not `no-referrer`: with it browsers send their forms with `Origin: null`, and the server refuses those."""
    token = invite(admin)
    with browser(team) as client:
        pages = [
            client.get(f"/invite/{token}"),
            client.post(f"/invite/{token}", data={"name": "", "email": "", "password": ""}, headers={"origin": team.url}),
        ]
        assert [page.status_code for page in pages] == [200, 422]
        for page in pages:
            assert page.headers["referrer-policy"] == "same-origin"
            assert not re.search(r'(?:href|src|action)="(?:https?:)?//', page.text)
        form = {"name": "Olga", "email": "olga@firma.example", "password": PASSWORD}
        assert client.post(f"/invite/{token}", data=form, headers={"origin": "null"}).status_code == 403
        assert client.post(f"/invite/{token}", data=form, headers={"origin": team.url}).status_code == 303


def test_no_secret_appears_in_what_the_server_prints_or_counts(tmp_path, config, model):
    server = TeamServer(
        tmp_path / "secrets", config.models, **PLAIN_HTTP, **MANY_TRIES,
        WARTESCHLEIFE_ACCOUNTS__OIDC__ISSUER=f"http://127.0.0.1:{free_port()}",
        WARTESCHLEIFE_ACCOUNTS__OIDC__CLIENT_ID="warteschleife", WARTESCHLEIFE_ACCOUNTS__OIDC__CLIENT_SECRET=CLIENT_SECRET,
    )  # fmt: skip
    try:
        admin = join(server, server.first_link(), "Adele")
        printed_first = server.first_link()
        token = invite(admin)
        bearer = admin.post(f"{API}/login", json={"email": "adele@firma.example", "password": PASSWORD}).json()["token"]
        admin.post("/login", data={"email": "adele@firma.example", "password": "das falsche Geheimnis"})
        anna = join(server, token, "Anna", "ein zweites Geheimnis")
        odd = {"name": "An\x00na", "email": "a\x00@b.example", "password": "ein drittes Geheimnis"}
        admin.post(f"/invite/{invite(admin)}", data=odd)
        admin.post("/login", data={"email": "a\x00@b.example", "password": "ein viertes Geheimnis"})
        admin.get("/sso")
        admin.get("/sso/callback", params={"code": "ein-code", "state": "ein-zustand"})
        anna.get("/people")
        secrets = {
            PASSWORD, "das falsche Geheimnis", "ein zweites Geheimnis", "ein drittes Geheimnis", "ein viertes Geheimnis", token, bearer,
            anna.cookies["warteschleife"], admin.headers["x-csrf-token"], anna.headers["x-csrf-token"], CLIENT_SECRET, "ein-code",
            *(row[0] for row in server.database("SELECT password FROM accounts WHERE password != ''")),
        }  # fmt: skip
        counted = admin.get("/metrics").text
        described = admin.get("/openapi.json").text + admin.get("/about").text + admin.get("/people").text
        server.stop()
        assert "/invite/" in server.output, "the output was read"
        assert "Traceback" not in server.output
        for secret in secrets:
            assert secret not in server.output
            assert secret not in counted
            if secret != admin.headers["x-csrf-token"]:  # is in her own pages' forms
                assert secret not in described
        assert printed_first not in counted
        assert "/invite/{token}" in counted
    finally:
        server.stop()


# --- alone on this device ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [PAGE, {"accept": "application/json"}])
def test_alone_nobody_is_asked_to_log_in_and_there_are_no_accounts(client: httpx.Client, headers: dict):
    assert client.get("/", headers=headers).status_code == 200
    assert client.get(f"{API}/me", headers=headers).json()["role"] == "admin"
    for method, path in (
        ("GET", "/login"), ("POST", "/login"), ("POST", "/logout"), ("GET", "/people"), ("POST", "/people/invite"),
        ("POST", "/people/solo/role"), ("POST", "/people/solo/password"), ("POST", "/people/solo/delete"), ("GET", "/invite/x"),
        ("POST", "/invite/x"), ("GET", "/sso"), ("GET", "/sso/callback"), ("POST", "/account/password"),
    ):  # fmt: skip
        answer = client.request(method, path, headers=headers, data={"sure": "1", "role": "trainee"} if method == "POST" else None)
        assert answer.status_code == 404, (method, path)
        assert "Anmeldung" in answer.text or "Firmenkonto" in answer.text
    for path in ("/", "/account"):
        page = client.get(path, headers=PAGE).text
        assert 'href="/people"' not in page
        assert 'action="/logout"' not in page


def test_alone_a_cookie_or_a_token_makes_no_difference(client: httpx.Client):
    answer = client.get("/history", headers={"cookie": "warteschleife=x", "authorization": "Bearer x", **PAGE})
    assert answer.status_code == 200
    assert not is_login_form(answer)


def test_alone_the_server_listens_on_this_device_only_and_says_why(server: Server):
    command = [sys.executable, "-m", "bot.cli", "serve", "--host", "0.0.0.0", "--port", str(free_port())]
    refused = subprocess.run(command, cwd=ROOT, env=server.environment, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1
    said = " ".join(refused.stderr.split())
    assert "Ohne Anmeldung läuft Warteschleife nur auf diesem Gerät" in said
    assert "0.0.0.0" in said
    assert "accounts.mode: team" in said
    assert "Traceback" not in said


def test_with_accounts_the_server_listens_for_others_too(tmp_path, config, model):
    server = TeamServer(tmp_path / "open", config.models, "--host", "0.0.0.0")
    try:
        assert server.first_link()
        with browser(server) as client:
            assert is_login_form(client.get("/"))
            assert client.get("/", headers={"host": "boese.example"}).status_code == 421
    finally:
        server.stop()
