"""The tables. Events are append-only; a conversation's row only helps to list and find it."""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s", "ix": "ix_%(column_0_label)s"}
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(64), primary_key=True),
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
)

events = Table(
    "events",
    metadata,
    Column("conversation_id", String(64), ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("message_id", String(128), nullable=True),
    Column("data", Text, nullable=False),
    Index("ix_events_message", "conversation_id", "message_id", unique=True),
)
