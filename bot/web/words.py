"""What things are called on the pages; the templates translate."""

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

from bot.acts import ACT_NAMES
from bot.assessment.forms import PARTS as PARTS_OF_FORM
from bot.desk import TOOLS
from bot.evaluation import DEED_NAMES

CHANNELS = {"phone": "Telefon", "chat": "Chat", "email": "E-Mail", "social": "Öffentlicher Beitrag"}
DIFFICULTIES = {1: "freundlich, aber verärgert", 2: "aufgebracht", 3: "schwierig", 4: "feindselig"}
SKILLS = {
    "de_escalation": "Deeskalation",
    "diagnosis": "Nachfragen",
    "honest_no": "ehrlich Nein sagen",
    "expectation": "Erwartungen klären",
    "tool_failure": "Technik fällt aus",
    "data_protection": "Datenschutz",
    "public_channel": "vor Publikum",
    "commitment": "verbindlich zusagen",
    "ownership": "Verantwortung übernehmen",
    "listening": "Zuhören",
}
SKILL_GOALS = {
    "de_escalation": "Wer aufgebracht war, ist am Ende ruhiger und fühlt sich gehört.",
    "diagnosis": "Sie fragen, was fehlt, und nichts zweimal.",
    "honest_no": "Sie versprechen nichts, was nicht geht, und bleiben dabei menschlich.",
    "expectation": "Ihr Gegenüber weiß, was als Nächstes geschieht und wie lange es dauert.",
    "tool_failure": "Auch ohne Technik geht es weiter, und was zu tun war, ist getan.",
    "data_protection": "Sie gleichen Angaben ab, bevor Sie Daten nennen oder etwas ändern.",
    "public_channel": "Vor Publikum bleiben Sie respektvoll, konkret und ohne fremde Daten.",
    "commitment": "Sie sagen zu, was bis wann geschieht, und halten es.",
    "ownership": "Sie nehmen die Sache selbst in die Hand und bringen sie zu Ende.",
    "listening": "Sie benennen genau, was Ihr Gegenüber erlebt hat.",
}
"""What somebody does who has a skill."""
MEASURES = {
    "empathy": "Empathie",
    "resolution": "Lösung",
    "er": "Mitgefühl",
    "ip": "Verstehen",
    "ex": "Interesse",
    "ow": "Verantwortung",
    "ac": "Handeln",
    "co": "Zusage",
    "respect": "nie verletzt",
    "calm": "ruhig am Ende",
    "heard": "fühlt sich am Ende gehört",
    "not_reasked": "nichts zweimal gefragt",
    "information": "Nötiges gesagt",
    "goal": "am Arbeitsplatz erledigt",
    "kept": "Zusagen gehalten",
    "honest": "nichts Unhaltbares zugesagt",
    "identity": "Angaben abgeglichen, nichts preisgegeben",
}
"""What a skill is measured by."""
STAGES = {
    "entry": "Einstieg",
    "experienced": "Mit Erfahrung",
    "digital": "Digitale Produkte",
    "specialist": "Schwere Fälle",
}
LENGTHS = {"short": "bis 10 Minuten", "middle": "11 bis 14 Minuten", "long": "ab 15 Minuten"}
ROLES = {"trainee": "Training", "lead": "Teamleitung", "admin": "Verwaltung"}
ATTEMPTS = {
    "open": "noch nicht begonnen",
    "running": "läuft",
    "overdue": "Zeit abgelaufen",
    "finished": "abgegeben, wartet auf Freigabe",
    "released": "freigegeben",
    "objected": "zweiter Blick verlangt",
    "closed": "zweiter Blick getan",
}
"""Where an attempt at an assessment stands."""
ACTIONS = {
    "form_added": "Formular angelegt",
    "form_archived": "Formular abgelegt",
    "assigned": "Prüfung zugewiesen",
    "attempt_began": "Versuch begonnen",
    "attempt_finished": "Versuch abgegeben",
    "released": "Ergebnis freigegeben",
    "said_score": "Wert anders gesetzt",
    "said_must": "Muss-Kriterium anders gesetzt",
    "said_comment": "Anmerkung geschrieben",
    "said_answer": "geantwortet",
    "said_objection": "zweiten Blick verlangt",
    "said_second": "zweiten Blick beendet",
    "outdated_deleted": "Veraltetes gelöscht",
    "results_exported": "Ergebnisse heruntergeladen",
}
"""Entries of the audit log."""
VERDICTS = {
    "too_few": "noch zu wenig gesehen",
    "too_easy": "gelingt fast immer",
    "too_hard": "gelingt fast nie",
    "fitting": "unterscheidet gut",
}
"""What the share of shown skills says of a case."""
OPINIONS = {
    "score": "Wert anders gesetzt",
    "must": "Muss-Kriterium anders gesetzt",
    "comment": "Anmerkung",
    "answer": "Antwort",
    "objection": "Zweiter Blick verlangt",
    "second": "Zweiter Blick",
}
HINTS = {"question": "Eine Frage", "direction": "Eine Richtung", "example": "Ein Beispiel"}
"""Steps of a hint."""
OUTCOMES = {
    "resolved": "gelöst",
    "resolved_grudgingly": "gelöst, mit Vorbehalt",
    "unresolved": "nicht gelöst",
    "escalated": "an die Leitung weitergegeben",
    "hung_up": "abgebrochen",
    "abandoned": "vorzeitig beendet",
    "timed_out": "zu lange ohne Ergebnis",
}
COMPONENTS = {
    "er": "Mitgefühl",
    "ip": "Verstehen",
    "ex": "Interesse",
    "ow": "Verantwortung",
    "ac": "Handeln",
    "co": "Zusage",
    "respect": "Respekt verletzt",
    "back": "bringt die Sache zurück",
    "base": "Grundwert",
    "english": "fremde Sprache",
    "copied": "schon einmal gesagt",
    "contradiction": "widerspricht einer Zusage",
    "beyond": "zugesagt, was nicht gewährt wird",
}
LEVELS = ("nicht gezeigt", "ansatzweise", "stark")
PARTS = {
    "replies": "Antworten im Mittel",
    "demands": "Forderungen erfüllt",
    "information": "Nötiges gesagt",
    "outcome": "Ausgang",
    "goal": "Am Arbeitsplatz erledigt",
    "deeds": "Gesagt und getan",
}
CAUSES = {
    "acknowledged_facts": "Lage genau benannt",
    "acknowledged_feeling": "Gefühl anerkannt",
    "specific_apology": "ehrliches Bedauern",
    "formula": "Entschuldigungsformel",
    "owned": "Verantwortung übernommen",
    "promised_to_care": "will sich kümmern",
    "question_about_them": "nach dem Menschen gefragt",
    "greeting_name": "mit Namen vorgestellt",
    "thanks": "Dank",
    "data_question": "Datenabfrage",
    "explain": "Erklärung",
    "honest_limit": "ehrliche Grenze",
    "looked_into": "schaut nach",
    "step": "konkreter Schritt",
    "commitment": "Zusage mit Zeit",
    "compensation": "Ausgleich",
    "demand_met": "Forderung erfüllt",
    "information_told": "Wichtiges gesagt",
    "agreement_asked": "nach Zustimmung gefragt",
    "vague": "vage Zusage",
    "nothing_moves": "nichts bewegt sich",
    "apology_repeated": "wiederholte Entschuldigung",
    "repeated_phrase": "derselbe Satz noch einmal",
    "formula_heap": "Formeln gehäuft",
    "reask": "schon Gesagtes erfragt",
    "aber": "„aber“ nimmt es zurück",
    "cold_shoulder": "kühler Ton",
    "deflect": "Verantwortung abgeschoben",
    "dismiss": "kleingeredet",
    "blame": "Schuld beim Kunden gesucht",
    "rude": "verletzt",
    "contradiction": "Widerspruch zu früher",
    "honest_no": "ehrliches Nein",
    "demand_lessened": "kleinerer Schritt angeboten",
    "wrong_fact": "falsche Angabe",
    "wrong_name": "falscher Name",
    "demand_refused": "Forderung abgelehnt",
    "hold": "um Geduld gebeten",
    "hold_kept": "wie angekündigt zurück",
    "hold_forgotten": "in der Leitung vergessen",
    "waited": "warten lassen",
    "line_bad": "schlechte Leitung",
    "seen_done": "wirklich erledigt",
    "seen_not_done": "gesagt, aber nicht getan",
    "wrong_draft": "Entwurf ungeprüft gesendet",
    "transfer": "weitergereicht",
    "sent_away": "abgewimmelt",
    "silence": "Schweigen",
    "gibberish": "unverständlich",
    "english": "fremde Sprache",
    "copied": "schon einmal gesagt",
    "off_topic": "am Thema vorbei",
    "wall_of_text": "viel zu lang",
}
TICKET = {
    "id": "Ticket",
    "subject": "Betreff",
    "status": "Status",
    "owner": "Bearbeitung",
    "history": "Verlauf",
}
"""Fields of a ticket as the desk shows them."""
DEEDS = DEED_NAMES
DEMAND_STATES = {
    "open": "nicht zur Sprache gekommen",
    "stated": "offen",
    "insisted": "offen, noch einmal angemahnt",
    "offered": "angeboten",
    "conceded": "ein kleinerer Schritt zugesagt",
    "promised": "zugesagt",
    "done": "erledigt",
    "refused": "abgelehnt",
}


def summand(what: str) -> str:
    """Return the German name of one line of a score's sum."""
    return COMPONENTS.get(what) or ACT_NAMES.get(what) or what


_HEAT = {0.3: "ruhig", 0.55: "verärgert", 0.8: "wütend", inf: "außer sich"}
_HEARD = {0.25: "fühlt sich nicht gehört", 0.5: "fühlt sich etwas gehört", inf: "fühlt sich gehört"}
"""What a mood below a value is called."""


def moods_in_words(mood: dict[str, float]) -> str:
    """Return a mood as one phrase in the language of this request, for screen readers and people who do not see colours."""
    from bot.web.i18n import gettext

    heat = next(text for below, text in _HEAT.items() if mood.get("anger", 0.0) < below)
    listening = next(text for below, text in _HEARD.items() if mood.get("heard", 0.0) < below)
    return f"{gettext(heat)}, {gettext(listening)}"


RESPECT = {
    0: "Kein Satz verletzt.",
    1: "Mindestens ein Satz klang kühl oder abweisend.",
    2: "Mindestens ein Satz hat verletzt.",
}
"""What the worst violation of respect in a conversation is called."""
KEPT = {True: "gehalten", False: "durch eine andere Zusage ersetzt", None: "steht noch aus"}
"""What became of a promise."""


def names() -> Iterator[str]:
    """Yield everything that is called something here or by the packages whose names the pages show, for the catalogue."""
    from bot.web.pages import _STATUSES, GROUPS

    tables: list[Mapping[Any, str]] = [
        CHANNELS, DIFFICULTIES, SKILLS, SKILL_GOALS, MEASURES, STAGES, LENGTHS, ROLES, HINTS, ATTEMPTS, ACTIONS, OPINIONS,
        VERDICTS, OUTCOMES,
        COMPONENTS, PARTS, CAUSES, TICKET,
        DEEDS, DEMAND_STATES, RESPECT, KEPT, ACT_NAMES, _HEAT, _HEARD,
    ]  # fmt: skip
    for table in tables:
        yield from table.values()
    yield from LEVELS
    yield from PARTS_OF_FORM.values()
    yield from GROUPS
    yield from _STATUSES
    for tool in TOOLS.values():
        yield tool.title
        yield from tool.arguments.values()
