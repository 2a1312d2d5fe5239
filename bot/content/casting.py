"""Casting: whether another persona can speak the lines that were written for a voice, and why not."""

from collections.abc import Iterator, Mapping

from bot.content.schema import Persona, Scenario, Voice

_TONGUES = ("second_language", "english")
"""Styles that are heard in every line."""

_SAXON_APART = 1
"""Levels of Saxon by which the two may differ."""

_AGES_APART = 25
"""Years by which the two may differ: who speaks of grandchildren is not played by a student."""


def lines_of(voice: Voice) -> Iterator[str]:
    """Yield every text of a voice."""
    yield from voice.opening
    for group in (voice.story, voice.answers, voice.demands):
        for texts in group.values():
            yield from texts
    for bank in voice.lines.values():
        yield from (line.text for line in bank)


def reasons_against(persona: Persona, speaker: Persona, scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Yield why a persona cannot speak another one's lines naturally: (reason, line that shows it or empty).

    Args:
        persona: who would stand in.
        speaker: whose voice it is.
        scenario: with the lines.
    """
    if persona.address != speaker.address:
        yield f"sagt {persona.address}, die Zeilen sagen {speaker.address}", ""
    if persona.salutation.split()[0] != speaker.salutation.split()[0]:
        yield f"ist {persona.salutation}, die Zeilen spricht {speaker.salutation}", ""
    if abs(persona.saxon - speaker.saxon) > _SAXON_APART:
        yield f"spricht Sächsisch der Stufe {persona.saxon}, die Zeilen haben Stufe {speaker.saxon}", ""
    for tongue in _TONGUES:
        if (tongue in persona.styles) != (tongue in speaker.styles):
            yield f"der Stil „{tongue}“ passt nicht zusammen", ""
    if abs(persona.age - speaker.age) > _AGES_APART:
        yield f"ist {persona.age} Jahre alt, die Zeilen spricht jemand mit {speaker.age}", ""
    names = speaker.name.split()
    for text in lines_of(scenario.voices[speaker.id]):
        told = next((name for name in names if len(name) > 3 and name in text), "")
        if told:
            yield f"die Zeile nennt „{told}“", text


def possible_casts(scenario: Scenario, personas: Mapping[str, Persona]) -> Iterator[tuple[str, str]]:
    """Yield (persona, voice) for every persona without a voice here who could speak one naturally, as far as that can be checked."""
    for persona in personas.values():
        if persona.id in scenario.voices:
            continue
        for voice in scenario.voices:
            if voice in personas and not any(True for _ in reasons_against(persona, personas[voice], scenario)):
                yield persona.id, voice
