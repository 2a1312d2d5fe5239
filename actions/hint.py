"""Hints on demand: what the next reply needs most, in three steps."""

from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.move import Move, conversation_of, running, scene_of, set_slots
from actions.resources import hint_bank
from bot.content.schema import Demand
from bot.conversation import ACTION_HINT, HINT_STEPS, Conversation, Event
from bot.customer import CustomerState, Scene
from bot.customer.state import MET, REFUSED
from bot.desk import holds
from bot.errors import ConflictError


class Hint(Move):
    """Gives a hint for the next reply: asked once a question, twice a direction, three times an example."""

    def name(self) -> str:
        """Return the action's name."""
        return ACTION_HINT

    def play(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        """Give the next step of the hint; see `Move.play`."""
        conversation = running(conversation_of(tracker))
        if conversation.session["mode"] == "assessment":
            raise ConflictError("In einer Prüfung gibt es keine Hinweise.", "Zum Üben ein neues Gespräch beginnen.")
        scene = scene_of(conversation)
        state = CustomerState.from_dict(conversation.slots["customer"])
        given = [hint for hint in conversation.hints if hint["turn"] == conversation.turn]
        if len(given) >= len(HINT_STEPS):  # all is said; saying it again is no further hint
            dispatcher.utter_message(text=given[-1]["text"], json_message={"hint": dict(given[-1])})
            return []
        step = HINT_STEPS[len(given)]
        # The desk may have been used since the first step; the hint stays with what it began with.
        need, demand = _need(scene, state, conversation)
        if given:
            need = given[0]["need"]
        text = _text(need, step, demand, scene, state, conversation)
        hint = {"turn": conversation.turn, "step": step, "need": need, "text": text}
        dispatcher.utter_message(text=text, json_message={"hint": hint})
        return set_slots(hint=hint)


def _need(scene: Scene, state: CustomerState, conversation: Conversation) -> tuple[str, Demand | None]:
    """Return what the next reply needs most, and the demand it is about."""
    scenario, desk = scene.scenario, conversation.slots["desk"]
    demand = _open_demand(scene, state, desk)
    if len(state.told) > state.causes.get("acknowledged_facts", 0) and not _took_up(conversation):
        return "story", demand
    if scenario.desk.identify_by and not desk["identified"]:
        given = sum(fact in state.given for fact in scenario.desk.identify_by)
        return ("match" if given >= scenario.desk.identify_with else "identity"), demand
    if state.waiting_time:
        return "time", next((d for d in scenario.demands if d.id == state.waiting_time), demand)
    if demand is not None:
        if not demand.granted:
            return "limit", demand
        undone = demand.desk and not all(holds(desk, path, wanted) for path, wanted in demand.desk.items())
        return ("desk" if undone else "step"), demand
    if len(state.informed) < len(scenario.information):
        return "inform", None
    return "check", None


def _took_up(conversation: Conversation) -> bool:
    """Tell whether the last reply named what the customer had told, and nothing new has been told since."""
    last = conversation.exchanges[-1]
    return bool(last.rating and last.rating["components"]["ip"] == 2 and "tell" not in last.acts)


def _open_demand(scene: Scene, state: CustomerState, desk: Mapping[str, Any]) -> Demand | None:
    """Return the demand to serve next: stated before unstated, must before may; one that was promised counts until it is done."""
    waiting = [
        d
        for d in scene.scenario.demands
        if state.demands.get(d.id, "open") not in MET | {REFUSED}
        or (state.demands.get(d.id) in MET and d.desk and not all(holds(desk, path, wanted) for path, wanted in d.desk.items()))
    ]
    return min(waiting, key=lambda d: (state.demands.get(d.id, "open") == "open", not d.must), default=None)


def _text(need: str, step: str, demand: Demand | None, scene: Scene, state: CustomerState, conversation: Conversation) -> str:
    lines = getattr(hint_bank(), need)
    turn = conversation.turn
    untold = next((i.text for i in scene.scenario.information if i.id not in state.informed), "")
    if step == "example":
        chosen = _example(need, demand, scene, state) or lines.example or hint_bank().check.example
    else:
        chosen = getattr(lines, step)
    text: str = chosen[(turn + conversation.session["seed"]) % len(chosen)]
    for slot, value in (("name", scene.persona.salutation), ("demand", demand.text if demand else ""), ("information", untold)):
        text = text.replace("{" + slot + "}", value)
    return text


def _example(need: str, demand: Demand | None, scene: Scene, state: CustomerState) -> Sequence[str]:
    """Return model sentences of the case for a need; none where the case has none."""
    scenario = scene.scenario
    if need == "story":
        return scenario.acknowledge[state.told[-1]] if state.told else ()
    if need in {"identity", "match"}:
        wanted = [f for f in scenario.facts if f.id in scenario.desk.identify_by]
        missing = [f.asked_as[0] for f in wanted if f.id not in state.given and f.asked_as]
        return missing if need == "identity" else ()
    if need == "inform":
        return next((i.told_as for i in scenario.information if i.id not in state.informed), ())
    return demand.step if demand else ()
