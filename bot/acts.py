"""The acts: what a reply of the trainee (rubric) or a turn of the customer (design) does.

Plain names, shared by understanding, customer, evaluation and content, so that a typo in a data file is an error.
"""

from typing import Final

REPLY_ACTS: Final[tuple[str, ...]] = (
    "greet",
    "open_question",
    "apologize",
    "acknowledge_feeling",
    "acknowledge_facts",
    "thank",
    "ask_identity",
    "ask_detail",
    "explain",
    "own",
    "act",
    "offer",
    "commit",
    "compensate",
    "check_agreement",
    "set_expectation",
    "hold",
    "transfer",
    "close",
    "blame_customer",
    "deflect",
    "dismiss",
    "rude",
    "reask",
    "off_topic",
)
"""Everything a reply can do, in the rubric's order."""

COMPONENTS: Final[tuple[str, ...]] = ("er", "ip", "ex", "ow", "ac", "co")
"""The rubric's components of a reply, each 0, 1 or 2."""

ACT_NAMES: Final[dict[str, str]] = {
    "greet": "Begrüßung",
    "open_question": "offene Frage",
    "apologize": "Entschuldigung",
    "acknowledge_feeling": "Gefühl anerkannt",
    "acknowledge_facts": "Lage benannt",
    "thank": "Dank",
    "ask_identity": "Frage nach Kundendaten",
    "ask_detail": "Nachfrage zur Sache",
    "explain": "Erklärung",
    "own": "Verantwortung übernommen",
    "act": "Schritt getan",
    "offer": "Angebot",
    "commit": "Zusage",
    "compensate": "Ausgleich",
    "check_agreement": "Zustimmung geprüft",
    "set_expectation": "Erwartung geklärt",
    "hold": "um Geduld gebeten",
    "transfer": "weitergegeben",
    "close": "Verabschiedung",
    "blame_customer": "Schuld beim Kunden gesucht",
    "deflect": "Verantwortung abgeschoben",
    "dismiss": "kleingeredet",
    "rude": "verletzend",
    "reask": "schon Gesagtes erfragt",
    "off_topic": "am Thema vorbei",
}
"""What an act is called on the German pages."""

CUSTOMER_ACTS: Final[dict[str, str]] = {
    "greet": "opens the conversation",
    "vent": "lets off steam",
    "tell": "tells a piece of the story",
    "demand": "states what they want",
    "answer": "answers what was asked, and only that",
    "already_given": "was asked something they have already said",
    "unknown_fact": "was asked something they do not know",
    "withhold": "dodges a question they do not trust the trainee with",
    "confide": "tells a hidden fact",
    "doubt": "does not believe a vague or contradictory statement",
    "ask_time": "wants to know by when",
    "ask_next": "wants to know what happens now",
    "ask_commitment": "wants the offer turned into a firm step",
    "take_note": "takes a firm promise down, with its time",
    "agree": "accepts one step, not yet the matter",
    "soften": "was reached by a specific, warm reply",
    "unmoved": "is left cold by a formula",
    "notice_repeat": "notices a repeated apology or phrase",
    "notice_aber": "hears the 'aber' that takes it back",
    "notice_blame": "was blamed",
    "notice_deflect": "hears an excuse or 'not responsible'",
    "notice_dismiss": "was played down or told to calm down",
    "notice_rude": "was insulted or mocked",
    "notice_contradiction": "catches a contradiction with an earlier promise",
    "notice_wrong_fact": "hears their own facts repeated wrongly",
    "notice_hold": "is asked to wait",
    "notice_transfer": "is handed on",
    "notice_waiting": "was kept waiting much longer than announced",
    "notice_return": "sees the trainee come back in the time announced",
    "notice_done": "sees that what was promised has really been done",
    "notice_not_done": "sees that what is said to be done has not been done",
    "notice_same_draft": "hears a ready-made text that does not fit the case",
    "repeat_self": "says it again because the line swallowed it",
    "notice_formula_heap": "hears a heap of formulas",
    "notice_own": "hears somebody take responsibility",
    "notice_impatience": "is losing patience",
    "puzzled": "could not understand the message",
    "silence": "got no answer",
    "reject_language": "was addressed in another language",
    "rebuff_command": "got a message that reads like a command to a machine",
    "wall_of_text": "got far too many words",
    "threaten": "threatens with consequences",
    "demand_supervisor": "wants the supervisor",
    "accept": "accepts the solution",
    "accept_grudgingly": "accepts it, with a sting",
    "thank": "thanks for something really done",
    "farewell": "says goodbye after accepting",
    "leave_unresolved": "leaves, nothing solved",
    "review": "quotes the one-star review they are about to write",
    "fall_silent": "goes without a word",
    "hang_up": "breaks off in anger",
    "protest_close": "is being sent away with the matter open",
    "escalated": "takes the offered supervisor",
    "salutation": "opens an e-mail after the first",
    "sign_off": "closes an e-mail after the first",
}
"""Everything the customer can do, with its meaning."""

MOOD_NAMES: Final[tuple[str, ...]] = ("anger", "trust", "heard", "patience")
"""The customer's inner state, each value 0..1."""

MOOD_BANDS: Final[tuple[str, ...]] = ("calm", "annoyed", "angry", "furious")
"""Bands of anger that the wording is written for, mildest first."""

CHANNELS: Final[tuple[str, ...]] = ("phone", "chat", "email", "social")
"""The channels a conversation can run over."""

OUTCOMES: Final[tuple[str, ...]] = (
    "resolved",
    "resolved_grudgingly",
    "unresolved",
    "escalated",
    "hung_up",
    "abandoned",
    "timed_out",
)
"""How a conversation can end."""

SKILLS = (
    "de_escalation",
    "diagnosis",
    "honest_no",
    "expectation",
    "tool_failure",
    "data_protection",
    "public_channel",
    "commitment",
    "ownership",
    "listening",
)
"""What a scenario can train."""

MEASURES = (
    "empathy",
    "resolution",
    "er",
    "ip",
    "ex",
    "ow",
    "ac",
    "co",
    "respect",
    "calm",
    "heard",
    "not_reasked",
    "information",
    "goal",
    "kept",
    "honest",
    "identity",
)
"""What a skill can be measured by in a finished conversation; see `bot.learning.measures`."""
