"""Wording: from what the customer does to what the customer says.

A line comes from the scenario's own voice, from the persona, or from the common banks. It must fit the mood band, the
channel, the form of address and the speech styles, all its slots must be known, and it is never said twice.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2s
from random import Random

from bot.acts import MOOD_BANDS
from bot.config import MoodSettings
from bot.content.schema import Line
from bot.customer.scene import Scene
from bot.customer.state import Mood

_SLOT = re.compile(r"\{(\w+)\}")
_DIRECTION = re.compile(r"\[[^\]]*\]")
_SENTENCE_END = re.compile(r"[.!?…]\s+$")
_TWO_STOPS = re.compile(r"(?<!\.)\.\.(?!\.)")


def band_of(mood: Mood, settings: MoodSettings) -> str:
    """Return the mood band (calm, annoyed, angry, furious) of a mood."""
    return MOOD_BANDS[sum(mood.anger >= border for border in settings.bands)]


def key_of(text: str) -> str:
    """Return the short key under which a said line is remembered."""
    return blake2s(text.encode(), digest_size=5).hexdigest()


_MARKED_SAXON = 2
"""Level of Saxon from which common lines are only the last resort."""


@dataclass
class Speaker:
    """Chooses lines for one turn.

    Attributes:
        scene: the case.
        band: the mood band to speak in.
        slots: values for the slots; a line with an unknown slot is not said.
        random: generator seeded by conversation and turn.
        weights: how readily a line comes from scenario, persona and common banks.
        used: keys of lines said before; grows while choosing.
    """

    scene: Scene
    band: str
    slots: Mapping[str, str]
    random: Random
    weights: Sequence[float]
    used: list[str] = field(default_factory=list)

    def say(self, act: str) -> str:
        """Return an unused line for a customer act, filled in; empty when there is none left."""
        voice, persona = self.scene.voice.lines.get(act, []), self.scene.persona.lines.get(act, [])
        common = self.scene.wording.get(act, ())
        for bands in self._bands():
            sources = [[line for line in source if self._fits(line, bands)] for source in (voice, persona, common)]
            weights = [w if source else 0.0 for w, source in zip(self.weights, sources, strict=True)]
            if self._marked and any(weights[:2]):
                weights[2] = 0.0  # a common line would drop the dialect or the learner's German
            if any(weights):
                return self._take(self.random.choice(self.random.choices(sources, weights)[0]).text)
        return ""

    @property
    def _marked(self) -> bool:
        """Whether every sentence of this persona sounds unlike standard German."""
        return self.scene.persona.saxon >= _MARKED_SAXON or bool({"second_language", "english"} & set(self.scene.persona.styles))

    def choose(self, texts: Sequence[str]) -> str:
        """Return an unused one of the scenario's own texts, filled in; empty when all are used."""
        fresh = [text for text in texts if key_of(text) not in self.used and self._fillable(text)]
        return self._take(self.random.choice(fresh)) if fresh else ""

    def _take(self, text: str) -> str:
        self.used.append(key_of(text))
        said = _SLOT.sub(lambda m: self._filled(m, text), text)
        return _TWO_STOPS.sub(".", said)  # "am 13." at the end of a sentence

    def _filled(self, match: re.Match[str], text: str) -> str:
        """Return what a slot is filled with; at the beginning of a sentence it is written with a capital letter."""
        value = self.slots[match[1]]
        begins = not text[: match.start()].strip() or _SENTENCE_END.search(text[: match.start()])
        return value[:1].upper() + value[1:] if begins and self.scene.channel != "chat" else value

    def _bands(self) -> list[set[str]]:
        """Return the band to speak in, then its neighbours, for when the first has nothing left."""
        i = MOOD_BANDS.index(self.band)
        neighbours = {MOOD_BANDS[j] for j in (i - 1, i + 1) if 0 <= j < len(MOOD_BANDS)}
        return [{self.band}, neighbours]

    def _fits(self, line: Line, bands: set[str]) -> bool:
        persona = self.scene.persona
        return (
            (not line.band or bool(bands & set(line.band)))
            and (not line.channel or self.scene.channel in line.channel)
            and (line.address is None or line.address == persona.address)
            and (not line.style or bool(set(line.style) & set(persona.styles)))
            and key_of(line.text) not in self.used
            and self._fillable(line.text)
        )

    def _fillable(self, text: str) -> bool:
        return all(self.slots.get(slot) for slot in _SLOT.findall(text))


def assemble(parts: Sequence[str], scene: Scene, speaker: Speaker, *, first: bool) -> str:
    """Join what is said into one message of the channel's shape.

    Args:
        parts: sentences in order; empty ones are dropped.
        scene: whose channel decides the shape.
        speaker: for an e-mail's salutation and closing.
        first: whether this opens the conversation (openings bring their own salutation).
    """
    said = [part.strip() for part in parts if part.strip()]
    if scene.channel == "chat":
        text = "\n".join(said)
        return text.lower() if scene.persona.lower_case else text
    if len(said) == 1 and _DIRECTION.fullmatch(said[0]):
        return said[0]  # who goes without a word writes no salutation
    if scene.channel == "email":
        body = "\n\n".join(said)
        if first:
            return body
        return "\n\n".join(part for part in (speaker.say("salutation"), body, speaker.say("sign_off")) if part) + f"\n{scene.persona.name}"
    return " ".join(said)


def garbled(text: str, chance: Random, share: float) -> str:
    """Return a text as a bad voice line lets it through: runs of words are swallowed, always at least one.

    Args:
        text: what was said.
        chance: source of chance of the turn.
        share: share of the words that go under, 0..1.
    """
    words = text.split()
    kept: list[str] = []
    swallowing = 0
    for word in words:
        if not swallowing and chance.random() < share / 2:
            swallowing = chance.randint(1, 3)
            kept.append("…")
        if swallowing:
            swallowing -= 1
        else:
            kept.append(word)
    return " ".join(kept) if "…" in kept else " ".join([*words[: len(words) // 2], "…"])
