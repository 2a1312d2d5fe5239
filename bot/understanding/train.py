"""Training and loading the pipeline: from `data/` to a model folder, cached by a hash of data, config and versions."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import spacy
from spacy.language import Language

import bot.understanding.pipeline  # noqa: F401  (registers the components)
from bot.config import Config, PipelineStep
from bot.content import nlu_examples
from bot.errors import ModelError, StorageError
from bot.understanding.heads import Example, HeadSettings, fit
from bot.understanding.training_data import training_examples

MODEL_FORMAT = 24
"""Raised when the code of the understanding changes what a model folder holds."""


def fingerprint(data: Path, config: Config) -> str:
    """Return a hash of everything a model depends on: training data, pipeline settings, versions."""
    digest = hashlib.sha256()
    versions = {name: version(name) for name in ("spacy", "scikit-learn", "numpy")}
    settings = {
        "format": MODEL_FORMAT,
        "language": config.language,
        "pipeline": [step.model_dump() for step in config.pipeline],
        "training": config.training.model_dump(),
        "versions": versions,
    }
    digest.update(json.dumps(settings, sort_keys=True).encode())
    for folder, pattern in (("nlu", "*.y*ml"), ("ratings", "*.jsonl")):
        for path in sorted((data / folder).glob(pattern)):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def build(config: Config) -> Language:
    """Put an untrained pipeline together as config.yml says."""
    nlp = spacy.blank(config.language)
    for step in config.pipeline:
        nlp.add_pipe(_factory(step), name=step.name, config=dict(step.settings))
    return nlp


def _factory(step: PipelineStep) -> str:
    if not Language.has_factory(step.name):
        raise ModelError(
            f"config.yml: pipeline: den Baustein „{step.name}“ gibt es nicht.",
            "Erlaubt: segmenter, act_heads, times, grounding, topic_finder, commitments, flagger.",
        )
    return step.name


def head_settings(config: Config) -> HeadSettings:
    """Return the training settings of config.yml."""
    t = config.training
    return HeadSettings(
        shortest=t.shortest_ngram,
        longest=t.longest_ngram,
        min_count=t.min_count,
        context_weight=t.context_weight,
        regularisation=t.regularisation,
        positive_weight=t.positive_weight,
        act_threshold=t.act_threshold,
        strength_threshold=t.strength_threshold,
        harm_threshold=t.harm_threshold,
        severe_threshold=t.severe_threshold,
    )


def train(data: Path, config: Config, progress: Callable[[float], None] = lambda share: None) -> Language:
    """Train a pipeline from a data folder.

    Args:
        data: the folder with `nlu/` and `ratings/`.
        config: settings.
        progress: called with the share done, 0..1.

    Returns:
        The trained pipeline. The same data and settings give the same pipeline.

    Raises:
        ContentError: when a file is wrong.
        ModelError: when there are no training examples at all.
    """
    examples = training_examples(data)
    if not examples:
        raise ModelError(f"In {data} liegen keine Trainingsbeispiele.", "Erwartet werden data/nlu/*.yml und data/ratings/*.jsonl.")
    progress(0.1)
    nlp = fitted(examples, config, lambda share: progress(0.1 + 0.85 * share))
    general: dict[str, list[str]] = {}
    for labels, text in nlu_examples(data):
        for label in labels:
            if label.startswith("ask/"):
                general.setdefault(label.removeprefix("ask/"), []).append(text)
    nlp.get_pipe("topic_finder").general = {topic: tuple(texts) for topic, texts in general.items()}  # type: ignore[attr-defined]
    progress(1.0)
    return nlp


def fitted(examples: Sequence[Example], config: Config, progress: Callable[[float], None] = lambda share: None) -> Language:
    """Return a pipeline whose heads are trained on examples; it knows no question topics.

    Args:
        examples: training segments.
        config: settings.
        progress: called with the share done, 0..1.
    """
    nlp = build(config)
    nlp.get_pipe("act_heads").heads = fit(examples, head_settings(config), progress)  # type: ignore[attr-defined]
    return nlp


def model_folder(models: Path, data: Path, config: Config) -> Path:
    """Return where the model for this data and config belongs."""
    return models / fingerprint(data, config)


def train_and_save(models: Path, data: Path, config: Config, progress: Callable[[float], None] = lambda share: None) -> Path:
    """Train and store a model; older models are removed.

    Returns:
        The model's folder. It appears complete or not at all.

    Raises:
        StorageError: when the folder cannot be written.
    """
    target = model_folder(models, data, config)
    nlp = train(data, config, progress)
    try:
        models.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=models) as scratch:
            fresh = Path(scratch) / "model"
            nlp.to_disk(fresh)
            shutil.rmtree(target, ignore_errors=True)
            os.replace(fresh, target)
        for old in models.iterdir():
            if old.is_dir() and old != target:
                shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise StorageError(
            f"Das Modell lässt sich nicht in {models} speichern ({error.strerror}).",
            "Bitte Schreibrechte und freien Platz prüfen oder storage.folder in config.yml ändern.",
        ) from error
    return target


def load(folder: Path) -> Language:
    """Load a stored pipeline.

    Raises:
        ModelError: when the folder holds no complete model.
    """
    if not folder.is_dir():
        raise ModelError("Für diese Daten und Einstellungen gibt es noch kein Modell.", "Bitte `warteschleife train` aufrufen.")
    try:
        return spacy.load(folder)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"Das Modell in {folder} ist unvollständig ({error}).", "Bitte `warteschleife train --force` aufrufen.") from error


@lru_cache(maxsize=2)
def cached_pipeline(folder: Path) -> Language:
    """Return the pipeline of a model folder, loaded once per process."""
    return load(folder)


def pipeline_for(models: Path, data: Path, config: Config) -> Language:
    """Return the stored pipeline for this data and config.

    Raises:
        ModelError: when it has not been trained yet.
    """
    return cached_pipeline(model_folder(models, data, config))
