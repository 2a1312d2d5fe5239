"""The session: the host of conversations.

In: what a face took in (start, reply, tool call, finish, branch). Out: the folded conversation. Runs actions by name,
stores events, and is the only one to touch the database.
"""

from bot.session.accounts import ROLES, Accounts, Invitation, Person
from bot.session.assessments import Assessments, Assignment, Attempt, Opinion, StoredForm
from bot.session.host import Host
from bot.session.runner import make_runner
from bot.session.store import Header, Store
from bot.session.tables import SOLO

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
    "Opinion",
    "Person",
    "Store",
    "StoredForm",
    "make_runner",
]
