"""The tables. Events are append-only; a conversation's row only helps to list and find it."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s", "ix": "ix_%(column_0_label)s"}
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("email", String(254), nullable=True, unique=True),
    Column("role", String(16), nullable=False),
    Column("password", String(255), nullable=False, default=""),
    Column("subject", String(512), nullable=True, unique=True),
    Column("csrf", String(64), nullable=False),
    Column("active", Boolean, nullable=False, default=True),
    Column("created_at", Float, nullable=False),
)
"""Who may use the server. Without login there is one, `SOLO`. `subject` is the person at the single sign-on."""

logins = Table(
    "logins",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("account_id", String(64), ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
)
"""Logins that go on. `token` is the hash of what the browser holds."""

invitations = Table(
    "invitations",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("note", String(120), nullable=False, default=""),
    Column("account_id", String(64), ForeignKey("accounts.id", ondelete="CASCADE"), nullable=True),
    Column("created_by", String(64), ForeignKey("accounts.id", ondelete="CASCADE"), nullable=True),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
)
"""Links that work once: for somebody new, or (with `account_id`) for a new password."""

checks = Table(
    "checks",
    metadata,
    Column("account_id", String(64), ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("level", String(80), primary_key=True),
    Column("passed_at", Float, nullable=False),
)
"""Levels of the learning path whose questions were answered."""

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("owner", String(64), ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("scenario", String(80), nullable=False),
    Column("persona", String(80), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("seed", Integer, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("outcome", String(32), nullable=False, default=""),
    Column("branch_of", String(64), nullable=True),
    Column("branch_turn", Integer, nullable=True),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("finished_at", Float, nullable=True),
    Column("empathy", Integer, nullable=True),
    Column("resolution", Integer, nullable=True),
    Column("examples", Integer, nullable=False, default=0),
    Column("shared_at", Float, nullable=True),
    Index("ix_conversations_owner", "owner", "updated_at"),
    Index("ix_conversations_shared", "shared_at"),
)
"""`finished_at`, the scores and `examples` repeat what the events say, so that a long history lists quickly."""

shown_skills = Table(
    "shown_skills",
    metadata,
    Column("conversation_id", String(64), ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("skill", String(40), primary_key=True),
    Column("points", Float, nullable=False),
)
"""How far each finished conversation showed the skills that its scenario trains, 0 to 100."""

events = Table(
    "events",
    metadata,
    Column("conversation_id", String(64), ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("message_id", String(128), nullable=True),
    Column("data", Text, nullable=False),
    Index("ix_events_message", "conversation_id", "message_id", unique=True),
)

forms = Table(
    "forms",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("data", Text, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("archived_at", Float, nullable=True),
)
"""Forms of assessments. `data` is a `bot.assessment.Form` as JSON; a form that was assigned is never changed, only archived."""

assignments = Table(
    "assignments",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("form_id", String(64), ForeignKey("forms.id"), nullable=False, index=True),
    Column("account_id", String(64), ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("assigned_by", String(64), nullable=False),
    Column("due_at", Float, nullable=True),
    Column("created_at", Float, nullable=False),
)
"""Forms given to people."""

attempts = Table(
    "attempts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("assignment_id", String(64), ForeignKey("assignments.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("started_at", Float, nullable=False),
    Column("ends_at", Float, nullable=True),
    Column("finished_at", Float, nullable=True),
    Column("released_at", Float, nullable=True),
    Column("released_by", String(64), nullable=True),
    Column("second_by", String(64), nullable=True),
    Column("result", Text, nullable=True),
)
"""Tries at an assignment. `result` is what the program found, and is never changed; what people say stands in `opinions`."""

attempt_cases = Table(
    "attempt_cases",
    metadata,
    Column("attempt_id", String(64), ForeignKey("attempts.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("conversation_id", String(64), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, unique=True),
)
"""The conversations of an attempt, in the order of the form's cases."""

opinions = Table(
    "opinions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("attempt_id", String(64), ForeignKey("attempts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("author", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("place", String(80), nullable=False),
    Column("value", Float, nullable=True),
    Column("text", Text, nullable=False),
    Column("created_at", Float, nullable=False),
)
"""What people say of an attempt: scores set otherwise with a reason, comments, an answer, an objection. Never changed, only added to."""

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("detail", Text, nullable=False),
)
"""Who did what when. Append-only: the database itself refuses to change or delete a row. It names accounts by their id only, so that
a deleted person leaves an id that belongs to nobody."""

tallies = Table(
    "tallies",
    metadata,
    Column("scenario", String(80), primary_key=True),
    Column("skill", String(40), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("points", Float, nullable=False),
    Column("squares", Float, nullable=False),
)
"""What deleted conversations had shown that others might see, added up by scenario, skill and month (`2026-12`, UTC): how many, the sum
of their points and of the squares of these. No person, no conversation, no day."""

SOLO = "solo"
"""The account of the one person who practises without login."""
