"""The must-dos: each holds in one conversation and breaks in another, and says where it can be seen."""

import json
from dataclasses import replace

import pytest

from bot.assessment import Place, find, must_library
from bot.assessment.checks import CHECKS
from bot.config import data_root
from bot.content.schema import MUST_SETTINGS
from bot.content.validate import validate
from bot.conversation import Conversation
from tests.assessment.playing import SILVIO, look, play, without

pytestmark = pytest.mark.usefixtures("model")

OPEN_RECORD = ("record", {"identifier": "264918"})
TAKE_OVER = ("ticket_status", {"ticket": "61508", "status": "offen"})
BOOK = ("booking", {"slot": "Donnerstag, 19. März, 14 bis 16 Uhr"})
CALL_BACK = ("callback", {"time": "morgen 17 Uhr"})
NOTE = ("notes", {"text": "Ausfall seit Umstellung, Techniker morgen 14 bis 16 Uhr, Rückruf 17 Uhr"})
CREDIT = ("remedy", {"name": "credit", "amount": "40"})

GREETING = (
    "Guten Tag, Herr Kretzschmar, mein Name ist Jana Förster. Fünfunddreißig Minuten in der Schleife, und das beim dritten Anruf: "
    "Es tut mir ehrlich leid, dass wir Sie so haben hängen lassen. Wie lautet Ihre Kundennummer?"
)
HEARD = (
    "Sechs Tage ohne Internet und Telefon, da wäre ich auch wütend. Der Fehler liegt bei uns, ich übernehme das jetzt selbst. "
    "Wann sind Sie zu Hause?"
)
STEP = (
    "Ich buche den Techniker für morgen zwischen 14 und 16 Uhr fest auf Ihren Namen. "
    "Ihr Ticket hing noch am alten Vertrag und wurde bei der Umstellung automatisch mit geschlossen. Passt Ihnen das?"
)
INFORMED = "Die Messung zeigt, dass der Fehler draußen im Verteiler liegt, Ihr Router ist heil. Soll ich noch etwas nachsehen?"
SECOND = "Ich bleibe Ihre Ansprechpartnerin und rufe Sie morgen um 17 Uhr selbst an. Ist Ihnen die Zeit recht?"
LAST = (
    "Das Ticket läuft auf meinen Namen, und die sechs Tage schreibe ich Ihnen gut. Der Techniker kommt also morgen zwischen 14 und 16 Uhr, "
    "danach rufe ich Sie um 17 Uhr selbst an. Ist das so in Ordnung für Sie?"
)

GOOD = [GREETING, OPEN_RECORD, HEARD, STEP, INFORMED, TAKE_OVER, CALL_BACK, NOTE, CREDIT, BOOK, LAST]
"""A conversation in which all is well."""

COLD = ["Kundennummer?", "Was wollen Sie?"]

TRAM, FINE = "email-tram-fine", "thomas_wiesner"
NAME_REFUSED = "Den Namen des Prüfers darf ich Ihnen nicht nennen, Personaldaten unserer Mitarbeiter geben wir nicht heraus."
OTHER_WAY = (
    "Ich gebe Ihre Beschwerde heute an Frau Kessler, die Leiterin des Prüfdienstes, und sie antwortet Ihnen bis Freitag, den 12. Juni."
)
TRAM_HEARD = "Sehr geehrter Herr Wiesner, ein gültiges Abo, und trotzdem eine Mahnung über 67,50 €: Das tut mir leid."

PUBLIC = "social-viral-post"
PRIVATE_WAY = (
    "Neunzig Minuten im Regen mit gültigen Karten, das tut mir leid. Schicken Sie mir Ihre Buchungsnummer bitte als private Nachricht."
)

FOREIGN = [OPEN_RECORD, ("ticket_read", {"ticket": "61580"})]
_DRAFT = ("suggestion", {})

CASES = {
    "own_name": (GOOD, COLD),
    "greeted": (GOOD, COLD),
    "customer_named": (GOOD, COLD),
    "story_first": (GOOD, COLD),
    "apology_specific": (GOOD, ["Es tut mir leid.", "Wir bitten, etwaige Unannehmlichkeiten zu entschuldigen."]),
    "apology_without_but": (GOOD, ["Es tut mir leid, aber das hätten Sie vorher wissen müssen."]),
    "feeling_named": (GOOD, COLD),
    "customer_not_blamed": (GOOD, ["Da hätten Sie halt früher anrufen müssen."]),
    "nothing_hurtful": (GOOD, ["Beruhigen Sie sich erst mal."]),
    "no_worn_phrase": (GOOD, [GREETING, GREETING]),
    "language_kept": (GOOD, ["Good morning, could you please tell me your customer number?"]),
    "fitting_length": (GOOD, [" ".join([HEARD] * 8)]),
    "identity_before_data": (GOOD, ["Guten Tag, Ihr neuer Vertrag V250-2093 kostet 39,90 Euro. Was ist passiert?"]),
    "identity_before_change": (GOOD, [BOOK, CREDIT, STEP]),
    "no_foreign_data": (
        [GREETING, *FOREIGN, HEARD],
        [GREETING, *FOREIGN, "Ich sehe hier die Kundennummer 264981, ein neuer Router ist unterwegs."],
    ),
    "nothing_reasked": (GOOD, [GREETING, HEARD, "Wie lautet Ihre Kundennummer?"]),
    "commitment_timed": (GOOD, ["Wir melden uns bald bei Ihnen.", "Jemand kümmert sich so schnell wie möglich."]),
    "commitments_kept": (GOOD, [GREETING, HEARD, STEP, SECOND]),
    "no_contradiction": (
        GOOD,
        [GREETING, HEARD, "Der Techniker kommt morgen um 14 Uhr zu Ihnen.", "Am Freitag um 9 Uhr steht der Techniker vor Ihrer Tür."],
    ),
    "nothing_beyond": (GOOD, [GREETING, "Ich schicke Ihnen heute noch einen Techniker vorbei."]),
    "informed": (GOOD, [GREETING, HEARD, "Ich buche den Techniker für morgen zwischen 14 und 16 Uhr."]),
    "goal_reached": (GOOD, [GREETING, HEARD, STEP]),
    "documented": (GOOD, [GREETING, ("notes", {"text": "ok"}), HEARD]),
    "hold_announced": (
        [GREETING, "Einen Moment bitte, ich sehe nach.", SECOND],
        [GREETING, "Einen Moment bitte, ich sehe nach.", "Hm."],
    ),
    "colleagues_not_blamed": (GOOD, [GREETING, "Der Kollege am Freitag hat das leider vergessen."]),
    "summary": (GOOD, [GREETING, HEARD, STEP, SECOND, "Fehlt Ihnen sonst noch etwas von mir?", "Dann einen schönen Tag noch."]),
    "agreement_asked": (GOOD, [GREETING, HEARD, "Ich buche den Techniker für morgen zwischen 14 und 16 Uhr."]),
}
"""Must-do -> (steps that hold it, steps that break it), with Silvio Kretzschmar on the phone."""

ELSEWHERE = {
    "honest_no": (TRAM, FINE, [TRAM_HEARD, f"{NAME_REFUSED} {OTHER_WAY}"], [TRAM_HEARD, NAME_REFUSED]),
    "public": (PUBLIC, "leonie_vogt", [PRIVATE_WAY], ["Wie lautet Ihre Buchungsnummer?"]),
}
"""The same for other cases: (scenario, persona, holds, breaks)."""


async def both(must: str) -> tuple[Conversation, Conversation]:
    if must == "draft_read":
        return await _drafts()
    if must in ELSEWHERE:
        scenario, persona, holds, breaks = ELSEWHERE[must]
        return await play(holds, scenario, persona), await play(breaks, scenario, persona)
    holds, breaks = CASES[must]
    return await play(holds, persona=SILVIO), await play(breaks, persona=SILVIO)


async def _drafts() -> tuple[Conversation, Conversation]:
    """Fetch drafts until a wrong one comes; in one conversation something else is said, in the other it is sent as it is."""
    fetched = [_DRAFT] * 5
    held = await play([*fetched, GREETING], persona=SILVIO)
    drafts = {draft.text for draft in _scenario(held).desk.suggestion if draft.kind == "wrong"}
    wrong = next(call["result"]["entwurf"] for call in held.tools if call["result"]["entwurf"] in drafts)
    return held, await play([*fetched, wrong], persona=SILVIO)


def _scenario(conversation: Conversation):
    from bot.content import library

    return library(data_root()).scenario(conversation.session["scenario"])


@pytest.mark.parametrize("must", MUST_SETTINGS)
async def test_every_must_is_held_by_one_conversation_and_broken_by_another(must: str):
    good, bad = await both(must)
    held, broken = look(must, good), look(must, bad)
    assert held.held is True, held
    assert broken.held is False, broken
    assert held.remark != broken.remark
    assert held.remark.endswith(".")


def test_the_library_the_settings_and_the_checks_have_the_same_ids():
    library = must_library(data_root())
    assert {must.id for must in library.musts} == set(CHECKS) == set(MUST_SETTINGS)
    assert len(library.musts) >= 24
    assert len({must.name for must in library.musts}) == len(library.musts)
    for must in library.musts:
        assert must.explanation.startswith(("Gesucht wird ", "Gesucht werden "))
        assert must.explanation.count(".") == 1, must.id


# --- what a finding rests on -----------------------------------------------------------------------------------------

SAID = (
    "own_name", "greeted", "customer_named", "story_first", "apology_specific", "feeling_named", "commitment_timed", "informed",
    "agreement_asked", "summary", "documented", "goal_reached", "commitments_kept",
)  # fmt: skip
"""Must-dos that hold because something was said or done."""

SHORT = [GREETING, HEARD, STEP, "Der Techniker kommt wie gesagt morgen zwischen 14 und 16 Uhr, nach sechs Tagen ohne Netz. Passt das?"]
PLAIN = [
    "Hallo Herr Kretzschmar, hier spricht Murat Yıldız. Dass Sie zum dritten Mal anrufen müssen, tut mir wirklich leid. "
    "Das ist ärgerlich, ich verstehe Ihren Zorn. Unter welcher Kundennummer finde ich Sie?",
    "Ich schicke Ihnen den Techniker morgen zwischen 14 und 16 Uhr. Wäre Ihnen das recht?",
    ("notes", {"text": "Techniker für morgen 14 bis 16 Uhr zugesagt"}),
]


@pytest.mark.parametrize("steps", [GOOD, SHORT, PLAIN], ids=["good", "short", "plain"])
@pytest.mark.parametrize("must", SAID)
async def test_without_what_it_rests_on_a_must_is_no_longer_held(must: str, steps):
    whole = await play(steps, persona=SILVIO)
    finding = look(must, whole)
    if not finding.held:
        assert steps is not GOOD, finding
        return
    assert finding.evidence
    left = without(steps, finding)
    assert left != steps
    assert look(must, await play(left, persona=SILVIO)).held is not True


@pytest.mark.parametrize("must", MUST_SETTINGS)
async def test_what_is_quoted_stands_there_word_for_word(must: str):
    for conversation in await both(must):
        replies = {e.turn: e.reply for e in conversation.exchanges}
        called = {(call.get("turn", 0), call["tool"]) for call in conversation.tools}
        for item in look(must, conversation).evidence:
            if isinstance(item, Place):
                assert item.quote
                assert replies[item.turn][item.start : item.end] == item.quote
            else:
                assert (item.turn, item.tool) in called


async def test_a_finding_is_plain_data_and_the_same_each_time():
    conversation = await play(GOOD, persona=SILVIO)
    for must in MUST_SETTINGS:
        first = look(must, conversation)
        assert first == look(must, conversation)
        assert json.loads(json.dumps(first.to_dict()))["held"] is first.held


async def test_nothing_said_gives_no_occasion_for_anything():
    conversation = await play([], persona=SILVIO)
    assert {look(must, conversation).held for must in MUST_SETTINGS} == {None}


@pytest.mark.parametrize(
    "must",
    ["story_first", "apology_without_but", "identity_before_change", "no_foreign_data", "public", "nothing_reasked", "commitments_kept",
     "no_contradiction", "honest_no", "hold_announced", "draft_read", "summary", "agreement_asked"],
)  # fmt: skip
async def test_what_had_no_occasion_is_neither_held_nor_broken(must: str):
    finding = look(must, await play(["Hm."], persona=SILVIO))
    assert finding.held is None
    assert finding.evidence == ()


# --- cases a reader would argue about --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Guten Tag, mein Name ist Jana Förster.", True),
        ("Guten Tag, Jana Förster ist mein Name.", True),
        ("Hallo, Sie sprechen mit Aylin Demir.", True),
        ("Guten Tag, Sie haben Svenja Petersen erreicht.", True),
        ("Guten Tag, Sie sind jetzt bei Philipp Sander.", True),
        ("Ich kümmere mich.\n\nMit freundlichen Grüßen\nJana Förster", True),
        ("Guten Tag, ich bin Ihre Ansprechpartnerin.", False),
        ("Ich bin Ihnen dankbar für die Geduld.", False),
        ("Viele Grüße\nIhr Team Kundenservice", False),
        ("Guten Tag, Herr Kretzschmar.", False),
    ],
)
async def test_a_name_is_found_however_one_introduces_oneself_and_only_then(text: str, said: bool):
    assert look("own_name", await play([text], persona=SILVIO)).held is said


async def test_a_first_name_will_do_only_where_one_says_du(content):
    assert (content.persona("leonie_vogt").address, content.persona(FINE).address) == ("du", "Sie")
    assert look("customer_named", await play(["Hallo Leonie, das tut mir leid."], PUBLIC, "leonie_vogt")).held is True
    assert look("customer_named", await play(["Hallo Thomas, das tut mir leid."], TRAM, FINE)).held is False
    assert look("customer_named", await play(["Guten Tag, Herr Wiesner."], TRAM, FINE)).held is True


@pytest.mark.parametrize(
    "text",
    [
        "Der Kollege hat das leider vergessen.",
        "Meine Kollegin am Dienstag hat da einen Fehler gemacht.",
        "Die Technik hat geschlampt.",
        "Da hat die Buchhaltung wieder gepennt.",
        "Unser Techniker, der am Montag Dienst hatte, hat Sie einfach vergessen.",
        "Die Schuld liegt bei der Technik.",
        "Im Lager wurde mal wieder geschlampt.",
        "Das hat die Technik verbockt.",
    ],
)
async def test_blame_of_ones_own_house_is_heard(text: str):
    finding = look("colleagues_not_blamed", await play([text], persona=SILVIO))
    assert finding.held is False
    assert finding.evidence[0].quote in text


@pytest.mark.parametrize(
    "text",
    [
        "Das haben wir vergessen, der Fehler liegt bei uns.",
        "Der Kollege meldet sich morgen um zehn bei Ihnen.",
        "Ich will die Schuld nicht auf die Technik schieben, das war unser Fehler.",
        "Ich habe mit der Kollegin gesprochen, und sie hat den Termin gefunden.",
        "Die Technik hat den Fehler heute früh gefunden.",
        "Der Techniker kommt morgen zwischen 14 und 16 Uhr.",
        "Mein Kollege hat nichts übersehen, die Meldung kam bei uns nie an.",
    ],
)
async def test_speaking_of_colleagues_is_no_blame(text: str):
    assert look("colleagues_not_blamed", await play([text], persona=SILVIO)).held is True


async def test_what_is_marked_as_private_may_hold_data_and_what_is_public_may_not():
    private = await play(["[Nachricht] Es geht um SW-26-30417, bitte prüfen Sie das."], PUBLIC, "leonie_vogt")
    shown = await play(["[Nachricht] Bitte prüfen. [öffentlich] Es geht um SW-26-30417."], PUBLIC, "leonie_vogt")
    assert look("public", private).held is True
    assert look("public", shown).held is False
    assert look("public", shown).remark == "Persönliche Daten stehen öffentlich."


async def test_a_promise_at_two_different_times_of_two_different_things_is_no_contradiction():
    assert look("no_contradiction", await play(GOOD, persona=SILVIO)).held is True


async def test_what_was_not_told_is_named_and_one_of_two_is_not_enough():
    finding = look("informed", await play([GREETING, HEARD, STEP], persona=SILVIO))
    assert finding.held is False
    assert "Verteiler" in finding.remark
    assert "alten Vertrag" not in finding.remark


async def test_whether_it_suits_must_be_asked_when_there_is_something_to_agree_to():
    early = await play(
        [f"{HEARD} Ist es Ihnen recht, wenn ich kurz nachsehe?", "Ich buche den Techniker für morgen um 14 Uhr."], persona=SILVIO
    )
    acts = [act for e in early.exchanges if e.rating for act in e.rating["acts"]]
    assert "check_agreement" in acts
    first = early.exchanges[1]
    without_step = replace(
        first, rating={**first.rating, "evidence": [i for i in first.rating["evidence"] if i["act"] == "check_agreement"]}
    )
    finding = look("agreement_asked", replace(early, exchanges=(early.exchanges[0], without_step, *early.exchanges[2:])))
    assert finding.held is False


async def test_data_of_others_and_data_of_the_customer_are_two_different_faults():
    own = await play(CASES["identity_before_data"][1], persona=SILVIO)
    foreign = await play(CASES["no_foreign_data"][1], persona=SILVIO)
    assert (look("identity_before_data", own).held, look("no_foreign_data", own).held) == (False, None)
    assert (look("identity_before_data", foreign).held, look("no_foreign_data", foreign).held) == (True, False)


async def test_a_draft_that_fits_may_go_out_as_it_is():
    fetched = [_DRAFT] * 5
    shown = await play([*fetched, GREETING], persona=SILVIO)
    drafts = {draft.text for draft in _scenario(shown).desk.suggestion if draft.kind == "good"}
    good = next(call["result"]["entwurf"] for call in shown.tools if call["result"]["entwurf"] in drafts)
    assert look("draft_read", await play([*fetched, good], persona=SILVIO)).held is True


async def test_a_fact_inside_a_commitment_is_no_second_thing_summed_up():
    last = "Der Techniker kommt also morgen zwischen 14 und 16 Uhr."
    once = await play([GREETING, HEARD, STEP, INFORMED, last], persona=SILVIO)
    twice = await play([GREETING, HEARD, STEP, INFORMED, f"{last} Und die sechs Tage ohne Netz schreibe ich gut."], persona=SILVIO)
    assert look("summary", once).held is False
    assert look("summary", twice).held is True


async def test_a_note_that_the_software_lost_is_no_documentation():
    lost = await play([GREETING, ("notes", {"text": "Techniker morgen, Rückruf um fünf"}), HEARD], persona=SILVIO)
    desk = {**lost.slots["desk"], "notes": []}
    finding = look("documented", replace(lost, slots={**lost.slots, "desk": desk}))
    assert finding.held is False
    assert "nicht gespeichert" in finding.remark


async def test_a_long_silence_by_the_clock_breaks_the_must_about_waiting():
    spoken = await play([GREETING, HEARD], persona=SILVIO)
    waited = replace(spoken.exchanges[2], because=[{"cause": "waited", "amount": {"patience": -0.1}, "span": None}])
    finding = look("hold_announced", replace(spoken, exchanges=(*spoken.exchanges[:2], waited, *spoken.exchanges[3:])))
    assert finding.held is False
    assert finding.evidence[0].turn == 2


# --- the file --------------------------------------------------------------------------------------------------------


@pytest.fixture
def musts_file(tmp_path):
    path = tmp_path / "assessment" / "musts.yml"
    path.parent.mkdir()
    path.write_text((data_root() / "assessment" / "musts.yml").read_text(encoding="utf-8"), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("id: greeted", "id: begruesst", ("begruesst", "greeted")),
        ("      words: 4", "      woerter: 4", ("documented", "words")),
        ("      share: 0.8", "      share: -1", ("mindestens 0",)),
        ("        - '\\b[Gg]uten (?:Tag|Morgen|Abend)\\b'", "        - '[Gg]uten (Tag'", ("kein gültiges Suchmuster",)),
        ("id: language_kept", "id: own_name", ("own_name",)),
    ],
)
def test_a_mistake_in_the_file_is_named(musts_file, old: str, new: str, words: tuple[str, ...]):
    text = musts_file.read_text(encoding="utf-8")
    assert old in text
    musts_file.write_text(text.replace(old, new, 1), encoding="utf-8")
    said = " ".join(map(str, validate(musts_file).problems))
    for word in words:
        assert word in said


def test_the_shipped_file_is_valid_and_counted(musts_file):
    report = validate(musts_file)
    assert report.problems == []
    assert report.counts["musts"] == len(MUST_SETTINGS)


async def test_a_number_of_the_file_decides_and_not_the_code(content):
    (must,) = [m for m in must_library(data_root()).musts if m.id == "fitting_length"]
    conversation = await play(GOOD, persona=SILVIO)
    strict = must.model_copy(update={"numbers": {**must.numbers, "phone": 10}})
    persona, scenario = content.persona(SILVIO), content.scenario("phone-third-call")
    assert find(must, conversation, scenario, persona).held is True
    assert find(strict, conversation, scenario, persona).held is False
