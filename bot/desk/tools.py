"""The simulated tools: pure functions over desk state.

Each tool takes the state and arguments and returns the new state and what the trainee sees. Faults of the scenario
decide first.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from bot.content.schema import Scenario
from bot.desk.faults import BLOCKING, fault_of, hidden_tickets, mixed_up
from bot.desk.identity import fitting
from bot.desk.search import search
from bot.desk.state import State, changed
from bot.errors import InvalidInputError, NotFoundError

Arguments = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool call gave.

    Attributes:
        tool, arguments: the call.
        result: what the tool shows, or None when it failed.
        fault: {kind, message} of what went wrong, or None.
        seconds: how long it took; 0 for at once.
    """

    tool: str
    arguments: Mapping[str, Any]
    result: Any = None
    fault: Mapping[str, str] | None = None
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        plain: dict[str, Any] = {"tool": self.tool, "arguments": dict(self.arguments)}
        plain |= {"fault": dict(self.fault)} if self.fault else {"result": self.result}
        return plain | ({"seconds": self.seconds} if self.seconds else {})


@dataclass(frozen=True, slots=True)
class Desk:
    """What a tool works on: the state, whose desk it is and the turn.

    Attributes:
        hidden: tickets that cannot be found now.
        mixed: tickets in whose place another one is shown now.
        unsaid: words that would give away what the customer has not told.
    """

    state: State
    scenario: Scenario
    turn: int
    hidden: frozenset[str] = frozenset()
    mixed: Mapping[str, str] = field(default_factory=dict)
    unsaid: tuple[str, ...] = ()

    def may_show(self, text: str) -> bool:
        """Tell whether a text gives nothing away that the scenario hides."""
        return not any(word in text.casefold() for word in self.unsaid)

    def ticket(self, number: str) -> tuple[str, dict[str, Any] | None]:
        """Return a ticket's number as it is kept, and the ticket; None when it cannot be found."""
        number = number.strip().lstrip("#").strip()
        return number, None if number in self.hidden else self.state["tickets"].get(number)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool of the desk.

    Attributes:
        title: what it is called on the page.
        group: tab it stands under.
        arguments: argument -> label; all are texts.
        run: the function.
        optional: arguments that may be left out.
        writes: whether it changes anything.
    """

    title: str
    group: str
    arguments: Mapping[str, str]
    run: Callable[[Desk, Arguments], tuple[State, Any]]
    optional: tuple[str, ...] = ()
    writes: bool = True


def call(
    state: State, scenario: Scenario, tool: str, arguments: Mapping[str, Any], turn: int, told: Container[str] = ()
) -> tuple[State, ToolResult]:
    """Run a tool.

    Args:
        state: of the desk.
        scenario: whose desk it is.
        tool: name of the tool.
        arguments: as the tool wants them; numbers are taken as texts.
        turn: number of replies so far, for faults.
        told: facts the customer has told; hidden ones that are not among them show nowhere.

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
    fault = fault_of(state, scenario, tool, turn, writes=known.writes)
    seconds = float(fault.seconds) if fault else 0.0
    waited = changed(state, seconds=state["seconds"] + seconds)
    if fault and fault.kind in BLOCKING | {"read_only"}:
        return waited, ToolResult(tool, given, fault={"kind": fault.kind, "message": fault.message}, seconds=seconds)
    desk = Desk(waited, scenario, turn, hidden_tickets(state, scenario, turn), mixed_up(state, scenario, turn), _unsaid(scenario, told))
    after, result = known.run(desk, given)
    if known.writes and after != waited and not after["identified"] and tool not in _WITHOUT_IDENTITY:
        after = changed(after, unchecked=[*after["unchecked"], tool])
    if fault and fault.kind == "not_saved":
        after = waited
    return after, ToolResult(tool, given, result=result, seconds=seconds)


def _checked(tool: str, known: Tool, arguments: Mapping[str, Any]) -> dict[str, str]:
    unknown = set(arguments) - set(known.arguments)
    if unknown:
        raise InvalidInputError(
            f"{tool}: die Angabe „{sorted(unknown)[0]}“ gibt es nicht.", f"Erlaubt: {', '.join(known.arguments) or 'keine'}."
        )
    given = {}
    for name, label in known.arguments.items():
        value = "" if arguments.get(name) is None else str(arguments[name]).strip()
        if not value and name not in known.optional:
            raise InvalidInputError(f"{tool}: „{label}“ ({name}) fehlt.", "Bitte ausfüllen.")
        if len(value) > _LONGEST:
            raise InvalidInputError(f"{tool}: „{label}“ ({name}) hat {len(value)} Zeichen, erlaubt sind {_LONGEST}.", "Bitte kürzen.")
        given[name] = value
    return given


def _unsaid(scenario: Scenario, told: Container[str]) -> tuple[str, ...]:
    """Return the words by which hidden facts would be recognised that the customer has not told."""
    hidden = [fact for fact in scenario.facts if fact.kind == "hidden" and not fact.at_desk and fact.id not in told]
    return tuple(word.casefold() for fact in hidden for word in fact.mentioned_as if len(word) >= _TELLING)


_TELLING = 6
"""Letters from which a word can give a hidden fact away."""

_LONGEST = 2000


# --- customer record ------------------------------------------------------------------------------------------------


def _record(desk: Desk, given: Arguments) -> tuple[State, Any]:
    rules = desk.scenario.desk
    fits = fitting(desk.scenario, given["identifier"], desk.state["voice"])
    if not fits:
        return desk.state, {"gefunden": False, "hinweis": "Kein Datensatz zu dieser Angabe."}
    checked = [*desk.state["checked"], *(name for name in fits if name not in desk.state["checked"])]
    missing = rules.identify_with - len(checked)
    identified = missing <= 0
    state = changed(desk.state, checked=checked, identified=identified)
    if not identified:
        count = "Eine weitere Angabe" if missing == 1 else f"{missing} weitere Angaben"
        return state, {
            "gefunden": True,
            "geöffnet": False,
            "hinweis": f"Stimmt. {count} zum Abgleich nötig.",
        }
    return state, {"gefunden": True, "geöffnet": True, **{k: v for k, v in rules.record.items() if desk.may_show(f"{k} {v}")}}


# --- tickets --------------------------------------------------------------------------------------------------------


def _not_found(number: str) -> dict[str, Any]:
    return {"gefunden": False, "hinweis": f"Ticket {number} gibt es nicht."}


def _shown(desk: Desk, number: str, ticket: Mapping[str, Any]) -> dict[str, Any]:
    """Return a ticket as the tool shows it; that it is another customer's, one has to see from its content."""
    shown = {"id": number} | {key: value for key, value in ticket.items() if key != "other"}
    return shown | {"history": [line for line in ticket["history"] if desk.may_show(line)]}


def _ticket_search(desk: Desk, given: Arguments) -> tuple[State, Any]:
    words = given["query"].casefold().split()
    found = []
    for number, ticket in desk.state["tickets"].items():
        text = f"{number} {ticket['subject']} {ticket['status']} {ticket['owner']} {' '.join(ticket['history'])}".casefold()
        if number not in desk.hidden and all(word in text for word in words):
            found.append({"id": number, "subject": ticket["subject"], "status": ticket["status"]})
    return desk.state, found


def _ticket_read(desk: Desk, given: Arguments) -> tuple[State, Any]:
    number, ticket = desk.ticket(given["ticket"])
    if ticket is None:
        return desk.state, _not_found(number)
    shown = desk.state["tickets"].get(desk.mixed.get(number, number), ticket)
    return desk.state, _shown(desk, number, shown)


def _ticket_create(desk: Desk, given: Arguments) -> tuple[State, Any]:
    number = str(max([int(i) for i in desk.state["tickets"] if i.isdigit()] or [90000]) + 1)
    history = [given["text"]] if given["text"] else []
    ticket = {"subject": given["subject"], "status": "offen", "owner": "Sie", "history": history, "other": False}
    return changed(desk.state, tickets={**desk.state["tickets"], number: ticket}), _shown(desk, number, ticket)


def _change(desk: Desk, number: str, **changes: Any) -> tuple[State, Any]:
    number, ticket = desk.ticket(number)
    if ticket is None:
        return desk.state, _not_found(number)
    fresh = {**ticket, **changes}
    return changed(desk.state, tickets={**desk.state["tickets"], number: fresh}), _shown(desk, number, fresh)


def _ticket_note(desk: Desk, given: Arguments) -> tuple[State, Any]:
    _, ticket = desk.ticket(given["ticket"])
    return _change(desk, given["ticket"], history=[*(ticket or {"history": []})["history"], given["text"]])


def _ticket_status(desk: Desk, given: Arguments) -> tuple[State, Any]:
    yours = {"owner": "Sie"} if given["status"].casefold() in {"offen", "in arbeit"} else {}
    return _change(desk, given["ticket"], status=given["status"], **yours)


def _ticket_merge(desk: Desk, given: Arguments) -> tuple[State, Any]:
    (number, ticket), (target, into) = desk.ticket(given["ticket"]), desk.ticket(given["into"])
    if ticket is None or into is None:
        return desk.state, _not_found(number if ticket is None else target)
    if number == target:
        return desk.state, {"zusammengeführt": False, "hinweis": "Ein Ticket lässt sich nicht mit sich selbst zusammenführen."}
    joined = {**into, "history": [*into["history"], f"Aus Ticket {number}: {ticket['subject']}", *ticket["history"]]}
    closed = {**ticket, "status": f"zusammengeführt mit {target}"}
    return changed(desk.state, tickets={**desk.state["tickets"], number: closed, target: joined}), _shown(desk, target, joined)


# --- knowledge, remedies, calendar ----------------------------------------------------------------------------------


def _knowledge(desk: Desk, given: Arguments) -> tuple[State, Any]:
    return desk.state, [{"title": a.title, "body": a.body} for a in search(desk.scenario.desk.articles, given["query"])]


def _remedy(desk: Desk, given: Arguments) -> tuple[State, Any]:
    remedies = desk.scenario.desk.remedies
    wanted = given["name"].casefold()
    name = next((n for n, r in remedies.items() if wanted in (n, r.label.casefold())), "")
    if not name:
        known = {n: r.label for n, r in remedies.items()}
        return desk.state, {"gewährt": False, "hinweis": f"„{given['name']}“ gibt es hier nicht.", "möglich": known}
    allowed = remedies[name]
    amount = _amount(given["amount"])
    if given["amount"] and amount is None:
        raise InvalidInputError(f"remedy: „{given['amount']}“ ist kein Betrag.", "Zum Beispiel 12,50.")
    if amount is not None and amount <= 0:
        raise InvalidInputError(f"remedy: {given['amount']} Euro geht nicht.", "Ein Betrag über null.")
    if allowed.limit is not None and amount is not None and amount > allowed.limit:
        limit = f"{allowed.limit:g}".replace(".", ",")
        return desk.state, {"gewährt": False, "hinweis": f"Über der Grenze von {limit} Euro.", "grenze": allowed.limit}
    granted = amount if amount is not None else True
    shown = {"gewährt": True, "name": allowed.label} | ({"betrag": amount} if amount is not None else {})
    if allowed.options:
        shown["art"] = given["option"] or allowed.options[0]
    return changed(desk.state, remedies={**desk.state["remedies"], name: granted}), shown


def _amount(text: str) -> float | None:
    plain = text.replace("€", "").replace("Euro", "").strip()
    if "," in plain:  # German: 1.497,18
        plain = plain.replace(".", "").replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return None


def _booking(desk: Desk, given: Arguments) -> tuple[State, Any]:
    slots = desk.scenario.desk.slots
    wanted = given["slot"].casefold()
    free = next((s for s in slots if wanted == s.casefold()), None) or next((s for s in slots if wanted in s.casefold()), None)
    if free is None:
        return desk.state, {"gebucht": False, "hinweis": "Diesen Termin gibt es nicht.", "frei": list(slots)}
    return changed(desk.state, booking=free), {"gebucht": True, "termin": free}


def _callback(desk: Desk, given: Arguments) -> tuple[State, Any]:
    return changed(desk.state, callback=given["time"]), {"vorgemerkt": given["time"]}


def _notes(desk: Desk, given: Arguments) -> tuple[State, Any]:
    return changed(desk.state, notes=[*desk.state["notes"], given["text"]]), {"notiert": given["text"]}


def _handover(desk: Desk, given: Arguments) -> tuple[State, Any]:
    targets = desk.scenario.desk.handover
    wanted = given["to"].casefold()
    target = next((t for t in targets if wanted in t.casefold()), given["to"] if not targets else "")
    if not target:
        return desk.state, {"übergeben": False, "hinweis": f"„{given['to']}“ gibt es hier nicht.", "möglich": list(targets)}
    return changed(desk.state, handover=f"{target}: {given['note']}"), {"übergeben": True, "an": target}


def _overview(desk: Desk, given: Arguments) -> tuple[State, Any]:
    state = desk.state
    granted = [
        f"{desk.scenario.desk.remedies[name].label}{f': {value:g}' if value is not True else ''}"
        for name, value in state["remedies"].items()
    ]
    return state, {
        "Termin": state["booking"] or "keiner",
        "Rückruf": state["callback"] or "keiner",
        "gewährt": granted or "nichts",
        "weitergegeben": state["handover"] or "nicht",
        "Akte": "geöffnet" if state["identified"] else "nicht geöffnet",
    }


def _suggestion(desk: Desk, given: Arguments) -> tuple[State, Any]:
    drafts = desk.scenario.desk.suggestion
    if not drafts:
        return desk.state, {"entwurf": "", "hinweis": "Zu diesem Fall gibt es keinen Vorschlag."}
    order = list(range(len(drafts)))
    Random(f"drafts {desk.state['seed']} {desk.scenario.id}").shuffle(order)
    shown = desk.state["suggestions"]
    order = [i for i in order if desk.may_show(drafts[i].text)] or order
    draft = order[len(shown) % len(order)]
    return changed(desk.state, suggestions=[*shown, draft]), {"entwurf": drafts[draft].text}


_WITHOUT_IDENTITY = frozenset({"record", "notes", "suggestion", "ticket_create", "ticket_note", "callback", "handover"})
"""Tools that may be used before the customer is identified: they give nothing away and grant nothing."""

TOOLS: dict[str, Tool] = {
    "record": Tool("Kundenakte öffnen", "Kunde", {"identifier": "Angaben zum Abgleich, mit Komma getrennt"}, _record, writes=False),
    "ticket_search": Tool("Tickets suchen", "Tickets", {"query": "Suchwort oder Nummer"}, _ticket_search, ("query",), writes=False),
    "ticket_read": Tool("Ticket lesen", "Tickets", {"ticket": "Ticketnummer"}, _ticket_read, writes=False),
    "ticket_create": Tool("Ticket anlegen", "Tickets", {"subject": "Betreff", "text": "Beschreibung"}, _ticket_create, ("text",)),
    "ticket_note": Tool("Notiz ins Ticket", "Tickets", {"ticket": "Ticketnummer", "text": "Notiz"}, _ticket_note),
    "ticket_status": Tool("Status ändern", "Tickets", {"ticket": "Ticketnummer", "status": "neuer Status"}, _ticket_status),
    "ticket_merge": Tool("Tickets zusammenführen", "Tickets", {"ticket": "Ticketnummer", "into": "geht auf in Ticket"}, _ticket_merge),
    "knowledge": Tool("Wissensdatenbank", "Wissen", {"query": "Suchwort"}, _knowledge, ("query",), writes=False),
    "remedy": Tool("Gewähren", "Abhilfe", {"name": "Was", "amount": "Betrag in Euro", "option": "Auswahl"}, _remedy, ("amount", "option")),
    "booking": Tool("Termin buchen", "Abhilfe", {"slot": "Termin"}, _booking),
    "callback": Tool("Rückruf vormerken", "Abhilfe", {"time": "Wann"}, _callback),
    "handover": Tool("Weitergeben", "Abhilfe", {"to": "An wen", "note": "Übergabenotiz"}, _handover),
    "overview": Tool("Stand ansehen", "Abhilfe", {}, _overview, writes=False),
    "notes": Tool("Notizzettel", "Notizen", {"text": "Notiz"}, _notes),
    "suggestion": Tool("Vorschlag holen", "Vorschlag", {}, _suggestion, writes=False),
}
"""All tools by name, in the order they stand on the page."""
