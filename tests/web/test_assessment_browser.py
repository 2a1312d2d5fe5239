"""A whole assessment in a real Chromium: composed, assigned, taken by two at once, interrupted, reviewed, released, objected to."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from bot.content import Library
from tests.dialogues import GOOD
from tests.team import TeamServer
from tests.web.test_browser import SIZES, browser, fits, no_violations, say  # noqa: F401
from tests.web.test_newcomer import accept, invite, new_context

pytestmark = pytest.mark.browser
CASES = ("phone-no-show", "phone-third-call")
NAMED, UNNAMED = GOOD[0], "Ich sehe sofort nach, was da los ist. Wann passt Ihnen ein neuer Termin?"
ROLES = {"Lena": "Teamleitung", "Lutz": "Teamleitung", "Toni": "Training", "Tina": "Training"}
FEEDBACK = ("meter", "#hints", ".scores", ".evidence", ".mood", ".feedback", "img.curve")


@pytest.fixture(scope="module")
def team(tmp_path_factory, config, model) -> Iterator[TeamServer]:
    running = TeamServer(tmp_path_factory.mktemp("assessments"), config.models)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def cast(team: TeamServer, browser: Browser) -> Iterator[dict[str, Page]]:  # noqa: F811
    """Two leads and two trainees, each in a browser of their own; no script may fail in any of them."""
    people, errors = {}, []
    for name in ("Ada", *ROLES):
        page = people[name] = new_context(browser, team).new_page()
        page.set_default_timeout(15000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        link = f"/invite/{team.first_link()}" if name == "Ada" else invite(people["Ada"], name, ROLES[name])
        accept(page, link, name, f"{name.lower()}@firma.example")
    yield people
    for page in people.values():
        page.context.close()
    assert errors == []


def sound(page: Page) -> None:
    """Look at a page with axe-core, on a desktop and on a phone."""
    for size in ("phone", "desktop"):
        page.set_viewport_size(SIZES[size])
        fits(page)
        no_violations(page)


def compose(lead: Page, content: Library, title: str, *people: str, minutes: str = "", attempts: str = "1", cases=CASES) -> str:
    """Fill in a form, give it to people, and return its address."""
    lead.goto("/forms/new")
    lead.get_by_label("Titel").fill(title)
    lead.get_by_label("Zeit in Minuten").fill(minutes)
    lead.get_by_label("Versuche", exact=True).fill(attempts)
    for case in cases:
        choice = lead.locator(".choice", has=lead.locator(f'input[value="{case}"]'))
        choice.locator("summary").click()
        choice.get_by_label("In die Prüfung aufnehmen").check()
        choice.get_by_label("Startwert").fill("3")
    for must in ("own_name", "greeted"):
        lead.locator(f'input[name="must"][value="{must}"]').check()
    lead.get_by_role("button", name="Formular speichern").click()
    expect(lead.get_by_role("heading", level=1)).to_have_text(title)
    for name in people:
        lead.get_by_role("checkbox", name=re.compile(f"^{name}")).check()
    lead.get_by_role("button", name="Zuweisen").click()
    for name in people:
        expect(lead.locator("#given + ul")).to_contain_text(f"{name} noch nicht begonnen")
    return lead.url.partition("#")[0]


def open_assessment(page: Page, title: str) -> None:
    page.goto("/")
    page.get_by_role("link", name="Prüfungen", exact=True).click()
    page.get_by_role("link", name=title, exact=True).click()


def begin(page: Page, title: str) -> str:
    """Begin an assessment; return the first words of the customer."""
    open_assessment(page, title)
    page.get_by_role("button", name="Prüfung beginnen").click()
    page.wait_for_url("**/practice/*")
    return page.locator(".message.customer").inner_text()


def end_conversation(page: Page) -> None:
    """End the conversation of the page, and come to the next, or to the end."""
    before = page.url
    page.get_by_role("button", name=re.compile("Weiter mit der Prüfung|Gespräch abgeben")).first.click()
    page.wait_for_url(lambda url: url != before and not url.endswith("/go"))


def hand_in(page: Page, title: str, replies: tuple[str, ...] = (NAMED, UNNAMED), cases: int = 2) -> str:
    """Take a whole assessment; return the id of the attempt."""
    begin(page, title)
    for _ in range(cases):
        for text in replies:
            say(page, text)
        end_conversation(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Abgegeben")
    return page.url.rsplit("/", 1)[1]


def otherwise(page: Page, place: str, summary: str, text: str, value: str = "") -> None:
    """Set something otherwise on the page of a review."""
    box = page.locator(f'details.otherwise:has(input[name="place"][value="{place}"])').filter(has=page.locator("summary", has_text=summary))
    box.locator("summary").click()
    if value and box.locator("select").count():
        box.locator("select").select_option(value)
    elif value:
        box.locator('input[name="value"]').fill(value)
    box.locator("textarea").fill(text)
    box.get_by_role("button", name="Speichern").click()
    page.wait_for_url("**#at-*")


def shows_no_feedback(page: Page) -> None:
    for selector in FEEDBACK:
        expect(page.locator(selector)).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("Ab hier noch einmal|Hinweis|Rückmeldung"))).to_have_count(0)
    assert page.locator(".stage").get_attribute("data-anger") == "0.6", "the same for every mood"


def test_what_a_form_lacks_is_said_and_nothing_filled_in_is_lost(cast, content):
    lead = cast["Lena"]
    lead.goto("/forms/new")
    sound(lead)
    lead.get_by_label("Titel").fill("Halb fertig")
    lead.locator('input[name="must"][value="greeted"]').check()
    lead.get_by_label("Bestanden ab").fill("72,5")
    lead.get_by_role("button", name="Formular speichern").click()
    expect(lead.get_by_role("alert")).to_contain_text("cases")
    expect(lead.get_by_label("Titel")).to_have_value("Halb fertig")
    expect(lead.locator('input[name="must"][value="greeted"]')).to_be_checked()
    choice = lead.locator(".choice", has=lead.locator(f'input[value="{CASES[0]}"]'))
    choice.locator("summary").click()
    choice.get_by_label("In die Prüfung aufnehmen").check()
    for wrong in ("viel", "1e400", "101"):
        lead.get_by_label("Bestanden ab").fill(wrong)
        lead.get_by_role("button", name="Formular speichern").click()
        expect(lead.get_by_role("alert")).to_be_visible()
        expect(choice.get_by_label("In die Prüfung aufnehmen")).to_be_visible()
    sound(lead)
    lead.get_by_label("Bestanden ab").fill("72,5")
    lead.get_by_role("button", name="Formular speichern").click()
    expect(lead.locator("main")).to_contain_text("Bestanden ab 72,5 von 100 Punkten")
    sound(lead)
    lead.get_by_role("button", name="Zuweisen").click()
    expect(lead.get_by_role("alert")).to_contain_text("niemand")
    sound(lead)
    lead.get_by_role("button", name="Formular ablegen").click()
    expect(lead.locator("li", has_text="Halb fertig")).to_contain_text("abgelegt")
    sound(lead)
    lead.get_by_role("link", name="Halb fertig").click()
    expect(lead.get_by_role("button", name="Zuweisen")).to_have_count(0)


def test_two_take_it_at_once_through_a_crash_and_to_the_end_of_the_time(team: TeamServer, cast, content):
    lead, toni, tina = cast["Lena"], cast["Toni"], cast["Tina"]
    form = compose(lead, content, "Zu zweit", "Toni", "Tina", minutes="30")
    sound(lead)
    open_assessment(toni, "Zu zweit")
    sound(toni)
    expect(toni.locator("main")).to_contain_text("30 Minuten für alles zusammen")
    toni.get_by_role("button", name="Prüfung beginnen").focus()
    toni.keyboard.press("Enter")
    toni.wait_for_url("**/practice/*")
    expect(toni.locator("#text")).to_be_focused()
    assert toni.locator(".message.customer").inner_text() == begin(tina, "Zu zweit"), "the same human being at the other end"
    assert toni.url != tina.url
    for page, text in ((toni, NAMED), (tina, UNNAMED), (toni, UNNAMED)):
        say(page, text)
        shows_no_feedback(page)
    sound(toni)

    where, told = toni.url, toni.locator("#log").inner_text()
    team.stop()
    tina.locator("#text").fill(NAMED)
    tina.keyboard.press("Enter")
    expect(tina.get_by_role("alert")).to_contain_text("Keine Verbindung")
    team.start()
    tina.get_by_role("button", name="Sagen").click()
    expect(tina.locator(".message.trainee")).to_have_count(2)
    open_assessment(toni, "Zu zweit")
    toni.get_by_role("link", name="Weitermachen").click()
    toni.wait_for_url(where)
    assert toni.locator("#log").inner_text() == told, "it goes on where it was"
    shows_no_feedback(toni)

    lead.goto(form)
    expect(lead.locator("#given + ul")).to_contain_text("Tina läuft")
    end_conversation(toni)
    assert toni.url != where
    expect(toni.locator(".message.trainee")).to_have_count(0)
    say(toni, NAMED)
    end_conversation(toni)
    expect(toni.get_by_role("heading", level=1)).to_have_text("Abgegeben")
    sound(toni)

    attempt = team.database("SELECT id FROM attempts WHERE finished_at IS NULL")[0][0]
    team.database("UPDATE attempts SET ends_at = ? WHERE id = ?", time.time() - 1, attempt)
    tina.locator("#text").fill("Noch schnell ein Satz.")
    tina.keyboard.press("Enter")
    expect(tina.get_by_role("alert")).to_contain_text("Die Zeit für diese Prüfung ist um.")
    sound(tina)
    open_assessment(tina, "Zu zweit")
    expect(tina.get_by_role("heading", level=1)).to_have_text("Abgegeben")
    expect(tina.locator("main")).not_to_contain_text("Punkte")
    lead.goto("/reviews")
    sound(lead)
    lead.locator("li", has_text="Zu zweit").filter(has_text="Tina").get_by_role("link").click()
    sound(lead)
    expect(lead.get_by_text("Noch schnell ein Satz.")).to_have_count(0)
    expect(lead.get_by_role("heading", name="Gespräch 2: nicht geführt")).to_be_visible()
    expect(lead.locator(".totals")).to_contain_text("nicht bestanden")


def test_somebody_who_stays_away_when_the_time_runs_out_finds_it_handed_in(team: TeamServer, cast, content):
    lead, tina = cast["Lena"], cast["Tina"]
    compose(lead, content, "Weggegangen", "Tina", minutes="1", cases=CASES[:1])
    begin(tina, "Weggegangen")
    attempt = team.database("SELECT id FROM attempts WHERE finished_at IS NULL")[0][0]
    team.database("UPDATE attempts SET ends_at = ? WHERE id = ?", time.time() - 1, attempt)
    lead.goto("/reviews")
    expect(lead.locator("li", has_text="Weggegangen")).to_contain_text("Zeit abgelaufen")
    tina.goto("/assessments")
    expect(tina.locator("li", has_text="Weggegangen")).to_contain_text("wartet auf Freigabe")
    sound(tina)
    tina.get_by_role("link", name="Weggegangen").click()
    expect(tina.get_by_role("heading", level=1)).to_have_text("Abgegeben")
    lead.reload()
    lead.get_by_role("link", name="Weggegangen").click()
    expect(lead.locator(".totals dd").first).to_have_text(re.compile("^0 "))
    sound(lead)


def test_nothing_of_the_result_is_told_before_the_release_by_any_way(team: TeamServer, cast, content):
    lead, toni = cast["Lena"], cast["Toni"]
    compose(lead, content, "Verschwiegen", "Toni", cases=CASES[:1])
    begin(toni, "Verschwiegen")
    say(toni, NAMED)
    name, api = toni.url.rsplit("/", 1)[1], f"{team.url}/api/v1/conversations/"
    token = {"x-csrf-token": toni.locator('meta[name="csrf"]').get_attribute("content")}

    def get(url: str):
        return toni.request.get(f"{team.url}{url}" if url.startswith("/") else url, max_redirects=0)

    def says_nothing() -> None:
        transcript = get(f"{api}{name}").json()
        assert transcript["scorecard"] is None
        for turn in transcript["turns"]:
            assert (turn["rating"], turn["mood"], turn["because"]) == (None, None, None)
        for report in ("report", "report.html", "report.pdf"):
            assert get(f"{api}{name}/{report}").status == 409, report
        for theme in ("light", "dark"):
            assert get(f"/practice/{name}/mood-{theme}.svg").status == 404
        for url, data in ((f"{api}{name}/hint", {}), (f"{api}{name}/branch", {"turn": 0})):
            assert toni.request.post(url, data=data, headers=token).status == 409, url
        for url, form in ((f"/practice/{name}/hint", {}), (f"/practice/{name}/branch", {"turn": "0"}), (f"/practice/{name}/delete", {})):
            assert toni.request.post(f"{team.url}{url}", form=form, headers=token, max_redirects=0).status == 409, url
        assert get(f"{api}{name}").status == 200, "it was not deleted"
        assert get(f"/practice/{name}/scorecard").status == 303
        shows_no_feedback(toni)

    says_nothing()
    replied = toni.request.post(f"{api}{name}/replies", data={"text": UNNAMED}, headers=token).json()
    assert (replied["rating"], replied["mood"], replied["because"]) == (None, None, None)
    finished = toni.request.post(f"{api}{name}/finish", headers=token).json()
    assert set(finished) == {"outcome", "released"}
    toni.reload()
    says_nothing()
    sound(toni)
    attempt = get(f"{api}{name}").json()["attempt"]
    toni.goto(f"/assessments/{team.database('SELECT assignment_id FROM attempts WHERE id = ?', attempt)[0][0]}/go")
    toni.goto(f"/results/{attempt}")
    expect(toni.get_by_role("heading", level=1)).to_have_text("Abgegeben")
    for action in ("answer", "objection"):
        answer = toni.request.post(f"{team.url}/results/{attempt}/{action}", form={"text": "Zu früh."}, headers=token)
        assert answer.status == 409
    lead.goto(f"/reviews/{attempt}")
    lead.get_by_role("button", name="Ergebnis freigeben").click()
    expect(lead.locator("main")).to_contain_text("freigegeben")
    assert get(f"{api}{name}").json()["scorecard"]["empathy"] >= 0
    for report in ("report", "report.html", "report.pdf"):
        assert get(f"{api}{name}/{report}").status == 200, report
    toni.goto(f"/practice/{name}/scorecard")
    expect(toni.get_by_role("button", name="Ab hier noch einmal")).to_have_count(0)


def test_two_windows_of_one_person_are_one_attempt_and_one_conversation(team: TeamServer, cast, content):
    lead, toni = cast["Lena"], cast["Toni"]
    compose(lead, content, "Zwei Fenster", "Toni", cases=CASES[:1])
    open_assessment(toni, "Zwei Fenster")
    place = toni.url
    token = {"x-csrf-token": toni.locator('meta[name="csrf"]').get_attribute("content")}
    cookies = {cookie["name"]: cookie["value"] for cookie in toni.context.cookies()}
    headers = token | {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), "accept": "text/html"}

    def window(_: int) -> str:
        with httpx.Client(headers=headers, trust_env=False, timeout=60) as client:
            assert client.post(f"{place}/begin").status_code == 303
            while (answer := client.get(f"{place}/go")).headers["location"].endswith("/go"):  # another window was faster
                assert answer.status_code == 303
            return answer.headers["location"]

    with ThreadPoolExecutor(4) as windows:
        places = set(windows.map(window, range(4)))
    assert len(places) == 1
    attempts = team.database("SELECT id FROM attempts WHERE assignment_id = ?", place.rsplit("/", 1)[1])
    assert len(attempts) == 1
    running = team.database("SELECT id FROM conversations WHERE mode = 'assessment' AND finished_at IS NULL AND outcome = ''")
    assert [f"/practice/{row[0]}" for row in running] == list(places), "no other is left behind"
    toni.goto(places.pop())
    say(toni, NAMED)
    end_conversation(toni)


def test_a_review_with_reasons_is_released_answered_objected_to_and_looked_at_again(team: TeamServer, cast, content):
    lead, other, toni, tina = cast["Lena"], cast["Lutz"], cast["Toni"], cast["Tina"]
    compose(lead, content, "Streitfall", "Toni", attempts="2")
    attempt = hand_in(toni, "Streitfall")
    lead.goto("/reviews")
    lead.locator("li", has_text="Streitfall").get_by_role("link").click()
    expect(lead.locator("main")).to_contain_text("abgegeben, wartet auf Freigabe")
    sound(lead)

    # evidence: every reply with its marks, every must-do with the words it rests on, every sum to be recomputed
    first = lead.locator("#at-0-1")
    expect(first.locator(".evidence")).to_contain_text("Jana Förster ist mein Name")
    assert first.locator("mark.good").count() >= 1
    expect(first.locator("table.sum")).to_be_visible()
    must = lead.locator("#at-0-must-own_name")
    must.locator("summary").first.click()
    expect(must.locator("q").first).to_contain_text("Name")
    must.locator("ul a").first.click()
    assert lead.url.endswith("#at-0-1")
    expect(first).to_be_in_viewport()
    points = [
        float(cell.inner_text().replace(",", "."))
        for cell in lead.locator("section:has(#case-0) .scroll tbody tr:not(.total) td:last-child").all()
    ]
    total = lead.locator("section:has(#case-0) .scroll tr.total td:last-child").inner_text()
    assert abs(sum(points) - float(total.replace(",", "."))) <= 0.06
    lead.evaluate("document.querySelectorAll('details').forEach(box => { box.open = true })")
    sound(lead)

    # a link to one reply
    lead.goto("/reviews")
    lead.goto(f"/reviews/{attempt}#at-1-2")
    expect(lead.locator("#at-1-2")).to_be_in_viewport()
    assert lead.evaluate("scrollY") > 200
    lead.locator("#at-0-1 a.anchor").click()
    assert lead.url.endswith("#at-0-1")
    expect(first).to_be_in_viewport()

    # otherwise, with a reason: both stay
    by_program = first.locator(".scores strong").first.inner_text()
    whole = lead.locator(".totals dd").first.inner_text()
    box = lead.locator('details.otherwise:has(input[value="0/1/empathy"])')
    box.locator("summary").click()
    box.locator('input[name="value"]').fill("80")
    box.get_by_role("button", name="Speichern").click()
    assert box.locator("textarea").evaluate("field => field.validity.valueMissing"), "not without a reason"
    box.locator("textarea").fill("Der Ton stimmt hier.")
    box.get_by_role("button", name="Speichern").click()
    lead.wait_for_url("**#at-0-1")
    expect(first.locator(".opinion")).to_contain_text("Wert anders gesetzt: 80 (Empathie)")
    expect(first.locator(".opinion")).to_contain_text("Der Ton stimmt hier.")
    expect(first.locator(".opinion")).to_contain_text("Lena")
    expect(first.locator(".scores strong").first).to_have_text(by_program)
    expect(first).to_be_in_viewport()
    lead.keyboard.press("Tab")
    assert lead.evaluate("document.activeElement.closest('#at-0-1') !== null"), "the keyboard goes on where something was said"
    must.locator("summary").first.click()
    otherwise(lead, "0/must/own_name", "Anders setzen", "Den Vornamen verstehe ich nicht.", "0")
    expect(must.locator("summary").first).to_contain_text("erfüllt · von einem Menschen gesetzt: nicht erfüllt")
    expect(must.locator(".opinion")).to_contain_text("Den Vornamen verstehe ich nicht.")
    otherwise(lead, "0/1", "Anmerkung", "Schöner Einstieg.")
    otherwise(lead, "", "Gesamtpunkte", "Alles in allem.", "91,5")
    expect(lead.locator(".totals dd").first).to_have_text(whole)
    expect(lead.locator(".totals dd").nth(1)).to_contain_text("91,5")
    expect(lead.locator(".totals .outcome")).to_have_text("nicht bestanden")
    otherwise(lead, "0/must/own_name", "Anders setzen", "Beim zweiten Lesen doch.", "100")
    expect(lead.locator(".totals .outcome")).to_have_text("bestanden")
    expect(must.locator(".opinion")).to_have_count(2)
    sound(lead)
    token = {"x-csrf-token": lead.locator('meta[name="csrf"]').get_attribute("content")}
    for wrong in (
        {"kind": "score", "place": "0/1/empathy", "value": "180", "text": "Zu viel."},
        {"kind": "score", "place": "0/1/empathy", "value": "inf", "text": "Zu viel."},
        {"kind": "score", "place": "0/1/empathy", "value": "80", "text": " "},
        {"kind": "score", "place": "0/9/empathy", "value": "80", "text": "Die gibt es nicht."},
        {"kind": "must", "place": "", "value": "0", "text": "Alles."},
        {"kind": "score", "place": "0/1/mood", "value": "1", "text": "Laune."},
        {"kind": "answer", "place": "", "text": "Im Namen der anderen."},
    ):
        assert lead.request.post(f"{team.url}/reviews/{attempt}/say", form=wrong, headers=token).status == 422, wrong

    # the trainee sees nothing until the release
    toni.goto(f"/results/{attempt}")
    expect(toni.get_by_role("heading", level=1)).to_have_text("Abgegeben")
    expect(toni.locator("main")).not_to_contain_text("Ton")
    lead.get_by_role("button", name="Ergebnis freigeben").click()
    expect(lead.get_by_role("button", name="Ergebnis freigeben")).to_have_count(0)
    toni.goto("/assessments")
    sound(toni)
    expect(toni.get_by_role("link", name=re.compile("Noch ein Versuch"))).to_be_visible()
    toni.get_by_role("link", name="Streitfall", exact=True).click()
    expect(toni.locator("main")).to_contain_text("Freigegeben von Lena")
    expect(toni.locator(".totals dd").first).to_have_text(whole)
    for text in ("91,5", "Der Ton stimmt hier.", "Schöner Einstieg.", "Alles in allem."):
        expect(toni.locator("main")).to_contain_text(text)
    expect(toni.locator("#at-0-must-own_name")).to_contain_text("Beim zweiten Lesen doch.")
    sound(toni)
    toni.get_by_label("Ihre Antwort dazu").fill("Danke, das hilft mir.")
    toni.locator('form[action$="/answer"] button').click()
    expect(toni.locator("#said .opinion").last).to_contain_text("Danke, das hilft mir.")
    toni.get_by_text("Einen zweiten Blick verlangen").click()
    sound(toni)
    toni.get_by_label("Worum geht es Ihnen?").fill("Das zweite Gespräch war besser.")
    toni.get_by_role("button", name="Zweiten Blick verlangen").click()
    expect(toni.get_by_role("status")).to_contain_text("Der zweite Blick ist verlangt")
    sound(toni)

    # another lead has to look
    lead.goto(f"/reviews/{attempt}")
    assert lead.request.post(f"{team.url}/reviews/{attempt}/second", form={"text": "Ich bleibe dabei."}, headers=token).status == 409
    other.goto("/reviews")
    expect(other.locator("li", has_text="Streitfall")).to_contain_text("zweiter Blick verlangt")
    other.locator("li", has_text="Streitfall").get_by_role("link").click()
    expect(other.locator("main")).to_contain_text("Das zweite Gespräch war besser.")
    sound(other)
    otherwise(other, "", "Gesamtpunkte", "Das zweite Gespräch zählt mehr.", "94")
    other.get_by_label("Ergebnis des zweiten Blicks").fill("Ich gebe Toni recht.")
    other.get_by_role("button", name="Zweiten Blick beenden").click()
    expect(other.get_by_role("button", name="Zweiten Blick beenden")).to_have_count(0)
    expect(other.locator("main")).to_contain_text("zweiter Blick getan")
    sound(other)
    toni.goto(f"/results/{attempt}")
    for text in ("Alles in allem.", "Das zweite Gespräch zählt mehr.", "Ich gebe Toni recht."):
        expect(toni.locator("#said")).to_contain_text(text)
    expect(toni.locator(".totals dd").first).to_have_text(whole)
    expect(toni.locator(".totals dd").nth(1)).to_contain_text("94")
    expect(toni.get_by_text("Einen zweiten Blick verlangen")).to_have_count(0)
    sound(toni)

    # and all of it stands in the log
    tina.goto("/audit")
    expect(tina.get_by_role("heading", level=1)).not_to_have_text("Protokoll")
    lead.goto("/reviews")
    lead.get_by_role("link", name="Protokoll").click()
    sound(lead)
    rows = [row.inner_text() for row in lead.locator("tbody tr").all()]
    for who, what in (
        ("Lena", "Formular angelegt"), ("Lena", "Prüfung zugewiesen: Toni"), ("Toni", "Versuch begonnen"), ("Toni", "Versuch abgegeben"),
        ("Lena", "Wert anders gesetzt (Gespräch 1, Antwort 1, Empathie: 80)"), ("Lena", "Muss-Kriterium anders gesetzt (Gespräch 1, Eigener Name am Anfang: nicht erfüllt)"),
        ("Lena", "Wert anders gesetzt (91,5)"), ("Lena", "Anmerkung geschrieben"), ("Lena", "Ergebnis freigegeben"), ("Toni", "geantwortet"),
        ("Toni", "zweiten Blick verlangt"), ("Lutz", "Wert anders gesetzt (94)"), ("Lutz", "zweiten Blick beendet"),
    ):  # fmt: skip
        assert [row for row in rows if f"\t{who}\t{what}" in row and "Streitfall" in row], (who, what, rows)

    # the pages in English
    for page, places in (
        (toni, ("/assessments", f"/results/{attempt}")),
        (lead, ("/forms", "/forms/new", f"/reviews/{attempt}", "/audit")),
    ):
        page.context.add_cookies([{"name": "language", "value": "en", "url": team.url}])
        for place in places:
            page.goto(place)
            expect(page.locator("html")).to_have_attribute("lang", "en")
            sound(page)
        page.context.clear_cookies(name="language")

    # the second attempt begins anew and leaves the first as it is
    toni.goto("/assessments")
    toni.get_by_role("link", name=re.compile("Noch ein Versuch")).click()
    expect(toni.get_by_role("heading", name="Ihre Versuche")).to_be_visible()
    sound(toni)
    toni.get_by_role("button", name="Prüfung beginnen").click()
    toni.wait_for_url("**/practice/*")
    expect(toni.locator(".message.trainee")).to_have_count(0)
    for _ in range(2):
        end_conversation(toni)
    open_assessment(toni, "Streitfall")
    expect(toni.get_by_role("heading", level=1)).to_have_text("Abgegeben")
    assert len(team.database("SELECT id FROM attempts WHERE released_at IS NOT NULL AND id = ?", attempt)) == 1
