"""The spaCy pipeline: components registered under a name, put together by `pipeline` in config.yml.

A reply travels through it as a `Doc`; its context lies in `doc._.context`, and each component adds to `doc._`.
"""

import json
import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from bot.understanding.features import ContextFacts, context_features, neighbours
from bot.understanding.grounding import contradictions, ground
from bot.understanding.heads import BACK, Array, Heads
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
    doc._.facts = _facts_of(doc._.context or Context())
    doc._.ranges = tuple(segments(doc._.text))
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
        text = doc._.text
        vectorizer = self.heads.vectorizer
        ranges = doc._.ranges
        parts = [text[a:b] for a, b in ranges]
        doc._.rows = tuple(vectorizer.surface_row(part) for part in parts)
        around = neighbours(parts)
        rows = [
            vectorizer.row(
                doc._.rows[i], context_features(part, i, len(parts), doc._.facts, _precisions(doc._.times, *ranges[i])) | around[i]
            )
            for i, part in enumerate(parts)
        ]
        shares = [vectorizer.known_share(part) for part in parts]
        doc._.known_share = sum(shares) / len(shares) if shares else 1.0
        probabilities = self.heads.probabilities(rows)
        found = [self._segment(text, a, b, p) for (a, b), p in zip(ranges, probabilities, strict=True)]
        doc._.segments = tuple(_without_bare_warmth(found))
        return doc

    def _segment(self, text: str, start: int, end: int, probabilities: Array) -> Segment:
        assert self.heads is not None
        acts, strengths = self.heads.decide(probabilities)
        respect, back = strengths.pop("respect", 0), bool(strengths.pop(BACK, 0))
        return Segment(start, end, text[start:end], tuple(acts), strengths, respect, back, self.heads.likely(probabilities))

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
    context = doc._.context
    doc._.times = tuple(find_times(doc._.text, context.now if context else None))
    return doc


@Language.component("grounding")
def grounding(doc: Doc) -> Doc:
    """Compare the reply with what was said before (`doc._.grounding`)."""
    ahead = [(t.start, t.end) for t in doc._.times if t.minutes is None or _AHEAD.match(t.text)]
    about_them = [(s.start, s.end) for s in doc._.segments if not _WORKING & set(s.acts)]
    courtesy = [(s.start, s.end) for s in doc._.segments if {"greet", "close", "thank"} & set(s.acts)]
    doc._.grounding = ground(doc._.text, doc._.facts, ahead, about_them, courtesy)
    return doc


_AHEAD = re.compile(r"(?:in|innerhalb|binnen|bis|noch|nach)\b", re.IGNORECASE)
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
    found = []
    for segment in doc._.segments:
        promises = {"commit"} & set(segment.acts) or ("hold" in segment.acts and _time_in(doc._.times, segment))
        if not promises:
            continue
        ahead = [m for m in doc._.times if m.minutes is None or _AHEAD.match(m.text) or "hold" in segment.acts]
        mention = _time_in(ahead, segment)
        if not mention and _time_in(doc._.times, segment):
            continue  # "per Video, zehn Minuten" says how long, not by when
        if _PAST.search(segment.text) and not _AHEAD_VERB.search(segment.text):
            continue
        now = doc._.context.now if doc._.context else None
        if mention and mention.at and now and mention.at < now.isoformat(timespec="minutes"):
            continue
        served = tuple(h.id for h in doc._.hits if h.kind == "demand" and h.start == segment.start)
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
    doc._.commitments = tuple(found)
    exact = [(c.what, c.by) for c in found if c.by and c.precision not in {"vague", "none"}]
    if exact and doc._.facts.context.said_by("agent"):
        clashes = contradictions(exact, doc._.facts, _exact_times)
        doc._.grounding = replace(doc._.grounding, contradicted=clashes)
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
        doc._.flags = frozenset(self._flags(doc))
        doc._.name = _introduced(doc._.text)
        return doc

    def _flags(self, doc: Doc) -> Iterable[str]:
        text = doc._.text.strip()
        found = words(text)
        if not any(c.isalnum() for c in text):
            yield "empty"
            return
        if english_share(text) >= self.english and len(found) >= 3:
            yield "english"
        elif doc._.known_share < self.gibberish or (not found and not any(c.isdigit() for c in text)):
            yield "gibberish"
        elif _to_machine(doc):
            yield "to_machine"
        if len(found) > self.wall_words:
            yield "wall_of_text"
        if _is_heap(doc):
            yield "heap"
        if any(_takes_back(s) for s in _pairs(doc)):
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


def _to_machine(doc: Doc) -> bool:
    off = [s for s in doc._.segments if "off_topic" in s.acts]
    return bool(off) and sum(len(s.text) for s in off) > 0.5 * len(doc._.text.strip())


_FORMULA = re.compile(r"tut (?:mir|uns)[^.!?,]{0,25}leid|entschuldig|verzeih|ich verstehe|kann ich (?:gut )?verstehen|verstandnis|sorry|bedaure|nachvollziehen")  # fmt: skip


def _is_heap(doc: Doc) -> bool:
    """Tell whether formulas are piled up: four or more of them, or one repeated, with little beside."""
    found = _FORMULA.findall(fold(doc._.text))
    return len(found) >= 4 or (len(found) >= 3 and len(words(doc._.text)) < 9 * len(found))


_ABER = re.compile(r"^\W*(aber|allerdings|jedoch|nur|trotzdem)\b|\b(aber|allerdings|jedoch)\b", re.IGNORECASE)


def _pairs(doc: Doc) -> list[tuple[Segment, Segment]]:
    return list(zip(doc._.segments, doc._.segments[1:], strict=False))


def _takes_back(pair: tuple[Segment, Segment]) -> bool:
    first, second = pair
    warm = {"apologize", "acknowledge_feeling", "acknowledge_facts"} & set(first.acts)
    cold = {"deflect", "dismiss", "blame_customer", "rude"} & set(second.acts) or second.respect
    helps = {"offer", "act", "commit", "compensate"} & set(second.acts) and not second.respect  # "… er kann aber zustimmen"
    return bool(warm and cold and not helps and _ABER.search(second.text))


_NAME = re.compile(
    r"\b(?:[Mm]ein Name ist|[Ii]ch bin(?: die| der)?|[Hh]ier ist|[Hh]ier spricht|[Mm]ein Name lautet|[Ii]ch heiße|[Ss]ie sprechen mit)\s+(?:(?:Frau|Herr)\s+)?([A-ZÄÖÜ][a-zäöüß]+(?:[ -][A-ZÄÖÜ][a-zäöüß]+)?)"
)  # fmt: skip


def _introduced(text: str) -> str:
    match = _NAME.search(text)
    return match[1] if match else ""


def reading_of(doc: Doc) -> Reading:
    """Return the reading that the pipeline has collected on a doc."""
    by_kind: dict[str, list[TopicHit]] = {}
    for hit in doc._.hits:
        by_kind.setdefault(hit.kind, []).append(hit)
    return Reading(
        text=doc._.text,
        segments=doc._.segments,
        asked=tuple(by_kind.get("question", ())),
        mentioned=tuple(by_kind.get("mention", ())),
        met=tuple(by_kind.get("demand", ())),
        refused=tuple(by_kind.get("refusal", ())),
        told=tuple(by_kind.get("information", ())),
        lesser=tuple(by_kind.get("lesser", ())),
        beyond=tuple(by_kind.get("beyond", ())),
        commitments=doc._.commitments,
        times=doc._.times,
        grounding=doc._.grounding,
        flags=doc._.flags,
        name=doc._.name,
    )
