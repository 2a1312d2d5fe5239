"""One whole conversation in a real Chromium, at desktop and phone width, with axe-core looking on."""

import re
from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import CHROMIUM, Server
from tests.dialogues import GOOD, SCENARIO, SEED

pytestmark = pytest.mark.browser
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 360, "height": 740}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(params=[("desktop", "light"), ("phone", "dark")], ids=["desktop", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, server: Server) -> Iterator[Page]:
    size, scheme = request.param
    # axe-core is put into the page by the test, which the page's own policy rightly forbids.
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, base_url=server.url, bypass_csp=True)
    yield from watched(context)


@pytest.fixture
def strict_page(browser: Browser, server: Server) -> Iterator[Page]:
    yield from watched(browser.new_context(viewport=SIZES["desktop"], base_url=server.url))


def watched(context) -> Iterator[Page]:
    found = context.new_page()
    errors: list[str] = []
    found.on("pageerror", lambda error: errors.append(str(error)))
    found.on(
        "console",
        lambda message: errors.append(message.text) if message.type == "error" and "Failed to load resource" not in message.text else None,
    )
    yield found
    context.close()
    assert errors == []


def no_violations(page: Page) -> None:
    results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
    assert results.violations_count == 0, results.generate_report()


def begin(page: Page, scenario: str = SCENARIO) -> None:
    page.goto("/scenarios")
    card = page.locator(".card", has=page.locator(f'input[value="{scenario}"]'))
    card.locator("summary").click()
    card.get_by_label("Gleicher Startwert").fill(str(SEED))
    card.get_by_role("button", name="Gespräch beginnen").click()
    page.wait_for_url("**/practice/*")


def say(page: Page, text: str) -> None:
    count = page.locator(".message.customer").count()
    page.locator("#text").fill(text)
    page.keyboard.press("Enter")
    page.locator(".message.customer").nth(count).wait_for()


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), "the page scrolls sideways"


def test_one_whole_conversation_from_choice_to_scorecard(page: Page):
    page.goto("/")
    no_violations(page)
    fits(page)
    page.get_by_role("link", name="Alle Szenarien ansehen").click()
    no_violations(page)
    fits(page)
    begin(page)
    no_violations(page)
    for text in GOOD:
        say(page, text)
        if page.locator("#ended").count():
            break
        expect(page.get_by_role("heading", name=re.compile("Zu Ihrer Antwort"))).to_be_visible()
    fits(page)
    no_violations(page)
    expect(page.locator("#ended")).to_contain_text("gelöst")
    page.get_by_role("button", name="Auswertung ansehen").click()
    page.wait_for_url("**/scorecard")
    expect(page.get_by_role("heading", name="Stimmung im Verlauf")).to_be_visible()
    assert page.locator("img.curve").evaluate("img => img.complete && img.naturalWidth > 0")
    assert page.locator("mark.good").count() >= 3
    for summary in page.locator("summary").all():
        summary.click()
    no_violations(page)
    fits(page)


def test_the_whole_way_works_with_the_keyboard_alone(strict_page: Page):
    page = strict_page
    page.goto("/scenarios")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Zum Inhalt")).to_be_focused()
    page.locator(f'form:has(input[value="{SCENARIO}"]) button').focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/practice/*")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("Guten Tag, was kann ich für Sie tun?")
    page.keyboard.press("Enter")
    page.locator(".message.customer").nth(1).wait_for()
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#text")).to_have_value("")


def test_a_lost_network_loses_no_word_and_sending_again_counts_once(strict_page: Page, server: Server):
    page = strict_page
    begin(page)
    page.context.set_offline(True)
    page.locator("#text").fill(GOOD[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Keine Verbindung")
    expect(page.locator("#text")).to_have_value(GOOD[0])
    page.context.set_offline(False)
    page.get_by_role("button", name="Sagen").click()
    page.locator(".message.customer").nth(1).wait_for()
    name = page.url.rsplit("/", 1)[1]
    assert len(httpx.get(f"{server.url}/api/v1/conversations/{name}", trust_env=False).json()["turns"]) == 2


def test_a_draft_survives_a_reload(strict_page: Page):
    begin(strict_page)
    strict_page.locator("#text").fill("Ich bin noch nicht fert")
    strict_page.reload()
    expect(strict_page.locator("#text")).to_have_value("Ich bin noch nicht fert")


def test_a_reply_that_is_too_long_is_kept_in_the_box_with_a_clear_message(strict_page: Page):
    begin(strict_page)
    long = "So geht das nicht weiter. " * 400
    strict_page.locator("#text").fill(long)
    strict_page.get_by_role("button", name="Sagen").click()
    expect(strict_page.get_by_role("alert")).to_contain_text("erlaubt sind 4000")
    assert len(strict_page.locator("#text").input_value()) == len(long)


def test_everything_works_without_scripts(browser: Browser, server: Server):
    context = browser.new_context(java_script_enabled=False, base_url=server.url)
    page = context.new_page()
    begin(page)
    page.locator("#text").fill("x" * 5000)
    page.get_by_role("button", name="Sagen").click()
    expect(page.get_by_role("alert")).to_contain_text("erlaubt sind 4000")
    expect(page.locator("#text")).to_have_value("x" * 5000)
    page.locator("#text").fill(GOOD[0])
    page.get_by_role("button", name="Sagen").click()
    expect(page.locator(".message.customer")).to_have_count(2)
    page.locator('form[action$="/desk/notes"] textarea').fill("dritter Anruf")
    page.locator('form[action$="/desk/notes"] button').click()
    expect(page.locator("#notes")).to_contain_text("dritter Anruf")
    page.get_by_role("button", name="Gespräch beenden").click()
    expect(page.get_by_role("heading", name="Auswertung")).to_be_visible()
    context.close()


def open_desk(page: Page) -> None:
    """Pull the drawer out where the screen is narrow; on a wide one the desk is there already."""
    if page.locator("#desk-open").is_visible():
        page.locator("#desk-open").click()


def test_the_desk_answers_beside_the_conversation(strict_page: Page):
    begin(strict_page)
    strict_page.get_by_role("tab", name="Wissen").click()
    strict_page.locator('form[action$="/desk/knowledge"] input:not([type=hidden])').fill("Ticket nicht auffindbar")
    strict_page.locator('form[action$="/desk/knowledge"] button').click()
    expect(strict_page.locator(".panel:not([hidden]) .tool-result summary").first).to_contain_text("Ticket nach Umstellung")


def test_the_desk_is_worked_by_keyboard_alone(page: Page):
    begin(page)
    open_desk(page)
    page.get_by_role("tab", name="Kunde").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Tickets")).to_be_focused()
    expect(page.get_by_role("tab", name="Tickets")).to_have_attribute("aria-selected", "true")
    page.locator('form[action$="/desk/ticket_search"] input:not([type=hidden])').focus()
    page.keyboard.type("61508")
    page.keyboard.press("Enter")
    expect(page.locator(".panel:not([hidden]) .found")).to_contain_text("61508")
    page.locator(".found button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".panel:not([hidden]) .tool-result")).to_contain_text("Verlauf")
    no_violations(page)
    if page.locator("#desk-close").is_visible():
        page.keyboard.press("Escape")
        expect(page.locator("#desk")).not_to_be_visible()
        expect(page.locator("#desk-open")).to_be_focused()


def test_a_tool_that_fails_says_so_in_a_toast_and_keeps_what_was_typed(strict_page: Page):
    begin(strict_page, "phone-system-down")
    for text in ("Guten Tag, mein Name ist Förster, ich sehe sofort nach.", "Wann ist das Gerät ausgefallen?"):
        strict_page.locator("#text").fill(text)
        strict_page.get_by_role("button", name="Sagen").click()
        expect(strict_page.locator("#text")).to_have_value("")
    strict_page.get_by_role("tab", name="Tickets").click()
    strict_page.get_by_text("Ticket anlegen").first.click()
    form = strict_page.locator('form[action$="/desk/ticket_create"]')
    form.locator("input:not([type=hidden])").fill("Terminal schwarz")
    form.locator("button").click()
    expect(strict_page.locator(".toast")).to_contain_text("nicht erreichbar")
    expect(form.locator("input:not([type=hidden])")).to_have_value("Terminal schwarz")
    no_violations(strict_page)
    strict_page.locator(".toast button").click()
    expect(strict_page.locator(".toast")).to_have_count(0)


def test_a_drafted_reply_can_be_taken_over_and_changed_before_it_is_sent(page: Page):
    begin(page)
    open_desk(page)
    page.get_by_role("tab", name="Vorschlag").click()
    page.locator('form[action$="/desk/suggestion"] button').click()
    draft = page.locator("#draft-text").inner_text()
    page.get_by_role("button", name="In die Antwort übernehmen").click()
    expect(page.locator("#text")).to_have_value(draft)
    expect(page.locator("#text")).to_be_focused()


def test_error_pages_and_the_explanation_are_accessible_too(page: Page):
    page.goto("/practice/gibt-es-nicht")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nicht gefunden")
    no_violations(page)
    page.goto("/about")
    no_violations(page)
    fits(page)


def test_the_api_documentation_needs_nothing_from_outside(strict_page: Page):
    asked: list[str] = []
    strict_page.on("request", lambda request: asked.append(request.url))
    strict_page.goto("/docs")
    expect(strict_page.locator(".opblock").first).to_be_visible()
    assert all("127.0.0.1" in url or url.startswith("data:") for url in asked)
