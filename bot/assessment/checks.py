"""The checks of the must-dos: one pure function each, named like its id in data/assessment/musts.yml."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from bot.assessment.look import DeskCall, Finding, Look, Place, desk_call, evidence_of, once_each, sentence, whole
from bot.conversation import Exchange
from bot.desk import TOOLS, described, holds, initial
from bot.understanding.text import content_stems, fold, numbers, words

Check = Callable[[Look], Finding]
_MET = frozenset({"promised", "done", "conceded"})
_STEPS = ("offer", "act", "commit", "compensate")
_DATUM = re.compile(r"[\w.+-]+@[\w.-]+|\d[\d.,:/ ]*\d")
_DATE = re.compile(r"\d{1,2}\.\d{1,2}\.\d{2,4}(?:,\d{1,2}:\d\d)?")
_SHORTEST_DATUM = 4
"""Characters from which a number or address is a datum; the same as for leaks (docs/desk.md)."""
_TOOLS_OF = {
    "tickets": ("ticket_status", "ticket_merge", "ticket_note"),
    "remedies": ("remedy",),
    "booking": ("booking",),
    "callback": ("callback",),
    "notes": ("notes",),
    "handover": ("handover",),
    "identified": ("record",),
}
"""First part of a desk path -> tools that bring it about."""
_TEXT_OF = {"ticket_note": "text", "ticket_create": "text", "notes": "text", "handover": "note"}
"""Tools that document -> the argument that holds the words."""


def _yes(remark: str, evidence: Iterable[Place | DeskCall] = ()) -> Finding:
    return Finding(True, remark, once_each(evidence))


def _no(remark: str, evidence: Iterable[Place | DeskCall] = ()) -> Finding:
    return Finding(False, remark, once_each(evidence))


def _no_occasion(remark: str) -> Finding:
    return Finding(None, remark)


def _said(places: Iterable[Place], yes: str, no: str) -> Finding:
    """Return a finding for something that must have been said."""
    found = once_each(places)
    return _yes(yes, found) if found else _no(no)


def _unsaid(places: Iterable[Place], yes: str, no: str) -> Finding:
    """Return a finding for something that must not have been said."""
    found = once_each(places)
    return _no(no, found) if found else _yes(yes)


def _turns(places: Iterable[Any]) -> str:
    """Return the replies of places in German, for a remark: "Antwort 2" or "den Antworten 2 und 5"."""
    *most, last = [str(turn) for turn in sorted({place.turn for place in places})]
    return f"den Antworten {', '.join(most)} und {last}" if most else f"Antwort {last}"


# --- the beginning ---------------------------------------------------------------------------------------------------


def own_name(look: Look) -> Finding:
    """The trainee says who they are."""
    count = int(look.numbers["replies"])
    early = list(look.matching("introduction", among=look.replies[:count]))
    if early:
        return _yes("Der eigene Name steht am Anfang.", early)
    late = list(look.matching("introduction"))
    return _no(f"Der eigene Name kommt erst in {_turns(late)}.", late) if late else _no("Der eigene Name fällt nicht.")


def greeted(look: Look) -> Finding:
    """The customer is greeted."""
    first = look.replies[: int(look.numbers["replies"])]
    return _said(
        [*look.with_acts("greet", among=first), *look.matching("greeting", among=first)],
        "Die erste Antwort grüßt.",
        "In der ersten Antwort fehlt der Gruß.",
    )


def customer_named(look: Look) -> Finding:
    """The customer is addressed by name."""
    names = {fold(name) for name in look.names}
    found = [
        Place(e.turn, match.start(), match.end(), match.group())
        for e in look.replies
        for match in re.finditer(r"[^\W\d_]+", e.reply)
        if fold(match.group()) in names
    ]
    return _said(found, f"Der Name fällt in {_turns(found)}." if found else "", "Der Name der Kundin oder des Kunden fällt nie.")


def story_first(look: Look) -> Finding:
    """The story is taken up before the first question for data."""
    asked = look.with_acts("ask_identity")
    if not asked:
        return _no_occasion("Es wurde nicht nach Kundendaten gefragt.")
    first = asked[0]
    before = [p for p in _taken_up(look) if (p.turn, p.start) < (first.turn, first.start)]
    if before:
        return _yes("Vor der ersten Frage nach Daten steht etwas aus der Geschichte.", before)
    return _no(f"Die erste Frage nach Daten ({_turns([first])}) kommt, bevor etwas aus der Geschichte aufgenommen ist.", [first])


def _taken_up(look: Look) -> list[Place]:
    return [*look.with_acts("acknowledge_facts"), *look.earning("ip", 2)]


# --- the human being -------------------------------------------------------------------------------------------------


def apology_specific(look: Look) -> Finding:
    """An apology that hangs on what happened."""
    found = look.earning("er", 2, "apologize")
    stock = look.with_acts("apologize")
    if not found and stock:
        return _no(f"Entschuldigt wird sich in {_turns(stock)}, doch nur als Formel.", stock)
    return _said(found, "Die Entschuldigung nennt, was passiert ist.", "Niemand entschuldigt sich für das, was passiert ist.")


def apology_without_but(look: Look) -> Finding:
    """No apology that is taken back by an "aber"."""
    if not look.with_acts("apologize", "acknowledge_feeling", "acknowledge_facts"):
        return _no_occasion("Es gibt keine Entschuldigung, die zurückgenommen werden könnte.")
    taken_back = look.caused("aber")
    places = look.with_acts("apologize", "acknowledge_feeling", "acknowledge_facts", among=taken_back)
    return _unsaid(
        places or map(whole, taken_back),
        "Keine Entschuldigung wird zurückgenommen.",
        f"Ein „aber“ nimmt in {_turns(taken_back)} zurück, was vorher gesagt ist." if taken_back else "",
    )


def feeling_named(look: Look) -> Finding:
    """The feeling is named at least once."""
    return _said(
        look.with_acts("acknowledge_feeling"), "Das Gefühl ist benannt.", "Wie es der Kundin oder dem Kunden geht, wird nie benannt."
    )


def customer_not_blamed(look: Look) -> Finding:
    """The fault is not looked for with the customer."""
    found = look.with_acts("blame_customer")
    return _unsaid(found, "Die Schuld wird nicht beim Kunden gesucht.", f"Schuldzuweisung in {_turns(found)}." if found else "")


def nothing_hurtful(look: Look) -> Finding:
    """No sentence that hurts."""
    found = look.earning("respect", int(look.numbers["level"]))
    return _unsaid(found, "Kein Satz verletzt.", f"Verletzend in {_turns(found)}." if found else "")


def no_worn_phrase(look: Look) -> Finding:
    """Nothing said twice, no formula worn out."""
    marked = [*look.noted("repeated", "worn_apology", "heap"), *look.caused("repeated_phrase", "apology_repeated", "formula_heap")]
    found = [place for e in marked for place in (look.with_acts("apologize", "acknowledge_feeling", among=[e]) or [whole(e)])]
    return _unsaid(found, "Kein Satz nutzt sich ab.", f"Wiederholt oder zur Formel geworden in {_turns(found)}." if found else "")


def language_kept(look: Look) -> Finding:
    """The customer's language is kept."""
    found = [whole(e) for e in look.noted("english")]
    return _unsaid(found, "Die Sprache ist die des Gegenübers.", f"Andere Sprache als das Gegenüber in {_turns(found)}." if found else "")


def fitting_length(look: Look) -> Finding:
    """No wall of text."""
    most = int(look.numbers[look.conversation.session["channel"]])
    long = [whole(e) for e in look.replies if len(words(e.reply)) > most]
    return _unsaid(long, f"Keine Antwort hat mehr als {most} Wörter.", f"Mehr als {most} Wörter in {_turns(long)}." if long else "")


# --- data ------------------------------------------------------------------------------------------------------------


def identity_before_data(look: Look) -> Finding:
    """Identity is checked before anything of the record is told."""
    if not look.scenario.desk.identify_by:
        return _no_occasion("In diesem Fall gibt es keinen Abgleich.")
    leaked = set(look.desk.get("leaks", ())) - _foreign(look)
    if leaked:
        return _no(f"Vor dem Abgleich gesagt: {', '.join(sorted(leaked))}.", _naming(look, leaked))
    opened = _opening(look)
    if opened is None:
        return _no_occasion("Die Akte wurde nicht geöffnet, und es wurde nichts daraus gesagt.")
    return _yes("Aus der Akte wurde erst nach dem Abgleich etwas gesagt.", [desk_call(opened)])


def identity_before_change(look: Look) -> Finding:
    """Identity is checked before anything is changed at the desk."""
    if not look.scenario.desk.identify_by:
        return _no_occasion("In diesem Fall gibt es keinen Abgleich.")
    unchecked = set(look.desk.get("unchecked", ()))
    if unchecked:
        early = [desk_call(call) for call in _before_opening(look) if call["tool"] in unchecked and "fault" not in call]
        titles = ", ".join(sorted(TOOLS[tool].title for tool in unchecked))
        return _no(f"Vor dem Abgleich benutzt: {titles}.", early)
    opened = _opening(look)
    changed = [call for call in look.calls("remedy", "booking", "ticket_status", "ticket_merge") if "fault" not in call]
    if opened is None or not changed:
        return _no_occasion("Am Arbeitsplatz wurde nichts geändert, wofür der Abgleich nötig ist.")
    return _yes("Erst abgeglichen, dann geändert.", [desk_call(opened)])


def no_foreign_data(look: Look) -> Finding:
    """Nothing of another customer is told."""
    others = [ticket for ticket in look.scenario.desk.tickets if ticket.other]
    shown = [call for call in look.calls("ticket_read", "ticket_search") if any(o.subject in str(call.get("result")) for o in others)]
    told = set(look.desk.get("leaks", ())) & _foreign(look)
    if told:
        return _no(f"Daten anderer Kundinnen oder Kunden gesagt: {', '.join(sorted(told))}.", _naming(look, told))
    if not shown:
        return _no_occasion("Fremde Vorgänge kamen nicht auf den Schirm.")
    return _yes("Ein fremder Vorgang stand auf dem Schirm, und nichts daraus wurde gesagt.", map(desk_call, shown))


def _foreign(look: Look) -> set[str]:
    """Return the data that stand in other customers' tickets."""
    return {d for t in look.scenario.desk.tickets if t.other for d in _data(f"{t.subject} {' '.join(t.history)}")}


def _data(text: str) -> set[str]:
    found = {re.sub(r"[ ,.:/]+$", "", match.group()).replace(" ", "") for match in _DATUM.finditer(text)}
    return {datum for datum in found if len(datum) >= _SHORTEST_DATUM}


def _naming(look: Look, data: Iterable[str], among: Iterable[Exchange] | None = None) -> Iterator[Place]:
    """Yield where data are named in the replies, whatever blanks stand in them."""
    for datum in sorted(data):
        pattern = r"(?<!\w)" + r" ?".join(map(re.escape, datum)) + r"(?!\w)"
        for e in look.replies if among is None else among:
            yield from (Place(e.turn, m.start(), m.end(), m.group()) for m in re.finditer(pattern, e.reply, re.IGNORECASE))


def _opening(look: Look) -> Mapping[str, Any] | None:
    """Return the call that opened the record, or None."""
    return next((c for c in look.calls("record") if isinstance(c.get("result"), Mapping) and c["result"].get("geöffnet")), None)


def _before_opening(look: Look) -> Iterator[Mapping[str, Any]]:
    opened = _opening(look)
    for call in look.conversation.tools:
        if call is opened:
            return
        yield call


def public(look: Look) -> Finding:
    """In public nothing personal is told or asked for, and a private way is offered."""
    if look.conversation.session["channel"] != "social":
        return _no_occasion("Das Gespräch ist nicht öffentlich.")
    told = [p for p in _naming(look, _personal(look)) if not _is_private(look, p.turn, p.start)]
    if told:
        return _no("Persönliche Daten stehen öffentlich.", told)
    ways = list(look.matching("private_way", "private_mark"))
    replies = {way.turn for way in ways}
    asked = [p for p in look.with_acts("ask_identity") if not _is_private(look, p.turn, p.start) and p.turn not in replies]
    if asked:
        return _no(f"In {_turns(asked)} wird öffentlich nach Daten gefragt.", asked)
    return _said(ways, "Persönliches ging den privaten Weg.", "Ein privater Weg wird nicht angeboten.")


def _personal(look: Look) -> set[str]:
    """Return the data of this customer, from record and identification, that they have not made public themselves."""
    record = _data(" ; ".join(map(str, look.scenario.desk.record.values())))
    found = {d for d in record if "@" in d or (sum(map(str.isdigit, d)) >= look.numbers["digits"] and not _DATE.fullmatch(d))}
    identifying = [f for f in look.scenario.facts if f.identity or f.id in look.scenario.desk.identify_by]
    found |= {d for f in identifying for text in f.mentioned_as for d in _data(text)}
    shown = [look.scenario.briefing, *(_public_part(look, e.customer) for e in look.conversation.exchanges)]
    return found - _data(" ; ".join(shown))


def _public_part(look: Look, text: str) -> str:
    """Return a message without what stands behind a mark that only the two of them read on."""
    stretches = re.split("|".join(f"({p})" for p in (*look.patterns["private_mark"], *look.patterns["public_mark"])), text)
    parts, private = [], False
    for stretch in filter(None, stretches):
        if any(re.fullmatch(p, stretch) for p in (*look.patterns["private_mark"], *look.patterns["public_mark"])):
            private = any(re.fullmatch(p, stretch) for p in look.patterns["private_mark"])
        elif not private:
            parts.append(stretch)
    return " ; ".join(parts)


def _is_private(look: Look, turn: int, position: int) -> bool:
    """Tell whether a place in a reply stands behind a mark that only the customer reads on."""
    before = next(e.reply for e in look.replies if e.turn == turn)[:position]
    private = [m.start() for pattern in look.patterns["private_mark"] for m in re.finditer(pattern, before)]
    again = [m.start() for pattern in look.patterns["public_mark"] for m in re.finditer(pattern, before)]
    return max(private, default=-1) > max(again, default=-1)


# --- the matter ------------------------------------------------------------------------------------------------------


def nothing_reasked(look: Look) -> Finding:
    """Nothing is asked again that was given."""
    again = look.with_acts("reask")
    if again:
        return _no(f"In {_turns(again)} wird erfragt, was schon gesagt war.", again)
    if not look.with_acts("ask_identity", "ask_detail", "open_question"):
        return _no_occasion("Es wurde nichts gefragt.")
    return _yes("Keine Frage galt etwas, das schon gesagt war.")


def commitment_timed(look: Look) -> Finding:
    """Something is promised with a time."""
    firm = _promises(look)
    if firm:
        return _yes(f"Zugesagt bis: {', '.join(dict.fromkeys(promise['by'] for promise, _ in firm))}.", [place for _, place in firm])
    vague = look.with_acts("commit")
    return _no("Es gibt eine Zusage, doch keine mit Zeit.", vague) if vague else _no("Nichts wird zugesagt.")


def _promises(look: Look) -> list[tuple[Mapping[str, Any], Place]]:
    """Return every commitment with a time that the customer remembers, and where it was made."""
    made = {e.turn: e for e in look.replies}
    found = []
    for promise in look.customer.get("promises", ()):
        exchange = made.get(promise["made_in_turn"])
        if exchange and promise["by"]:
            start = max(exchange.reply.find(promise["what"]), 0)
            found.append((promise, Place(exchange.turn, start, start + len(promise["what"]), promise["what"])))
    return found


def commitments_kept(look: Look) -> Finding:
    """What was promised and can be done at the desk was done there."""
    demands = look.customer.get("demands", {})
    said = [d for d in look.scenario.demands if d.desk and demands.get(d.id) in _MET]
    undone = [d.text for d in said if not all(holds(look.desk, path, wanted) for path, wanted in d.desk.items())]
    if undone:
        return _no("Zugesagt, aber am Arbeitsplatz nicht getan: " + " · ".join(undone))
    if not said:
        return _no_occasion("Nichts wurde zugesagt, was am Arbeitsplatz zu tun wäre.")
    paths = [path for d in said for path in d.desk]
    return _yes("Was zugesagt ist, ist am Arbeitsplatz getan.", _calls_for(look, paths))


def _calls_for(look: Look, paths: Iterable[str]) -> list[DeskCall]:
    tools = {tool for path in paths for tool in _TOOLS_OF.get(path.split(".")[0], ())}
    return [desk_call(call) for call in look.calls(*tools) if "fault" not in call]


def no_contradiction(look: Look) -> Finding:
    """No commitment is contradicted without a word: as the customer notices it, who tells one matter from another."""
    broken = look.caused("contradiction")
    if broken:
        places = [place for e in broken for place in (look.with_acts("commit", among=[e]) or [whole(e)])]
        return _no(f"In {_turns(broken)} steht eine andere Zeit als zuvor, ohne ein Wort dazu.", places)
    if not _promises(look):
        return _no_occasion("Es wurde nichts mit Zeit zugesagt.")
    return _yes("Die zugesagten Zeiten bleiben, oder ihre Änderung wird gesagt.")


def nothing_beyond(look: Look) -> Finding:
    """Nothing is promised that the company does not grant."""
    beyond = look.noted("beyond")
    if beyond:
        places = [place for e in beyond for place in (look.with_acts(*_STEPS, among=[e]) or [whole(e)])]
        return _no(f"In {_turns(beyond)} wird versprochen, was es hier nicht gibt.", places)
    if not look.scenario.policy.may_not and all(d.granted for d in look.scenario.demands):
        return _no_occasion("In diesem Fall gibt es nichts, was nicht gewährt wird.")
    return _yes("Nichts wird versprochen, was es nicht gibt.")


def honest_no(look: Look) -> Finding:
    """A no is said plainly, with another way beside it."""
    refused = look.caused("honest_no")
    if not refused:
        return _no_occasion("Es gab kein Nein zu etwas, das die Firma nie gewährt.")
    near = range(refused[0].turn, refused[-1].turn + int(look.numbers["replies"]) + 1)
    ways = look.with_acts(*_STEPS, among=[e for e in look.replies if e.turn in near])
    no = [place for e in refused for place in (look.with_acts("set_expectation", "explain", "dismiss", among=[e]) or [whole(e)])]
    if not ways:
        return _no(f"Das Nein in {_turns(refused)} steht allein, ohne anderen Weg.", no)
    return _yes(f"Das Nein steht in {_turns(refused)}, und ein anderer Weg daneben.", [*no, *ways])


def informed(look: Look) -> Finding:
    """All that the customer needs to know is told."""
    needed = look.scenario.information
    if not needed:
        return _no_occasion("In diesem Fall muss nichts Bestimmtes gesagt werden.")
    told = look.customer.get("informed", ())
    missing = [item.text for item in needed if item.id not in told]
    if missing:
        return _no("Nicht gesagt: " + " · ".join(missing))
    where = look.caused("information_told") or list(look.replies)
    return _yes("Alles Nötige ist gesagt.", [_most_like(where, item.told_as) for item in needed])


def _most_like(exchanges: Iterable[Exchange], examples: Iterable[str]) -> Place:
    """Return the rated stretch that shares most content words with any of the examples."""
    wanted = [content_stems(text) for text in examples]
    best, most = None, -1.0
    for e in exchanges:
        for start, end in dict.fromkeys((i["start"], i["end"]) for i in evidence_of(e)) or [(0, len(e.reply))]:
            mine = content_stems(e.reply[start:end])
            share = max(len(mine & other) / (len(mine | other) or 1) for other in wanted)
            if share > most:
                best, most = Place(e.turn, start, end, e.reply[start:end]), share
    assert best is not None  # there is at least one reply, and it has a stretch
    return best


def goal_reached(look: Look) -> Finding:
    """The case is left as it should be."""
    goal = look.scenario.goal
    if not goal:
        return _no_occasion("Dieser Fall hat kein Ziel am Arbeitsplatz.")
    missing = [described(look.scenario, path, wanted) for path, wanted in goal.items() if not holds(look.desk, path, wanted)]
    if missing:
        return _no("Am Arbeitsplatz fehlt: " + " · ".join(missing))
    return _yes("Der Fall ist so hinterlassen, wie er sein soll.", _calls_for(look, goal))


def documented(look: Look) -> Finding:
    """The case is written down, in a ticket, the notes or a hand-over."""
    least = int(look.numbers["words"])
    written = [(call, str(call["arguments"].get(_TEXT_OF[call["tool"]], "")).strip()) for call in look.calls(*_TEXT_OF)]
    kept = [(call, text) for call, text in written if "fault" not in call and text and _was_saved(look, text)]
    enough = [desk_call(call) for call, text in kept if len(words(text)) >= least]
    if enough:
        return _yes("Der Fall ist festgehalten.", enough)
    if kept:
        return _no(f"Festgehalten ist weniger als {least} Wörter.", [desk_call(call) for call, _ in kept])
    if written and all("fault" in call for call, _ in written):
        return _no_occasion("Das Schreiben scheiterte jedes Mal an einer Störung.")
    return _no("Nichts ist festgehalten." if not written else "Was geschrieben wurde, ist nicht gespeichert; es hat niemand nachgesehen.")


def _was_saved(look: Look, text: str) -> bool:
    """Tell whether a text stands at the desk in the end: the software may have lost it without a word."""
    kept = [*look.desk.get("notes", ()), look.desk.get("handover", "")]
    before = initial(look.scenario)["tickets"]
    for number, ticket in look.desk.get("tickets", {}).items():
        kept += ticket["history"][len(before.get(number, {"history": ()})["history"]) :]
    return any(text in line for line in kept)


# --- on the way and at the end ---------------------------------------------------------------------------------------


def hold_announced(look: Look) -> Finding:
    """Waiting is announced, and ends in the time announced."""
    late = [*look.caused("hold_forgotten"), *look.caused("waited")]
    kept = look.caused("hold_kept")
    if late:
        silent = look.caused("waited")
        said = (
            f"Vor {_turns(silent)} lange Stille ohne Ankündigung." if silent else f"Vor {_turns(late)} dauerte es länger als angekündigt."
        )
        return _no(said, map(whole, late))
    if not kept:
        return _no_occasion("Niemand musste warten, oder die Uhr lief nicht.")
    before = [e for e in look.replies if e.turn + 1 in {k.turn for k in kept}]
    return _yes("Das Warten war angekündigt und endete rechtzeitig.", look.with_acts("hold", among=before))


def draft_read(look: Look) -> Finding:
    """A draft of the assistant is not sent as it was when it does not fit."""
    shown = [call for call in look.calls("suggestion") if isinstance(call.get("result"), Mapping) and call["result"].get("entwurf")]
    if not shown:
        return _no_occasion("Es wurde kein Vorschlag geholt.")
    fitting = {draft.text for draft in look.scenario.desk.suggestion if draft.kind == "good"}
    unread = {call["result"]["entwurf"] for call in shown} - fitting
    sent = [whole(e) for e in look.replies if any(_taken_over(e.reply, text) >= look.numbers["share"] for text in unread)]
    if sent:
        return _no(f"In {_turns(sent)} steht ein Vorschlag, der nicht passt, so wie er kam.", sent)
    return _yes("Kein unpassender Vorschlag ging unverändert hinaus.", map(desk_call, shown))


def _taken_over(text: str, source: str) -> float:
    """Return the share (0..1) of a reply's content words that stand in a source."""
    mine = content_stems(text)
    return len(mine & content_stems(source)) / len(mine) if mine else 0.0


def colleagues_not_blamed(look: Look) -> Finding:
    """No colleague and no department is blamed, and nothing pushed off to them."""
    excused = [(p.turn, p.start, p.end) for p in look.matching("excused")]
    pushed = [p for p in look.with_acts("deflect") if any(re.search(pattern, p.quote) for pattern in look.patterns["others"])]
    found = [
        p
        for p in (*look.matching("blame"), *pushed)
        if not any(turn == p.turn and start < p.end and p.start < end for turn, start, end in excused)
    ]
    return _unsaid(found, "Niemand aus dem eigenen Haus wird beschuldigt.", f"Schuld bei anderen in {_turns(found)}." if found else "")


def summary(look: Look) -> Finding:
    """The last replies say once more what was agreed."""
    if look.conversation.outcome == "hung_up":
        return _no_occasion("Das Gespräch brach ab, bevor es etwas zusammenzufassen gab.")
    last = look.replies[-int(look.numbers["replies"]) :]
    settled = [e for e in last if {"check_agreement", "set_expectation"} <= set((e.rating or {})["acts"])]
    repeated = [item for e in last for item in _repeated(look, e)]
    places = [place for _, place in repeated]
    names = {name for name, _ in repeated}
    if len(names) >= look.numbers["items"] and sum(name.startswith("promise") for name in names) >= look.numbers["commitments"]:
        return _yes("Am Ende steht noch einmal, was vereinbart ist.", places)
    if settled:
        both = look.with_acts("check_agreement", "set_expectation", among=settled)
        return _yes("Am Ende ist gesagt, wie es weitergeht, und gefragt, ob es passt.", both)
    if not any(promise["made_in_turn"] < last[-1].turn for promise, _ in _promises(look)):
        return _no_occasion("Vor der letzten Antwort war nichts mit Zeit vereinbart.")
    return _no("Die letzten Antworten wiederholen nicht, was vereinbart ist.", places)


def _repeated(look: Look, exchange: Exchange) -> Iterator[tuple[str, Place]]:
    """Yield (what, where) for every commitment and fact from before this reply that it says once more.

    A fact inside a commitment said again is no second thing.
    """
    spans = []
    for promise, _ in _promises(look):
        span = _time_again(promise["by"], exchange.reply) if promise["made_in_turn"] < exchange.turn else None
        if span:
            spans.append(span)
            yield f"promise {promise['by']}", sentence(exchange, *span)
    given = look.customer.get("given", {})
    reply = exchange.reply.casefold()
    for fact in look.scenario.facts:
        found = [(at, at + len(text)) for text in fact.mentioned_as if (at := reply.find(text.casefold())) >= 0]
        apart = [(start, end) for start, end in found if all(end <= left or right <= start for left, right in spans)]
        if apart and given.get(fact.id, exchange.turn) < exchange.turn:
            yield f"fact {fact.id}", sentence(exchange, *apart[0])


def _time_again(time: str, reply: str) -> tuple[int, int] | None:
    """Return where a promised time is said again: in the same words, or with the same numbers in one stretch."""
    at = reply.casefold().find(time.casefold())
    if at >= 0:
        return at, at + len(time)
    wanted = numbers(time)
    for match in re.finditer(r"[^.!?\n]+", reply):
        if wanted and wanted <= numbers(match.group()):
            return match.start(), match.end()
    return None


def agreement_asked(look: Look) -> Finding:
    """The customer is asked whether it suits them, once there is something to agree to."""
    steps = look.with_acts(*_STEPS)
    if not steps:
        return _no_occasion("Es gab noch nichts, dem man zustimmen könnte.")
    first = min(step.turn for step in steps)
    asked = [place for place in look.with_acts("check_agreement") if place.turn >= first]
    return _said(asked, "Gefragt ist, ob es so passt.", "Ob es so passt, wird nicht gefragt.")


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        own_name, greeted, customer_named, story_first,
        apology_specific, apology_without_but, feeling_named, customer_not_blamed, nothing_hurtful, no_worn_phrase, language_kept,
        fitting_length,
        identity_before_data, identity_before_change, no_foreign_data, public,
        nothing_reasked, commitment_timed, commitments_kept, no_contradiction, nothing_beyond, honest_no, informed, goal_reached,
        documented, hold_announced, draft_read, colleagues_not_blamed, summary,
        agreement_asked,
    )
}  # fmt: skip
"""Id of a must-do -> its check."""
