"""The customer's turns: opening a conversation and answering a reply. Pure functions of state, reading, scene and seed."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from bot.acts import MOOD_NAMES
from bot.config import Config
from bot.customer.agenda import Move, Plan, plan, record
from bot.customer.appraisal import Progress, appraise, causes, work_out
from bot.customer.causes import Cause, Circumstances
from bot.customer.scene import Scene
from bot.customer.state import OPEN, CustomerState, CustomerTurn, Mood
from bot.customer.wording import Speaker, assemble, band_of, garbled
from bot.understanding import Reading

_NOTHING_AROUND = Circumstances()


def generator(seed: int, turn: int, scene: Scene) -> Random:
    """Return the source of chance for one turn of a case; the same on every machine."""
    return Random(f"warteschleife {seed} {turn} {scene.scenario.id} {scene.persona.id}")


def open_conversation(scene: Scene, seed: int, config: Config) -> CustomerTurn:
    """Return the customer's first words, with the mood they bring along.

    Args:
        scene: who plays what.
        seed: of the conversation.
        config: mood bands.
    """
    base = scene.persona.mood
    start = Mood(base.anger, base.trust, base.heard, base.patience)
    mood = start.moved({str(k): v for k, v in scene.scenario.mood.items()}, scene.persona.thresholds.anger_floor)
    speaker = _speaker(scene, CustomerState(mood=mood), {}, generator(seed, 0, scene), config)
    text = assemble([speaker.choose(scene.voice.opening)], scene, speaker, first=True)
    first = scene.scenario.story[0]
    heard = _mentioned(text, scene)
    state = CustomerState(
        mood=mood,
        told=(first.id,),
        given=dict.fromkeys((*first.facts, *heard), 0),
        demands=dict.fromkeys(scene.demands, OPEN),
        used=tuple(speaker.used),
    )
    return CustomerTurn(text, ("greet", "tell"), state)


_PLAIN_ENOUGH = 6
"""Letters from which words in an opening show that a fact was told."""


def _mentioned(text: str, scene: Scene) -> list[str]:
    """Return the facts whose words stand in an opening: they are told and need no telling again."""
    said = text.casefold()
    return [
        fact.id
        for fact in scene.scenario.facts
        if fact.kind != "hidden" and any(len(words) >= _PLAIN_ENOUGH and words.casefold() in said for words in fact.mentioned_as)
    ]


def respond(
    scene: Scene,
    state: CustomerState,
    reading: Reading,
    turn: int,
    seed: int,
    config: Config,
    around: Circumstances = _NOTHING_AROUND,
) -> CustomerTurn:
    """Return what the customer says to a reply.

    Args:
        scene: who plays what.
        state: of the customer before the reply.
        reading: of the reply.
        turn: number of the reply, from 1.
        seed: of the conversation.
        config: mood dynamics and thresholds.
        around: what happened around the reply: at the desk, on the clock, on the line.

    Returns:
        Text, acts, new state and the reasons for every change of mood.
    """
    if state.swallowed and "say_again" in reading.flags:
        return _say_again(scene, state, turn, seed, around, config)
    progress = work_out(reading, state, scene, around, config.customer)
    found = causes(reading, state, progress, scene, around, config.customer)
    mood, because = appraise(state.mood, found, state, scene, config.mood)
    gain = round(mood.heard - state.mood.heard, 3)
    remembered = record(state.with_(mood=mood), reading, progress, found, turn, config.customer)
    decided = plan(remembered, reading, progress, found, scene, turn, gain, around, config)
    given = {fact: turn if when == 0 and fact not in state.given else when for fact, when in decided.state.given.items()}
    slots = _slots(scene, remembered, reading, progress)
    chance = generator(seed, turn, scene)
    speaker = _speaker(scene, decided.state, slots, chance, config)
    parts, acts = _speak(decided, speaker, scene)
    if acts[-1] in _BAD_ENDINGS and decided.state.outcome and scene.channel != "phone" and chance.random() < config.customer.review_share:
        review = speaker.say("review")
        parts, acts = ([*parts, review], [*acts, "review"]) if review else (parts, acts)
    text = assemble(parts, scene, speaker, first=False)
    final = decided.state.with_(given=given, used=tuple(speaker.used))
    return _over_the_line(CustomerTurn(text, tuple(acts), final, because), state, around, chance, config)


_BAD_ENDINGS = frozenset({"leave_unresolved", "hang_up"})


def _over_the_line(said: CustomerTurn, before: CustomerState, around: Circumstances, chance: Random, config: Config) -> CustomerTurn:
    """Return the turn as it arrives: a bad line swallows words, and with them the facts told in it."""
    if not around.line_bad or said.state.outcome:
        return said
    lost = tuple(fact for fact in said.state.given if fact not in before.given)
    return replace(said, text=garbled(said.text, chance, config.customer.swallowed), state=said.state.with_(swallowed=said.text, lost=lost))


def _say_again(scene: Scene, state: CustomerState, turn: int, seed: int, around: Circumstances, config: Config) -> CustomerTurn:
    """Say once more what the bad line swallowed."""
    chance = generator(seed, turn, scene)
    mood, because = appraise(state.mood, [Cause("line_bad")], state, scene, config.mood)
    speaker = _speaker(scene, state, {}, chance, config)
    text = assemble([speaker.say("repeat_self"), state.swallowed], scene, speaker, first=False)
    counts = dict(state.causes) | {"line_bad": state.causes.get("line_bad", 0) + 1}
    after = state.with_(mood=mood, swallowed="", lost=(), holding=0.0, causes=counts, used=tuple(speaker.used))
    return _over_the_line(CustomerTurn(text, ("repeat_self",), after, because), state, around, chance, config)


def _speaker(scene: Scene, state: CustomerState, slots: dict[str, str], random: Random, config: Config) -> Speaker:
    return Speaker(scene, band_of(state.mood, config.mood), slots, random, config.customer.own_words, list(state.used))


def _slots(scene: Scene, state: CustomerState, reading: Reading, progress: Progress) -> dict[str, str]:
    """Return what the slots of a line can be filled with in this turn."""
    slots = {"company": scene.scenario.company, "trainee": state.trainee}
    if scene.scenario.waited_minutes:
        slots["waited"] = f"{scene.scenario.waited_minutes} Minuten"
    timed = [c for c in reading.commitments if c.precision not in {"none", "vague"}]
    if timed:
        slots["time"] = _in_mid_sentence(timed[-1].by)
    if progress.contradicted:
        slots["old_time"], slots["time"] = progress.contradicted[0]
    elif state.promises[: len(state.promises) - len(timed)]:
        slots["old_time"] = state.promises[len(state.promises) - len(timed) - 1].by
    if reading.grounding.wrong_facts:
        slots["wrong"], slots["right"] = reading.grounding.wrong_facts[0]
    elif reading.grounding.wrong_names:
        slots["wrong"], slots["right"] = reading.grounding.wrong_names[0], scene.surname
    slots["quote"] = _quotable(reading)
    if progress.reasked and scene.facts[progress.reasked[0]].short:
        slots["fact"] = scene.facts[progress.reasked[0]].short or ""
    return slots


_ADVERBS = frozenset(
    [
        "heute",
        "morgen",
        "übermorgen",
        "in",
        "um",
        "bis",
        "am",
        "ab",
        "zwischen",
        "spätestens",
        "noch",
        "gleich",
        "gegen",
        "von",
        "nächste",
        "innerhalb",
    ]
)


def _in_mid_sentence(time: str) -> str:
    """Return a time as it stands inside a sentence: "Morgen um zehn" began one, "morgen um zehn" does not."""
    return time[0].lower() + time[1:] if time.lower().split()[0] in _ADVERBS else time


def _quotable(reading: Reading) -> str:
    """Return a few words of the reply worth throwing back, or nothing."""
    for segment in reading.segments:
        if segment.respect or {"deflect", "dismiss", "blame_customer", "apologize", "commit"} & set(segment.acts):
            words = segment.text.strip(" .,!?–-…").split()
            if 2 <= len(words) <= 9 and not any(c in segment.text for c in '„“‚‘"{}'):
                return " ".join(words)
    return ""


_FALLBACKS = {"answer": "already_given", "demand": "ask_next", "take_note": "agree", "agree": "ask_next", "vent": "notice_impatience"}
"""What is done instead when every line for an act has been said."""


def _speak(decided: Plan, speaker: Speaker, scene: Scene) -> tuple[list[str], list[str]]:
    parts, acts = [], []
    for move in decided.moves:
        text = _line(move, speaker, scene)
        if not text and move.act in _FALLBACKS:
            text = speaker.say(_FALLBACKS[move.act])
        if text:
            parts.append(text)
            acts.append(move.act)
    if not parts:
        parts, acts = [speaker.say("ask_next") or speaker.say("vent") or "…"], ["ask_next"]
    return parts, acts


def _line(move: Move, speaker: Speaker, scene: Scene) -> str:
    own: Sequence[str] = ()
    if move.act == "tell":
        own = scene.voice.story[move.key]
    elif move.act == "answer":
        own = scene.voice.answers[move.key]
    elif move.act == "demand":
        own = scene.voice.demands[move.key]
    return speaker.choose(own) if own else speaker.say(move.act)


def mood_of(state: CustomerState) -> dict[str, float]:
    """Return the mood as JSON data."""
    return {name: getattr(state.mood, name) for name in MOOD_NAMES}
