"""For authors: a scaffold to fill in, JSON Schemas for editors, and files tried out without being installed."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from bot.content.schema import (
    Feedback,
    HintBank,
    MustLibrary,
    NluFile,
    PathLevel,
    Persona,
    RatedReply,
    Scenario,
    TraineeLines,
    WordingBank,
)
from bot.errors import InvalidInputError

SCHEMAS: dict[str, type[BaseModel]] = {
    "scenario": Scenario,
    "persona": Persona,
    "wording": WordingBank,
    "nlu": NluFile,
    "rating": RatedReply,
    "trainees": TraineeLines,
    "feedback": Feedback,
    "hints": HintBank,
    "level": PathLevel,
    "musts": MustLibrary,
}
"""Name of the schema file -> what it describes."""

_TRIED = "WARTESCHLEIFE_TRIED_FILES"


def schema_files() -> Iterator[tuple[str, str]]:
    """Yield (file name, JSON text) of the schema of every kind of content file."""
    for name, model in SCHEMAS.items():
        schema = model.model_json_schema(by_alias=True)
        yield f"{name}.schema.json", json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def tried_files() -> list[Path]:
    """Return the scenario files that are tried out in this process and its children."""
    return [Path(name) for name in os.environ.get(_TRIED, "").split(os.pathsep) if name]


def try_file(path: Path) -> None:
    """Let the library hold a scenario file although it does not lie in `data/scenarios/`; inherited by child processes."""
    os.environ[_TRIED] = os.pathsep.join(dict.fromkeys([*map(str, tried_files()), str(path.resolve())]))


def scaffold(scenario: str, channel: str, persona: str) -> str:
    """Return a scenario file to fill in: it is valid as it stands and can be played.

    Args:
        scenario: the id, also the file's name.
        channel: phone, chat, email or social.
        persona: id of the persona whose voice is to be written first.

    Raises:
        InvalidInputError: for an id that cannot be one.
    """
    if not scenario.isascii() or not all(c.islower() or c.isdigit() or c in "-_" for c in scenario) or not scenario:
        raise InvalidInputError(f"„{scenario}“ ist kein Kürzel.", "Erlaubt sind a-z, 0-9, - und _.")
    return _SCAFFOLD.replace("<id>", scenario).replace("<channel>", channel).replace("<persona>", persona)


_SCAFFOLD = """\
# yaml-language-server: $schema=../schemas/scenario.schema.json
# Alles in dieser Datei ist ein Beispiel, das läuft. Satz für Satz ersetzen, dazwischen ausprobieren:
#   warteschleife validate data/scenarios/<id>.yml      nennt Zeile, Fehler und Abhilfe
#   warteschleife play data/scenarios/<id>.yml          spielt es im Terminal
#   warteschleife simulate data/scenarios/<id>.yml      sagt, ob es zu leicht oder zu schwer ist
# docs/authoring.md führt Schritt für Schritt hindurch.
id: <id>
title: "Der Titel, wie er in der Auswahl steht"
summary: "Ein Satz: was passiert ist und was daran schwer ist."
channel: <channel>
difficulty: 2            # 1 freundlich, aber genervt … 4 feindselig
skills: [listening, commitment]
minutes: 10
company: "Beispielwerk"
now: 2026-05-11T10:30    # Ortszeit, zu der das Gespräch beginnt
briefing: "Was die Trainee vor dem Gespräch weiß: Firma, Aufgabe, was sie gewähren darf."
waited_minutes: 20
personas: [<persona>]
facts:
  # open: wird unaufgefordert erzählt · on_request: nur auf Frage · hidden: erst bei Vertrauen
  - id: broken
    kind: open
    text: "Das Gerät ist seit Samstag kaputt."
    short: "das kaputte Gerät"
    asked_as: ["Was ist denn genau kaputt?", "Seit wann geht das Gerät nicht mehr?"]
    mentioned_as: ["seit Samstag", "Gerät kaputt"]
  - id: customer_number
    kind: on_request
    topic: customer_number
    identity: true
    text: "Die Kundennummer ist 730 418."
    short: "die Kundennummer"
    asked_as: ["Wie lautet Ihre Kundennummer?", "Nennen Sie mir bitte Ihre Kundennummer?"]
    mentioned_as: ["730 418", "730418"]
  - id: visit
    kind: hidden
    text: "Am Mittwoch kommt die Schwester zu Besuch, die man zwei Jahre nicht gesehen hat."
    short: "der Besuch"
    asked_as: ["Gibt es einen besonderen Anlass?", "Was hängt für Sie daran?"]
    mentioned_as: ["Schwester", "Besuch am Mittwoch"]
story:
  - id: start
    facts: [broken]
acknowledge:
  start:
    - "Seit Samstag sitzen Sie mit einem kaputten Gerät da und hängen dann noch zwanzig Minuten bei uns in der Leitung, das tut mir leid."
demands:
  - id: replacement
    text: "Ein Ersatzgerät mit festem Termin."
    must: true
    met_as:
      - "Ich schicke Ihnen morgen zwischen 8 und 10 Uhr ein Ersatzgerät."
      - "Das Ersatzgerät ist bestellt und kommt am Dienstag bis 12 Uhr."
    grudging_as:
      - "Ich rufe Sie morgen um neun an und sage Ihnen, wann das Ersatzgerät kommt."
    refused_as:
      - "Ein Ersatzgerät gibt es in diesem Fall leider nicht."
    step:
      - "Ich schicke Ihnen morgen zwischen 8 und 10 Uhr ein Ersatzgerät und rufe um 11 an, ob es läuft. Passt Ihnen das?"
    desk: {remedies.replacement: true}
information:
  - id: old_device
    text: "Das alte Gerät nimmt der Bote mit."
    told_as: ["Das alte Gerät nimmt der Bote gleich mit.", "Um das alte Gerät müssen Sie sich nicht kümmern."]
policy:
  may: ["Ersatzgerät bis 120 Euro"]
  may_not:
    - id: refund
      text: "Kaufpreis zurück: erst nach zwei erfolglosen Reparaturen."
      offered_as: ["Sie bekommen den ganzen Kaufpreis bis morgen zurück.", "Ich überweise Ihnen den vollen Betrag noch heute."]
enrages: [vague]
soothes: [acknowledged_facts]
desk:
  record: {Name: "…", Kundennummer: "730418", Gerät: "Modell 7, gekauft am 3. Februar 2026"}
  identify_by: [customer_number]
  tickets: []
  remedies: {replacement: {label: "Ersatzgerät", limit: 1}}
  slots: ["12.05.2026, 8 bis 10 Uhr"]
  articles:
    - {id: replacement, title: "Ersatzgeräte", body: "Ein Ersatzgerät steht jedem Gerät unter Garantie zu."}
  suggestion:
    - kind: tone_deaf
      text: "Vielen Dank für Ihre Geduld. Wir kümmern uns schnellstmöglich darum."
goal: {remedies.replacement: true}
voices:
  <persona>:
    opening:
      - "Na endlich. Seit Samstag geht bei mir gar nichts mehr, und ich hänge hier seit zwanzig Minuten."
      - "Guten Tag. Ihr Gerät ist seit Samstag kaputt, und ich hätte gern, dass sich jemand kümmert."
    story:
      start:
        - "Seit Samstag. Eingeschaltet, einmal gebrummt, aus."
        - "Am Samstag hat es noch einmal gebrummt, und das war es dann."
    answers:
      customer_number:
        - "Sieben drei null, vier eins acht."
      visit:
        - "Am Mittwoch kommt meine Schwester. Zwei Jahre hab ich sie nicht gesehen."
    demands:
      replacement:
        - "Ich will ein Ersatzgerät, und zwar mit Tag und Uhrzeit."
    lines:
      vent:
        - {text: "Zwei Tage ohne. Das müssen Sie sich mal vorstellen.", band: [annoyed, angry]}
"""
