"""What all actions share: settings, content and the trained pipeline, loaded once per process."""

from functools import lru_cache

from spacy.language import Language

from bot.config import Config, data_root, load_config
from bot.content import Library, library
from bot.content.files import load_yaml
from bot.content.schema import Feedback, HintBank
from bot.understanding.train import pipeline_for


@lru_cache(maxsize=1)
def config() -> Config:
    """Return the settings."""
    return load_config()


@lru_cache(maxsize=1)
def content() -> Library:
    """Return scenarios, personas and wording."""
    return library(data_root())


@lru_cache(maxsize=1)
def feedback() -> Feedback:
    """Return the coach's sentences."""
    return load_yaml(data_root() / "coaching" / "feedback.yml", Feedback)


@lru_cache(maxsize=1)
def hint_bank() -> HintBank:
    """Return the hints' sentences."""
    return load_yaml(data_root() / "coaching" / "hints.yml", HintBank)


@lru_cache(maxsize=1)
def pipeline() -> Language:
    """Return the trained pipeline.

    Raises:
        ModelError: when it has not been trained for this data.
    """
    return pipeline_for(config().models, data_root(), config())
