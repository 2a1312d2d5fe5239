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

SOLO = "solo"
"""The account of the one person who practises without login."""
