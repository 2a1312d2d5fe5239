"""Whole ways through the app in a real Chromium, with accounts: a newcomer's, a practising trainee's, and what goes wrong on them."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.content import Library
from tests.conftest import Server
from tests.dialogues import GOOD, SCENARIO, SEED
from tests.web.test_browser import SIZES, browser, fits, no_violations, say  # noqa: F401

pytestmark = pytest.mark.browser
PASSWORD = "ein Satz den nur ich kenne"


@pytest.fixture(scope="module")
def team(tmp_path_factory, config, model) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("team"), config.models, WARTESCHLEIFE_ACCOUNTS__MODE="team")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def admin(team: Server, browser: Browser) -> Iterator[Page]:  # noqa: F811
    """Somebody who came in by the link that the server printed at its start."""
    link = ""
    while "/invite/" not in link:
        link = team.process.stdout.readline()
    context = new_context(browser, team)
    page = context.new_page()
    accept(page, link.strip(), "Ada Admin", "ada@firma.example")
    yield page
    context.close()


def new_context(running: Browser, team: Server, size: str = "desktop") -> BrowserContext:
    return running.new_context(viewport=SIZES[size], base_url=team.url, bypass_csp=True)


def accept(page: Page, link: str, name: str, email: str) -> None:
    page.goto(link)
    no_violations(page)
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-Mail").fill(email)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Konto anlegen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Guten Tag, {name}")


def invite(admin: Page, note: str, role: str = "Training") -> str:
    admin.goto("/people")
    no_violations(admin)
    admin.get_by_label("Für wen").fill(note)
    admin.locator("#invite ~ form select").select_option(label=role)
    admin.get_by_role("button", name="Link erzeugen").click()
    no_violations(admin)
    return admin.locator("#link").input_value()


@pytest.fixture
def trainee(request, team: Server, admin: Page, browser: Browser) -> Iterator[Page]:  # noqa: F811
    name = request.node.name[:20]
    context = new_context(browser, team)
    page = context.new_page()
    accept(page, invite(admin, name), name, f"{abs(hash(request.node.nodeid))}@firma.example")
    yield page
    context.close()


def good_replies(content: Library, scenario: str) -> list[str]:
    """Return what somebody says who takes up the story piece by piece and then gives what is asked for."""
    case = content.scenarios[scenario]
    stories = [lines[0] for lines in case.acknowledge.values()]
    steps = [demand.step[0] for demand in case.demands if demand.granted]
    return [
        f"Guten Tag, mein Name ist Jana Förster. {stories[0]}",
        *(f"{a} {b}" for a, b in zip((stories[1:] + stories) * 2, steps, strict=False)),
    ]


def answer_questions(page: Page, content: Library, level: str) -> None:
    for index, question in enumerate(content.level(level).check):
        right = [option.right for option in question.options].index(True)
        page.locator(f'input[name="question-{index}"][value="{right}"]').check()
    page.get_by_role("button", name="Antworten prüfen").click()
    expect(page.get_by_text("Alle drei richtig.")).to_be_visible()


def hold_conversation(page: Page, texts: list[str]) -> None:
    for text in texts:
        say(page, text)
        if page.locator("#ended").count():
            break
    page.get_by_role("button", name=re.compile("Auswertung ansehen|beenden und auswerten")).first.click()
    page.wait_for_url("**/scorecard")


def test_a_newcomer_goes_from_the_invitation_to_the_third_level(trainee: Page, content: Library):
    page = trainee
    for level in content.levels[:2]:
        page.goto("/")
        page.get_by_role("link", name=re.compile("Hier anfangen|Nächste Stufe öffnen|Weitermachen")).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(level.title)
        no_violations(page)
        answer_questions(page, content, level.id)
        no_violations(page)
        scenario = level.conversations[0]
        card = page.locator(".card", has=page.locator(f'input[value="{scenario}"]'))
        card.locator("summary").click()
        card.get_by_label("Gleicher Startwert").fill("7")
        card.get_by_role("button", name="Gespräch beginnen").click()
        page.wait_for_url("**/practice/*")
        hold_conversation(page, good_replies(content, scenario))
        expect(page.get_by_role("heading", name="Was dieses Gespräch gezeigt hat")).to_be_visible()
    page.goto("/path")
    no_violations(page)
    assert page.locator(".step.mastered").count() == 2
    expect(page.locator(".step.open").first).to_contain_text(content.levels[2].title)
    page.get_by_role("link", name=content.levels[2].title).click()
    expect(page.locator(".locked-note")).to_have_count(0)


def begin(page: Page, seed: int = SEED) -> str:
    page.goto("/scenarios")
    card = page.locator(".card", has=page.locator(f'input[value="{SCENARIO}"]'))
    card.locator("summary").click()
    card.get_by_label("Gleicher Startwert").fill(str(seed))
    card.get_by_role("button", name="Gespräch beginnen").click()
    page.wait_for_url("**/practice/*")
    return page.url.rsplit("/", 1)[1]


def test_a_practising_trainee_goes_back_tries_again_and_compares(trainee: Page):
    page = trainee
    begin(page)
    hold_conversation(page, [GOOD[0], "Da kann ich leider nichts machen, so sind die Vorschriften."])
    page.locator("#reply-2").get_by_role("button", name="Ab hier noch einmal").click()
    page.wait_for_url(re.compile(r"/practice/[^/]+$"))
    expect(page.locator(".message.trainee")).to_have_count(1)
    hold_conversation(page, [GOOD[1], GOOD[2]])
    page.get_by_role("link", name=re.compile("Vergleich")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Zwei Versuche nebeneinander")
    expect(page.locator("main")).to_contain_text("Abzweigung ab Antwort 2")
    expect(page.locator(".pair.turn").first).to_contain_text("Vorschriften")
    expect(page.locator(".pair.turn").first).to_contain_text(GOOD[1][:30])
    no_violations(page)
    page.set_viewport_size(SIZES["phone"])
    fits(page)
    page.goto("/history")
    no_violations(page)
    page.get_by_role("checkbox").first.check()
    page.get_by_role("checkbox").nth(1).check()
    page.get_by_role("button", name="Angekreuzte vergleichen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Zwei Versuche nebeneinander")
    page.goto("/progress")
    no_violations(page)
    fits(page)
    page.get_by_role("link", name="Zuhören").click()
    no_violations(page)
    fits(page)


def test_practice_is_private_until_it_is_shown(trainee: Page, admin: Page):
    page = trainee
    name = begin(page)
    hold_conversation(page, [GOOD[0]])
    admin.goto(f"/practice/{name}/scorecard")
    expect(admin.get_by_role("heading", level=1)).to_have_text("Nicht gefunden")
    page.get_by_role("button", name="Der Teamleitung zeigen").click()
    no_violations(page)
    admin.goto("/shared")
    no_violations(admin)
    admin.get_by_role("link", name=re.compile("Zum dritten Mal")).first.click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Auswertung")
    expect(admin.get_by_role("button", name="Ab hier noch einmal")).to_have_count(0)
    page.get_by_role("button", name="Nicht mehr zeigen").click()
    admin.reload()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Nicht gefunden")


def test_a_login_that_ends_in_mid_reply_loses_no_word(trainee: Page, team: Server):
    page = trainee
    name = begin(page)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.locator("#text").fill(GOOD[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Anmeldung ist abgelaufen")
    expect(page.locator("#text")).to_have_value(GOOD[0])
    no_violations(page)
    page.get_by_role("link", name="Neu anmelden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")
    no_violations(page)
    page.context.add_cookies(cookies)  # logged in again, as in another tab
    page.goto(f"/practice/{name}")
    expect(page.locator("#text")).to_have_value(GOOD[0])
    page.get_by_role("button", name="Sagen").click()
    expect(page.locator(".message.trainee")).to_have_count(1)


def test_without_scripts_a_login_that_ends_shows_the_text_again_and_sends_it(trainee: Page, team: Server, browser: Browser):  # noqa: F811
    email = trainee.request.get(f"{team.url}/account/export").json()["account"]["email"]
    context = browser.new_context(base_url=team.url, java_script_enabled=False)
    context.add_cookies(trainee.context.cookies())
    page = context.new_page()
    begin(page)
    context.clear_cookies()
    page.locator("#text").fill(GOOD[0])
    page.get_by_role("button", name="Sagen").click()
    expect(page.get_by_label("Ihr Text")).to_have_value(GOOD[0])
    page.get_by_label("E-Mail").fill(email)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_label("Ihr Text")).to_have_value(GOOD[0])
    page.get_by_role("button", name="Senden").click()
    expect(page.locator(".message.trainee")).to_have_count(1)
    context.close()


def test_a_server_that_restarts_keeps_login_conversation_and_text(trainee: Page, team: Server):
    page = trainee
    begin(page)
    say(page, GOOD[0])
    team.stop()
    page.locator("#text").fill(GOOD[1])
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Keine Verbindung")
    expect(page.locator("#text")).to_have_value(GOOD[1])
    team.start()
    page.get_by_role("button", name="Sagen").click()
    expect(page.locator(".message.trainee")).to_have_count(2)
    page.reload()
    expect(page.locator(".message.trainee")).to_have_count(2)


def test_nobody_sees_anything_without_a_login(team: Server, admin: Page):
    for path in ("/", "/scenarios", "/people", "/account/export"):
        page = httpx.get(f"{team.url}{path}", headers={"accept": "text/html"}, trust_env=False)
        assert "<h1>Anmelden</h1>" in page.text
    assert httpx.get(f"{team.url}/api/v1/scenarios", trust_env=False).status_code == 401
