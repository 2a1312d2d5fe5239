"""The agenda: what the customer does next, out of what the reply did, what is still open and how they feel.

The moves of one turn come in the order people make them: react, answer, take note, then push on or end.
"""

from dataclasses import dataclass, field, replace

from bot.config import Config, CustomerSettings
from bot.customer.appraisal import BUSY_ACTS, Progress
from bot.customer.causes import Cause, Circumstances
from bot.customer.scene import Scene
from bot.customer.state import CONCEDED, DONE, INSISTED, MET, OFFERED, OPEN, PROMISED, REFUSED, STATED, CustomerState, Promise
from bot.customer.waiting import announced
from bot.understanding import Reading
from bot.understanding.reading import TopicHit

_REACTIONS: tuple[tuple[str, str], ...] = (
    ("rude", "notice_rude"),
    ("blame", "notice_blame"),
    ("dismiss", "notice_dismiss"),
    ("contradiction", "notice_contradiction"),
    ("aber", "notice_aber"),
    ("wrong_draft", "notice_same_draft"),
    ("seen_not_done", "notice_not_done"),
    ("hold_forgotten", "notice_waiting"),
    ("wrong_name", "notice_wrong_fact"),
    ("wrong_fact", "notice_wrong_fact"),
    ("deflect", "notice_deflect"),
    ("reask", "already_given"),
    ("formula_heap", "notice_formula_heap"),
    ("repeated_phrase", "notice_repeat"),
    ("apology_repeated", "notice_repeat"),
    ("transfer", "notice_transfer"),
    ("hold", "notice_hold"),
    ("waited", "notice_waiting"),
)
_NONSENSE = {"silence": "silence", "gibberish": "puzzled", "off_topic": "rebuff_command", "english": "reject_language"}
_ASKS_FOR_CONSENT = frozenset({"check_agreement", "offer", "open_question"})
"""Acts of a question that is not after a fact the customer has already given ("Passt Ihnen das?")."""


@dataclass(frozen=True, slots=True)
class Move:
    """One thing the customer does in a turn.

    Attributes:
        act: customer act.
        key: fact, story piece or demand it is about; empty where it is about none.
    """

    act: str
    key: str = ""


@dataclass(slots=True)
class Plan:
    """The moves of one turn and the state they leave behind."""

    state: CustomerState
    moves: list[Move] = field(default_factory=list)
    around: Circumstances = field(default_factory=Circumstances)

    def do(self, act: str, key: str = "") -> None:
        """Add a move."""
        self.moves.append(Move(act, key))

    def update(self, **changes: object) -> None:
        """Change the state."""
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]

    def end(self, act: str, outcome: str) -> None:
        """Add the last move and the outcome."""
        self.do(act)
        self.update(outcome=outcome)


def record(
    state: CustomerState, reading: Reading, progress: Progress, found: list[Cause], turn: int, settings: CustomerSettings
) -> CustomerState:
    """Return the state after what the reply did is remembered, before the customer acts.

    Args:
        state: before the reply, with the mood already moved.
        reading, progress, found: what the reply was, changed and caused.
        turn: number of the reply, from 1.
        settings: what "einen Moment" is taken for.
    """
    demands = dict(state.demands)
    done = {h.id for h in reading.met if any(s.start == h.start and "act" in s.acts for s in reading.segments)}
    for demand in progress.met:
        demands[demand] = DONE if demand in done else PROMISED
    demands |= dict.fromkeys(progress.offered, OFFERED)
    demands |= dict.fromkeys(progress.lessened, CONCEDED)
    demands |= dict.fromkeys((*progress.refused, *progress.declined), REFUSED)
    demands |= dict.fromkeys(progress.seen_done, DONE)
    demands |= dict.fromkeys(progress.seen_missing, PROMISED)
    counts = dict(state.causes)
    for cause in found:
        counts[cause.name] = counts.get(cause.name, 0) + 1
    firm = [c for c in reading.commitments if c.precision not in {"none", "vague"} and not c.what.rstrip().endswith("?")]
    promises = [Promise(c.what, c.by, c.at, turn, c.topics or progress.met) for c in firm]
    waiting = state.awaiting_supervisor
    recovered = progress.met or any(c.name == "acknowledged_facts" for c in found)
    return replace(
        state,
        demands=demands,
        causes=counts,
        promises=(*state.promises, *promises),
        informed=(*state.informed, *progress.informed),
        stuck=0 if progress.steps else state.stuck + (not progress.asked),
        trainee=state.trainee or reading.name,
        holding=announced(reading, settings.waiting),
        noticed=(*state.noticed, *progress.seen_done),  # what was missing is looked for again
        lost=(),
        swallowed="",
        waiting_time="" if progress.met else state.waiting_time,
        awaiting_supervisor=None if waiting is None or recovered else waiting + 1,
    )


def plan(
    state: CustomerState,
    reading: Reading,
    progress: Progress,
    found: list[Cause],
    scene: Scene,
    turn: int,
    heard_gain: float,
    around: Circumstances,
    config: Config,
) -> Plan:
    """Decide what the customer does.

    Args:
        state: after `record`.
        reading, progress, found: what the reply was, changed and caused.
        scene: the case.
        turn: number of the reply, from 1.
        heard_gain: how much the feeling of being heard grew by this reply.
        around: what was really done, and not only promised.
        config: thresholds.

    Returns:
        The moves and the new state; its `outcome` is set when the conversation is over.
    """
    plan = Plan(state, around=around)
    names = {cause.name for cause in found}
    if _break_off(plan, names, scene, turn, config):
        return plan
    nonsense = next((act for cause, act in _NONSENSE.items() if cause in names), "")
    if nonsense:
        plan.do(nonsense)
        if nonsense != "silence":
            _restate(plan, scene)
        _threaten(plan, scene, config)
        return plan
    _react(plan, names, heard_gain, config)
    _answer(plan, reading, scene, config)
    if _settle(plan, reading, progress, names, scene, turn, config):
        return plan
    if _sent_away(plan, reading, scene):
        return plan
    _threaten(plan, scene, config)
    _push(plan, reading, progress, scene, turn, config)
    plan.moves = _tidied(plan.moves)
    return plan


_CLASHES: dict[str, frozenset[str]] = {
    "notice_done": frozenset({"ask_next"}),
    "notice_blame": frozenset({"agree", "notice_own", "soften"}),
    "notice_rude": frozenset({"agree", "take_note", "notice_own", "soften"}),
    "notice_dismiss": frozenset({"agree", "notice_own", "soften"}),
    "notice_same_draft": frozenset({"agree", "take_note"}),
    "soften": frozenset({"unmoved", "doubt", "threaten"}),
    "unmoved": frozenset({"agree", "take_note"}),
    "notice_repeat": frozenset({"unmoved"}),
    "notice_impatience": frozenset({"unmoved", "doubt"}),
}
"""Act -> acts that nobody does in the same breath."""

_ONCE = frozenset({"withhold", "unmoved", "confide", "demand_supervisor", "already_given"})
"""Acts that are done once in a turn, if at all."""

_BEFORE_CONFIDING = frozenset({"unmoved", "notice_impatience", "notice_hold"})
"""Reactions that are left out by somebody who then confides something."""


def _tidied(moves: list[Move]) -> list[Move]:
    """Return the moves without those that clash with an earlier one or would be made twice."""
    acts = [move.act for move in moves]
    if "confide" in acts:
        moves = [move for move in moves if move.act not in _BEFORE_CONFIDING]
    if "answer" in acts:
        moves = [move for move in moves if move.act != "withhold"]
    kept: list[Move] = []
    for move in moves:
        said = {earlier.act for earlier in kept}
        clashing = any(move.act in _CLASHES.get(act, frozenset()) for act in said)
        if not clashing and not (move.act in _ONCE and move.act in said):
            kept.append(move)
    return kept


def _break_off(plan: Plan, names: set[str], scene: Scene, turn: int, config: Config) -> bool:
    """End badly where patience and anger say so, or demand the supervisor."""
    state, limits = plan.state, scene.persona.thresholds
    mood = state.mood
    if (
        (state.causes.get("rude", 0) >= 2 and "rude" in names)
        or (mood.anger >= limits.hang_up and mood.patience <= 0.05)
        or (mood.patience <= 0.0 and state.awaiting_supervisor is not None)
    ):
        plan.end("hang_up", "hung_up")
    elif state.awaiting_supervisor is not None and "transfer" in names:
        plan.end("escalated", "escalated")
    elif state.awaiting_supervisor is not None and state.awaiting_supervisor > config.customer.supervisor_patience_wait:
        plan.end("hang_up", "hung_up")
    elif state.causes.get("silence", 0) >= config.customer.silences and "silence" in names:
        plan.end("fall_silent", "hung_up")
    elif turn >= config.customer.max_turns:
        plan.end("leave_unresolved", "timed_out")
    elif mood.patience < limits.supervisor and state.awaiting_supervisor is None and not _settled(state, scene):
        reaction = next((act for cause, act in _REACTIONS if cause in names), "")
        if reaction:
            plan.do(reaction)
        plan.do("demand_supervisor")
        plan.update(awaiting_supervisor=0)
        return True
    return bool(plan.state.outcome)


def _react(plan: Plan, names: set[str], heard_gain: float, config: Config) -> None:
    reactions = list(dict.fromkeys(act for cause, act in _REACTIONS if cause in names))
    if reactions:
        plan.do(reactions[0])
    elif "wall_of_text" in names:
        plan.do("wall_of_text")
    elif "seen_done" in names:
        plan.do("notice_done")
    elif heard_gain >= config.customer.soften_heard:
        plan.do("soften")
    elif "hold_kept" in names and plan.state.causes.get("hold_kept", 0) == 1:
        plan.do("notice_return")
    elif "owned" in names:
        plan.do("notice_own")
    elif "formula" in names and not names & {
        "step",
        "demand_met",
        "demand_lessened",
        "commitment",
        "vague",
        "acknowledged_facts",
        "looked_into",
    }:
        plan.do("unmoved")
    elif plan.state.stuck >= config.customer.impatience_turns and "vague" not in names:
        plan.do("notice_impatience")


def _answer(plan: Plan, reading: Reading, scene: Scene, config: Config) -> None:
    """Answer what was asked and only that; at most two facts at once."""
    answered = 0
    given = dict(plan.state.given)
    courteous = {s.start for s in reading.segments if _ASKS_FOR_CONSENT & set(s.acts)}
    wanted = list(dict.fromkeys(h.id for h in _best_hits(reading) if not (h.start in courteous and h.id in given)))
    for fact_id in wanted:
        if answered >= 2 or fact_id not in scene.voice.answers:
            continue
        fact = scene.facts[fact_id]
        if fact.kind == "hidden" and fact_id not in given and not _trusts(plan.state, reading, scene, config):
            plan.do("withhold")
        else:
            if fact.kind == "hidden" and fact_id not in given:
                plan.do("confide")
            plan.do("answer", fact_id)
            given.setdefault(fact_id, 0)
        answered += 1
    if not wanted and _unclear_question(reading):
        plan.do("unknown_fact")
    plan.update(given=given)


def _best_hits(reading: Reading) -> list[TopicHit]:
    """Return the asked facts, for each question the best first, in reading order."""
    return sorted(reading.asked, key=lambda hit: hit.start)


def _trusts(state: CustomerState, reading: Reading, scene: Scene, config: Config) -> bool:
    about_them = any(s.strengths.get("ex") == 2 for s in reading.segments)
    return state.mood.trust >= scene.persona.thresholds.confide - (config.customer.confide_early if about_them else 0.0)


def _unclear_question(reading: Reading) -> bool:
    """Tell whether something was asked that is no fact of the case, no offer and no check of agreement."""
    asking = [s for s in reading.segments if "?" in s.text and {"ask_identity", "ask_detail"} & set(s.acts)]
    return bool(asking) and not any({"offer", "check_agreement", "open_question"} & set(s.acts) for s in asking)


def _settle(plan: Plan, reading: Reading, progress: Progress, names: set[str], scene: Scene, turn: int, config: Config) -> bool:
    """React to steps and promises; accept when everything that must be is met. Tells whether the conversation ended."""
    state = plan.state
    timed = [c for c in reading.commitments if c.precision not in {"none", "vague"} and not c.what.rstrip().endswith("?")]
    asking = any(move.act in {"answer", "withhold", "unknown_fact"} for move in plan.moves)
    if "seen_not_done" in names:  # nobody accepts, or even notes, what has just turned out not to be so
        return False
    if _settled(state, scene) and not asking and turn >= config.customer.accept_from:
        before = len(plan.moves)
        if _agrees(plan, reading, scene, config):
            return True
        further, plan.moves = plan.moves[before:], plan.moves[:before]
    else:
        further = []
    fresh = [d for d in (*progress.met, *progress.lessened) if d not in progress.seen_done]
    if fresh:
        plan.do("take_note" if timed else "agree", fresh[0])
    elif progress.seen_done:  # said with notice_done
        plan.moves += further
        return False
    elif progress.offered:
        demand = progress.offered[0]
        if scene.demands[demand].needs_time:
            plan.do("ask_time", demand)
            plan.update(waiting_time=demand)
        else:
            plan.do("ask_commitment", demand)
    elif "vague" in names:
        plan.do("doubt" if state.mood.trust < config.customer.accept_trust else "ask_time")
    elif "commitment" in names and timed:
        plan.do("take_note")
    plan.moves += further
    return False


def _settled(state: CustomerState, scene: Scene) -> bool:
    return all(state.demands.get(d.id) in MET for d in scene.scenario.demands if d.must)


def _agrees(plan: Plan, reading: Reading, scene: Scene, config: Config) -> bool:
    """End well: everything wished is handled, or the trainee asks whether it suits or takes leave."""
    state = plan.state
    open_wishes = [d.id for d in scene.scenario.demands if state.demands.get(d.id) not in MET | {REFUSED}]
    asked = bool(reading.with_act("check_agreement", "close"))
    if open_wishes and not asked:
        return False
    unsaid = next((d for d in open_wishes if state.demands.get(d) in {OPEN, STATED}), "")
    if unsaid:
        seen = state.demands.get(unsaid)
        plan.update(demands=dict(state.demands) | {unsaid: STATED if seen == OPEN else INSISTED})
        plan.do("demand", unsaid)
        return False
    mood = state.mood
    if mood.heard < config.customer.heard_to_accept[scene.scenario.difficulty - 1]:
        if not plan.moves:
            plan.do("unmoved")  # solved, but not by somebody who has listened
        return False
    if mood.anger > config.customer.grudging_anger:
        return False
    less = any(state.demands.get(d.id) == CONCEDED or (d.granted and state.demands.get(d.id) == REFUSED) for d in scene.scenario.demands)
    glad = not less and mood.anger <= scene.persona.thresholds.accept and mood.trust >= config.customer.accept_trust
    plan.do("accept" if glad else "accept_grudgingly")
    if glad and plan.around.done:
        plan.do("thank")
    plan.do("farewell")
    plan.update(outcome="resolved" if glad else "resolved_grudgingly")
    return True


def _sent_away(plan: Plan, reading: Reading, scene: Scene) -> bool:
    """Protest once when the trainee takes leave with the matter open; the second time the customer goes."""
    if "close" not in reading.acts or BUSY_ACTS & set(reading.acts) or _settled(plan.state, scene):
        return False
    count = plan.state.sent_away + 1
    plan.update(sent_away=count)
    if count >= 2:
        plan.moves = []
        plan.end("leave_unresolved", "unresolved")
        return True
    plan.do("protest_close")
    _restate(plan, scene)
    return True


def _threaten(plan: Plan, scene: Scene, config: Config) -> None:
    state = plan.state
    if not state.threatened and state.mood.patience < config.customer.threaten_patience and state.stuck > 0 and not _settled(state, scene):
        plan.do("threaten")
        plan.update(threatened=True)


def _push(plan: Plan, reading: Reading, progress: Progress, scene: Scene, turn: int, config: Config) -> None:
    """Go on with the own business: the story, then the demands, then pressing for a step."""
    busy = sum(move.act in {"answer", "demand_supervisor", "ask_time", "doubt", "unknown_fact"} for move in plan.moves)
    if busy >= 2:
        return
    if any(move.act == "demand" for move in plan.moves):
        return
    trusting = plan.state.mood.trust >= scene.persona.thresholds.confide and not any(m.act.startswith("notice_") for m in plan.moves)
    if trusting and turn - plan.state.confided_in >= config.customer.confide_pause and not busy and _confide_unasked(plan, scene, turn):
        return
    untold = [p for p in scene.scenario.story if p.id not in plan.state.told and not set(p.facts) <= set(plan.state.given)]
    unstated = [d for d in scene.scenario.demands if plan.state.demands.get(d.id, OPEN) == OPEN]
    late = turn >= config.customer.late_demands_after or "open_question" in reading.acts
    demands_first = late and unstated and len(untold) < len(scene.scenario.story) - turn
    if untold and not demands_first:
        _tell(plan, untold[0].id, scene)
        if late and unstated and turn >= config.customer.late_demands_after and not busy:
            _demand(plan, unstated[0].id)
    elif unstated:
        _demand(plan, unstated[0].id)
    elif not _settled(plan.state, scene) and not busy and not progress.met:
        _press(plan, scene)


def _confide_unasked(plan: Plan, scene: Scene, turn: int) -> bool:
    hidden = [f.id for f in scene.scenario.facts if f.kind == "hidden" and f.id not in plan.state.given and f.id in scene.voice.answers]
    if not hidden:
        return False
    plan.do("confide")
    plan.do("answer", hidden[0])
    plan.update(given=dict(plan.state.given) | {hidden[0]: 0}, confided_in=turn)
    return True


def _tell(plan: Plan, piece_id: str, scene: Scene) -> None:
    piece = next(p for p in scene.scenario.story if p.id == piece_id)
    plan.do("tell", piece_id)
    plan.update(told=(*plan.state.told, piece_id), given=dict.fromkeys(piece.facts, 0) | dict(plan.state.given))


def _demand(plan: Plan, demand_id: str) -> None:
    plan.do("demand", demand_id)
    plan.update(demands=dict(plan.state.demands) | {demand_id: STATED})


def _open_demand(state: CustomerState, scene: Scene) -> str:
    """Return the first demand that must be met and is not."""
    return next((d.id for d in scene.scenario.demands if d.must and state.demands.get(d.id) not in MET), "")


def _restate(plan: Plan, scene: Scene) -> None:
    demand = _open_demand(plan.state, scene)
    if demand:
        plan.do("demand", demand)
        if plan.state.demands.get(demand, OPEN) == OPEN:
            plan.update(demands=dict(plan.state.demands) | {demand: STATED})


def _press(plan: Plan, scene: Scene) -> None:
    """All is said and nothing done: ask what happens now, or insist."""
    demand = _open_demand(plan.state, scene)
    if plan.state.demands.get(demand) in {OFFERED, REFUSED} or plan.state.stuck == 0:
        plan.do("ask_next", demand)
    elif plan.state.stuck % 2:
        plan.do("demand", demand)
    else:
        plan.do("vent")
