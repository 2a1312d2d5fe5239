"""Understanding: what one reply of the trainee does and says, read once, in its conversation.

In: the reply's text and a `Context` (turns before it, the case's topics, the clock). Out: a `Reading`. The pipeline is
trained from `data/nlu/` and `data/ratings/`; it knows neither customer nor evaluation.
"""

from spacy.language import Language
from spacy.tokens import Doc

from bot.understanding.pipeline import reading_of
from bot.understanding.reading import Context, Reading, Topic, Topics, Turn

__all__ = ["Context", "Reading", "Topic", "Topics", "Turn", "read"]


def read(nlp: Language, text: str, context: Context) -> Reading:
    """Read one reply.

    Args:
        nlp: a trained pipeline (`bot.understanding.train`).
        text: the reply; may be empty.
        context: what was said before and what the case is about.

    Returns:
        The reading. A pure function: the same arguments give the same reading.
    """
    doc = Doc(nlp.vocab)  # no component asks for spaCy's tokens, so none are made
    doc._.text, doc._.context = text, context
    return reading_of(nlp(doc))
