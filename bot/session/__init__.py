"""The session: the host of conversations.

In: what a face took in (start, reply, tool call, finish, branch). Out: the folded conversation. Runs actions by name,
stores events, and is the only one to touch the database.
"""

from bot.session.accounts import ROLES, Accounts, Invitation, Person
from bot.session.assessments import Assessments, Assignment, Attempt, Opinion, StoredForm
from bot.session.host import Host
from bot.session.results import assessments_of, note_export, released_results
from bot.session.retention import Outdated, Retention
from bot.session.runner import make_runner
from bot.session.store import Header, Store
from bot.session.tables import SOLO
from bot.session.team import Mean, Team

__all__ = [
    "ROLES",
    "SOLO",
    "Accounts",
    "Assessments",
    "Assignment",
    "Attempt",
    "Header",
    "Host",
    "Invitation",
    "Mean",
    "Opinion",
    "Outdated",
    "Person",
    "Retention",
    "Store",
    "StoredForm",
    "Team",
    "assessments_of",
    "make_runner",
    "note_export",
    "released_results",
]
