"""Accounts, the owner of a conversation, and what it shows."""

import secrets
import time

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; conversations without an owner belong to the one person who practised without login."""
    accounts = op.create_table(
        "accounts",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(512), nullable=True),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("email", name="uq_accounts_email"),
        sa.UniqueConstraint("subject", name="uq_accounts_subject"),
    )
    solo = {"id": "solo", "name": "", "role": "admin", "password": "", "csrf": secrets.token_urlsafe(24), "active": True}
    op.bulk_insert(accounts, [solo | {"email": None, "subject": None, "created_at": time.time()}])
    op.create_table(
        "logins",
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_logins_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token", name="pk_logins"),
    )
    op.create_index("ix_logins_account_id", "logins", ["account_id"])
    op.create_table(
        "invitations",
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("note", sa.String(120), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=True),
        sa.Column("created_by", sa.String(64), nullable=True),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_invitations_account_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["created_by"], ["accounts.id"], name="fk_invitations_created_by", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token", name="pk_invitations"),
    )
    op.create_table(
        "checks",
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("level", sa.String(80), nullable=False),
        sa.Column("passed_at", sa.Float, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_checks_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "level", name="pk_checks"),
    )
    # Adding columns leaves rows and their events alone; rebuilding the table (as batch mode does) would drop the events
    # with it where foreign keys are on.
    owner = sa.Column("owner", sa.String(64), nullable=True)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("ALTER TABLE conversations ADD COLUMN owner VARCHAR(64) REFERENCES accounts (id) ON DELETE CASCADE")
    else:
        op.add_column("conversations", owner)
        op.create_foreign_key("fk_conversations_owner", "conversations", "accounts", ["owner"], ["id"], ondelete="CASCADE")
    op.execute("UPDATE conversations SET owner = 'solo'")
    op.add_column("conversations", sa.Column("finished_at", sa.Float, nullable=True))
    op.add_column("conversations", sa.Column("empathy", sa.Integer, nullable=True))
    op.add_column("conversations", sa.Column("resolution", sa.Integer, nullable=True))
    op.add_column("conversations", sa.Column("examples", sa.Integer, nullable=False, server_default="0"))
    op.add_column("conversations", sa.Column("shared_at", sa.Float, nullable=True))
    op.create_index("ix_conversations_owner", "conversations", ["owner", "updated_at"])
    op.create_index("ix_conversations_shared", "conversations", ["shared_at"])
    op.create_table(
        "shown_skills",
        sa.Column("conversation_id", sa.String(64), nullable=False),
        sa.Column("skill", sa.String(40), nullable=False),
        sa.Column("points", sa.Float, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_shown_skills_conversation_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("conversation_id", "skill", name="pk_shown_skills"),
    )


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table("shown_skills")
    op.drop_index("ix_conversations_shared", "conversations")
    op.drop_index("ix_conversations_owner", "conversations")
    for column in ("shared_at", "examples", "resolution", "empathy", "finished_at", "owner"):
        op.drop_column("conversations", column)
    for table in ("checks", "invitations", "logins", "accounts"):
        op.drop_table(table)
