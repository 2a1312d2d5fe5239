"""A store that keeps conversations in memory only: for simulations and for trying out a file."""

from collections.abc import Sequence

from bot.conversation import Event
from bot.errors import NotFoundError
from bot.session.store import Finished, Header, Store


class MemoryStore(Store):
    """Conversations that are gone when the process ends; the same methods as `Store` as far as a host plays."""

    def __init__(self) -> None:  # no database: nothing of Store's own is needed
        self._events: dict[str, list[Event]] = {}
        self._headers: dict[str, Header] = {}

    async def create(self, header: Header, new: Sequence[Event]) -> None:
        """Begin a conversation; see `Store.create`."""
        self._events[header.id] = list(new)
        self._headers[header.id] = header

    async def header(self, conversation_id: str) -> Header:
        """Return what a conversation is; see `Store.header`."""
        await self.read(conversation_id)
        return self._headers[conversation_id]

    async def read(self, conversation_id: str) -> list[Event]:
        """Return a conversation's events.

        Raises:
            NotFoundError: when there is none of this id.
        """
        if conversation_id not in self._events:
            raise NotFoundError(f"Das Gespräch „{conversation_id}“ gibt es nicht.", "")
        return list(self._events[conversation_id])

    async def append(
        self, conversation_id: str, position: int, new: Sequence[Event], outcome: str = "", finished: Finished | None = None
    ) -> None:
        """Add events; see `Store.append`."""
        self._events[conversation_id] = [*self._events[conversation_id][:position], *new]

    async def delete(self, conversation_id: str) -> None:
        """Forget a conversation."""
        self._events.pop(conversation_id, None)

    async def migrate(self) -> None:
        """There is nothing to prepare."""

    async def close(self) -> None:
        """There is nothing to close."""
