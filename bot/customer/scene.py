"""A scene: one scenario played by one persona, with everything that can be said in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from bot.content import Library
from bot.content.schema import Demand, Fact, Line, Persona, Scenario, Voice
from bot.errors import InvalidInputError
from bot.understanding import Topic, Topics
from bot.understanding.topics import UNKNOWN


@dataclass(frozen=True, eq=False)
class Scene:
    """Who plays what, over which channel.

    Attributes:
        scenario, persona, channel: the choice.
        wording: common lines by customer act.
    """

    scenario: Scenario
    persona: Persona
    channel: str
    wording: Mapping[str, tuple[Line, ...]] = field(repr=False)

    @cached_property
    def voice(self) -> Voice:
        """This persona's lines in this scenario, or those of the voice they stand in with."""
        return self.scenario.voices[self.scenario.stand_ins.get(self.persona.id, self.persona.id)]

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        """Facts by id."""
        return {fact.id: fact for fact in self.scenario.facts}

    @cached_property
    def demands(self) -> Mapping[str, Demand]:
        """Demands by id, in order of preference."""
        return {demand.id: demand for demand in self.scenario.demands}

    @cached_property
    def surname(self) -> str:
        """The customer's surname."""
        return self.persona.name.split()[-1]

    @cached_property
    def topics(self) -> Topics:
        """What a reply may address in this case, for the understanding."""
        items = [Topic(UNKNOWN, "question", (), UNKNOWN)]
        for fact in self.scenario.facts:
            items.append(Topic(fact.id, "question", tuple(fact.asked_as), fact.topic or ""))
            if fact.mentioned_as:
                items.append(Topic(fact.id, "mention", tuple(fact.mentioned_as)))
        for demand in self.scenario.demands:
            if demand.granted:
                items.append(Topic(demand.id, "demand", (*demand.met_as, *demand.step)))
            else:  # its model sentence is the honest no
                items += [Topic(demand.id, "beyond", tuple(demand.met_as)), Topic(demand.id, "refusal", tuple(demand.step))]
            if demand.grudging_as:
                items.append(Topic(demand.id, "lesser", tuple(demand.grudging_as)))
            if demand.refused_as:
                items.append(Topic(demand.id, "refusal", tuple(demand.refused_as)))
        items += [Topic(i.id, "information", tuple(i.told_as)) for i in self.scenario.information]
        items += [Topic(b.id, "beyond", tuple(b.offered_as)) for b in self.scenario.policy.may_not]
        return Topics(tuple(items))


_SCENES: dict[tuple[int, str, str, str], Scene] = {}


def make_scene(library: Library, scenario_id: str, persona_id: str = "", channel: str = "") -> Scene:
    """Return the scene for a choice; empty persona and channel mean the scenario's first and own.

    Raises:
        NotFoundError: for an unknown scenario or persona.
        InvalidInputError: for a persona without a voice in this scenario, or another channel than it is written for.
    """
    scenario = library.scenario(scenario_id)
    persona = library.persona(persona_id or scenario.personas[0])
    channel = channel or scenario.channel
    if persona.id not in scenario.voices and persona.id not in scenario.stand_ins:
        possible = ", ".join([*scenario.voices, *scenario.stand_ins])
        raise InvalidInputError(f"{persona.name} hat im Szenario „{scenario.id}“ keine Stimme.", f"Möglich: {possible}.")
    if channel != scenario.channel:
        raise InvalidInputError(
            f"Das Szenario „{scenario.id}“ ist nicht für den Kanal „{channel}“ geschrieben.", f"Möglich: {scenario.channel}."
        )
    key = (id(library), scenario.id, persona.id, channel)
    if key not in _SCENES:
        _SCENES[key] = Scene(scenario, persona, channel, library.wording)
    return _SCENES[key]
