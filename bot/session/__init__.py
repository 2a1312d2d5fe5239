"""The session: the host of conversations.

In: what a face took in (start, reply, tool call, finish, branch). Out: the folded conversation. Runs actions by name,
stores events, and is the only one to touch the database.
"""

from bot.session.host import Host
from bot.session.runner import make_runner
from bot.session.store import Header, Store

__all__ = ["Header", "Host", "Store", "make_runner"]
