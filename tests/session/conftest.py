"""A migrated database, on SQLite and on PostgreSQL, and the accounts in it."""

from collections.abc import AsyncIterator

import pytest

from bot.session import Accounts, Store


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    opened = Store(database)
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
def people(store: Store, config) -> Accounts:
    return Accounts(store, config.accounts)
