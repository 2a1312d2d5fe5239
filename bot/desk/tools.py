"""The simulated tools: pure functions over desk state.

A desk state is plain JSON data, made from the scenario by `initial`; each tool takes the state and arguments and
returns the new state and what the trainee sees. Faults of the scenario decide first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.content.schema import Desk, Fault, Scenario
from bot.errors import InvalidInputError, NotFoundError

State = dict[str, Any]
Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool call gave.

    Attributes:
        tool, arguments: the call.
        result: what the tool shows, or None when it failed.
        fault: what went wrong, or None.
    """

    tool: str
    arguments: Mapping[str, Any]
    result: Any = None
    fault: Mapping[str, str] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        plain: dict[str, Any] = {"tool": self.tool, "arguments": dict(self.arguments)}
        return plain | ({"fault": dict(self.fault)} if self.fault else {"result": self.result})


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool of the desk.

    Attributes:
        title: what it is called on the page.
        arguments: argument -> label; all are texts.
        optional: arguments that may be left out.
        run: the function.
    """

    title: str
    arguments: Mapping[str, str]
    run: Callable[[State, Desk, Arguments], tuple[State, Any]]
    optional: tuple[str, ...] = ()


def initial(scenario: Scenario) -> State:
    """Return the desk as a scenario starts it."""
    desk = scenario.desk
    return {
        "identified": False,
        "tickets": {str(t["id"]): {k: v for k, v in t.items() if k != "id"} for t in desk.tickets},
        "remedies": {},
        "booking": "",
        "callback": "",
        "notes": [],
        "handover": "",
        "suggestions": 0,
    }


def call(state: State, scenario: Scenario, tool: str, arguments: Arguments, turn: int) -> tuple[State, ToolResult]:
    """Run a tool.

    Args:
        state: of the desk.
        scenario: whose desk it is.
        tool: name of the tool.
        arguments: as the tool wants them; numbers are taken as texts.
        turn: number of replies so far, for faults.

    Returns:
        The new state (the given one is not changed) and the result.

    Raises:
        NotFoundError: for an unknown tool.
        InvalidInputError: for a missing, empty or unknown argument.
    """
    if tool not in TOOLS:
        raise NotFoundError(f"Das Werkzeug „{tool}“ gibt es nicht.", f"Vorhanden: {', '.join(TOOLS)}.")
    known = TOOLS[tool]
    given = _checked(tool, known, arguments)
    fault = _fault(scenario.desk, tool, turn)
    if fault and fault.kind != "not_saved":
        return state, ToolResult(tool, given, fault={"kind": fault.kind, "message": fault.message})
    after, result = known.run(state, scenario.desk, given)
    if fault:
        return state, ToolResult(tool, given, result=result)
    return after, ToolResult(tool, given, result=result)


def _checked(tool: str, known: Tool, arguments: Arguments) -> dict[str, str]:
    unknown = set(arguments) - set(known.arguments)
    if unknown:
        raise InvalidInputError(
            f"{tool}: die Angabe „{sorted(unknown)[0]}“ gibt es nicht.", f"Erlaubt: {', '.join(known.arguments) or 'keine'}."
        )
    given = {}
    for name, label in known.arguments.items():
        value = str(arguments.get(name, "")).strip()
        if not value and name not in known.optional:
            raise InvalidInputError(f"{tool}: „{label}“ ({name}) fehlt.", "Bitte ausfüllen.")
        given[name] = value[:2000]
    return given


def _fault(desk: Desk, tool: str, turn: int) -> Fault | None:
    return next((f for f in desk.faults if tool in f.tools and f.turns[0] <= turn <= f.turns[1]), None)


def _with(state: State, **changes: Any) -> State:
    return {**state, **changes}


def _digits(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _record(state: State, desk: Desk, given: Arguments) -> tuple[State, Any]:
    wanted = _digits(given["identifier"])
    known = [_digits(str(value)) for value in desk.record.values()]
    if len(wanted) < 3 or not any(wanted == value or (len(wanted) >= 4 and wanted in value) for value in known):
        return state, {"gefunden": False, "hinweis": "Kein Datensatz zu dieser Angabe."}
    return _with(state, identified=True), {"gefunden": True, **desk.record}


def _ticket(state: State, ticket: str) -> dict[str, Any] | None:
    return state["tickets"].get(ticket.strip().lstrip("#"))  # type: ignore[no-any-return]


def _ticket_search(state: State, desk: Desk, given: Arguments) -> tuple[State, Any]:
    query = given["query"].casefold()
    return state, [
        {"id": i, "subject": t.get("subject", ""), "status": t.get("status", "")}
        for i, t in state["tickets"].items()
        if query in f"{i} {t}".casefold()
    ]


def _ticket_read(state: State, desk: Desk, given: Arguments) -> tuple[State, Any]:
    ticket = _ticket(state, given["ticket"])
    return state, ticket if ticket else {"gefunden": False, "hinweis": f"Ticket {given['ticket']} gibt es nicht."}


def _ticket_create(state: State, desk: Desk, given: Arguments) -> tuple[State, Any]:
    number = str(max([int(i) for i in state["tickets"] if i.isdigit()] or [90000]) + 1)
    ticket = {"subject": given["subject"], "status": "offen", "owner": "Sie", "history": [given["text"]] if given["text"] else []}
    return _with(state, tickets={**state["tickets"], number: ticket}), {"id": number, **ticket}


def _changed(state: State, number: str, **changes: Any) -> tuple[State, Any]:
    ticket = _ticket(state, number)
    if ticket is None:
        return state, {"gefunden": False, "hinweis": f"Ticket {number} gibt es nicht."}
    fresh = {**ticket, **changes}
    return _with(state, tickets={**state["tickets"], number.strip().lstrip("#"): fresh}), fresh


def _ticket_note(state: State, desk: Desk, given: Arguments) -> tuple[State, Any]:
    history = list((_ticket(state, given["ticket"]) or {}).get("history", []))
    return _changed(state, given["ticket"], history=[*history, given["text"]])


def _ticket_status(state: State, desk: Desk, given: Arguments) -> tuple[State, Any]:
    changes = {"status": given["status"]} | ({"owner": "Sie"} if given["status"] in {"offen", "in Arbeit"} else {})
    return _changed(state, given["ticket"], **changes)


def _knowledge(state: State, desk: Desk, given: Arguments) -> tuple[State, Any]:
    stems = [word[:5] for word in given["query"].casefold().split() if len(word) > 2]
    ranked = [(sum(s in f"{a.title} {a.body}".casefold() for s in stems), a) for a in desk.articles]
    return state, [{"title": a.title, "body": a.body} for score, a in sorted(ranked, key=lambda x: -x[0]) if score or not stems]


def _remedy(state: State, desk: Desk, given: Arguments) -> tuple[State, Any]:
    name = given["name"]
    allowed = desk.remedies.get(name)
    if allowed is None:
        return state, {"gewährt": False, "hinweis": f"„{name}“ gibt es hier nicht.", "möglich": list(desk.remedies)}
    amount = _amount(given["amount"])
    limit = allowed.get("limit")
    if isinstance(limit, int | float) and amount is not None and amount > limit:
        return state, {"gewährt": False, "hinweis": f"Über der Grenze von {limit} Euro.", "grenze": limit}
    granted = amount if amount is not None else True
    return _with(state, remedies={**state["remedies"], name: granted}), {
        "gewährt": True,
        "name": allowed.get("label", name),
        "betrag": amount,
    }


def _amount(text: str) -> float | None:
    plain = text.replace("€", "").replace("Euro", "").strip()
    if "," in plain:  # German: 1.497,18
        plain = plain.replace(".", "").replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return None


def _booking(state: State, desk: Desk, given: Arguments) -> tuple[State, Any]:
    slot = given["slot"]
    free = next((s for s in desk.slots if slot.casefold() in s.casefold()), None)
    if free is None:
        return state, {"gebucht": False, "hinweis": "Diesen Termin gibt es nicht.", "frei": list(desk.slots)}
    return _with(state, booking=free), {"gebucht": True, "termin": free}


def _callback(state: State, desk: Desk, given: Arguments) -> tuple[State, Any]:
    return _with(state, callback=given["time"]), {"vorgemerkt": given["time"]}


def _notes(state: State, desk: Desk, given: Arguments) -> tuple[State, Any]:
    return _with(state, notes=[*state["notes"], given["text"]]), {"notiert": given["text"]}


def _handover(state: State, desk: Desk, given: Arguments) -> tuple[State, Any]:
    return _with(state, handover=f"{given['to']}: {given['note']}"), {"übergeben an": given["to"]}


def _suggestion(state: State, desk: Desk, given: Arguments) -> tuple[State, Any]:
    count = state["suggestions"]
    text = desk.suggestion[count % len(desk.suggestion)] if desk.suggestion else "Kein Vorschlag verfügbar."
    return _with(state, suggestions=count + 1), {"entwurf": text}


TOOLS: dict[str, Tool] = {
    "record": Tool("Kundendaten öffnen", {"identifier": "Kundennummer, Name oder Geburtsdatum"}, _record),
    "ticket_search": Tool("Tickets suchen", {"query": "Suchwort oder Nummer"}, _ticket_search, ("query",)),
    "ticket_read": Tool("Ticket lesen", {"ticket": "Ticketnummer"}, _ticket_read),
    "ticket_create": Tool("Ticket anlegen", {"subject": "Betreff", "text": "Beschreibung"}, _ticket_create, ("text",)),
    "ticket_note": Tool("Notiz ins Ticket", {"ticket": "Ticketnummer", "text": "Notiz"}, _ticket_note),
    "ticket_status": Tool("Ticketstatus ändern", {"ticket": "Ticketnummer", "status": "neuer Status"}, _ticket_status),
    "knowledge": Tool("Wissensdatenbank", {"query": "Suchwort"}, _knowledge, ("query",)),
    "remedy": Tool("Ausgleich gewähren", {"name": "Art", "amount": "Betrag in Euro"}, _remedy, ("amount",)),
    "booking": Tool("Termin buchen", {"slot": "Termin"}, _booking),
    "callback": Tool("Rückruf vormerken", {"time": "Wann"}, _callback),
    "notes": Tool("Notizzettel", {"text": "Notiz"}, _notes),
    "handover": Tool("Weitergeben", {"to": "An wen", "note": "Übergabenotiz"}, _handover),
    "suggestion": Tool("KI-Vorschlag holen", {}, _suggestion),
}
"""All tools by name."""


def holds(state: State, path: str, wanted: Any) -> bool:
    """Tell whether a goal condition holds.

    Args:
        state: of the desk.
        path: e.g. `tickets.4711.status`, `remedies.credit`, `booking`.
        wanted: the value; `true` means anything that is not empty.
    """
    value: Any = state
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(wanted, bool):
        return bool(value) is wanted
    if isinstance(wanted, str) and isinstance(value, str):
        return wanted.casefold() in value.casefold()
    return bool(value == wanted)
