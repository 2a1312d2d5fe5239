"""Full-text search over the knowledge base: tf-idf over letter n-grams, so that endings and typing errors do not matter."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from bot.content.schema import Article

_LEAST = 0.1
"""Likeness (cosine, 0..1) below which an article has nothing to do with the query."""


_TITLE = 4
"""How often the title counts beside the text."""


@lru_cache(maxsize=64)
def _index(texts: tuple[str, ...]) -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), lowercase=True, sublinear_tf=True)
    return vectorizer, vectorizer.fit_transform(texts)


def search(articles: Sequence[Article], query: str) -> list[Article]:
    """Return the articles that fit a query, best first; all of them, in their order, for an empty one."""
    if not query.strip() or not articles:
        return list(articles)
    vectorizer, matrix = _index(tuple(" ".join([*[a.title] * _TITLE, a.body]) for a in articles))
    scores = (matrix @ vectorizer.transform([query]).T).toarray().ravel()
    ranked = sorted(range(len(articles)), key=lambda i: (-round(float(scores[i]), 6), i))
    return [articles[i] for i in ranked if scores[i] >= _LEAST]
