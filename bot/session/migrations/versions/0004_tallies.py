"""Tallies: what deleted conversations showed, without anybody's name."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "tallies",
        sa.Column("scenario", sa.String(80), nullable=False),
        sa.Column("skill", sa.String(40), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("points", sa.Float, nullable=False),
        sa.Column("squares", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("scenario", "skill", "month", name="pk_tallies"),
    )


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table("tallies")
