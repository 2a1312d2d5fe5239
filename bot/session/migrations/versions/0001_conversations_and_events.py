"""Conversations and their events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("scenario", sa.String(80), nullable=False),
        sa.Column("persona", sa.String(80), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("branch_of", sa.String(64), nullable=True),
        sa.Column("branch_turn", sa.Integer, nullable=True),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
    )
    op.create_table(
        "events",
        sa.Column("conversation_id", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("message_id", sa.String(128), nullable=True),
        sa.Column("data", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_events_conversation_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("conversation_id", "position", name="pk_events"),
    )
    op.create_index("ix_events_message", "events", ["conversation_id", "message_id"], unique=True)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("events")
    op.drop_table("conversations")
