"""The page about privacy and co-determination: what it says is what config.yml, the database and the docs say; and one's own export."""

import re
from html import unescape
from types import SimpleNamespace

import httpx
import pytest
from playwright.sync_api import Browser

from bot.session.tables import metadata
from bot.web import i18n
from bot.web.render import _jinja
from bot.web.start import AGREEMENT
from tests.conftest import ROOT
from tests.dialogues import GOOD, SCENARIO, SEED
from tests.web.test_browser import SIZES, browser, fits, no_violations  # noqa: F401

ROWS = {
    "accounts": "Konto", "logins": "Anmeldungen", "invitations": "Einladungen", "checks": "Lernpfad", "conversations": "Gespräche",
    "events": "Verlauf der Gespräche", "shown_skills": "Gezeigte Fertigkeiten", "forms": "Formulare für Prüfungen",
    "assignments": "Zugewiesene Prüfungen", "attempts": "Versuche", "attempt_cases": "Versuche", "opinions": "Was Menschen dazu sagen",
    "audit": "Protokoll", "tallies": "Summen ohne Namen",
}  # fmt: skip
"""Table of the database -> the line of the page that tells of it."""


def words_of(page: str) -> str:
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def rendered(config, *, solo: bool = False, **changes: object) -> str:
    """Return the words of the page with other settings."""
    for name, value in changes.items():
        section, _, key = name.partition("__")
        config = config.model_copy(update={section: getattr(config, section).model_copy(update={key: value})})
    person = SimpleNamespace(name="Anna", csrf="x", role="trainee", may=lambda role: False)
    shared = {"person": person, "solo": solo, "csrf": "", "language": "de", "here": "/privacy", "place": "/privacy"}
    return words_of(_jinja.get_template("privacy.html").render(shared, config=config, agreement=AGREEMENT))


@pytest.fixture(autouse=True)
def german() -> None:
    i18n.language.set("de")


def test_everybody_reaches_the_page_from_the_foot_of_every_page_without_login(client: httpx.Client):
    page = client.get("/about", headers={"accept": "text/html"}).text
    assert '<a href="/privacy">Datenschutz und Mitbestimmung</a>' in page[page.index("<footer") :]
    answer = client.get("/privacy")
    assert answer.status_code == 200
    assert '<a href="/about">' in answer.text[answer.text.index("<main") : answer.text.index("</main>")]


def test_every_table_of_the_database_has_its_line(client: httpx.Client):
    assert set(ROWS) == set(metadata.tables), "a new table needs a line on the page: what it holds and how long"
    found = set(re.findall(r"<dt>([^<]+)</dt>", client.get("/privacy").text))
    assert set(ROWS.values()) <= found


def test_limits_are_those_of_the_settings(config):
    without = rendered(config, retention__practice_days=0, retention__assessment_days=0)
    assert "Ohne Frist, bis Sie es löschen." in without
    assert "Tage nach der Freigabe" not in without
    with_limits = rendered(
        config, retention__practice_days=123, retention__assessment_days=456, accounts__login_hours=7, accounts__login_days=9
    )
    for said in ("123 Tage nach der letzten Nutzung", "456 Tage nach der Freigabe", "nach 7 Stunden ohne Nutzung, spätestens nach 9 Tagen"):
        assert said in with_limits
    assert "Ohne Frist, bis" not in with_limits


def test_whom_to_ask_is_named_when_it_is_set_and_text_in_it_stays_text(config):
    assert "Ein Name ist hier nicht hinterlegt." in rendered(config, accounts__contact="")
    named = rendered(config, accounts__contact="Jana <b>Förster</b>, datenschutz@firma.example")
    assert "Jana <b>Förster</b>, datenschutz@firma.example" in named
    assert "nicht hinterlegt" not in named


def test_alone_nobody_else_is_listed_and_in_a_team_every_role_is(config):
    team, alone = rendered(config), rendered(config, solo=True)
    assert "Teamleitung Sieht: Die Namen im Team." in team
    assert "Verwaltung Sieht: Dasselbe" in team
    assert "Teamleitung Sieht: Die Namen im Team." not in alone
    assert "Hier übt eine Person ohne Anmeldung." in alone


def test_the_company_account_is_mentioned_only_where_there_is_one(config):
    said = "erfährt dessen Anbieter die Anmeldung"
    assert said not in rendered(config)
    assert said in rendered(config, accounts__oidc=config.accounts.oidc.model_copy(update={"issuer": "https://sso.example"}))


def test_the_figures_are_those_of_the_docs(config):
    docs = " ".join((ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8").split())
    final = re.search(r"The final state on the validation set: empathy kappa ([\d.]+), .*?resolution kappa ([\d.]+),", docs)
    replies = re.search(r"The validation set has (\d+) replies", docs)
    assert final
    assert replies
    assert {"replies": int(replies[1]), "empathy": float(final[1]), "resolution": float(final[2])} == AGREEMENT
    assert "The scores have not been compared with real people's ratings." in docs, "the page says so too"
    german = {name: f"{value:.2f}".replace(".", ",") for name, value in AGREEMENT.items()}
    assert f"Kappa {german['empathy']} für Empathie und {german['resolution']} für Lösung" in rendered(config)


@pytest.mark.parametrize(
    "law",
    ["(EU) 2024/1689", "Anhang III Nr. 4", "Art. 14", "Art. 26 Abs. 2", "Art. 26 Abs. 7", "Art. 5 Abs. 1 Buchst. f",
     "§ 87 Abs. 1 Nr. 6 BetrVG", "Art. 15 DSGVO", "Art. 17 DSGVO", "Art. 20 DSGVO", "keine Rechtsberatung"],
)  # fmt: skip
def test_the_law_is_named(config, law: str):
    assert law in rendered(config)


@pytest.mark.browser
@pytest.mark.parametrize("language", ["de", "en"])
def test_the_page_fits_and_axe_finds_nothing(browser: Browser, client: httpx.Client, language: str):  # noqa: F811
    for size, scheme in (("desktop", "light"), ("phone", "dark")):
        context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, base_url=str(client.base_url), bypass_csp=True)
        context.add_cookies([{"name": "language", "value": language, "url": str(client.base_url)}])
        page = context.new_page()
        page.goto("/privacy")
        fits(page)
        no_violations(page)
        context.close()


def test_ones_own_export_tells_no_rating_before_the_assessment_has_ended(client: httpx.Client):
    begun = client.post("/api/v1/conversations", json={"scenario": SCENARIO, "seed": SEED, "mode": "assessment"}).json()["id"]
    assert client.post(f"/api/v1/conversations/{begun}/replies", json={"text": GOOD[0]}).json()["rating"] is None

    def exported() -> dict:
        return next(c for c in client.get("/account/export").json()["conversations"] if c["id"] == begun)

    running = exported()
    assert {key for event in running["events"] for key in event} == {"event", "timestamp", "text"}
    assert GOOD[0] in [event.get("text") for event in running["events"]]
    assert client.post(f"/api/v1/conversations/{begun}/finish").status_code == 200
    over = exported()
    assert any(event.get("name") == "rating" for event in over["events"])
    assert over["empathy"] is not None
