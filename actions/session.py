"""The moves of a session: open, reply, finish."""

import re
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.move import Move, arguments_of, conversation_of, message_of, running, scene_of, set_slots
from actions.resources import config, content, feedback, pipeline
from bot.conversation import ACTION_FINISH, ACTION_OPEN, ACTION_REPLY, HINT_STEPS, Conversation, Event
from bot.customer import Circumstances, CustomerState, Scene, make_scene, mood_of, open_conversation, reasked, respond
from bot.customer.state import MET, Promise
from bot.desk import described, holds, initial, line_is_bad, side_effects
from bot.errors import ConflictError, InvalidInputError
from bot.evaluation import Case, Deed, Hints, Rating, coach, copied, rate, scorecard
from bot.learning import shown_skills
from bot.understanding import Context, Reading, read

MODES = ("practice", "assessment")
_LARGEST_SEED = 2**31 - 1
_LONG_NUMBER = re.compile(r"\d{4,}")
"""Numbers of customers and cases: a better wording must not use one the customer has not said."""


class OpenSession(Move):
    """Opens a conversation: the customer speaks first.

    Takes `/start{"scenario", "persona"?, "channel"?, "seed"?, "mode"?, "clock"?}`; with the clock, waiting costs patience.
    """

    def name(self) -> str:
        """Return the action's name."""
        return ACTION_OPEN

    def play(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        """Open the conversation; see `Move.play`."""
        if conversation_of(tracker).session:
            raise ConflictError("Das Gespräch hat schon begonnen.", "Für ein neues Gespräch eine neue Sitzung verwenden.")
        given = arguments_of(tracker)
        if not given.get("scenario"):
            raise InvalidInputError("Es fehlt das Szenario.", f"Möglich: {', '.join(sorted(content().scenarios))}.")
        scene = make_scene(content(), str(given["scenario"]), str(given.get("persona") or ""), str(given.get("channel") or ""))
        seed = checked_seed(given.get("seed"), tracker.sender_id)
        mode = str(given.get("mode") or MODES[0])
        if mode not in MODES:
            raise InvalidInputError(f"Den Modus „{mode}“ gibt es nicht.", f"Erlaubt: {', '.join(MODES)}.")
        turn = open_conversation(scene, seed, config())
        session = {
            "scenario": scene.scenario.id,
            "persona": scene.persona.id,
            "channel": scene.channel,
            "seed": seed,
            "mode": mode,
            "clock": checked_clock(given.get("clock"), mode),
        }
        if given.get("attempt"):
            session["attempt"] = str(given["attempt"])
        dispatcher.utter_message(text=turn.text, json_message={"acts": list(turn.acts)})
        return set_slots(
            session=session,
            customer=turn.state.to_dict(),
            desk=initial(scene.scenario, seed, scene.scenario.stand_ins.get(scene.persona.id, scene.persona.id)),
            mood=mood_of(turn.state),
            because=[],
            outcome="",
        )


def checked_seed(value: Any, sender: str) -> int:
    """Return the seed given, or one derived from the conversation's id.

    Raises:
        InvalidInputError: for anything but a whole number from 0 to 2147483647.
    """
    if value is None or value == "":
        return zlib.crc32(sender.encode()) & _LARGEST_SEED
    try:
        seed = int(value)
    except (TypeError, ValueError):
        seed = -1
    if isinstance(value, bool) or not 0 <= seed <= _LARGEST_SEED:
        raise InvalidInputError(f"Der Startwert „{value}“ geht nicht.", f"Erlaubt ist eine ganze Zahl von 0 bis {_LARGEST_SEED}.")
    return seed


def checked_clock(value: Any, mode: str) -> bool:
    """Return whether waiting counts by the clock; not told, it does in an assessment and does not in practice.

    Raises:
        InvalidInputError: for anything but true or false.
    """
    if value is None or value == "":
        return mode == "assessment"
    known = {"true": True, "1": True, "on": True, "ja": True, "false": False, "0": False, "off": False, "nein": False}
    chosen = known.get(str(value).casefold())
    if chosen is None:
        raise InvalidInputError(f"„{value}“ ist keine Angabe für die Uhr.", "Erlaubt: true oder false.")
    return chosen


class TraineeReply(Move):
    """Takes a reply: read once, rated and answered from the same reading."""

    def name(self) -> str:
        """Return the action's name."""
        return ACTION_REPLY

    def play(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        """Answer and rate the reply; see `Move.play`."""
        conversation = running(conversation_of(tracker))
        text = checked_reply(message_of(tracker))
        scene = scene_of(conversation)
        state = CustomerState.from_dict(conversation.slots["customer"])
        turn = conversation.turn + 1
        reading = read(pipeline(), text, context_of(conversation, scene))
        reading = with_reasks(reading, reasked(reading, state))
        desk = conversation.slots["desk"]
        rating = _rate(reading, conversation, scene, state, turn)
        around = circumstances_of(conversation, scene, text, waited_for(tracker.events) if conversation.session.get("clock") else 0.0)
        answer = respond(scene, state, reading, turn, conversation.session["seed"], config(), around)
        dispatcher.utter_message(text=answer.text, json_message={"acts": list(answer.acts)})
        after = {**desk, "seconds": 0.0, "leaks": [*desk.get("leaks", []), *leaks(text, conversation, scene)]}
        return set_slots(
            rating=rating.to_dict(),
            customer=answer.state.to_dict(),
            mood=mood_of(answer.state),
            because=[change.to_dict() for change in answer.because],
            outcome=answer.state.outcome,
            **({"desk": after} if after != desk else {}),
        )


def waited_for(events: Sequence[Event]) -> float:
    """Return the seconds between what was said last and the latest message, by the timestamps of the events."""
    said = [event["timestamp"] for event in events if event.get("event") == "bot" and event.get("timestamp")]
    replied = [event["timestamp"] for event in events if event.get("event") == "user" and event.get("timestamp")]
    return max(0.0, replied[-1] - said[-1]) if said and replied else 0.0


def circumstances_of(conversation: Conversation, scene: Scene, text: str, waited: float) -> Circumstances:
    """Return what happened around a reply: at the desk, on the clock, on the line."""
    desk = conversation.slots["desk"]
    drafts = [scene.scenario.desk.suggestion[i] for i in desk["suggestions"]]
    return Circumstances(
        done=frozenset(d.id for d in scene.scenario.demands if d.desk and all(holds(desk, p, w) for p, w in d.desk.items())),
        desk_used=bool(conversation.tools),
        waited=round(waited + desk["seconds"], 1),
        heard=len(conversation.exchanges[-1].customer),
        wrong_draft=any(copied(text, draft.text) >= config().evaluation.copied_share for draft in drafts if draft.kind == "wrong"),
        line_bad=line_is_bad(desk, scene.scenario, conversation.turn + 1),
    )


_DATUM = re.compile(r"[\w.+-]+@[\w.-]+|\d[\d.,:/ ]*\d")


def leaks(text: str, conversation: Conversation, scene: Scene) -> list[str]:
    """Return the data in a reply that must not be told yet: from the closed record, or from other customers' tickets.

    What the customer has said themselves, or what stands in the briefing, is no secret. Data are numbers and addresses of
    four and more characters.
    """
    desk = conversation.slots["desk"]
    secret = set() if desk["identified"] else _data(" ".join(map(str, scene.scenario.desk.record.values())))
    for ticket in desk["tickets"].values():
        if ticket["other"]:
            secret |= _data(f"{ticket['subject']} {' '.join(ticket['history'])}")
    known = _data(" ".join([scene.scenario.briefing, *(turn.text for turn in conversation.turns)]))
    given = [f for f in scene.scenario.facts if f.id in conversation.slots["customer"]["given"]]
    known |= _data(" ".join(text for f in given for text in (f.text, *f.mentioned_as)))
    return sorted(_data(text) & secret - known)


def _data(text: str) -> set[str]:
    found = {re.sub(r"[ ,.:/]+$", "", match.group()) for match in _DATUM.finditer(text)}
    return {datum.replace(" ", "") for datum in found if len(datum.replace(" ", "")) >= 4}


def checked_reply(text: str) -> str:
    """Return a reply as it is taken: line ends unified, outer blanks off.

    Raises:
        InvalidInputError: when it is empty, too long or holds control characters.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    limit = config().limits.reply_characters
    if not text:
        raise InvalidInputError("Die Antwort ist leer.", "Bitte etwas schreiben; wer schweigen möchte, sendet „…“.")
    if len(text) > limit:
        raise InvalidInputError(
            f"Die Antwort hat {len(text)} Zeichen, erlaubt sind {limit}.", "Bitte kürzen; der Text bleibt im Eingabefeld stehen."
        )
    for position, character in enumerate(text, start=1):
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\t":
            raise InvalidInputError(
                f"Die Antwort enthält an Stelle {position} ein Steuerzeichen (U+{ord(character):04X}).",
                "Bitte dort löschen und neu senden.",
            )
    return text


def context_of(conversation: Conversation, scene: Scene) -> Context:
    """Return what the next reply is read in."""
    start: datetime = scene.scenario.now
    known = [scene.persona.name, *(f.text for f in scene.scenario.facts if f.id in conversation.slots["customer"]["given"])]
    return Context(
        turns=conversation.turns,
        channel=scene.channel,
        now=start,
        topics=scene.topics,
        customer_name=scene.surname,
        known=tuple(known),
    )


def with_reasks(reading: Reading, facts: Sequence[str]) -> Reading:
    """Return a reading whose `reask` acts are what the conversation knows and not what the wording suggests.

    Args:
        reading: of the reply.
        facts: facts asked for that the customer has given before.
    """
    again = {hit.start for hit in reading.asked if hit.id in facts}
    again &= {s.start for s in reading.segments if not {"open_question", "check_agreement", "offer"} & set(s.acts)}
    segments = []
    for segment in reading.segments:
        acts = tuple(act for act in segment.acts if act != "reask")
        segments.append(replace(segment, acts=(*acts, "reask") if segment.start in again else acts))
    return replace(reading, segments=tuple(segments))


def _rate(reading: Reading, conversation: Conversation, scene: Scene, state: CustomerState, turn: int) -> Rating:
    earlier = [e.reply for e in conversation.exchanges if e.turn]
    shown = [e.rating["better"] for e in conversation.exchanges if e.rating and e.rating.get("better")]
    drafts = [t["result"]["entwurf"] for e in conversation.exchanges for t in e.tools if t["tool"] == "suggestion" and t.get("result")]
    shown += [hint["text"] for hint in conversation.hints if hint["step"] == HINT_STEPS[-1]]
    said = [e.customer for e in conversation.exchanges]
    rating = rate(reading, config().evaluation, earlier=earlier, suggestions=[*shown, *drafts], customer=said)

    # What a better wording may ask or promise comes from the case itself, so its topics need not be looked for.
    context = replace(context_of(conversation, scene), topics=None)

    def judge(wording: str) -> Rating:
        understood = with_reasks(read(pipeline(), wording, context), ())
        return rate(understood, config().evaluation, earlier=earlier, suggestions=[*shown, *drafts], customer=said)

    return coach(rating, reading, feedback(), hints_of(scene, state, conversation), turn, judge)


def hints_of(scene: Scene, state: CustomerState, conversation: Conversation) -> Hints:
    """Return what a better wording can be built from at this point: the last piece told, the first open demand."""
    told = [scene.scenario.acknowledge[piece] for piece in reversed(state.told)]
    step: list[str] = []
    for demand in scene.scenario.demands:
        if state.demands.get(demand.id) not in MET | {"open"}:
            step = demand.step
            break
    said = conversation.turns
    heard = {digits for turn in said for digits in _LONG_NUMBER.findall(turn.text)}
    known = [text for text in step if set(_LONG_NUMBER.findall(text)) <= heard]
    asked = [f.asked_as[0] for f in scene.scenario.facts if f.identity and f.asked_as and f.id not in state.given]
    return Hints(told[0] if told else (), known, asked, feedback().look_up, scene.persona.salutation, scene.channel)


class FinishSession(Move):
    """Ends a conversation and sums it up; a conversation that goes on is abandoned. Done twice, nothing changes."""

    def name(self) -> str:
        """Return the action's name."""
        return ACTION_FINISH

    def play(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        """Make the scorecard; see `Move.play`."""
        conversation = conversation_of(tracker)
        if not conversation.session:
            raise ConflictError("Das Gespräch hat noch nicht begonnen.", 'Bitte mit /start{"scenario": "…"} beginnen.')
        if conversation.scorecard is not None:
            return []
        outcome = conversation.outcome or "abandoned"
        scene = scene_of(conversation)
        state = CustomerState.from_dict(conversation.slots["customer"])
        replies = [(e.reply, Rating.from_dict(e.rating)) for e in conversation.exchanges if e.rating]
        card = scorecard(replies, case_of(scene, state, conversation, outcome), config().evaluation.conversation)
        plain = card.to_dict() | {"hints": len(conversation.hints), "examples": conversation.examples}
        finished = replace(conversation, outcome=outcome, scorecard=plain)
        plain["skills"] = shown_skills(finished, scene.scenario.skills, config().learning)
        dispatcher.utter_message(
            text=f"{card.headline} Empathie {card.empathy}, Lösung {card.resolution} von 100.", json_message={"scorecard": plain}
        )
        return set_slots(outcome=outcome, scorecard=plain)


def case_of(scene: Scene, state: CustomerState, conversation: Conversation, outcome: str) -> Case:
    """Return the state of the case for the scorecard."""
    desk = conversation.slots["desk"]
    goal = [(p, described(scene.scenario, p, w), holds(desk, p, w)) for p, w in scene.scenario.goal.items()]
    return Case(
        outcome=outcome,
        demands=[(d.id, d.text, d.must, state.demands.get(d.id, "open")) for d in scene.scenario.demands],
        information=[(i.id, i.text, i.id in state.informed) for i in scene.scenario.information],
        goal=goal,
        deeds=deeds_of(scene, state, conversation),
        promises=[
            {"what": p.what, "by": p.by, "at": p.at, "made_in_turn": p.made_in_turn, "kept": _was_kept(p, state, desk, scene)}
            for p in state.promises
        ],
    )


def deeds_of(scene: Scene, state: CustomerState, conversation: Conversation) -> list[Deed]:
    """Return what was said against what was done: demands, identity check, data told too early, side effects, drafts sent unread."""
    desk = conversation.slots["desk"]
    found = []
    for demand in scene.scenario.demands:
        if not demand.desk:
            continue
        said = state.demands.get(demand.id) in MET
        done = all(holds(desk, path, wanted) for path, wanted in demand.desk.items())
        if said or done:
            kind = "said_and_done" if said and done else "said_not_done" if said else "done_not_said"
            found.append(Deed(kind, demand.text))
    if desk["unchecked"]:
        found.append(Deed("unchecked", "Vor dem Abgleich der Angaben gehandelt"))
    elif desk["identified"]:
        found.append(Deed("checked", "Angaben abgeglichen, bevor etwas geändert wurde"))
    found += [Deed("leaked", f"„{datum}“ gesagt, ohne dass es gesagt werden durfte") for datum in dict.fromkeys(desk.get("leaks", []))]
    found += [Deed("side_effect", text) for text in side_effects(scene.scenario, desk)]
    replies = [e.reply for e in conversation.exchanges if e.turn]
    for draft in (scene.scenario.desk.suggestion[i] for i in dict.fromkeys(desk["suggestions"])):
        if draft.kind != "good" and any(copied(reply, draft.text) >= config().evaluation.copied_share for reply in replies):
            found.append(Deed("draft", draft.wrong or "Vorformulierter Text ohne Blick auf diesen Fall gesendet"))
    return found


def _was_kept(promise: Promise, state: CustomerState, desk: dict[str, Any], scene: Scene) -> bool | None:
    """Tell whether a promise was kept: done at the desk; given up for another time; None while it lies ahead."""
    later = [p for p in state.promises if p.made_in_turn > promise.made_in_turn and set(p.demands) & set(promise.demands)]
    if any(p.at and promise.at and p.at != promise.at for p in later):
        return False
    served = [d for d in scene.scenario.demands if d.id in promise.demands and d.desk]
    if served and all(holds(desk, path, wanted) for demand in served for path, wanted in demand.desk.items()):
        return True
    return promise.kept
