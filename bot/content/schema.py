"""What a content file may hold: personas, scenarios, wording, training examples and rated replies.

Every model forbids unknown keys, so that a typo is found by `warteschleife validate`.
"""

import re
from datetime import datetime
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bot.acts import CHANNELS, COMPONENTS, CUSTOMER_ACTS, MOOD_BANDS, REPLY_ACTS, SKILLS

Channel = Literal["phone", "chat", "email", "social"]
Band = Literal["calm", "annoyed", "angry", "furious"]
Address = Literal["Sie", "du"]
Unit = Annotated[float, Field(ge=0.0, le=1.0)]
Strength = Annotated[int, Field(ge=0, le=2)]
Level = Annotated[int, Field(ge=0, le=4)]

assert get_args(Channel) == CHANNELS
assert get_args(Band) == MOOD_BANDS


def one_of(allowed: tuple[str, ...] | dict[str, str], what: str) -> AfterValidator:
    """Return a validator that admits only the given names, and lists them in its message."""

    def check(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"{what} {value!r} gibt es nicht; erlaubt: {', '.join(allowed)}")
        return value

    return AfterValidator(check)


def _identifier(value: str) -> str:
    if not value or not all(c.islower() or c.isdigit() or c in "-_" for c in value) or not value.isascii():
        raise ValueError(f"{value!r} ist kein Kürzel; erlaubt sind a-z, 0-9, - und _")
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("darf nicht leer sein")
    return value.strip()


Identifier = Annotated[str, AfterValidator(_identifier)]
Text = Annotated[str, AfterValidator(_not_blank)]
Lines = Annotated[list[Text], Field(min_length=1)]
ReplyAct = Annotated[str, one_of(REPLY_ACTS, "Akt")]
CustomerAct = Annotated[str, one_of(CUSTOMER_ACTS, "Akt")]
Skill = Annotated[str, one_of(SKILLS, "Fertigkeit")]


class Strict(BaseModel):
    """Base: unknown keys are errors, instances are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- personas -------------------------------------------------------------------------------------------------------


class MoodStart(Strict):
    """The mood a persona brings along before the scenario adds its own."""

    anger: Unit
    trust: Unit
    heard: Unit
    patience: Unit


class Thresholds(Strict):
    """When a persona goes which way. Units: mood 0..1."""

    accept: Unit = Field(description="anger at or below which a solution is accepted gladly")
    confide: Unit = Field(description="trust from which hidden facts come out")
    supervisor: Unit = Field(description="patience below which the supervisor is demanded")
    hang_up: Unit = Field(description="anger from which, with patience spent, the persona breaks off")
    anger_floor: Unit = Field(description="what anger never falls below in one conversation")


class Line(Strict):
    """One thing that can be said, and when it fits. A plain string in a file means: always."""

    text: Text
    band: list[Band] = Field(default_factory=list, description="anger bands it fits; empty: all")
    channel: list[Channel] = Field(default_factory=list, description="channels it fits; empty: all")
    address: Address | None = Field(default=None, description="only for personas who say Sie or du to the trainee")
    style: list[Identifier] = Field(default_factory=list, description="only for personas of one of these styles")

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value


class Persona(Strict):
    """Who the customer is."""

    id: Identifier
    name: Text = Field(description="first name and surname")
    salutation: Text = Field(description="how one addresses them, e.g. Frau Weber")
    age: Annotated[int, Field(ge=16, le=100)]
    district: Text
    occupation: Text
    portrait: Text = Field(description="two or three sentences for trainers")
    address: Address = Field(description="how they address the trainee")
    styles: list[Identifier] = Field(description="speech styles, matched with wording lines")
    lower_case: bool = Field(default=False, description="writes everything small in chat")
    saxon: Annotated[int, Field(ge=0, le=3)] = Field(description="Saxon colour: 0 none to 3 strong")
    mood: MoodStart
    sensitivities: dict[str, Annotated[float, Field(ge=0.0, le=3.0)]] = Field(
        default_factory=dict, description="cause of a mood change -> factor; 1 where not named"
    )
    thresholds: Thresholds
    lines: dict[CustomerAct, list[Line]] = Field(default_factory=dict, description="their own wording by customer act")


# --- scenarios ------------------------------------------------------------------------------------------------------


class Fact(Strict):
    """Something the customer knows."""

    id: Identifier
    kind: Literal["open", "on_request", "hidden"]
    text: Text = Field(description="the fact in one line, for trainers and the report")
    topic: Identifier | None = Field(default=None, description="question topic of data/nlu/questions.yml that asks for it")
    identity: bool = Field(default=False, description="identifies the customer or the case")
    at_desk: bool = Field(default=False, description="hidden facts only: the desk may show it before the customer has told it")
    asked_as: list[Text] = Field(default_factory=list, description="ways a trainee asks for just this fact")
    mentioned_as: list[Text] = Field(default_factory=list, description="words that show a trainee took it up")
    short: Text | None = Field(default=None, description="the fact as a noun phrase or number, for {slots}")

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        if self.kind != "open" and not (self.asked_as or self.topic):
            raise ValueError("eine Tatsache, die erfragt werden muss, braucht asked_as oder topic")
        return self


class StoryPiece(Strict):
    """A piece of the story that the customer tells unasked, in order."""

    id: Identifier
    facts: list[Identifier] = Field(description="facts that are given away by telling it")


class Demand(Strict):
    """Something the customer wants."""

    id: Identifier
    text: Text = Field(description="the demand in one line, for trainers and the report")
    must: bool = Field(default=True, description="not negotiable")
    granted: bool = Field(default=True, description="false: the company never grants it; promising it is wrong, an honest no is right")
    needs_time: bool = Field(default=True, description="only a step with a time satisfies it")
    met_as: Lines = Field(description="how a trainee meets it, in their words")
    grudging_as: list[Text] = Field(default_factory=list, description="a lesser step, in a trainee's words, that is accepted grudgingly")
    refused_as: list[Text] = Field(default_factory=list, description="how a trainee turns it down")
    desk: dict[str, Any] = Field(default_factory=dict, description="desk path -> value that shows it was done")
    visible: bool = Field(default=False, description="the customer sees at once whether it was done: a mail, a text message, the app")
    step: Lines = Field(description="a model sentence of the trainee that meets it (coaching)")


class Information(Strict):
    """Something the trainee must tell the customer."""

    id: Identifier
    text: Text
    told_as: Lines


class Beyond(Strict):
    """Something the company does not grant, whatever is said."""

    id: Identifier
    text: Text = Field(description="what is not granted, and why, in one line")
    offered_as: Lines = Field(description="how a trainee would promise it all the same")


class Policy(Strict):
    """What the company offers in this case, and what it does not."""

    may: list[Text] = Field(default_factory=list, description="what the trainee may grant, for the briefing")
    may_not: list[Beyond] = Field(default_factory=list)


DESK_TOOLS = (
    "record", "ticket_search", "ticket_read", "ticket_create", "ticket_note", "ticket_status", "ticket_merge", "knowledge",
    "remedy", "booking", "callback", "handover", "overview", "notes", "suggestion",
)  # fmt: skip
"""The tools of the desk; `bot.desk` holds what they do."""

DeskTool = Annotated[str, one_of(DESK_TOOLS, "Werkzeug")]
FAULT_KINDS = ("outage", "timeout", "slow", "not_saved", "read_only", "gone", "mixed_up", "garbled")
"""How a tool can fail; docs/desk.md describes each."""


class Fault(Strict):
    """A tool that does not work."""

    tools: list[DeskTool] = Field(default_factory=list, description="tools it hits; not for gone, mixed_up and garbled")
    turns: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=2)] = Field(
        description="first and last turn of the outage; 0 is before the first reply"
    )
    kind: Annotated[str, one_of(FAULT_KINDS, "Störung")]
    message: str = Field(default="", description="what the tool shows")
    chance: Unit = Field(default=1.0, description="share of the seeds in which it occurs")
    seconds: Annotated[int, Field(ge=0, le=600)] = Field(default=0, description="slow and timeout: how long it takes")
    ticket: str | None = Field(default=None, description="gone and mixed_up: the ticket that is hit")
    shows: str | None = Field(default=None, description="mixed_up: the ticket shown in its place, somebody else's")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind in {"gone", "mixed_up"} and not self.ticket:
            raise ValueError(f"{self.kind} braucht ticket: die Nummer des betroffenen Tickets")
        if self.kind == "mixed_up" and not self.shows:
            raise ValueError("mixed_up braucht shows: die Nummer des Tickets, das stattdessen erscheint")
        if self.kind in {"outage", "timeout", "slow", "not_saved", "read_only"} and not self.tools:
            raise ValueError(f"{self.kind} braucht tools: die betroffenen Werkzeuge")
        if self.kind in {"outage", "timeout", "read_only"} and not self.message.strip():
            raise ValueError(f"{self.kind} braucht message: was das Werkzeug anzeigt")
        if self.kind == "slow" and not self.seconds:
            raise ValueError("slow braucht seconds: wie lange es dauert")
        return self


class Article(Strict):
    """A page of the knowledge base."""

    id: Identifier
    title: Text
    body: Text
    outdated: bool = Field(default=False, description="no longer true; the trainee is not told, only its date shows it")


class Draft(Strict):
    """A reply drafted by the AI suggestion."""

    text: Text
    kind: Literal["good", "tone_deaf", "wrong"]
    wrong: Text | None = Field(default=None, description="what is wrong in it, for the scorecard")

    @model_validator(mode="after")
    def _explained(self) -> Self:
        if self.kind == "wrong" and not self.wrong:
            raise ValueError("ein Entwurf der Art wrong braucht wrong: was daran nicht stimmt")
        return self


class Ticket(Strict):
    """A ticket as it stands at the start."""

    id: Text
    subject: Text
    status: Text
    owner: str = ""
    history: list[Text] = Field(default_factory=list)
    other: bool = Field(default=False, description="belongs to another customer: must not be changed, nothing of it told")


class Remedy(Strict):
    """What may be granted."""

    label: Text
    kind: Literal["credit", "voucher", "refund", "replacement", "service"] = "service"
    limit: Annotated[float, Field(ge=0)] | None = Field(default=None, description="highest amount in euros")
    options: list[Text] = Field(default_factory=list, description="what can be chosen")


class Desk(Strict):
    """What the trainee's tools hold at the start."""

    record: dict[str, Any] = Field(default_factory=dict, description="the customer's record, shown after identification")
    identify_by: list[Identifier] = Field(default_factory=list, description="facts that identify the customer")
    identify_with: Annotated[int, Field(ge=1, le=4)] = Field(default=1, description="how many of them must fit")
    tickets: list[Ticket] = Field(default_factory=list)
    remedies: dict[Identifier, Remedy] = Field(default_factory=dict, description="what may be granted, with limits")
    slots: list[Text] = Field(default_factory=list, description="free appointments, as shown")
    handover: list[Text] = Field(default_factory=list, description="whom a case can be handed to")
    articles: list[Article] = Field(default_factory=list)
    faults: list[Fault] = Field(default_factory=list)
    suggestion: list[Draft] = Field(default_factory=list, description="drafts of the AI suggestion tool, drawn by seed")


class Voice(Strict):
    """What one persona says in one scenario."""

    opening: Lines
    story: dict[Identifier, Lines]
    answers: dict[Identifier, Lines] = Field(description="fact -> ways to tell it when asked")
    demands: dict[Identifier, Lines]
    lines: dict[CustomerAct, list[Line]] = Field(default_factory=dict, description="this persona's own reactions and endings in this case")


class Scenario(Strict):
    """What happened, and what counts as solved."""

    id: Identifier
    title: Text
    summary: Text
    channel: Channel
    difficulty: Annotated[int, Field(ge=1, le=4)]
    skills: Annotated[list[Skill], Field(min_length=1)]
    minutes: Annotated[int, Field(ge=1, le=60)] = Field(description="how long it usually takes")
    company: Text
    now: datetime = Field(description="local date and time at which the conversation starts")
    briefing: Text = Field(description="what the trainee knows before the conversation starts")
    waited_minutes: Annotated[int, Field(ge=0)] = 0
    mood: dict[Literal["anger", "trust", "heard", "patience"], Annotated[float, Field(ge=-1.0, le=1.0)]] = Field(
        default_factory=dict, description="added to the persona's mood at the start"
    )
    personas: Annotated[list[Identifier], Field(min_length=1)]
    facts: Annotated[list[Fact], Field(min_length=1)]
    story: Annotated[list[StoryPiece], Field(min_length=1)]
    demands: Annotated[list[Demand], Field(min_length=1)]
    information: list[Information] = Field(default_factory=list)
    policy: Policy = Field(default_factory=Policy)
    enrages: list[Identifier] = Field(default_factory=list, description="causes that count half as much again here")
    soothes: list[Identifier] = Field(default_factory=list, description="causes that count half as much again here")
    desk: Desk = Field(default_factory=Desk)
    goal: dict[str, Any] = Field(default_factory=dict, description="desk path -> value that must hold at the end")
    stand_ins: dict[Identifier, Identifier] = Field(
        default_factory=dict, description="persona -> the voice whose lines they speak here, where those stay natural"
    )
    acknowledge: dict[Identifier, Lines] = Field(description="story piece -> model sentence of the trainee that takes it up (coaching)")
    voices: Annotated[dict[Identifier, Voice], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for problem in scenario_problems(self):
            raise ValueError(problem)
        return self


def _at_desk(path: str, scenario: Scenario) -> bool:
    """Tell whether a path names something the desk has."""
    first, *rest = path.split(".")
    if first == "remedies":
        return len(rest) == 1 and rest[0] in scenario.desk.remedies
    if first == "tickets":
        known = {ticket.id for ticket in scenario.desk.tickets}
        return len(rest) == 2 and rest[0] in known and rest[1] in {"status", "owner", "history"}
    return not rest and first in {"identified", "booking", "callback", "notes", "handover"}


def scenario_problems(scenario: Scenario) -> list[str]:
    """Return what does not fit together inside one scenario, as German sentences; empty when all is well."""
    facts = {fact.id for fact in scenario.facts}
    pieces = {piece.id for piece in scenario.story}
    demands = {demand.id for demand in scenario.demands}
    problems = []
    for piece in scenario.story:
        problems += [f"story {piece.id!r}: Tatsache {f!r} gibt es nicht" for f in piece.facts if f not in facts]
    problems += [
        f"acknowledge: Stück {p!r} gibt es nicht; erlaubt: {', '.join(sorted(pieces))}" for p in scenario.acknowledge if p not in pieces
    ]
    problems += [f"acknowledge: Stück {p!r} fehlt" for p in sorted(pieces - set(scenario.acknowledge))]
    problems += [f"desk.identify_by: Tatsache {f!r} gibt es nicht" for f in scenario.desk.identify_by if f not in facts]
    known_tickets = {ticket.id for ticket in scenario.desk.tickets}
    problems += [
        f"desk.faults: das Ticket {t!r} gibt es nicht; vorhanden: {', '.join(sorted(known_tickets)) or 'keins'}"
        for fault in scenario.desk.faults
        for t in (fault.ticket, fault.shows)
        if t and t not in known_tickets
    ]
    problems += [f"goal: {path!r} gibt es am Arbeitsplatz nicht" for path in scenario.goal if not _at_desk(path, scenario)]
    problems += [
        f"demands: {d.id!r}: desk: {path!r} gibt es am Arbeitsplatz nicht"
        for d in scenario.demands
        for path in d.desk
        if not _at_desk(path, scenario)
    ]
    desk, voices = scenario.desk, ", ".join(scenario.voices)
    if desk.identify_by and desk.identify_with > len(desk.identify_by):
        problems.append(f"desk.identify_with: {desk.identify_with} Angaben, aber identify_by nennt nur {len(desk.identify_by)}")
    problems += [
        f"demands: {d.id!r} ist visible, braucht dafür aber desk (woran man sieht, dass es getan ist)"
        for d in scenario.demands
        if d.visible and not d.desk
    ]
    problems += [
        f"stand_ins: die Stimme {v!r} gibt es nicht; vorhanden: {voices}" for v in scenario.stand_ins.values() if v not in scenario.voices
    ]
    problems += [f"stand_ins: {p!r} hat hier eine eigene Stimme" for p in scenario.stand_ins if p in scenario.voices]
    problems += [f"personas: für {p!r} fehlt die Stimme in voices" for p in scenario.personas if p not in scenario.voices]
    problems += [
        f"demands: {d.id!r} wird nie gewährt (granted: false) und kann darum nicht must sein"
        for d in scenario.demands
        if d.must and not d.granted
    ]
    asked = {fact.id for fact in scenario.facts if fact.kind != "open"}
    for name, voice in scenario.voices.items():
        for kind, have, need in (
            ("story", set(voice.story), pieces),
            ("demands", set(voice.demands), demands),
            ("answers", set(voice.answers), asked),
        ):
            known = facts if kind == "answers" else need
            problems += [f"voices.{name}.{kind}: {i!r} fehlt" for i in sorted(need - have)]
            problems += [f"voices.{name}.{kind}: {i!r} gibt es nicht; erlaubt: {', '.join(sorted(known))}" for i in sorted(have - known)]
    return problems


# --- wording --------------------------------------------------------------------------------------------------------


class WordingBank(Strict):
    """Common lines for one customer act."""

    act: CustomerAct
    lines: Annotated[list[Line], Field(min_length=1)]


# --- simulated trainees ---------------------------------------------------------------------------------------------

TRAINEE_KINDS = (
    "greeting", "own", "sorry_plain", "formula", "look_up", "hold", "hold_short", "vague",
    "impossible", "blame", "rude", "cold", "warm", "check", "deflect", "close",
)  # fmt: skip
"""Kinds of lines of the simulated trainees."""

TraineeKind = Annotated[str, one_of(TRAINEE_KINDS, "Art")]


class TraineeLines(Strict):
    """What simulated trainees say, by form of address."""

    sie: dict[TraineeKind, Lines]
    du: dict[TraineeKind, Lines]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for address, lines in (("sie", self.sie), ("du", self.du)):
            missing = [kind for kind in TRAINEE_KINDS if kind not in lines]
            if missing:
                raise ValueError(f"{address}: es fehlt {', '.join(missing)}")
        return self


# --- training data --------------------------------------------------------------------------------------------------


class IntentExamples(Strict):
    """Examples of one intent, in Rasa's NLU format."""

    intent: Text
    examples: Text


class NluFile(Strict):
    """A file of training examples in Rasa's NLU YAML."""

    version: Literal["3.1"]
    nlu: Annotated[list[IntentExamples], Field(min_length=1)]


class TranscriptTurn(Strict):
    """One message of a transcript."""

    role: Literal["customer", "agent"]
    text: str


class RatedSegment(Strict):
    """A stretch of a rated reply with what it does and earns."""

    text: Text
    acts: list[ReplyAct] = Field(default_factory=list)
    er: Strength = 0
    ip: Strength = 0
    ex: Strength = 0
    ow: Strength = 0
    ac: Strength = 0
    co: Strength = 0
    respect: Strength = 0


class RatedReply(Strict):
    """A reply in its context, rated by hand with the rubric."""

    id: Text
    author: Identifier
    channel: Channel
    turns: Annotated[list[TranscriptTurn], Field(min_length=1)]
    segments: list[RatedSegment]
    empathy: Level
    resolution: Level
    er: Strength
    ip: Strength
    ex: Strength
    ow: Strength
    ac: Strength
    co: Strength
    respect: Strength
    tags: list[Identifier] = Field(default_factory=list)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.turns[-1].role != "customer":
            raise ValueError("turns: das letzte Wort vor der bewerteten Antwort hat der Kunde (customer)")
        for component in COMPONENTS:
            earned = max((getattr(segment, component) for segment in self.segments), default=0)
            if getattr(self, component) > earned:
                raise ValueError(f"{component} ist {getattr(self, component)}, aber kein Segment verdient so viel (höchstens {earned})")
        return self

    @property
    def text(self) -> str:
        """The reply as written."""
        return " ".join(segment.text for segment in self.segments)


# --- coaching -------------------------------------------------------------------------------------------------------


class Feedback(Strict):
    """What the coach says: key -> sentences."""

    look_up: Lines = Field(description="sentences that say one is looking into it; fit any case")
    landed: dict[str, Lines]
    hurt: dict[str, Lines]
    missing: dict[str, Lines]


HINT_NEEDS = ("story", "identity", "match", "desk", "step", "time", "limit", "inform", "check")
"""What a reply can need most at a point of a conversation."""


class HintLines(Strict):
    """A hint in its steps."""

    question: Lines
    direction: Lines
    example: list[Text] = Field(default_factory=list, description="only where the case itself offers none")


class HintBank(Strict):
    """Hints by what the next reply needs most."""

    story: HintLines
    identity: HintLines
    match: HintLines
    desk: HintLines
    step: HintLines
    time: HintLines
    limit: HintLines
    inform: HintLines
    check: HintLines


assert tuple(HintBank.model_fields) == HINT_NEEDS

# --- learning path ---------------------------------------------------------------------------------------------------

STAGES = ("entry", "experienced", "digital", "specialist")
"""Stages of the learning path, in order."""


class LessonPart(Strict):
    """A heading and what it says, in plain German."""

    heading: Text
    text: Text


class Note(Strict):
    """Why one stretch of an example works or does not."""

    quote: Text
    why: Text


class LessonReply(Strict):
    """A reply of an example, taken apart."""

    text: Text
    notes: Annotated[list[Note], Field(min_length=1)]

    @model_validator(mode="after")
    def _quotes_occur(self) -> Self:
        for note in self.notes:
            if note.quote not in self.text:
                raise ValueError(f"notes: „{note.quote}“ steht nicht wörtlich in der Antwort")
        return self


class LessonExample(Strict):
    """The same customer, answered badly and well."""

    channel: Channel
    customer: Text
    bad: LessonReply
    good: LessonReply


class Option(Strict):
    """One answer to choose from, with the reason why it is right or not."""

    text: Text
    right: bool = False
    why: Text


class CheckQuestion(Strict):
    """A question about the lesson; exactly one answer is right."""

    question: Text
    options: Annotated[list[Option], Field(min_length=3, max_length=4)]

    @model_validator(mode="after")
    def _one_is_right(self) -> Self:
        right = sum(option.right for option in self.options)
        if right != 1:
            raise ValueError(f"options: genau eine Antwort ist richtig (right: true), hier sind es {right}")
        return self


class PathLevel(Strict):
    """A level of the learning path: a lesson, a check, conversations, and the skill that has to be shown in one of them.

    Attributes:
        order: place on the path, from 1.
        stage: the part of the path it belongs to.
        skill: what has to be shown.
        goal: one sentence: what one can do after it.
        pass_points: points of the skill (0..100) that show it.
        conversations: scenarios to show it in, easiest first.
    """

    id: Identifier
    order: Annotated[int, Field(ge=1)]
    stage: Literal["entry", "experienced", "digital", "specialist"]
    title: Text
    skill: Skill
    goal: Text
    lesson: Annotated[list[LessonPart], Field(min_length=2, max_length=6)]
    examples: Annotated[list[LessonExample], Field(min_length=1, max_length=4)]
    check: Annotated[list[CheckQuestion], Field(min_length=3, max_length=3)]
    conversations: Annotated[list[str], Field(min_length=1)]
    pass_points: Annotated[int, Field(ge=1, le=100)]


assert get_args(PathLevel.model_fields["stage"].annotation) == STAGES

# --- assessment ------------------------------------------------------------------------------------------------------

MUST_SETTINGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "own_name": (("replies",), ("introduction",)),
    "greeted": (("replies",), ("greeting",)),
    "customer_named": ((), ()),
    "story_first": ((), ()),
    "apology_specific": ((), ()),
    "apology_without_but": ((), ()),
    "feeling_named": ((), ()),
    "customer_not_blamed": ((), ()),
    "nothing_hurtful": (("level",), ()),
    "no_worn_phrase": ((), ()),
    "language_kept": ((), ()),
    "fitting_length": (CHANNELS, ()),
    "identity_before_data": ((), ()),
    "identity_before_change": ((), ()),
    "no_foreign_data": ((), ()),
    "public": (("digits",), ("private_way", "private_mark", "public_mark")),
    "nothing_reasked": ((), ()),
    "commitment_timed": ((), ()),
    "commitments_kept": ((), ()),
    "no_contradiction": ((), ()),
    "nothing_beyond": ((), ()),
    "honest_no": (("replies",), ()),
    "informed": ((), ()),
    "goal_reached": ((), ()),
    "documented": (("words",), ()),
    "hold_announced": ((), ()),
    "draft_read": (("share",), ()),
    "colleagues_not_blamed": ((), ("blame", "others", "excused")),
    "summary": (("replies", "items", "commitments"), ()),
    "agreement_asked": ((), ()),
}
"""Must-do -> (its numbers, its lists of patterns); `bot.assessment.checks` holds what each looks for."""


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"kein gültiges Suchmuster: {error}") from None
    return value


MustId = Annotated[str, one_of(tuple(MUST_SETTINGS), "Muss-Kriterium")]
Pattern = Annotated[str, AfterValidator(_not_blank), AfterValidator(_pattern)]


class Must(Strict):
    """Something a team lead can demand of every conversation of an assessment."""

    id: MustId
    name: Text
    explanation: Text = Field(description="one German sentence: what is looked for, and where it cannot be seen")
    numbers: dict[Identifier, Annotated[float, Field(ge=0.0)]] = Field(default_factory=dict, description="thresholds of the check")
    patterns: dict[Identifier, Annotated[list[Pattern], Field(min_length=1)]] = Field(
        default_factory=dict, description="regular expressions the check looks for; upper and lower case are told apart"
    )

    @model_validator(mode="after")
    def _settings_fit(self) -> Self:
        numbers, patterns = MUST_SETTINGS[self.id]
        for kind, have, need in (("numbers", set(self.numbers), numbers), ("patterns", set(self.patterns), patterns)):
            if have != set(need):
                raise ValueError(f"{self.id}: {kind}: genau das gehört hinein: {', '.join(need) or 'nichts'}")
        return self


class MustLibrary(Strict):
    """All must-dos, in the order a form shows them."""

    musts: Annotated[list[Must], Field(min_length=1)]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        ids = [must.id for must in self.musts]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"musts: {', '.join(twice)} steht zweimal da")
        missing = [name for name in MUST_SETTINGS if name not in ids]
        if missing:
            raise ValueError(f"musts: es fehlt {', '.join(missing)}")
        return self
