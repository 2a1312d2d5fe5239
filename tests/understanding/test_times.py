"""Times as people promise them. The clock stands at Tuesday, 10 March 2026, 10:17."""

from datetime import datetime

import pytest

from bot.understanding.times import find_times

NOW = datetime(2026, 3, 10, 10, 17)


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        ("Ich rufe Sie morgen früh um zehn an.", "2026-03-11T10:00", "minute"),
        ("Das erledige ich in den nächsten zwei Stunden.", "2026-03-10T12:17", "minute"),
        ("Bis Freitag haben Sie es im Kasten.", "2026-03-13T18:00", "day"),
        ("Bis spätestens 16 Uhr melde ich mich.", "2026-03-10T16:00", "minute"),
        ("Um halb drei ist er da.", "2026-03-10T14:30", "minute"),
        ("In einer Viertelstunde bin ich zurück.", "2026-03-10T10:32", "minute"),
        ("Donnerstag zwischen 8 und 10 Uhr", "2026-03-12T10:00", "minute"),
        ("Das Geld ist bis zum 30. September da.", "2026-09-30T18:00", "day"),
        ("bis Donnerstag, 2. April", "2026-04-02T18:00", "day"),
        ("Um vier rufe ich durch.", "2026-03-10T16:00", "minute"),
        ("in drei Werktagen", "2026-03-13T18:00", "day"),
        ("innerhalb von 24 Stunden", "2026-03-11T10:17", "minute"),
        ("nächste Woche", "2026-03-20T18:00", "week"),
        ("übermorgen Nachmittag", "2026-03-12T17:00", "part_of_day"),
    ],
)
def test_a_promised_time_is_found_and_normalised(text: str, at: str, precision: str):
    found = find_times(text, NOW)
    assert [(t.at, t.precision) for t in found] == [(at, precision)]


@pytest.mark.parametrize("text", ["Wir kümmern uns zeitnah.", "Das geht schnellstmöglich raus.", "Sie hören bald von uns."])
def test_a_vague_time_is_known_as_vague_and_has_no_date(text: str):
    (found,) = find_times(text, NOW)
    assert (found.precision, found.at) == ("vague", None)


@pytest.mark.parametrize("text", ["Guten Morgen, Frau Weber.", "Guten Tag!", "Das sind 35 Euro.", "Wir haben acht Filialen."])
def test_what_only_looks_like_a_time_is_none(text: str):
    assert find_times(text, NOW) == []


def test_a_clock_time_belongs_to_the_day_named_before_it_in_the_sentence():
    found = find_times("Morgen, am Mittwoch, kommt der Techniker zwischen 14 und 16 Uhr.", NOW)
    assert found[-1].at == "2026-03-11T16:00"


def test_the_span_points_at_the_words():
    text = "Gut, ich melde mich morgen früh um zehn bei Ihnen."
    (found,) = find_times(text, NOW)
    assert text[found.start : found.end] == found.text == "morgen früh um zehn"


def test_without_a_clock_the_words_are_still_found():
    (found,) = find_times("Morgen um neun.", None)
    assert (found.at, found.precision) == (None, "minute")


@pytest.mark.parametrize("text", ["SCHNELLSTMÖGLİCH", "bis Mıttag"])
def test_letters_of_a_turkish_keyboard_hide_no_time(text: str):
    assert find_times(text, NOW)
