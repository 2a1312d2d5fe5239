"""The same reply in two conversations: what was said before decides what it is worth."""

import json
from pathlib import Path

import pytest
from spacy.language import Language

from bot.config import Config
from bot.content.schema import RatedReply
from bot.evaluation.agreement import rate_in_context
from bot.evaluation.rating import Rating
from bot.understanding import Context, Turn
from bot.understanding.training_data import context_of


def rated(nlp: Language, config: Config, reply: str, *turns: str) -> Rating:
    """Rate a reply after turns that alternate, the customer's first and last."""
    said = tuple(Turn("customer" if i % 2 == 0 else "agent", text) for i, text in enumerate(turns))
    return rate_in_context(reply, Context(said, "phone"), nlp, config)


WAITED = "35 Minuten in der Schleife und dann alles noch mal erzählen, das ist wirklich zu viel, und es tut mir ehrlich leid."
FACTS = [
    (
        WAITED,
        "Ich hänge seit 35 Minuten in der Schleife und soll alles noch mal erzählen!",
        "Ich hänge seit 25 Minuten in der Schleife und soll alles noch mal erzählen!",
    ),
    (
        "Dass die Lieferung am Dienstag nicht kam und Sie umsonst freigenommen haben, tut mir wirklich leid.",
        "Am Dienstag sollte die Lieferung kommen. Ich habe freigenommen, und es kam keiner.",
        "Am Freitag sollte die Lieferung kommen. Ich habe freigenommen, und es kam keiner.",
    ),
    (
        "In der Leipziger Straße sitzen Sie seit zwei Tagen ohne Strom, das muss furchtbar sein, es tut mir sehr leid.",
        "Wir haben in der Leipziger Straße seit zwei Tagen keinen Strom, und ich habe ein Baby.",
        "Wir haben in der Bautzner Straße seit zwei Tagen keinen Strom, und ich habe ein Baby.",
    ),
    (
        "Dreimal haben Sie uns das geschrieben und nie eine Antwort bekommen, das ist bitter, und das tut mir leid.",
        "Ich habe Ihnen dreimal geschrieben und nie eine Antwort bekommen.",
        "Ich habe Ihnen fünfmal geschrieben und nie eine Antwort bekommen.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "true", "false"), FACTS)
def test_a_wrong_fact_costs_the_specific_interpretation(reply: str, true: str, false: str, nlp: Language, config: Config):
    right, wrong = rated(nlp, config, reply, true), rated(nlp, config, reply, false)
    assert right.components["ip"] == 2
    assert wrong.components["ip"] < 2
    assert "wrong_fact" in wrong.notes
    assert wrong.empathy <= right.empathy - 15


def test_an_apology_for_what_did_not_happen_is_not_specific(nlp: Language, config: Config):
    reply = "Dass der Techniker zweimal nicht gekommen ist, tut mir von Herzen leid."
    happened = rated(
        nlp, config, reply, "Zweimal sollte der Techniker kommen. Zweimal war niemand da, und ich stand mir die Beine in den Bauch."
    )
    did_not = rated(nlp, config, reply, "Ich möchte nur wissen, warum meine Rechnung diesmal zwölf Euro höher ist.")
    assert did_not.empathy < happened.empathy


ASKED = "Wie lautet bitte Ihre Kundennummer?"


def test_asking_for_what_was_given_costs_resolution(nlp: Language, config: Config):
    first = rated(nlp, config, ASKED, "Guten Tag, mein Internet ist seit gestern weg.")
    again = rated(
        nlp, config, ASKED,
        "Guten Tag, mein Internet ist seit gestern weg.",
        "Nennen Sie mir bitte Ihre Kundennummer.",
        "Die Kundennummer ist 481516. Das Internet ist seit gestern weg.",
    )  # fmt: skip
    assert "reask" in again.acts
    assert again.resolution <= first.resolution - 15


PROMISED = "Ich habe den Techniker fest für Sie gebucht, er kommt am Freitag um acht."


def test_a_promise_that_contradicts_an_earlier_one_costs_both_scores(nlp: Language, config: Config):
    opening = "Die Heizung ist kalt. Wann kommt denn endlich jemand?"
    kept = rated(nlp, config, PROMISED, opening, "Der Techniker kommt am Freitag um acht, das ist fest.", "Gut. Also wann genau noch mal?")
    broken = rated(nlp, config, PROMISED, opening, "Der Techniker kommt am Montag um neun, das ist fest.", "Gut. Also wann genau noch mal?")
    assert "contradiction" in broken.notes
    assert broken.resolution <= kept.resolution - 20
    assert broken.empathy < kept.empathy


def test_a_change_that_is_named_as_one_is_no_contradiction(nlp: Language, config: Config):
    opening = ("Die Heizung ist kalt.", "Der Techniker kommt am Montag um neun.", "Gut.")
    said = "Ich muss mich korrigieren, der Termin hat sich verschoben: Der Techniker kommt am Freitag um acht statt am Montag."
    assert "contradiction" not in rated(nlp, config, said, *opening).notes


@pytest.fixture(scope="module")
def unseen() -> list[RatedReply]:
    """Replies that the model has not learned from."""
    lines = (Path(__file__).parent / "fairness" / "replies.jsonl").read_text(encoding="utf-8").splitlines()
    return [RatedReply(**json.loads(line)) for line in lines][:120]


def test_every_component_has_its_span_and_goes_with_it(unseen: list[RatedReply], nlp: Language, config: Config):
    kept = checked = 0
    for reply in unseen:
        context = context_of(reply)
        rating = rate_in_context(reply.text, context, nlp, config)
        for component, level in rating.components.items():
            if not level:
                continue
            spans = {(e.start, e.end) for e in rating.evidence if e.component == component}
            assert spans, f"{reply.id}: {component} has no span"
            rest = "".join(c for i, c in enumerate(reply.text) if not any(start <= i < end for start, end in spans)).strip()
            checked += 1
            if rest:
                left = points(rate_in_context(rest, context, nlp, config), component)
                kept += left >= points(rating, component) - 1
    assert checked > 200
    assert kept <= 0.02 * checked, f"{kept} of {checked} components kept their points without their span"


def points(rating: Rating, component: str) -> float:
    """Return what a component adds to both scores."""
    return sum(s.points for s in (*rating.empathy_sum, *rating.resolution_sum) if s.what == component)
