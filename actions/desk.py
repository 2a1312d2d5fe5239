"""The desk's tools as actions, one each: `/desk_ticket_create{"subject": "…"}` runs `action_desk_ticket_create`."""

import json
from abc import abstractmethod

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.move import Move, arguments_of, conversation_of, running, scene_of, set_slots
from bot.conversation import ACTION_DESK, Event
from bot.desk import TOOLS, call


class DeskMove(Move):
    """Calls one tool of the desk. Abstract: each tool has its own subclass."""

    tool = ""

    @abstractmethod
    def name(self) -> str:
        """Return the action's name."""

    def play(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        """Run the tool; see `Move.play`."""
        conversation = running(conversation_of(tracker))
        scene = scene_of(conversation)
        state, result = call(
            conversation.slots["desk"],
            scene.scenario,
            self.tool,
            arguments_of(tracker),
            conversation.turn,
            conversation.slots["customer"]["given"],
        )
        shown = result.to_dict()
        text = result.fault["message"] if result.fault else json.dumps(result.result, ensure_ascii=False)
        dispatcher.utter_message(text=text, json_message={"tool": shown})
        return set_slots(desk=state, tool=shown | {"turn": conversation.turn})


def _move_for(tool: str) -> type[DeskMove]:
    name = f"{ACTION_DESK}_{tool}"
    return type(
        f"Desk{tool.title().replace('_', '')}",
        (DeskMove,),
        {"tool": tool, "name": lambda self: name, "__module__": __name__, "__doc__": f"Runs the tool `{tool}`."},
    )


DESK_MOVES = tuple(_move_for(tool) for tool in TOOLS)
"""One action class for each tool."""

# The action server starts workers by pickling, which looks classes up by name in their module.
globals().update({move.__name__: move for move in DESK_MOVES})
