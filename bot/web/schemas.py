"""What the REST API takes and gives."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from bot.conversation import Conversation, Exchange


class NewConversation(BaseModel):
    """A wish for a conversation."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"scenario": "phone-third-call", "seed": 7}]})

    scenario: str = Field(description="id from GET /api/v1/scenarios")
    persona: str | None = Field(default=None, description="persona of the scenario; its first when left out")
    channel: str | None = Field(default=None, description="phone, chat, email or social; the scenario's own when left out")
    seed: int | None = Field(default=None, ge=0, le=2**31 - 1, description="same seed and replies, same conversation; drawn when left out")
    mode: Literal["practice", "assessment"] = "practice"
    clock: bool | None = Field(default=None, description="whether waiting counts by the clock; left out: only in an assessment")


class NewReply(BaseModel):
    """A reply of the trainee."""

    model_config = ConfigDict(extra="forbid")

    text: str
    message_id: str | None = Field(default=None, max_length=128, description="makes the reply idempotent")


class ToolCall(BaseModel):
    """Arguments of a desk tool."""

    model_config = ConfigDict(extra="forbid")

    arguments: dict[str, str | int | float | bool] = Field(default_factory=dict)


class NewBranch(BaseModel):
    """Where to go on from."""

    model_config = ConfigDict(extra="forbid")

    turn: int = Field(ge=0, description="last turn to keep; 0 keeps only the customer's opening")


class CustomerMessage(BaseModel):
    """What the customer said."""

    text: str
    acts: list[str]


class ConversationStart(BaseModel):
    """A conversation that has just begun or been branched."""

    id: str
    scenario: str
    persona: str
    channel: str
    seed: int
    mode: str
    turn: int
    customer: CustomerMessage
    mood: dict[str, float] | None


class ReplyAnswer(BaseModel):
    """What a reply set off. In an assessment rating and mood stay null until the end."""

    turn: int
    customer: CustomerMessage
    rating: dict[str, Any] | None
    mood: dict[str, float] | None
    because: list[dict[str, Any]] | None
    ended: bool
    outcome: str | None


class HintAnswer(BaseModel):
    """One step of a hint."""

    turn: int
    step: Literal["question", "direction", "example"]
    need: str
    text: str


class NewLogin(BaseModel):
    """A wish to log in."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=254)
    password: SecretStr = Field(max_length=1000)


class LoginAnswer(BaseModel):
    """An open login."""

    token: str
    name: str
    role: str


class RasaMessage(BaseModel):
    """A message of Rasa's REST channel."""

    sender: str = Field(min_length=1, max_length=64)
    message: str


class Problem(BaseModel):
    """A problem detail (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str | None = None


def is_hidden(conversation: Conversation) -> bool:
    """Tell whether ratings and moods must not be shown yet: an assessment that goes on, or whose result no lead has released."""
    session = conversation.session
    if session.get("mode") != "assessment":
        return False
    return conversation.scorecard is None or bool(session.get("attempt") and not session.get("released"))


def start_of(conversation_id: str, conversation: Conversation) -> ConversationStart:
    """Return a fresh or branched conversation as the API shows it."""
    session, last = conversation.session, conversation.exchanges[-1]
    return ConversationStart(
        id=conversation_id,
        scenario=session["scenario"],
        persona=session["persona"],
        channel=session["channel"],
        seed=session["seed"],
        mode=session["mode"],
        turn=last.turn,
        customer=CustomerMessage(text=last.customer, acts=list(last.acts)),
        mood=None if is_hidden(conversation) else dict(last.mood),
    )


def answer_of(conversation: Conversation, exchange: Exchange) -> ReplyAnswer:
    """Return a turn as the API shows it."""
    hidden = is_hidden(conversation)
    is_last = exchange.turn == conversation.turn
    ended = bool(conversation.outcome) and is_last
    return ReplyAnswer(
        turn=exchange.turn,
        customer=CustomerMessage(text=exchange.customer, acts=list(exchange.acts)),
        rating=None if hidden or exchange.rating is None else dict(exchange.rating),
        mood=None if hidden else dict(exchange.mood),
        because=None if hidden else [dict(b) for b in exchange.because],
        ended=ended,
        outcome=conversation.outcome if ended else None,
    )


def transcript_of(conversation_id: str, conversation: Conversation) -> dict[str, Any]:
    """Return a whole conversation as the API shows it."""
    turns = []
    for exchange in conversation.exchanges:
        shown = answer_of(conversation, exchange).model_dump(exclude={"ended", "outcome"})
        turns.append({"reply": exchange.reply if exchange.turn else None, "tools": [dict(t) for t in exchange.tools]} | shown)
    return {
        "id": conversation_id,
        **conversation.session,
        "turns": turns,
        "ended": bool(conversation.outcome),
        "outcome": conversation.outcome or None,
        "scorecard": None if is_hidden(conversation) else conversation.scorecard,
    }
