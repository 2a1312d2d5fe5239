"""Single sign-on against a real OpenID Connect provider process, over the redirects that a browser follows."""

import json
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.conftest import free_port, wait_for
from tests.team import MANY_TRIES, PASSWORD, PLAIN_HTTP, TeamServer, browser, invite, is_login_form, join, log_in

SECRET = "das-geheimnis-des-firmenkontos"
API = "/api/v1"


class Provider:
    """A real provider; people are set with their claims and log in by their name."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        claims = {"sub": "anna", "email": "anna@firma.example", "email_verified": True, "name": "Anna"}
        command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(self.port), "--user-claims", json.dumps(claims)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(f"{self.url}/.well-known/openid-configuration", self.process)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def knows(self, sub: str, **claims: object) -> None:
        httpx.put(f"{self.url}/users/{sub}", json=claims, trust_env=False).raise_for_status()


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    running = Provider()
    yield running
    running.stop()


def sso(issuer: str, **more: str) -> dict[str, str]:
    settings = {"ISSUER": issuer, "CLIENT_ID": "warteschleife", "CLIENT_SECRET": SECRET, **more}
    return {**PLAIN_HTTP, **MANY_TRIES, **{f"WARTESCHLEIFE_ACCOUNTS__OIDC__{name}": value for name, value in settings.items()}}


@pytest.fixture(scope="module")
def team(tmp_path_factory, config, model, provider: Provider) -> Iterator[TeamServer]:
    running = TeamServer(tmp_path_factory.mktemp("sso"), config.models, **sso(provider.url))
    yield running
    running.stop()
    assert SECRET not in running.output
    assert "Traceback" not in running.output


@pytest.fixture(scope="module")
def admin(team: TeamServer) -> Iterator[httpx.Client]:
    client = join(team, team.first_link(), "Adele Admin")
    yield client
    client.close()


@pytest.fixture
def client(team: TeamServer) -> Iterator[httpx.Client]:
    with browser(team) as fresh:
        yield fresh


def to_provider(client: httpx.Client, place: str = "/") -> str:
    """Press the button; return the provider's address that the browser is sent to."""
    answer = client.get("/sso", params={"next": place})
    assert answer.status_code in (302, 303), answer.text
    return answer.headers["location"]


def at_provider(client: httpx.Client, address: str, sub: str, **form: str) -> str:
    """Log in at the provider; return the address of ours that the browser is sent back to."""
    assert client.get(address).status_code == 200
    answer = client.post(address, data={"sub": sub, **form})
    assert answer.status_code in (302, 303), answer.text
    return answer.headers["location"]


def sign_on(client: httpx.Client, sub: str, place: str = "/") -> httpx.Response:
    return client.get(at_provider(client, to_provider(client, place), sub))


def me(client: httpx.Client) -> dict:
    answer = client.get(f"{API}/me")
    assert answer.status_code == 200, answer.text
    return answer.json()


def out(client: httpx.Client) -> bool:
    return client.get(f"{API}/me").status_code == 401 and "warteschleife" not in client.cookies


def refused(client: httpx.Client, answer: httpx.Response, word: str = "Die Anmeldung mit Firmenkonto ist fehlgeschlagen") -> None:
    assert word in answer.text
    assert "Traceback" not in answer.text
    assert not answer.is_success
    assert out(client)


def accounts(team: TeamServer) -> int:
    return team.database("SELECT count(*) FROM accounts")[0][0]


def test_the_first_login_makes_a_trainee_and_the_second_is_the_same_account(team: TeamServer, admin, client: httpx.Client):
    page = client.get("/login")
    assert 'href="/sso?next=/"' in page.text
    assert "Mit Firmenkonto anmelden" in page.text
    answer = sign_on(client, "anna", "/history")
    assert (answer.status_code, answer.headers["location"]) == (303, "/history")
    flags = {flag.strip().casefold() for flag in next(c for c in answer.headers.get_list("set-cookie") if c.startswith("warte")).split(";")}
    assert {"httponly", "samesite=lax", "path=/"} <= flags
    first = me(client)
    assert (first["name"], first["role"]) == ("Anna", "trainee")
    assert not is_login_form(client.get("/history"))
    with browser(team) as elsewhere:
        before = accounts(team)
        sign_on(elsewhere, "anna")
        assert me(elsewhere) == first
        assert accounts(team) == before
    ((password, email, subject),) = team.database("SELECT password, email, subject FROM accounts WHERE id = ?", first["id"])
    assert (password, email) == ("", "anna@firma.example")
    assert subject.endswith(" anna"), "issuer and person"
    for guess in ("", " ", "anna", PASSWORD):
        assert log_in(team, "anna@firma.example", guess)[1].status_code == 401, "without a password no password fits"


def test_what_is_sent_to_the_provider_holds_state_nonce_and_a_challenge_and_no_secret(team: TeamServer, provider, client: httpx.Client):
    address = to_provider(client)
    assert address.startswith(f"{provider.url}/")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["redirect_uri"] == f"{team.url}/sso/callback"
    assert SECRET not in address
    cookie = next(c for c in client.cookies.jar if c.name == "sso")
    assert cookie.has_nonstandard_attr("httponly") or cookie.has_nonstandard_attr("HttpOnly")


def test_an_invited_person_with_the_same_verified_address_gets_linked_and_keeps_role_and_password(team, admin, provider, client):
    joined = join(team, invite(admin, "lead"), "Lena Lead")
    provider.knows("lena-am-firmenkonto", email="LENA@firma.example", email_verified=True, name="Lena L.")
    before = accounts(team)
    sign_on(client, "lena-am-firmenkonto")
    assert me(client) == me(joined)
    assert me(client)["role"] == "lead"
    assert accounts(team) == before
    assert log_in(team, "lena@firma.example")[1].status_code == 303
    provider.knows("lena-am-firmenkonto", email="ganz@anders.example", email_verified=True, name="Lena L.")
    with browser(team) as later:
        sign_on(later, "lena-am-firmenkonto")
        assert me(later) == me(joined), "from now on it is the subject that counts"


@pytest.mark.parametrize(("number", "verified"), list(enumerate([False, "false", None, "", 0, "no"])))
def test_an_address_that_is_not_verified_links_to_nothing(team, admin, provider, client, number: int, verified):
    victim = join(team, invite(admin, "admin"), f"Opfer{number}")
    claims = {"email": f"opfer{number}@firma.example", "name": "Eve"} | ({} if verified is None else {"email_verified": verified})
    provider.knows(f"eve-{number}", **claims)
    sign_on(client, f"eve-{number}")
    found = me(client)
    assert found["id"] != me(victim)["id"]
    assert found["role"] == "trainee"
    assert team.database("SELECT email FROM accounts WHERE id = ?", found["id"]) == [(None,)]


def test_verified_written_as_a_text_counts(team: TeamServer, admin, provider: Provider, client: httpx.Client):
    joined = join(team, invite(admin), "Tina")
    provider.knows("tina", email="tina@firma.example", email_verified="true", name="Tina")
    sign_on(client, "tina")
    assert me(client)["id"] == me(joined)["id"]


def test_a_second_subject_with_the_same_verified_address_gets_an_account_of_its_own(team, admin, provider, client):
    for sub in ("zwilling-1", "zwilling-2"):
        provider.knows(sub, email="zwilling@firma.example", email_verified=True, name=sub)
    sign_on(client, "zwilling-1")
    with browser(team) as other:
        sign_on(other, "zwilling-2")
        assert me(other)["id"] != me(client)["id"]


def test_somebody_without_name_or_address_gets_in_too(team: TeamServer, admin, provider: Provider, client: httpx.Client):
    provider.knows("namenlos")
    sign_on(client, "namenlos")
    assert me(client)["role"] == "trainee"


def test_a_closed_account_is_refused_and_stays_closed(team: TeamServer, admin: httpx.Client, provider: Provider, client: httpx.Client):
    provider.knows("clara", email="clara@firma.example", email_verified=True, name="Clara")
    with browser(team) as before:
        sign_on(before, "clara")
        clara = me(before)["id"]
        assert admin.post(f"/people/{clara}/active", data={}).status_code == 303
        assert before.get(f"{API}/me").status_code == 401
    answer = sign_on(client, "clara")
    assert answer.status_code == 403
    refused(client, answer, "Mit diesem Firmenkonto gibt es hier keinen Zugang")
    provider.knows("clara-2", email="clara@firma.example", email_verified=True, name="Clara")
    sign_on(client, "clara-2")
    assert client.get(f"{API}/me").status_code == 401 or me(client)["id"] != clara


def test_a_callback_with_a_forged_state_is_refused(team: TeamServer, client: httpx.Client):
    refused(client, client.get("/sso/callback", params={"code": "x", "state": "ausgedacht"}))
    refused(client, client.get("/sso/callback"))
    back = at_provider(client, to_provider(client), "anna")
    code = parse_qs(urlsplit(back).query)["code"][0]
    answer = client.get("/sso/callback", params={"code": code, "state": "ausgedacht"})
    assert answer.status_code == 401
    assert is_login_form(answer), "one can try again, or use a password"
    refused(client, answer)


def test_the_callback_of_one_browser_logs_nobody_in_in_another(team: TeamServer, client: httpx.Client):
    with browser(team) as attacker:
        back = at_provider(attacker, to_provider(attacker), "anna")
    refused(client, client.get(back))
    to_provider(client)  # also not while that one is on its own way
    refused(client, client.get(back))


def test_a_callback_works_once(team: TeamServer, client: httpx.Client):
    back = at_provider(client, to_provider(client), "anna")
    assert client.get(back).status_code == 303
    client.post("/logout")
    refused(client, client.get(back))


def test_who_says_no_at_the_provider_is_told_and_can_use_a_password(team: TeamServer, client: httpx.Client):
    back = at_provider(client, to_provider(client, "/history"), "", action="deny")
    answer = client.get(back)
    assert answer.status_code == 401
    assert is_login_form(answer)
    assert 'name="next" value="/history"' in answer.text
    refused(client, answer)


@pytest.mark.parametrize("place", ["https://boese.example/", "//boese.example", "/\\boese.example", "/\r\nSet-Cookie: a=b"])
def test_the_way_back_never_leads_to_another_host(team: TeamServer, client: httpx.Client, place: str):
    assert sign_on(client, "anna", place).headers["location"] == "/"


def test_where_unknown_people_get_no_account_only_those_invited_come_in(tmp_path, config, model, provider: Provider):
    server = TeamServer(tmp_path / "closed", config.models, **sso(provider.url, CREATE="false", NAME="Amt Musterstadt"))
    try:
        admin = join(server, server.first_link(), "Adele")
        provider.knows("fremd", email="fremd@firma.example", email_verified=True, name="Fremd")
        provider.knows("geladen", email="geladen@firma.example", email_verified=True, name="Geladen")
        with browser(server) as stranger:
            assert "Mit Amt Musterstadt anmelden" in stranger.get("/login").text
            before = accounts(server)
            answer = sign_on(stranger, "fremd")
            assert answer.status_code == 403
            refused(stranger, answer, "Bitte um eine Einladung bitten")
            assert accounts(server) == before
        joined = join(server, invite(admin), "Geladen")
        with browser(server) as invited:
            sign_on(invited, "geladen")
            assert me(invited) == me(joined)
    finally:
        server.stop()


def test_a_provider_that_is_down_is_told_and_passwords_still_work(tmp_path, config, model):
    provider = Provider()
    server = TeamServer(tmp_path / "down", config.models, **sso(provider.url))
    try:
        admin = join(server, server.first_link(), "Adele")
        with browser(server) as client:
            back = at_provider(client, to_provider(client), "anna")
            provider.stop()
            refused(client, client.get(back))  # it went down while somebody was on their way
        server.stop()
        server.start()  # so that nothing is remembered of the provider
        with browser(server) as client:
            answer = client.get("/sso")
            assert answer.status_code == 503
            refused(client, answer, "Die Anmeldung mit Firmenkonto ist gerade nicht erreichbar")
            assert "sso" not in {c.name for c in client.cookies.jar if c.value and "state" in c.value}
        assert log_in(server, "adele@firma.example")[1].status_code == 303
        assert me(admin)["role"] == "admin"
        provider.start()
        with browser(server) as client:
            assert sign_on(client, "anna").status_code == 303, "it comes back without a restart"
        assert "Traceback" not in server.output
        assert SECRET not in server.output
    finally:
        server.stop()
        provider.stop()


def test_without_an_issuer_there_is_no_button_and_no_way(tmp_path, config, model):
    server = TeamServer(tmp_path / "none", config.models, **PLAIN_HTTP)
    try:
        with browser(server) as client:
            assert "/sso" not in client.get("/login").text
            assert client.get("/sso").status_code == 404
            assert client.get("/sso/callback", params={"code": "x", "state": "y"}).status_code == 404
    finally:
        server.stop()
