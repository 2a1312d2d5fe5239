"""The spaCy pipeline: components registered under a name, put together by `pipeline` in config.yml.

A reply travels through it as a `Doc`; its context lies in `doc._.context`, and each component adds to `doc._`.
"""

import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from bot.understanding.features import ContextFacts, context_features, neighbours
from bot.understanding.grounding import contradictions, ground
from bot.understanding.heads import Heads
from bot.understanding.reading import Commitment, Context, Grounding, Reading, Segment, TimeMention, TopicHit, Topics
from bot.understanding.segments import segments
from bot.understanding.text import content_stems, english_share, fold, stem, words
from bot.understanding.times import find_times
from bot.understanding.topics import TopicIndex, TopicMatcher

_EXTENSIONS: dict[str, Any] = {
    "text": "",
    "context": None,
    "facts": None,
    "ranges": (),
    "rows": (),
    "segments": (),
    "times": (),
    "commitments": (),
    "hits": (),
    "grounding": Grounding(),
    "flags": frozenset(),
    "name": "",
    "known_share": 1.0,
}
for _name, _default in _EXTENSIONS.items():
    if not Doc.has_extension(_name):
        Doc.set_extension(_name, default=_default)


@lru_cache(maxsize=64)
def _facts_of(context: Context) -> ContextFacts:
    """Return the facts of a context; the same for a reply and for the better wordings of it."""
    return ContextFacts(context)


@Language.component("segmenter")
def segmenter(doc: Doc) -> Doc:
    """Cut the reply into segments (`doc._.ranges`)."""
    state = doc._
    state.facts = _facts_of(state.context or Context())
    state.ranges = tuple(segments(state.text))
    return doc


class ActHeads:
    """The trained component: acts and strengths of every segment (`doc._.segments`)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.heads: Heads | None = None

    def __call__(self, doc: Doc) -> Doc:
        """Label the segments of a reply."""
        if self.heads is None:
            raise ValueError("act_heads has no weights: train the pipeline first")
        state = doc._
        text, ranges, facts, times, vectorizer = state.text, state.ranges, state.facts, state.times, self.heads.vectorizer
        parts = [text[a:b] for a, b in ranges]
        contexts = [context_features(part, i, len(parts), facts, _precisions(times, *ranges[i])) for i, part in enumerate(parts)]
        state.rows = surface_rows = tuple(map(vectorizer.surface_row, parts))
        shares = [vectorizer.known_share(part) for part in parts]
        state.known_share = sum(shares) / len(shares) if shares else 1.0
        rows = list(map(vectorizer.row, surface_rows, contexts, neighbours(parts)))
        decisions = self.heads.decide(self.heads.probabilities(rows))
        found = [Segment(a, b, part, *decision) for (a, b), part, decision in zip(ranges, parts, decisions, strict=True)]
        state.segments = tuple(_without_bare_warmth(found))
        return doc

    def to_disk(self, path: Path, exclude: Iterable[str] = ()) -> None:
        """Write the weights (called by spaCy)."""
        assert self.heads is not None
        self.heads.save(Path(path))

    def from_disk(self, path: Path, exclude: Iterable[str] = ()) -> "ActHeads":
        """Read the weights (called by spaCy)."""
        self.heads = Heads.load(Path(path))
        return self


@Language.factory("act_heads")
def make_act_heads(nlp: Language, name: str) -> ActHeads:
    """Create the trained component, still without weights."""
    return ActHeads(name)


_FORMULA_STEMS = frozenset(stem(word) for word in ["Entschuldigung", "entschuldigen", "entschuldige", "Verzeihung", "verzeihen", "leid", "bedauern", "bedauere", "wirklich", "ehrlich", "aufrichtig", "herzlich", "Unannehmlichkeiten", "Umstände"])  # fmt: skip


def _without_bare_warmth(found: list[Segment]) -> list[Segment]:
    """Return the segments with a bare "Es tut mir leid" counted as stock, unless the reply names what it is sorry for."""
    if any(segment.strengths.get("ip") == 2 for segment in found):
        return found
    return [
        replace(segment, strengths=segment.strengths | {"er": 1}, likely=segment.likely | {"er": (segment.likely["er"][0], 0.0)})
        if segment.strengths.get("er") == 2 and content_stems(segment.text) <= _FORMULA_STEMS
        else segment
        for segment in found
    ]


def _precisions(mentions: Iterable[TimeMention], start: int, end: int) -> tuple[str, ...]:
    return tuple(m.precision for m in mentions if start <= m.start < end)


@Language.component("times")
def times(doc: Doc) -> Doc:
    """Find times (`doc._.times`)."""
    state = doc._
    state.times = tuple(find_times(state.text, state.context.now if state.context else None))
    return doc


@Language.component("grounding")
def grounding(doc: Doc) -> Doc:
    """Compare the reply with what was said before (`doc._.grounding`)."""
    state = doc._
    said = state.segments
    ahead = [(t.start, t.end) for t in state.times if t.minutes is None or _AHEAD.match(t.text)]
    about_them = [(s.start, s.end) for s in said if _WORKING.isdisjoint(s.acts)]
    courtesy = [(s.start, s.end) for s in said if not _COURTESY.isdisjoint(s.acts)]
    state.grounding = ground(state.text, state.facts, ahead, about_them, courtesy)
    return doc


_AHEAD = re.compile(r"(?:in|innerhalb|binnen|bis|noch|nach)\b", re.IGNORECASE)
_COURTESY = frozenset({"greet", "close", "thank"})
_WORKING = frozenset({"act", "offer", "commit", "compensate", "hold", "set_expectation", "explain"})


class TopicFinder:
    """Finds facts asked for and mentioned, demands met or refused, information told (`doc._.hits`)."""

    def __init__(self, nlp: Language, name: str, thresholds: dict[str, float], margin: float, ridge: float) -> None:
        self.nlp = nlp
        self.name = name
        self.thresholds = thresholds
        self.margin = margin
        self.ridge = ridge
        self.general: dict[str, tuple[str, ...]] = {}
        self._indexes: OrderedDict[Topics, TopicIndex] = OrderedDict()

    def _matcher(self) -> TopicMatcher:
        heads = self.nlp.get_pipe("act_heads").heads  # type: ignore[attr-defined]
        return TopicMatcher(heads.vectorizer, self.general, self.thresholds, self.margin, self.ridge)

    def __call__(self, doc: Doc) -> Doc:
        """Find the topics of a reply, where its context has any."""
        topics = doc._.context.topics if doc._.context else None
        if topics is None:
            return doc
        matcher = self._matcher()
        index = self._index(matcher, topics)
        hits: list[TopicHit] = []
        for segment, cosines in zip(doc._.segments, matcher.cosines(index, doc._.rows), strict=True):
            if ("?" in segment.text or _ASKING & set(segment.acts)) and not (
                _OFFERS.match(segment.text) and "ask_identity" not in segment.acts
            ):
                found = matcher.hits(index, "question", segment, cosines)
                surely = bool(_ASKING & set(segment.acts))
                hits += [hit for hit in found if surely or hit.score >= self.thresholds["sure"]]
            hits += matcher.hits(index, "information", segment, cosines)
            if not {"rude", "off_topic"} & set(segment.acts):
                hits += matcher.hits(index, "demand", segment, cosines)
            hits += matcher.hits(index, "refusal", segment, cosines)
            hits += matcher.hits(index, "lesser", segment, cosines)[:1]
            hits += _promised_beyond(matcher.hits(index, "beyond", segment, cosines)[:1], segment, hits)
            hits += index.mentions.hits(segment.text, segment.start, segment.end)
        doc._.hits = tuple(hits)
        return doc

    def _index(self, matcher: TopicMatcher, topics: Topics) -> TopicIndex:
        index = self._indexes.get(topics)
        if index is None:
            index = self._indexes[topics] = matcher.index(topics)
            while len(self._indexes) > 256:
                self._indexes.popitem(last=False)
        return index

    def to_disk(self, path: Path, exclude: Iterable[str] = ()) -> None:
        """Write the question examples (called by spaCy)."""
        Path(path).mkdir(parents=True, exist_ok=True)
        (Path(path) / "questions.json").write_text(json.dumps(self.general, ensure_ascii=False), encoding="utf-8")

    def from_disk(self, path: Path, exclude: Iterable[str] = ()) -> "TopicFinder":
        """Read the question examples (called by spaCy)."""
        loaded = json.loads((Path(path) / "questions.json").read_text(encoding="utf-8"))
        self.general = {topic: tuple(examples) for topic, examples in loaded.items()}
        return self


@Language.factory("topic_finder")
def make_topic_finder(nlp: Language, name: str, thresholds: dict[str, float], margin: float, ridge: float) -> TopicFinder:
    """Create the topic finder with its thresholds from config.yml."""
    return TopicFinder(nlp, name, thresholds, margin, ridge)


_PROMISING = frozenset({"act", "offer", "commit", "compensate"})
_NEGATED = re.compile(r"\b(?:kein\w*|nicht|nie|niemand\w*|leider|unmöglich|ausgeschlossen|weder)\b", re.IGNORECASE)


def _promised_beyond(found: list[TopicHit], segment: Segment, hits: list[TopicHit]) -> list[TopicHit]:
    """Return what is promised although it is not granted: a promising sentence that is more like it than like anything allowed."""
    if not found or not _PROMISING & set(segment.acts) or _NEGATED.search(segment.text):
        return []
    allowed = [hit.score for hit in hits if hit.start == segment.start and hit.kind in {"demand", "lesser", "refusal"}]
    return [hit for hit in found if hit.score > max(allowed, default=0.0)]


_OFFERS = re.compile(
    r"\W*(?!(?:\w+\s+){0,4}(?:nach)?fragen\b|(?:\w+\s+){0,3}wissen\b)(?:und\s+|oder\s+)?(?:soll|darf|dürfte|möchten|wollen|hätten|wäre|magst|willst)\s+(?:ich|wir|sie|du|ihnen|dir)\b.*\?",
    re.IGNORECASE,
)
"""A question that offers something and asks for no fact; "Darf ich fragen, wie Sie heißen?" is told apart by its act."""
_ASKING = frozenset({"ask_identity", "ask_detail", "reask"})


@Language.component("commitments")
def commitments(doc: Doc) -> Doc:
    """Collect promises with their times (`doc._.commitments`)."""
    state = doc._
    found = []
    for segment in state.segments:
        promises = "commit" in segment.acts or ("hold" in segment.acts and _time_in(state.times, segment))
        if not promises:
            continue
        ahead = [m for m in state.times if m.minutes is None or _AHEAD.match(m.text) or "hold" in segment.acts]
        mention = _time_in(ahead, segment)
        if not mention and _time_in(state.times, segment):
            continue  # "per Video, zehn Minuten" says how long, not by when
        if _PAST.search(segment.text) and not _AHEAD_VERB.search(segment.text):
            continue
        now = state.context.now if state.context else None
        if mention and mention.at and now and mention.at < now.isoformat(timespec="minutes"):
            continue
        served = tuple(h.id for h in state.hits if h.kind == "demand" and h.start == segment.start)
        found.append(
            Commitment(
                what=segment.text,
                by=mention.text if mention else "",
                at=mention.at if mention else None,
                precision=mention.precision if mention else "none",
                start=segment.start,
                end=segment.end,
                topics=served,
            )
        )
    state.commitments = tuple(found)
    exact = [(c.what, c.by) for c in found if c.by and c.precision not in {"vague", "none"}]
    if exact and state.facts.context.said_by("agent"):
        clashes = contradictions(exact, state.facts, _exact_times)
        state.grounding = replace(state.grounding, contradicted=clashes)
    return doc


def _exact_times(text: str) -> list[str]:
    return [mention.text for mention in find_times(text, None) if mention.precision != "vague"]


_PAST = re.compile(
    r"\b(?:war|waren|hatte|hatten|wurden?|lief|liefen|kam|kamen|ging|hieß|stand|gab|sagten?|schrieb|blieb|ist gefahren|haben gewartet|gewartet"
    r"|(?:habe|haben|hat|hatten)\b.*\b(?:lassen|versprochen|vergessen|versäumt|verloren))\b",
    re.IGNORECASE,
)
_AHEAD_VERB = re.compile(
    r"\b(?:werde|wird|werden|rufe|melde|schicke|buche|schreibe|kommt|kommen|bekommen|haben sie|sind sie|bringe|erledige|prüfe)\b",
    re.IGNORECASE,
)


def _time_in(mentions: Iterable[TimeMention], segment: Segment) -> TimeMention | None:
    """Return the most exact time of a segment, the first where several are."""
    inside = [m for m in mentions if segment.start <= m.start < segment.end]
    return min(inside, key=lambda m: _EXACTNESS.index(m.precision), default=None)


_EXACTNESS = ("minute", "part_of_day", "day", "week", "vague")


class Flagger:
    """Tells what is odd about a reply as a whole (`doc._.flags`) and who the trainee says they are (`doc._.name`)."""

    def __init__(self, name: str, english: float, gibberish: float, wall_words: int) -> None:
        self.name = name
        self.english = english
        self.gibberish = gibberish
        self.wall_words = wall_words

    def __call__(self, doc: Doc) -> Doc:
        """Set the flags of a reply."""
        state = doc._
        state.flags = frozenset(self._flags(state.text.strip(), state.segments, state.known_share))
        state.name = _introduced(state.text)
        return doc

    def _flags(self, text: str, segments: Sequence[Segment], known_share: float) -> Iterator[str]:
        found = words(text)
        if not any(c.isalnum() for c in text):
            yield "empty"
            return
        if english_share(text) >= self.english and len(found) >= 3:
            yield "english"
        elif known_share < self.gibberish or (not found and not any(c.isdigit() for c in text)):
            yield "gibberish"
        elif _to_machine(text, segments):
            yield "to_machine"
        if len(found) > self.wall_words:
            yield "wall_of_text"
        if _is_heap(text):
            yield "heap"
        if any(_takes_back(*pair) for pair in pairwise(segments)):
            yield "aber"
        if len(text) > 12 and sum(map(str.isupper, text)) > 0.7 * sum(map(str.isalpha, text)):
            yield "shouting"
        if _SAY_AGAIN.search(fold(text)):
            yield "say_again"


_SAY_AGAIN = re.compile(
    r"\b(?:wiederhol|(?:noch ?(?:ein)?mal|nochmals?) (?:sagen|sprechen|erzahlen|nennen)|sag\w* (?:\w+ ){0,3}noch ?(?:ein)?mal"
    r"|(?:nicht|schlecht|kaum|schwer|nur (?:die )?halfte|bruchstuck\w*) (?:\w+ ){0,2}(?:verst[ae]nden|verstehen|gehort|horen|angekommen)"
    r"|verst(?:eh|and|anden)\w* (?:\w+ ){0,3}(?:nicht|schlecht|kaum|schwer)|hor\w* (?:sie|dich) (?:\w+ ){0,2}(?:nicht|schlecht|kaum|schwer)"
    r"|abgehackt|verschluckt|rauscht|(?:leitung|verbindung) (?:\w+ ){0,3}(?:schlecht|gestort|weg|setzt|bricht|hakt|spinnt)|akustisch|wie bitte)"
)
"""A request to say it again because the line was bad; matched on folded text."""


@Language.factory("flagger")
def make_flagger(nlp: Language, name: str, english: float, gibberish: float, wall_words: int) -> Flagger:
    """Create the flagger with its limits from config.yml."""
    return Flagger(name, english, gibberish, wall_words)


def _to_machine(text: str, segments: Sequence[Segment]) -> bool:
    off = [s for s in segments if "off_topic" in s.acts]
    return bool(off) and sum(len(s.text) for s in off) > 0.5 * len(text)


_FORMULA = re.compile(r"tut (?:mir|uns)[^.!?,]{0,25}leid|entschuldig|verzeih|ich verstehe|kann ich (?:gut )?verstehen|verstandnis|sorry|bedaure|nachvollziehen")  # fmt: skip


def _is_heap(text: str) -> bool:
    """Tell whether formulas are piled up: four or more of them, or one repeated, with little beside."""
    found = _FORMULA.findall(fold(text))
    return len(found) >= 4 or (len(found) >= 3 and len(words(text)) < 9 * len(found))


_ABER = re.compile(r"^\W*(aber|allerdings|jedoch|nur|trotzdem)\b|\b(aber|allerdings|jedoch)\b", re.IGNORECASE)


def _takes_back(first: Segment, second: Segment) -> bool:
    warm = not _WARM.isdisjoint(first.acts)
    cold = second.respect or not _COLD.isdisjoint(second.acts)
    helps = not _PROMISING.isdisjoint(second.acts) and not second.respect  # "… er kann aber zustimmen"
    return bool(warm and cold and not helps and _ABER.search(second.text))


_WARM = frozenset({"apologize", "acknowledge_feeling", "acknowledge_facts"})
_COLD = frozenset({"deflect", "dismiss", "blame_customer", "rude"})


_NAME = re.compile(
    r"\b(?:[Mm]ein Name ist|[Ii]ch bin(?: die| der)?|[Hh]ier ist|[Hh]ier spricht|[Mm]ein Name lautet|[Ii]ch heiße|[Ss]ie sprechen mit)\s+(?:(?:Frau|Herr)\s+)?([A-ZÄÖÜ][a-zäöüß]+(?:[ -][A-ZÄÖÜ][a-zäöüß]+)?)"
)  # fmt: skip


def _introduced(text: str) -> str:
    match = _NAME.search(text)
    return match[1] if match else ""


def reading_of(doc: Doc) -> Reading:
    """Return the reading that the pipeline has collected on a doc."""
    state = doc._
    by_kind: dict[str, list[TopicHit]] = {}
    for hit in state.hits:
        by_kind.setdefault(hit.kind, []).append(hit)
    return Reading(
        text=state.text,
        segments=state.segments,
        asked=tuple(by_kind.get("question", ())),
        mentioned=tuple(by_kind.get("mention", ())),
        met=tuple(by_kind.get("demand", ())),
        refused=tuple(by_kind.get("refusal", ())),
        told=tuple(by_kind.get("information", ())),
        lesser=tuple(by_kind.get("lesser", ())),
        beyond=tuple(by_kind.get("beyond", ())),
        commitments=state.commitments,
        times=state.times,
        grounding=state.grounding,
        flags=state.flags,
        name=state.name,
    )
