"""Settings: `config.yml`, overridden by environment variables `WARTESCHLEIFE_…`."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from limits import parse as parse_limit
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

from bot.acts import MEASURES, MOOD_NAMES, SKILLS
from bot.content.files import check_yaml, field_name, german_message, shown
from bot.errors import ContentError
from bot.paths import content_root, state_root

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Points = Annotated[list[float], Field(min_length=3, max_length=3)]


class Section(BaseModel):
    """Base of all sections: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PipelineStep(Section):
    """One component of the pipeline; every other key is a setting of that component."""

    name: str
    settings: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _collect(cls, value: Any) -> Any:
        if isinstance(value, dict) and "settings" not in value:
            return {"name": value.get("name"), "settings": {k: v for k, v in value.items() if k != "name"}}
        return value


class Training(Section):
    """How the heads are trained."""

    shortest_ngram: Annotated[int, Field(ge=1, le=8)]
    longest_ngram: Annotated[int, Field(ge=1, le=8)]
    min_count: Annotated[int, Field(ge=1)]
    context_weight: Annotated[float, Field(ge=0.0)]
    regularisation: Annotated[float, Field(gt=0.0)]
    positive_weight: Annotated[float, Field(gt=0.0)]
    act_threshold: Share
    strength_threshold: Share
    harm_threshold: Share
    severe_threshold: Share


class MoodSettings(Section):
    """Mood dynamics."""

    bands: Annotated[list[Share], Field(min_length=3, max_length=3)]
    repeat_factor: Share
    difficulty: Annotated[list[Annotated[float, Field(gt=0.0, le=2.0)]], Field(min_length=4, max_length=4)]
    cause_factor: Annotated[float, Field(ge=0.0)]
    effects: dict[str, dict[str, Annotated[float, Field(ge=-1.0, le=1.0)]]]

    @model_validator(mode="after")
    def _known_moods(self) -> Self:
        for cause, effect in self.effects.items():
            for name in effect:
                if name not in MOOD_NAMES:
                    raise ValueError(f"effects.{cause}: die Stimmung {name!r} gibt es nicht; erlaubt: {', '.join(MOOD_NAMES)}")
        return self


class WaitingSettings(Section):
    """What waiting does on the phone and in chat."""

    channels: list[Literal["phone", "chat"]]
    free_seconds: Annotated[float, Field(ge=0.0)]
    reading: Annotated[float, Field(gt=0.0)]
    typing: Annotated[float, Field(gt=0.0)]
    step_seconds: Annotated[float, Field(gt=0.0)]
    most: Annotated[int, Field(ge=1)]
    pause_after: Annotated[float, Field(gt=0.0)]
    hold_seconds: Annotated[float, Field(gt=0.0)]
    hold_grace: Annotated[float, Field(ge=1.0)]


class CustomerSettings(Section):
    """Thresholds of the customer's behaviour."""

    accept_from: Annotated[int, Field(ge=1)]
    heard_to_accept: Annotated[list[Share], Field(min_length=4, max_length=4)]
    max_turns: Annotated[int, Field(ge=1)]
    soften_heard: Share
    accept_trust: Share
    grudging_anger: Share
    late_demands_after: Annotated[int, Field(ge=0)]
    confide_pause: Annotated[int, Field(ge=1)]
    sure_likeness: Share
    confide_early: Share
    apologies_before_worn: Annotated[int, Field(ge=0)]
    contradiction_minutes: Annotated[float, Field(ge=0.0)]
    same_again: Share
    own_words: Annotated[list[Annotated[float, Field(gt=0.0)]], Field(min_length=3, max_length=3)]
    threaten_patience: Share
    impatience_turns: Annotated[int, Field(ge=1)]
    supervisor_patience_wait: Annotated[int, Field(ge=1)]
    silences: Annotated[int, Field(ge=1)]
    review_share: Share
    swallowed: Share
    waiting: WaitingSettings


class EmpathyPoints(Section):
    """Points of the empathy score."""

    base: float
    er: Points
    ip: Points
    ex: Points
    ow: Points
    respect: Points
    surely: Annotated[float, Field(gt=0.5, le=1.0)]
    english: float
    copied: float
    contradiction: float


class ResolutionPoints(Section):
    """Points of the resolution score."""

    base: float
    ow: Points
    ac: Points
    co: Points
    back: float
    contradiction: float
    beyond: float
    acts: dict[str, float]


class ConversationWeights(Section):
    """Weights of the scorecard."""

    late: Annotated[float, Field(ge=1.0, le=3.0)]
    replies: Share
    demands: Share
    information: Share
    outcome: Share
    outcomes: dict[str, Annotated[float, Field(ge=0.0, le=100.0)]]
    states: dict[str, Share]
    goal: Share
    deeds: Share
    deed: dict[str, Share]


class EvaluationSettings(Section):
    """How scores are summed up."""

    empathy: EmpathyPoints
    resolution: ResolutionPoints
    conversation: ConversationWeights
    copied_share: Share


class RatingSettings(Section):
    """The rating of skills."""

    start: float
    start_sigma: Annotated[float, Field(gt=0.0)]
    difficulty: Annotated[list[float], Field(min_length=4, max_length=4)]
    difficulty_sigma: Annotated[float, Field(gt=0.0)]


class RepetitionSettings(Section):
    """Spaced repetition."""

    retention: Annotated[float, Field(gt=0.0, lt=1.0)]
    again: Annotated[float, Field(ge=0.0, le=100.0)]
    easy: Annotated[float, Field(ge=0.0, le=100.0)]


class LearningSettings(Section):
    """Skills, recommendations, repetition."""

    pass_points: Annotated[float, Field(ge=0.0, le=100.0)]
    fewest_replies: Annotated[int, Field(ge=1)]
    most_examples: Annotated[int, Field(ge=0)]
    better_half: Annotated[float, Field(gt=0.0, le=1.0)]
    skills: dict[str, dict[str, Annotated[float, Field(gt=0.0)]]]
    rating: RatingSettings
    aim: Share
    tolerance: Share
    repetition: RepetitionSettings

    @model_validator(mode="after")
    def _known_names(self) -> Self:
        if set(self.skills) != set(SKILLS):
            raise ValueError(f"skills: genau diese Fertigkeiten gehören hinein: {', '.join(SKILLS)}")
        for skill, weights in self.skills.items():
            for name in weights:
                if name not in MEASURES:
                    raise ValueError(f"skills.{skill}: das Maß {name!r} gibt es nicht; erlaubt: {', '.join(MEASURES)}")
        return self


class FormDefaults(Section):
    """What a new assessment form starts with."""

    weights: dict[str, Annotated[float, Field(ge=0.0)]]
    pass_mark: Annotated[float, Field(ge=0.0, le=100.0)]
    attempts: Annotated[int, Field(ge=1)]


class DifficultySettings(Section):
    """How the difficulty of cases is simulated."""

    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]
    trainees: Annotated[list[str], Field(min_length=1)]
    times: Annotated[int, Field(ge=2)]


class ParallelSettings(Section):
    """How parallel forms are looked for."""

    shared_skills: Annotated[int, Field(ge=1)]
    minutes: Annotated[int, Field(ge=0)]
    starts: Annotated[int, Field(ge=1)]
    most: Annotated[int, Field(ge=1)]
    confidence: Annotated[float, Field(gt=0.0, lt=1.0)]


class TeamSettings(Section):
    """What the team view says of a case."""

    enough: Annotated[int, Field(ge=1)]
    too_easy: Annotated[float, Field(ge=0.0, le=100.0)]
    too_hard: Annotated[float, Field(ge=0.0, le=100.0)]


class AssessmentSettings(Section):
    """Forms of a team lead."""

    better_half: Annotated[float, Field(gt=0.0, le=1.0)]
    respect: Points
    form: FormDefaults
    difficulty: DifficultySettings
    parallel: ParallelSettings
    team: TeamSettings


class OidcSettings(Section):
    """Single sign-on."""

    issuer: str
    client_id: str
    client_secret: SecretStr
    name: str
    create: bool


class AccountSettings(Section):
    """Who may log in and how."""

    mode: Literal["solo", "team"]
    secure_cookies: bool
    login_hours: Annotated[float, Field(gt=0.0)]
    login_days: Annotated[float, Field(gt=0.0)]
    invitation_days: Annotated[float, Field(gt=0.0)]
    shortest_password: Annotated[int, Field(ge=8)]
    login_rate: str
    public_url: str
    contact: str
    oidc: OidcSettings

    @model_validator(mode="after")
    def _readable_rate(self) -> Self:
        try:
            parse_limit(self.login_rate)
        except ValueError as error:
            raise ValueError(f"login_rate: {self.login_rate!r} ist nicht lesbar; Beispiel: 10 per 15 minutes") from error
        return self


class RetentionSettings(Section):
    """How long things are kept; 0 for ever."""

    practice_days: Annotated[int, Field(ge=0)]
    assessment_days: Annotated[int, Field(ge=0)]


class Limits(Section):
    """Largest sizes that are accepted."""

    reply_characters: Annotated[int, Field(ge=1)]
    conversation_replies: Annotated[int, Field(ge=1)]
    score_turns: Annotated[int, Field(ge=1)]
    score_characters: Annotated[int, Field(ge=1)]
    body_bytes: Annotated[int, Field(ge=1000)]


class Storage(Section):
    """Where state lives."""

    folder: str
    url: str
    durability: Literal["full", "normal"]


class Server(Section):
    """Where the server listens."""

    host: str
    port: Annotated[int, Field(ge=0, le=65535)]
    certificate: str
    key: str
    hosts: Annotated[list[str], Field(min_length=1)]


class ActionEndpoint(Section):
    """Where actions run."""

    url: str
    timeout: Annotated[float, Field(gt=0.0)]


class Config(BaseSettings):
    """All settings. Made by `load_config`."""

    model_config = SettingsConfigDict(env_prefix="WARTESCHLEIFE_", env_nested_delimiter="__", extra="forbid", frozen=True)

    language: Literal["de"]
    pipeline: Annotated[list[PipelineStep], Field(min_length=1)]
    training: Training
    mood: MoodSettings
    customer: CustomerSettings
    evaluation: EvaluationSettings
    learning: LearningSettings
    assessment: AssessmentSettings
    accounts: AccountSettings
    retention: RetentionSettings
    limits: Limits
    storage: Storage
    server: Server
    action_endpoint: ActionEndpoint

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over file; nothing else."""
        return env_settings, YamlConfigSettingsSource(settings_cls, yaml_file=config_path(), yaml_file_encoding="utf-8")

    @property
    def state(self) -> Path:
        """The folder for database and models."""
        return state_root(self.storage.folder)

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the database."""
        return self.storage.url or f"sqlite+aiosqlite:///{self.state / 'warteschleife.db'}"

    @property
    def models(self) -> Path:
        """The folder for trained models."""
        return self.state / "models"


class _AnyMapping(BaseModel):
    model_config = ConfigDict(extra="allow")


def config_path() -> Path:
    """Return the config file: `WARTESCHLEIFE_CONFIG`, or `config.yml` beside `data/`."""
    chosen = os.environ.get("WARTESCHLEIFE_CONFIG")
    return Path(chosen).expanduser() if chosen else content_root() / "config.yml"


def data_root() -> Path:
    """Return the content folder `data/`."""
    return content_root() / "data"


@lru_cache(maxsize=1)
def load_config() -> Config:
    """Return the settings of this process.

    Raises:
        ContentError: naming the file or variable, the key, the value and what is allowed.
    """
    path = config_path()
    if not path.is_file():
        raise ContentError(f"Die Einstellungen {path} gibt es nicht.", "WARTESCHLEIFE_CONFIG oder WARTESCHLEIFE_HOME prüfen.")
    _, problems = check_yaml(path, _AnyMapping)
    if problems:
        raise ContentError(str(problems[0]))
    try:
        return Config()
    except ValidationError as error:
        first = error.errors()[0]
        place = field_name(first["loc"])
        value = f" (Wert: {shown(first['input'])})" if shown(first["input"]) else ""
        raise ContentError(
            f"{path}: {place}: {german_message(first)}{value}.",
            f"Auch die Umgebungsvariable WARTESCHLEIFE_{place.upper().replace('.', '__')} kann der Grund sein.",
        ) from error
