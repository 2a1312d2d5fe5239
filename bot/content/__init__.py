"""Content: the files below `data/`, checked and loaded.

In: YAML and JSONL files. Out: `Library` (scenarios, personas, wording), training examples, rated replies, and
`Problem`s with file, line, field, value and what is allowed.
"""

from bot.content.files import Problem
from bot.content.library import Library, library, load_library, nlu_examples, rated_replies

__all__ = ["Library", "Problem", "library", "load_library", "nlu_examples", "rated_replies"]
