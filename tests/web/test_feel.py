"""The conversation page feels like its channel: a phone that speaks and waits, a chat that types, mail, a public thread."""

import json
import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from bot.web.render import _jinja
from tests.conftest import Server
from tests.dialogues import GOOD, SCENARIO, SEED
from tests.web import test_browser
from tests.web.test_browser import SIZES, fits, no_violations, say, watched

pytestmark = pytest.mark.browser
browser, strict_page = test_browser.browser, test_browser.strict_page
CHAT, MAIL, SOCIAL = "chat-double-booking", "email-tram-fine", "social-cancelled-concert"

SPEECH = """
window.said = [];
window.voices ??= [{name: "Anna", lang: "de-DE", localService: true}, {name: "Bob", lang: "en-GB", localService: true}];
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
const synthesis = new class extends EventTarget {
  queue = []; ready = false; speaking = false; pending = false;
  getVoices() { return this.ready ? window.voices : []; }
  speak(utterance) {
    const {text, rate, pitch, volume, voice} = utterance;
    window.said.push({text, rate, pitch, volume, voice: voice.name});
    this.speaking = true;
    this.timer = setTimeout(() => { this.speaking = false; utterance.onend?.(); }, window.length_of_speech ?? 0);
  }
  cancel() { clearTimeout(this.timer); this.speaking = false; window.cancelled = (window.cancelled ?? 0) + 1; }
};
setTimeout(() => { synthesis.ready = true; synthesis.dispatchEvent(new Event("voiceschanged")); }, 30);
Object.defineProperty(window, "speechSynthesis", {value: synthesis, configurable: true});
"""
ONLY_REMOTE = 'window.voices = [{name: "Wolke", lang: "de-DE", localService: false}];'
RECOGNITION = """
window.SpeechRecognition = class {
  start() { window.recognition = this; window.running = true; }
  abort() { window.running = false; this.onend?.(); }
  hear(transcript, isFinal = true) { this.onresult({resultIndex: 0, results: [Object.assign([{transcript}], {isFinal})]}); }
};
"""


def begin(page: Page, server: Server, scenario: str = SCENARIO, **fields: str) -> str:
    """Begin a conversation and open it; return its id."""
    sent = httpx.post(f"{server.url}/practice", data={"scenario": scenario, "seed": str(SEED), **fields}, trust_env=False)
    page.goto(sent.headers["location"])
    return sent.headers["location"].rsplit("/", 1)[1]


def until(page: Page, condition: str, argument: object = None) -> None:
    """Wait for something in the page; Playwright's own way needs eval, which the page's policy forbids."""
    for _ in range(200):
        if page.evaluate(condition, argument):
            return
        page.wait_for_timeout(25)
    raise AssertionError(condition)


def turns(server: Server, name: str) -> list[dict]:
    return httpx.get(f"{server.url}/api/v1/conversations/{name}", trust_env=False).json()["turns"]


def posts(page: Page) -> list[str]:
    """Return a list that fills with the addresses of what the page sends."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    return sent


def read_aloud(page: Page) -> str:
    return " ".join(one["text"] for one in page.evaluate("window.said"))


def words_of(page: Page) -> str:
    """Return what the customer said last, as one line."""
    return " ".join(page.locator(".message.customer .bubble").last.inner_text().split())


def at_mood(page: Page, anger: float) -> dict:
    """Have the last words read again at a mood; return how the first sentence sounded."""
    page.evaluate("anger => { document.querySelector('.stage').dataset.anger = anger; window.said.length = 0 }", anger)
    page.get_by_role("button", name="Noch einmal hören").click()
    until(page, "window.said.length > 0")
    return page.evaluate("window.said[0]")


# --- the phone speaks ------------------------------------------------------------------------------------------------


def test_the_customer_is_silent_until_reading_aloud_is_switched_on_and_then_speaks_each_turn(strict_page: Page, server: Server):
    page = strict_page
    page.add_init_script(SPEECH)
    begin(page, server)
    toggle = page.get_by_role("checkbox", name="Vorlesen")
    expect(toggle).not_to_be_checked()
    say(page, GOOD[0])
    assert page.evaluate("window.said") == []
    toggle.check()
    until(page, "text => window.said.map((one) => one.text).join(' ') === text", words_of(page))
    page.evaluate("window.said.length = 0")
    say(page, GOOD[1])
    until(page, "text => window.said.map((one) => one.text).join(' ') === text", words_of(page))
    assert {one["voice"] for one in page.evaluate("window.said")} == {"Anna"}


def test_an_angry_customer_speaks_faster_higher_and_louder_than_a_calm_one(strict_page: Page, server: Server):
    strict_page.add_init_script(SPEECH)
    begin(strict_page, server)
    strict_page.get_by_role("checkbox", name="Vorlesen").check()
    calm, angry = at_mood(strict_page, 0.0), at_mood(strict_page, 1.0)
    assert calm["text"] == angry["text"]
    for what in ("rate", "pitch", "volume"):
        assert calm[what] < angry[what], what


def test_stage_directions_are_pauses_and_not_read(strict_page: Page, server: Server):
    page = strict_page
    page.add_init_script(SPEECH)

    def with_pause(route: Route) -> None:
        answer = route.fetch()
        before, customer, after = answer.text().partition('<li class="message customer"')
        route.fulfill(response=answer, body=before + customer + after.replace("<p>", '<p>Ach. <span class="direction">[Pause]</span> ', 1))

    page.route("**/reply", with_pause)
    begin(page, server)
    page.get_by_role("checkbox", name="Vorlesen").check()
    until(page, "window.said.length > 0")
    page.evaluate("window.said.length = 0")
    say(page, GOOD[0])
    expect(page.locator(".message.customer").last).to_contain_text("Ach. [Pause]")
    until(page, "window.said.length === 1")
    page.wait_for_timeout(300)
    assert read_aloud(page) == "Ach.", "the pause takes a moment"
    until(page, "window.said.length > 2")
    assert "Pause" not in read_aloud(page)


@pytest.mark.parametrize("how", ["typing", "hold", "leaving"])
def test_the_voice_stops_when_the_trainee_begins_or_holds_or_leaves(strict_page: Page, server: Server, how: str):
    page = strict_page
    page.add_init_script(SPEECH + "window.length_of_speech = 60000;")
    begin(page, server)
    page.get_by_role("checkbox", name="Vorlesen").check()
    until(page, "speechSynthesis.speaking")
    if how == "typing":
        page.locator("#text").press_sequentially("G")
    elif how == "hold":
        page.get_by_role("button", name="Halten", exact=True).click()
    else:
        page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    page.wait_for_timeout(100)
    assert not page.evaluate("speechSynthesis.speaking")
    assert len(page.evaluate("window.said")) == 1, "the rest is not read after all"


def test_without_a_german_voice_nothing_is_offered(strict_page: Page, server: Server):
    strict_page.add_init_script(SPEECH + 'window.voices = [{name: "Bob", lang: "en-GB", localService: true}];')
    begin(strict_page, server)
    until(strict_page, "speechSynthesis.ready")
    expect(strict_page.get_by_role("checkbox", name="Vorlesen")).to_be_hidden()


def test_a_voice_from_elsewhere_is_named_before_it_gets_any_text(strict_page: Page, server: Server):
    page = strict_page
    page.add_init_script(ONLY_REMOTE + SPEECH)
    begin(page, server)
    toggle, notice = page.get_by_role("checkbox", name="Vorlesen"), page.get_by_role("dialog")
    toggle.click()
    expect(notice).to_contain_text("an seinen Hersteller")
    page.keyboard.press("Escape")
    expect(notice).to_be_hidden()
    expect(toggle).not_to_be_checked()
    expect(toggle).to_be_focused()
    assert page.evaluate("window.said") == []
    toggle.click()
    notice.get_by_role("button", name="Verstanden, einschalten").click()
    expect(toggle).to_be_checked()
    until(page, "window.said.length > 0")
    page.reload()
    expect(toggle).to_be_checked()
    toggle.click()
    page.reload()
    expect(page.get_by_role("checkbox", name="Vorlesen")).not_to_be_checked()


# --- dictation -------------------------------------------------------------------------------------------------------


@pytest.fixture
def listening_page(strict_page: Page) -> Page:
    """A page whose browser can recognise speech."""
    strict_page.add_init_script(RECOGNITION)
    return strict_page


def test_where_the_policy_shuts_the_microphone_off_no_button_disappoints(listening_page: Page, server: Server):
    def forbid(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "permissions-policy": "microphone=()"})

    listening_page.route(re.compile(r"/practice/[\w-]+$"), forbid)
    begin(listening_page, server)
    expect(listening_page.get_by_role("timer").first).to_be_visible()
    expect(listening_page.get_by_role("button", name="Diktieren", exact=True)).to_be_hidden()


def test_dictation_begins_only_after_the_notice_was_agreed_to_and_can_be_switched_off(listening_page: Page, server: Server):
    page = listening_page
    begin(page, server)
    button, notice = page.get_by_role("button", name="Diktieren", exact=True), page.get_by_role("dialog")
    button.click()
    expect(notice).to_contain_text("schicken die Aufnahme dafür an ihren Hersteller")
    expect(notice.get_by_role("button", name="Verstanden, einschalten")).to_be_focused()
    assert not page.evaluate("window.running")
    page.keyboard.press("Escape")
    expect(notice).to_be_hidden()
    expect(button).to_be_focused()
    assert not page.evaluate("window.running")
    button.click()
    notice.get_by_role("button", name="Verstanden, einschalten").click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("[window.running, recognition.lang]") == [True, "de-DE"]
    button.click()
    assert not page.evaluate("window.running")
    page.reload()
    button.click()
    expect(notice).to_be_hidden()
    assert page.evaluate("window.running"), "agreed to once, it is not asked again"
    page.get_by_role("button", name="Diktieren ganz ausschalten").click()
    assert not page.evaluate("window.running")
    button.click()
    expect(notice).to_be_visible()


def dictating(page: Page, server: Server) -> str:
    name = begin(page, server)
    page.get_by_role("button", name="Diktieren", exact=True).click()
    page.get_by_role("button", name="Verstanden, einschalten").click()
    until(page, "Boolean(window.running)")
    return name


def test_dictated_words_go_to_the_caret_and_overwrite_nothing(listening_page: Page, server: Server):
    page = listening_page
    dictating(page, server)
    box = page.locator("#text")
    box.fill("Guten Tag Herr Kretzschmar.")
    box.evaluate("box => box.setSelectionRange(6, 9)")
    page.evaluate("recognition.hear('und willkommen', false)")
    expect(box).to_have_value("Guten Tag Herr Kretzschmar.")
    page.evaluate("recognition.hear('und willkommen')")
    expect(box).to_have_value("Guten Tag und willkommen Herr Kretzschmar.")
    page.evaluate("recognition.hear('lieber')")
    expect(box).to_have_value("Guten Tag und willkommen lieber Herr Kretzschmar.")
    page.reload()
    expect(box).to_have_value("Guten Tag und willkommen lieber Herr Kretzschmar.")


def test_no_recording_and_nothing_said_after_sending_reaches_the_reply(listening_page: Page, server: Server):
    page = listening_page
    dictating(page, server)
    sent = posts(page)
    page.evaluate("recognition.hear('Guten Tag, ich helfe Ihnen gern.')")
    assert sent == []
    page.evaluate("window.before = recognition")
    page.get_by_role("button", name="Sagen").click()
    page.locator(".message.customer").nth(1).wait_for()
    assert not page.evaluate("window.running")
    page.evaluate("before.hear('zu spät')")
    expect(page.locator("#text")).to_have_value("")
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("code", "text"), [("not-allowed", "lässt das Mikrofon hier nicht zu"), ("network", "nicht erreichbar"), ("seltsam", "(seltsam)")]
)
def test_what_goes_wrong_with_dictation_is_said(listening_page: Page, server: Server, code: str, text: str):
    dictating(listening_page, server)
    listening_page.evaluate("code => { recognition.onerror({error: code}); recognition.onend(); }", code)
    expect(listening_page.locator("#dictate-state")).to_contain_text(text)
    expect(listening_page.get_by_role("button", name="Diktieren", exact=True)).to_have_attribute("aria-pressed", "false")


# --- the call --------------------------------------------------------------------------------------------------------


def test_the_call_clock_goes_on_over_a_reload_and_is_not_announced(strict_page: Page, server: Server):
    page = strict_page
    page.clock.install()
    begin(page, server)
    clock = page.get_by_role("timer").first
    page.clock.run_for(65_000)
    expect(clock).to_have_text(re.compile("01:0[5-9]"))
    expect(clock).to_have_attribute("aria-live", "off")
    page.reload()
    page.clock.run_for(60_000)
    expect(clock).to_have_text(re.compile("02:[01]"))


def test_a_held_call_stays_held_over_a_reload_and_sends_nothing_until_it_is_fetched_back(strict_page: Page, server: Server):
    page = strict_page
    page.clock.install()
    name = begin(page, server, clock="1")
    expect(page.locator("#hold-help")).to_contain_text("Warten kostet Geduld")
    page.get_by_role("button", name="Halten", exact=True).click()
    page.clock.run_for(70_000)
    expect(page.locator("#held-for")).to_have_text(re.compile("gehalten seit 01:1"))
    page.reload()
    page.clock.run_for(1000)
    expect(page.locator("#held-for")).to_have_text(re.compile("gehalten seit 01:1"))
    expect(page.get_by_role("button", name="Sagen")).to_be_disabled()
    page.locator("#text").fill(GOOD[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("gehalten")
    assert len(turns(server, name)) == 1
    page.get_by_role("button", name="Zurückholen").click()
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#held-for")).to_be_hidden()
    page.keyboard.press("Enter")
    page.locator(".message.customer").nth(1).wait_for()
    assert len(turns(server, name)) == 2


def silent_for(page: Page, seconds: int) -> None:
    page.clock.run_for(1000 * seconds)


def test_silence_is_shown_then_heard_and_given_up_after_three_times(strict_page: Page, server: Server):
    page = strict_page
    page.clock.install()
    name = begin(page, server, clock="1")
    sent = posts(page)
    silent_for(page, 20)
    expect(page.get_by_role("note")).to_have_count(0)
    silent_for(page, 8)
    expect(page.get_by_role("note")).to_have_text("[Stille in der Leitung]")
    assert len(turns(server, name)) == 1
    for time in (1, 2, 3):
        silent_for(page, 86 if time > 1 else 60)
        page.locator(".message.customer").nth(time).wait_for()
        expect(page.locator(".message.trainee")).to_have_count(time)
    silent_for(page, 300)
    assert len(sent) == 3
    assert [turn["reply"] for turn in turns(server, name)[1:]] == ["…"] * 3


@pytest.mark.parametrize("why", ["no clock", "text", "hold", "hidden"])
def test_silence_does_not_count_without_clock_with_text_on_hold_or_in_a_hidden_tab(strict_page: Page, server: Server, why: str):
    page = strict_page
    page.clock.install()
    begin(page, server, **({} if why == "no clock" else {"clock": "1"}))
    sent = posts(page)
    if why == "text":
        page.locator("#text").fill("Einen Mom")
    elif why == "hold":
        page.get_by_role("button", name="Halten", exact=True).click()
    elif why == "hidden":
        page.evaluate("Object.defineProperty(document, 'hidden', {value: true})")
    silent_for(page, 200)
    assert sent == []
    expect(page.get_by_role("note")).to_have_count(0)


def test_typing_breaks_the_silence_and_a_silent_reply_takes_neither_focus_nor_text(strict_page: Page, server: Server):
    page = strict_page
    page.clock.install()
    begin(page, server, clock="1")
    sent = posts(page)
    search = page.locator('form[action$="/desk/record"] input[type="text"], form[action$="/desk/record"] input:not([type])').first
    for _ in range(3):
        silent_for(page, 50)
        search.press_sequentially("4")
    assert sent == []
    silent_for(page, 86)
    page.locator(".message.customer").nth(1).wait_for()
    expect(search).to_be_focused()
    expect(search).to_have_value("444")


# --- chat, mail, public thread ---------------------------------------------------------------------------------------


TYPED = """async ([anger, count]) => {
  const { appear } = await import("/static/bubbles.js");
  const message = document.createElement("li");
  message.innerHTML = `<div class="bubble">${"<p>Das ist ein Satz, wie man ihn schreibt.</p>".repeat(count)}</div>`;
  const begun = performance.now(), typing = document.createElement("p");
  let first;
  await appear(message, () => { first = message.querySelectorAll("p:not([hidden])").length }, typing, anger);
  return [performance.now() - begun, first, message.querySelectorAll("p:not([hidden])").length];
}"""


def test_an_angry_customer_types_in_faster_bursts_than_a_calm_one_and_nobody_for_long(strict_page: Page, server: Server):
    begin(strict_page, server, CHAT)
    calm, first, all_of_them = strict_page.evaluate(TYPED, [0.0, 2])
    assert (first, all_of_them) == (1, 2)
    angry = strict_page.evaluate(TYPED, [1.0, 2])[0]
    assert angry < 0.7 * calm
    assert strict_page.evaluate(TYPED, [0.0, 9])[0] < 2700


def test_bubbles_come_one_after_another_while_the_next_line_can_be_written(strict_page: Page, server: Server):
    page = strict_page
    name = begin(page, server, CHAT)
    page.evaluate(
        """() => { window.seen = []; setInterval(() => {
          const last = document.querySelector('.message.customer:last-child');
          if (last?.id === 'turn-1') window.seen.push(last.querySelectorAll('p:not([hidden])').length) }, 20) }"""
    )
    say(page, "Guten Tag, Jana Förster hier. Was genau ist passiert?")
    expect(page.locator("#typing")).to_be_visible()
    page.locator("#text").press_sequentially("Ich sehe nach.")
    count = page.locator("#turn-1 .bubble p").count()
    assert count > 1
    until(page, "count => window.seen.at(-1) === count", count)
    assert page.evaluate("[...new Set(window.seen)]") == list(range(1, count + 1))
    expect(page.locator("#text")).to_have_value("Ich sehe nach.")
    shown = [line.inner_text() for line in page.locator("#turn-1 .bubble p").all()]
    assert shown == turns(server, name)[1]["customer"]["text"].splitlines()


def test_who_is_faster_than_the_customer_types_sees_everything_at_once(strict_page: Page, server: Server):
    page = strict_page
    begin(page, server, CHAT)
    say(page, "Guten Tag, Jana Förster hier. Was genau ist passiert?")
    say(page, "Ich sehe sofort nach.")
    assert page.locator("#turn-1 .bubble p[hidden]").count() == 0
    assert [one.get_attribute("id") for one in page.locator(".message").all()] == ["turn-0", "reply-1", "turn-1", "reply-2", "turn-2"]


def test_with_reduced_motion_nobody_waits_for_bubbles(browser: Browser, server: Server):
    context = browser.new_context(base_url=server.url, reduced_motion="reduce")
    page = context.new_page()
    begin(page, server, CHAT)
    assert page.evaluate(TYPED, [0.0, 9])[0] < 100
    context.close()


def test_mail_has_a_head_and_a_reply_has_the_subject_with_re(strict_page: Page, server: Server):
    page = strict_page
    begin(page, server, MAIL)
    head = page.locator("#turn-0 .mail-head")
    title = page.get_by_role("heading", level=1).inner_text()
    for part in ("Von", "An", "Betreff", "Datum", title):
        expect(head).to_contain_text(part)
    expect(head).not_to_contain_text("AW:")
    expect(page.locator("#composer .mail-head")).to_contain_text(f"AW: {title}")
    name = page.locator("#turn-0 .who").inner_text()
    expect(page.locator("#composer .mail-head")).to_contain_text(name)
    page.locator("#text").fill("Sehr geehrter Herr Wiesner,\n\nich sehe nach.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#reply-1 .mail-head")).to_contain_text(f"AW: {title}")
    expect(page.locator("#reply-1 .mail-head dd").nth(1)).to_have_text(name)
    expect(page.locator("#turn-1 .who")).to_have_text(name)


def test_a_public_thread_tells_author_bystanders_and_private_messages_apart(strict_page: Page, server: Server):
    page = strict_page
    begin(page, server, SOCIAL, persona="leonie_vogt")
    expect(page.locator("#turn-0 .badge")).to_have_text("öffentlich")
    expect(page.locator("#turn-0 > .avatar")).to_have_text("LV")
    others = page.locator("#turn-0 .voice-of.other .by").all_inner_texts()
    assert others
    assert all(name.startswith("@") and "leonie" not in name for name in others)
    assert not re.search(r"(?m)^@\w+:", page.locator("#turn-0 .voice-of.author").first.inner_text())
    page.locator("#text").fill("Das war unser Fehler. [Nachricht] Bitte nennen Sie mir hier Ihre Buchungsnummer.")
    page.keyboard.press("Enter")
    page.locator("#turn-1").wait_for()
    expect(page.locator("#reply-1 .badge")).to_have_text("öffentlich")
    expect(page.locator("#reply-1 .voice-of.author")).to_have_text("Das war unser Fehler.")
    expect(page.locator("#reply-1 .voice-of.private")).to_contain_text("Buchungsnummer")
    expect(page.locator("#reply-1 .voice-of.private")).not_to_contain_text("Das war unser Fehler")
    page.locator("#text").fill("[Nachricht] Danke, @popcorn_paule: liest hier nicht mit.\n@popcorn_paule: das ist privat.")
    page.keyboard.press("Enter")
    page.locator("#turn-2").wait_for()
    expect(page.locator("#reply-2 .badge, #reply-2 .voice-of.other")).to_have_count(0)


def voices_in(html: str) -> list[str]:
    """Return who speaks and what, as plain text."""
    voices = re.findall(r'<div class="voice-of (\w+)">(.*?)(?=<div class="voice-of|$)', html, re.DOTALL)
    return [" ".join([kind, *re.sub(r"<[^>]+>", " ", body).split()]) for kind, body in voices]


def test_the_author_who_answers_a_bystander_is_not_taken_for_one():
    text = "Publikumspreis?\n@popcorn_paule: Vier.\n\n@leonie_lauscht: Danke an die Jury.\n[Montag, 10:30 Uhr: 2.900 Herzen]"
    found = voices_in(_jinja.get_template("message.html").make_module({"language": "de"}).thread(text, "Leonie Vogt"))
    assert found == [
        "author Publikumspreis?",
        "other PP @popcorn_paule Vier.",
        "author Danke an die Jury. [Montag, 10:30 Uhr: 2.900 Herzen]",
    ]


# --- hints and feedback ----------------------------------------------------------------------------------------------


def test_hints_come_in_three_steps_without_loading_the_page_and_begin_anew_with_the_next_turn(strict_page: Page, server: Server):
    page = strict_page
    begin(page, server)
    page.evaluate("window.same = true")
    page.locator("#text").fill("Ich überlege no")
    for step, title in enumerate(("Eine Frage", "Eine Richtung", "Ein Beispiel"), start=1):
        expect(page.locator(".hint")).to_have_count(step - 1)
        page.locator("#hint-form button").click()
        expect(page.locator(".hint h3").last).to_have_text(title)
        expect(page.locator("#hint-form button" if step < 3 else ".hint:last-child")).to_be_focused()
    expect(page.locator("#hint-form button")).to_have_count(0)
    expect(page.locator("#hint-list")).to_have_attribute("aria-live", "polite")
    expect(page.locator("#text")).to_have_value("Ich überlege no")
    say(page, GOOD[0])
    expect(page.locator(".hint")).to_have_count(0)
    page.locator("#hint-form button").click()
    expect(page.locator(".hint h3")).to_have_text(["Eine Frage"])
    assert page.evaluate("window.same")


def test_hints_and_the_feedback_switch_work_without_scripts(browser: Browser, server: Server):
    context = browser.new_context(java_script_enabled=False, base_url=server.url)
    page = context.new_page()
    begin(page, server)
    for step in (1, 2, 3):
        page.locator("#hint-form button").click()
        expect(page.locator(".hint")).to_have_count(step)
    expect(page.locator("#hint-form button")).to_have_count(0)
    page.get_by_role("button", name="Rückmeldung ausschalten").click()
    expect(page.locator("#status")).to_contain_text("Die Rückmeldung ist ausgeschaltet.")
    expect(page.locator("meter")).to_have_count(0)
    page.get_by_role("button", name="Rückmeldung einschalten").click()
    expect(page.locator("meter")).to_have_count(4)
    for hidden in ("#call", "#voice", "#dictate"):
        expect(page.locator(hidden)).to_be_hidden()
    context.close()


def test_switched_off_feedback_shows_neither_moods_nor_scores_until_it_is_switched_on(strict_page: Page, server: Server):
    page = strict_page
    begin(page, server)
    page.evaluate("window.same = true")
    page.get_by_role("button", name="Rückmeldung ausschalten").click()
    expect(page.locator("#status")).to_contain_text("Sie steht am Ende in der Auswertung.")
    expect(page.get_by_role("button", name="Rückmeldung einschalten")).to_be_focused()
    say(page, GOOD[0])
    for nothing in ("meter", ".scores", ".feedback", ".mood"):
        expect(page.locator(f"#status {nothing}")).to_have_count(0)
    page.get_by_role("button", name="Rückmeldung einschalten").click()
    expect(page.locator("#status .scores")).to_have_count(1)
    expect(page.locator("#status meter")).to_have_count(4)
    assert page.evaluate("window.same")


# --- nothing is lost -------------------------------------------------------------------------------------------------


def test_a_reply_that_came_too_late_stays_in_the_box_beside_a_link_that_loads_the_conversation(strict_page: Page, server: Server):
    page = strict_page
    name = begin(page, server)
    other = page.context.new_page()
    other.goto(f"/practice/{name}")
    other.get_by_role("button", name="Gespräch beenden").click()
    other.wait_for_url("**/scorecard")
    page.locator("#text").fill(GOOD[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("zu Ende")
    expect(page.locator("#text")).to_have_value(GOOD[0])
    page.get_by_role("link", name="Gespräch neu laden").click()
    expect(page.locator("#ended")).to_be_visible()


def test_a_conversation_that_went_on_in_another_tab_is_shown_whole_after_the_next_reply(strict_page: Page, server: Server):
    page = strict_page
    name = begin(page, server)
    other = page.context.new_page()
    other.goto(f"/practice/{name}")
    say(other, GOOD[0])
    page.locator("#text").fill(GOOD[1])
    page.keyboard.press("Enter")
    expect(page.locator(".message")).to_have_count(5)
    expect(page.locator("#reply-1")).to_contain_text("dritten Anruf")
    expect(page.locator("#text")).to_have_value("")


def test_an_answer_that_was_lost_on_the_way_is_not_shown_twice(strict_page: Page, server: Server):
    page = strict_page
    name = begin(page, server)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/reply", lose)
    page.locator("#text").fill(GOOD[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Keine Verbindung")
    page.unroute("**/reply")
    page.reload()
    expect(page.locator(".message")).to_have_count(3)
    page.get_by_role("button", name="Sagen").click()
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator(".message")).to_have_count(3)
    assert len(turns(server, name)) == 2


def test_a_closed_tab_loses_no_draft_and_a_sent_one_leaves_nothing_behind(strict_page: Page, server: Server):
    page = strict_page
    name = begin(page, server)
    page.locator("#text").fill("Ich bin noch nicht fert")
    other = page.context.new_page()
    page.close()
    other.goto(f"/practice/{name}")
    expect(other.locator("#text")).to_have_value("Ich bin noch nicht fert")
    other.keyboard.press("End")
    other.keyboard.type("ig.")
    expect(other.locator("#text")).to_have_value("Ich bin noch nicht fertig.")
    other.keyboard.press("Enter")
    other.locator(".message.customer").nth(1).wait_for()
    assert other.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((key) => key.startsWith('draft'))") == []


def test_without_storage_everything_else_works(strict_page: Page, server: Server):
    strict_page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, {get() { throw new DOMException('no', 'SecurityError') }})"
    )
    begin(strict_page, server)
    say(strict_page, GOOD[0])
    expect(strict_page.locator("#text")).to_have_value("")
    expect(strict_page.get_by_role("timer").first).to_be_visible()


@pytest.mark.parametrize("kept_in_memory", [True, False])
def test_the_back_button_never_shows_an_old_log(strict_page: Page, server: Server, kept_in_memory: bool):
    page = strict_page
    name = begin(page, server)
    page.locator("#text").fill("Moment")
    if not kept_in_memory:
        page.goto("/about")
    httpx.post(f"{server.url}/api/v1/conversations/{name}/replies", json={"text": GOOD[0]}, trust_env=False).raise_for_status()
    if kept_in_memory:
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    else:
        page.go_back()
    expect(page.locator("#turn-1")).to_be_visible()
    expect(page.locator("#text")).to_have_value("Moment")


def test_a_double_click_sends_once(strict_page: Page, server: Server):
    page = strict_page
    name = begin(page, server)
    sent = posts(page)
    page.locator("#text").fill(GOOD[0])
    page.evaluate("() => { const form = document.getElementById('composer'); form.requestSubmit(); form.requestSubmit(); }")
    page.get_by_role("button", name="Sagen").dblclick(force=True)
    page.locator(".message.customer").nth(1).wait_for()
    page.wait_for_timeout(300)
    assert len(sent) == 1
    assert len(turns(server, name)) == 2


def refuse(status: int, body: str, kind: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, body=body, content_type=kind)


LOGIN = '<div class="problem"><p><strong>Ihre Anmeldung ist abgelaufen.</strong> <a href="/login">Neu anmelden</a></p></div>'
WHOLE_PAGE = '<html><body><nav>Lernpfad</nav><h1>Nicht erlaubt</h1><p class="lead">Nicht von uns.</p><p>Neu laden.</p></body></html>'
DETAIL = json.dumps({"detail": "Fremde Seite.", "remedy": "Direkt öffnen."})
FASTER = '<div class="problem"><p>Eine andere Antwort war schneller.</p></div>'


@pytest.mark.parametrize(
    ("status", "body", "kind", "text"),
    [
        (401, LOGIN, "text/html", "abgelaufen"),
        (403, WHOLE_PAGE, "text/html", "Nicht von uns. Neu laden."),
        (403, DETAIL, "application/problem+json", "Fremde Seite. Direkt öffnen."),
        (409, FASTER, "text/html", "Gespräch neu laden"),
        (502, "Bad Gateway", "text/plain", "Fehler 502"),
    ],
)
def test_a_refused_reply_says_why_and_keeps_the_text(strict_page: Page, server: Server, status: int, body: str, kind: str, text: str):
    page = strict_page
    begin(page, server)
    page.route("**/reply", refuse(status, body, kind))
    page.locator("#text").fill(GOOD[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(text)
    expect(page.get_by_role("alert")).not_to_contain_text("Lernpfad")
    expect(page.locator("#text")).to_have_value(GOOD[0])
    page.unroute("**/reply")
    page.reload()
    expect(page.locator("#text")).to_have_value(GOOD[0])


def test_every_form_sent_by_script_proves_where_it_comes_from(strict_page: Page, server: Server):
    page = strict_page
    begin(page, server)
    token = page.locator('meta[name="csrf"]').get_attribute("content")
    found: dict[str, str | None] = {}

    def note(request: Request) -> None:
        if request.method == "POST":
            found[request.url.rsplit("/", 1)[1]] = request.header_value("x-csrf-token")

    page.on("request", note)
    page.locator("#hint-form button").click()
    expect(page.locator(".hint")).to_have_count(1)
    page.get_by_role("button", name="Rückmeldung ausschalten").click()
    expect(page.locator("meter")).to_have_count(0)
    say(page, GOOD[0])
    page.get_by_role("tab", name="Notizen").click()
    page.locator('form[action$="/desk/notes"] textarea').fill("dritter Anruf")
    page.locator('form[action$="/desk/notes"] button').click()
    expect(page.locator("#notes")).to_contain_text("dritter Anruf")
    assert token
    assert found == dict.fromkeys(("hint", "feedback", "reply", "notes"), token)


# --- for everybody ---------------------------------------------------------------------------------------------------


@pytest.fixture(params=["desktop", "phone"])
def open_page(request: pytest.FixtureRequest, browser: Browser, server: Server) -> Iterator[Page]:
    size, scheme = request.param, {"desktop": "light", "phone": "dark"}[request.param]
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, base_url=server.url, bypass_csp=True)
    context.add_init_script(ONLY_REMOTE + SPEECH + RECOGNITION)
    yield from watched(context)


def test_the_phone_with_everything_switched_on_is_accessible_and_fits(open_page: Page, server: Server):
    page = open_page
    page.clock.install()
    begin(page, server, clock="1")
    silent_for(page, 30)
    page.get_by_role("checkbox", name="Vorlesen").click()
    no_violations(page)
    page.get_by_role("button", name="Verstanden, einschalten").click()
    page.get_by_role("button", name="Diktieren", exact=True).click()
    no_violations(page)
    page.get_by_role("button", name="Verstanden, einschalten").click()
    until(page, "Boolean(window.running)")
    page.locator("#hint-form button").click()
    expect(page.locator(".hint")).to_have_count(1)
    page.evaluate("recognition.hear('einen Moment', false)")
    expect(page.get_by_role("note")).to_have_count(1)
    no_violations(page)
    page.get_by_role("button", name="Halten", exact=True).click()
    no_violations(page)
    fits(page)


@pytest.mark.parametrize("scenario", [CHAT, MAIL, SOCIAL])
def test_the_other_channels_are_accessible_and_fit(open_page: Page, server: Server, scenario: str):
    page = open_page
    begin(page, server, scenario)
    page.locator("#text").fill("Guten Tag, das tut mir leid. [Nachricht] Was genau ist passiert?")
    page.keyboard.press("Control+Enter" if scenario == MAIL else "Enter")
    page.locator("#turn-1").wait_for()
    expect(page.locator("#typing")).to_be_hidden()
    page.get_by_role("button", name="Rückmeldung ausschalten").click()
    expect(page.locator("meter")).to_have_count(0)
    no_violations(page)
    fits(page)


def test_targets_are_large_enough(open_page: Page, server: Server):
    begin(open_page, server)
    small = open_page.evaluate(
        """() => [...document.querySelectorAll("main button, main summary, main input")].filter((one) => one.checkVisibility())
          .map((one) => [one.textContent, one.getBoundingClientRect()])
          .filter(([, place]) => place.width < 24 || place.height < 24).map(([text]) => text)"""
    )
    assert small == []
