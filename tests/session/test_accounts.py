"""Accounts on SQLite and on a real PostgreSQL: who gets in, who stays out, and what is left of somebody who goes."""

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, func, insert, select, text

import bot.session
from bot.errors import ConflictError, InvalidInputError, NotFoundError
from bot.session import SOLO, Accounts, Header, Host, Person, Store
from bot.session.store import Finished
from bot.session.tables import accounts as accounts_table
from bot.session.tables import checks, conversations, events, invitations, logins, metadata, shown_skills
from tests.dialogues import GOOD, SCENARIO, SEED

PASSWORD, OTHER = "ein Satz, den nur Anna kennt", "ein ganz anderer Satz als vorher"
HOUR, DAY = 3600.0, 86400.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Time as accounts see it: `clock.gone_by` seconds later than now."""
    later = SimpleNamespace(gone_by=0.0)
    monkeypatch.setattr("bot.session.accounts.time", SimpleNamespace(time=lambda: time.time() + later.gone_by))
    return later


async def admin_of(people: Accounts, email: str = "chefin@firma.example") -> Person:
    token = await people.first_link()
    assert token
    return await people.accept(token, "Die Chefin", email, PASSWORD)


async def joins(people: Accounts, by: Person, name: str, role: str = "trainee") -> Person:
    return await people.accept(await people.invite(role, name, by), name, f"{name.lower()}@firma.example", PASSWORD)


async def practised(store: Store, owner: str, name: str, *, finished: bool = True) -> None:
    """Store a conversation with two events, and its skills when it is finished."""
    header = Header(name, owner, SCENARIO, "silvio_kretzschmar", "phone", SEED, "practice")
    await store.create(header, [{"event": "user", "text": f"Hallo von {owner}", "timestamp": 1.0}])
    done = Finished(70, 60, 0, {"listening": 71.5, "ownership": 40.0}) if finished else None
    await store.append(name, 1, [{"event": "bot", "text": "Na endlich!", "timestamp": 2.0}], "resolved" if finished else "", done)


async def count(store: Store, table, *conditions) -> int:
    return int((await store.fetch(select(func.count().label("n")).select_from(table).where(*conditions)))[0]["n"])


def contents(folder: Path) -> bytes:
    """Return all bytes of an SQLite database, with what is not yet written into its main file."""
    return b"".join(path.read_bytes() for path in folder.glob("test.db*"))


async def everything(store: Store) -> str:
    """Return all rows of all tables as text."""
    return "\n".join([str(dict(row)) for table in metadata.sorted_tables for row in await store.fetch(select(table))])


# --- invitations ------------------------------------------------------------------------------------------------------


async def test_an_invitation_makes_one_account_of_the_role_it_names_and_works_once(people: Accounts):
    admin = await admin_of(people)
    token = await people.invite("lead", "Frau Winkler", admin)
    assert [(i.role, i.note) for i in await people.open_invitations()] == [("lead", "Frau Winkler")]
    person = await people.accept(token, "  Petra   Winkler ", " Petra.Winkler@Firma.Example ", PASSWORD)
    assert (person.name, person.email, person.role, person.active) == ("Petra Winkler", "petra.winkler@firma.example", "lead", True)
    for again in (people.invitation(token), people.accept(token, "Eve", "eve@firma.example", PASSWORD)):
        with pytest.raises(NotFoundError, match="gilt nicht mehr"):
            await again
    assert await people.open_invitations() == []
    assert await people.log_in("eve@firma.example", PASSWORD) is None


async def test_an_invitation_expires(people: Accounts, clock):
    admin = await admin_of(people)
    token = await people.invite("trainee", "", admin)
    clock.gone_by = people.settings.invitation_days * DAY - 60
    assert (await people.invitation(token)).role == "trainee"
    clock.gone_by += 120
    assert await people.open_invitations() == []
    with pytest.raises(NotFoundError, match="gilt nicht mehr"):
        await people.accept(token, "Anna", "anna@firma.example", PASSWORD)


async def test_a_withdrawn_invitation_does_not_work(people: Accounts):
    token = await people.invite("trainee", "", await admin_of(people))
    (invited,) = await people.open_invitations()
    await people.withdraw(invited.token)
    with pytest.raises(NotFoundError):
        await people.accept(token, "Anna", "anna@firma.example", PASSWORD)


@pytest.mark.parametrize(
    ("name", "email", "password", "word"),
    [
        ("", "a@b.example", PASSWORD, "Name"),
        ("x" * 121, "a@b.example", PASSWORD, "121"),
        ("Anna\x00", "a@b.example", PASSWORD, "Steuerzeichen"),
        ("Anna", "keine-adresse", PASSWORD, "keine-adresse"),
        ("Anna", "a\x00@b.example", PASSWORD, "E-Mail"),
        ("Anna", "a@b." + "x" * 260, PASSWORD, "E-Mail"),
        ("Anna", "a@b.example", "zu kurz", "12"),
        ("Anna", "a@b.example", "x" * 1001, "1001"),
    ],
)
async def test_what_is_not_acceptable_is_named_and_leaves_the_invitation_open(people: Accounts, name, email, password, word):
    token = await people.invite("trainee", "", await admin_of(people))
    with pytest.raises(InvalidInputError, match=word):
        await people.accept(token, name, email, password)
    assert (await people.accept(token, "Anna", "a@b.example", PASSWORD)).name == "Anna"


async def test_a_taken_address_is_told_and_leaves_the_invitation_open(people: Accounts):
    admin = await admin_of(people)
    token = await people.invite("trainee", "", admin)
    with pytest.raises(ConflictError, match="schon ein Konto"):
        await people.accept(token, "Nachahmer", "CHEFIN@firma.example", OTHER)
    assert await people.log_in("chefin@firma.example", PASSWORD)
    assert (await people.accept(token, "Anna", "anna@firma.example", PASSWORD)).role == "trainee"


async def test_two_people_opening_one_link_at_once_make_one_account(database: str, people: Accounts, config):
    admin = await admin_of(people)
    second = Store(database)  # as another process would
    others = Accounts(second, config.accounts)
    try:
        for n in range(4):
            token = await people.invite("trainee", "", admin)
            results = await asyncio.gather(
                *(
                    who.accept(token, f"P{i}", f"p{n}-{i}@firma.example", PASSWORD)
                    for i, who in enumerate((people, others, people, others))
                ),
                return_exceptions=True,
            )
            assert sorted(type(r).__name__ for r in results) == ["NotFoundError"] * 3 + ["Person"], results
            assert len(await people.people()) == 2 + n
    finally:
        await second.close()


async def test_a_link_for_a_new_password_works_once_also_when_opened_twice_at_once(database: str, people: Accounts, config):
    admin = await admin_of(people)
    anna = await joins(people, admin, "Anna")
    second = Store(database)
    try:
        token = await people.invite(anna.role, anna.name, admin, anna.id)
        passwords = [f"neuer Satz Nummer {i} für Anna" for i in range(4)]
        stores = (people, Accounts(second, config.accounts)) * 2
        results = await asyncio.gather(
            *(who.accept(token, "", "", p) for who, p in zip(stores, passwords, strict=True)), return_exceptions=True
        )
        assert sorted(type(r).__name__ for r in results) == ["NotFoundError"] * 3 + ["Person"], results
        won = next(p for p, r in zip(passwords, results, strict=True) if isinstance(r, Person))
        assert await people.log_in(anna.email, won)
        assert await people.log_in(anna.email, PASSWORD) is None
    finally:
        await second.close()


async def test_a_new_password_ends_logins_and_other_links_for_it_and_a_refused_one_uses_nothing_up(people: Accounts):
    admin = await admin_of(people)
    anna = await joins(people, admin, "Anna")
    login = await people.open_login(anna)
    first, spare = [await people.invite(anna.role, anna.name, admin, anna.id) for _ in range(2)]
    with pytest.raises(InvalidInputError):
        await people.accept(first, "", "", "kurz")
    assert await people.who(login)
    assert (await people.accept(first, "", "", OTHER)).id == anna.id
    assert await people.who(login) is None
    with pytest.raises(NotFoundError):
        await people.accept(spare, "", "", "noch ein anderer Satz")
    assert await people.log_in(anna.email, OTHER)


# --- the first admin --------------------------------------------------------------------------------------------------


async def test_the_first_link_makes_an_admin_who_inherits_what_was_practised_without_login(people: Accounts, store: Store):
    await practised(store, SOLO, "von-vorher")
    await people.pass_check(SOLO, "erste-stufe")
    await practised(store, SOLO, "laeuft-noch", finished=False)
    admin = await admin_of(people)
    assert admin.role == "admin"
    assert {h.id for h in await store.headers(admin.id)} == {"von-vorher", "laeuft-noch"}
    assert len(await store.read("von-vorher")) == 2
    assert {row["skill"] for row in await store.shown(admin.id)} == {"listening", "ownership"}
    assert await people.checked(admin.id) == {"erste-stufe"}
    assert (await store.count(SOLO), await people.checked(SOLO)) == (0, set())


async def test_who_is_invited_later_inherits_nothing_not_even_as_admin(people: Accounts, store: Store):
    admin = await admin_of(people)
    await practised(store, SOLO, "spaeter")
    second = await joins(people, admin, "Zweite", "admin")
    assert await store.count(second.id) == 0
    assert await store.count(SOLO) == 1


async def test_there_is_a_first_link_only_while_there_is_no_admin(people: Accounts):
    first = await people.first_link()
    second = await people.first_link()
    assert first != second
    with pytest.raises(NotFoundError):
        await people.accept(first, "Zu spät", "spaet@firma.example", PASSWORD)
    admin = await people.accept(second, "Chefin", "chefin@firma.example", PASSWORD)
    assert await people.first_link() is None
    trainee = await joins(people, admin, "Anna")
    assert await people.first_link() is None
    assert trainee.role == "trainee"
    assert [i.created_by for i in await people.open_invitations()] == []


async def test_the_first_link_is_not_listed_and_lives_no_longer_than_the_first_admin(people: Accounts):
    token = await people.first_link()
    left_over = await people.invite("admin", "", None)  # two servers started at once: each made a link
    assert await people.open_invitations() == []
    await people.accept(token, "Chefin", "chefin@firma.example", PASSWORD)
    with pytest.raises(NotFoundError):
        await people.accept(left_over, "Zweite", "zweite@firma.example", PASSWORD)


# --- passwords and logins ---------------------------------------------------------------------------------------------


async def test_passwords_are_argon2id_and_neither_they_nor_tokens_are_stored_plainly(people: Accounts, store: Store, tmp_path: Path):
    admin = await admin_of(people)
    login, invitation = await people.open_login(admin), await people.invite("trainee", "", admin)
    stored = (await store.fetch(select(accounts_table.c.password).where(accounts_table.c.id == admin.id)))[0]["password"]
    assert stored.startswith("$argon2id$v=19$m=")
    memory = int(stored.split("m=")[1].split(",")[0])
    assert memory >= 19 * 1024, "OWASP's least: 19 MiB"
    again = await people._hashed_password(PASSWORD)
    assert again != stored, "every password has its own salt"
    rows = await everything(store)
    files = contents(tmp_path)
    for secret in (PASSWORD, login, invitation):
        assert secret not in rows
        assert secret.encode() not in files


async def test_a_password_hashed_with_older_parameters_is_hashed_anew_at_the_next_login(people: Accounts, store: Store):
    from argon2 import PasswordHasher
    from sqlalchemy import update

    admin = await admin_of(people)
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    await store.change(update(accounts_table).where(accounts_table.c.id == admin.id).values(password=old))
    assert await people.log_in(admin.email, PASSWORD)
    stored = (await store.fetch(select(accounts_table.c.password).where(accounts_table.c.id == admin.id)))[0]["password"]
    assert stored != old
    assert not people.hasher.check_needs_rehash(stored)


async def test_unknown_address_wrong_password_closed_and_sso_only_accounts_take_the_same_path(people: Accounts, monkeypatch):
    admin = await admin_of(people)
    await joins(people, admin, "Anna")
    await people.set_active((await joins(people, admin, "Bert")).id, active=False)
    assert await people.single_sign_on("issuer carla", "Carla", "carla@firma.example")
    verified: list[str] = []
    fits = people._fits

    def counted(known: str, password: str) -> bool:
        verified.append(known)
        return fits(known, password)

    monkeypatch.setattr(people, "_fits", counted)
    tries = [
        ("niemand@firma.example", PASSWORD),
        ("anna@firma.example", "das falsche Passwort"),
        ("bert@firma.example", PASSWORD),
        ("carla@firma.example", ""),
        ("", ""),
        ("carla@firma.example", PASSWORD),
    ]
    for email, password in tries:
        assert await people.log_in(email, password) is None
    assert len(verified) == len(tries)
    assert {known[: known.index("$", 12)] for known in verified} == {verified[0][: verified[0].index("$", 12)]}, "same cost for all"
    assert len(await people.store.fetch(select(logins))) == 0


async def test_the_address_is_taken_without_regard_to_case_and_spaces_and_a_strange_one_is_only_wrong(people: Accounts):
    await admin_of(people)
    assert await people.log_in("  Chefin@FIRMA.example ", PASSWORD)
    assert await people.log_in("chefin@firma.example", PASSWORD + " ") is None
    assert await people.log_in("chefin\x00@firma.example", PASSWORD) is None
    assert await people.log_in("chefin@firma.example", "x" * 100_000) is None
    assert await people.log_in("' OR 1=1 --", PASSWORD) is None


async def test_a_login_ends_after_idle_hours_and_after_days_in_any_case(people: Accounts, clock):
    admin = await admin_of(people)
    token = await people.open_login(admin)
    idle, most = people.settings.login_hours * HOUR, people.settings.login_days * DAY
    while clock.gone_by + 0.9 * idle < most:  # used again and again, it goes on …
        clock.gone_by += 0.9 * idle
        assert await people.who(token)
    clock.gone_by = most + 1  # … but not for ever
    assert await people.who(token) is None
    unused = await people.open_login(admin)
    clock.gone_by += idle - 60
    assert await people.who(unused)
    clock.gone_by += idle + 60
    assert await people.who(unused) is None


async def test_logins_that_have_ended_are_cleared_away(people: Accounts, store: Store, clock):
    admin = await admin_of(people)
    await people.open_login(admin)
    clock.gone_by = people.settings.login_days * DAY + 60
    fresh = await people.open_login(admin)
    assert await count(store, logins) == 1
    assert await people.who(fresh)


async def test_logging_out_ends_this_login_only(people: Accounts):
    admin = await admin_of(people)
    here, there = await people.open_login(admin), await people.open_login(admin)
    await people.close_login(here)
    assert await people.who(here) is None
    assert (await people.who(there)).id == admin.id
    for wrong in ("", "x", there + "x", there[:-1]):
        assert await people.who(wrong) is None


async def test_the_stored_form_of_a_token_opens_nothing(people: Accounts, store: Store):
    admin = await admin_of(people)
    await people.open_login(admin)
    await people.invite("admin", "", admin)
    assert await people.who((await store.fetch(select(logins.c.token)))[0]["token"]) is None
    with pytest.raises(NotFoundError):
        await people.accept((await people.open_invitations())[0].token, "Eve", "eve@firma.example", PASSWORD)


# --- closing, changing, deleting --------------------------------------------------------------------------------------


async def test_closing_an_account_ends_its_logins_for_good(people: Accounts):
    admin = await admin_of(people)
    anna = await joins(people, admin, "Anna")
    token = await people.open_login(anna)
    await people.set_active(anna.id, active=False)
    assert await people.who(token) is None
    assert await people.log_in(anna.email, PASSWORD) is None
    assert await people.single_sign_on("issuer anna", "Anna", anna.email) is None
    assert await people.who(await people.open_login(anna)) is None, "nor does one begun by any other way work"
    await people.set_active(anna.id, active=True)
    assert await people.who(token) is None, "what was ended stays ended"
    assert await people.log_in(anna.email, PASSWORD)


@pytest.mark.parametrize("how", ["closed", "demoted", "deleted"])
async def test_who_may_invite_no_more_has_no_links_left_to_come_back_with(people: Accounts, how: str):
    admin = await admin_of(people)
    other = await joins(people, admin, "Zweite", "admin")
    anna = await joins(people, admin, "Anna")
    back_door = await people.invite("admin", "Hintertür", other)
    take_over = await people.invite(anna.role, anna.name, other, anna.id)
    mine = await people.invite("trainee", "", admin)
    if how == "closed":
        await people.set_active(other.id, active=False)
    elif how == "demoted":
        await people.set_role(other.id, "lead")
    else:
        await people.delete(other.id)
    for token in (back_door, take_over):
        with pytest.raises(NotFoundError):
            await people.accept(token, "Eve", "eve@firma.example", PASSWORD)
    assert await people.invitation(mine)


async def test_the_last_admin_cannot_be_closed_demoted_or_deleted(people: Accounts):
    admin = await admin_of(people)
    other = await joins(people, admin, "Zweite", "admin")
    await people.set_active(other.id, active=False)  # a closed admin does not count, nor does the one without login
    token = await people.open_login(admin)
    for change in (
        people.set_active(admin.id, active=False), people.set_role(admin.id, "lead"), people.set_role(admin.id, "trainee"),
        people.delete(admin.id),
    ):  # fmt: skip
        with pytest.raises(ConflictError, match="das letzte Konto mit Verwaltung"):
            await change
    still = await people.who(token)
    assert still is not None, "refused, nothing has changed"
    assert still.role == "admin"
    await people.set_active(other.id, active=True)
    await people.set_role(admin.id, "trainee")
    assert (await people.who(token)).role == "trainee", "a role counts at once, also for logins under way"


async def test_two_admins_who_remove_each_other_at_once_leave_one(people: Accounts):
    admin = await admin_of(people)
    for n in range(3):
        rival = await joins(people, admin, f"Rivale{n}", "admin")
        if n == 0:
            changes = people.set_role(admin.id, "lead"), people.set_role(rival.id, "lead")
        elif n == 1:
            changes = people.set_active(admin.id, active=False), people.set_active(rival.id, active=False)
        else:
            changes = people.set_role(admin.id, "trainee"), people.delete(rival.id)
        results = await asyncio.gather(*changes, return_exceptions=True)
        assert sorted(r is None for r in results) == [False, True], results
        admins = [p for p in await people.people() if p.role == "admin" and p.active]
        assert len(admins) == 1
        admin = admins[0]


async def test_the_account_of_the_one_without_login_is_nobody_elses_business(people: Accounts, store: Store):
    """Whoever could set its password or open a login for it would be an admin whom no list shows."""
    await practised(store, SOLO, "von-vorher")
    for change in (
        lambda: people.set_role(SOLO, "trainee"),
        lambda: people.set_active(SOLO, active=False),
        lambda: people.delete(SOLO),
        lambda: people.set_password(SOLO, OTHER),
        lambda: people.invite("admin", "", None, SOLO),
    ):
        with pytest.raises(NotFoundError):
            await change()
    solo = await people.solo()
    assert (solo.role, solo.active, await store.count(SOLO)) == ("admin", True, 1)
    assert SOLO not in {person.id for person in await people.people()}
    assert await people.who(await people.open_login(solo)) is None


async def test_unknown_roles_and_accounts_are_told(people: Accounts):
    admin = await admin_of(people)
    for wrong in (
        people.set_role(admin.id, "root"),
        people.invite("root", "", admin),
        people.invite("lead", "x" * 121, admin),
        people.invite("lead", "a\x00b", admin),
    ):
        with pytest.raises(InvalidInputError):
            await wrong
    for unknown in (people.person("gibt-es-nicht"), people.delete("gibt-es-nicht")):
        with pytest.raises(NotFoundError, match="gibt-es-nicht"):
            await unknown


async def test_deleting_a_person_deletes_all_that_is_theirs_and_nothing_else(people: Accounts, store: Store):
    admin = await admin_of(people)
    anna, bert = await joins(people, admin, "Anna"), await joins(people, admin, "Bert", "admin")
    for person in (anna, bert):
        await practised(store, person.id, f"gespraech-{person.name}")
        await practised(store, person.id, f"laeuft-{person.name}", finished=False)
        await store.share(f"gespraech-{person.name}", shared=True)
        await people.pass_check(person.id, "erste-stufe")
        await people.open_login(person)
        await people.invite(person.role, person.name, admin, person.id)
    await people.invite("trainee", "von Bert", bert)
    before = await everything(store)
    await people.delete(anna.id)
    after = await everything(store)
    assert anna.id in before
    assert anna.id not in after
    assert "Anna" not in after
    assert "anna@firma.example" not in after
    kept = ((conversations, 2), (events, 4), (shown_skills, 2), (checks, 1), (logins, 1), (invitations, 2))
    assert {t.name: await count(store, t) for t, _ in kept} == {t.name: n for t, n in kept}
    assert len(await store.shared_headers(10)) == 1
    with pytest.raises(NotFoundError):
        await store.read("gespraech-Anna")
    await people.delete(bert.id)
    assert {t.name: await count(store, t) for t, _ in kept} == {t.name: 0 for t, _ in kept}
    assert [person.id for person in await people.people()] == [admin.id]


async def test_a_deleted_persons_conversation_is_not_kept_in_memory(host: Host, config, model):
    people = Accounts(host.store, config.accounts)
    admin = await admin_of(people)
    anna = await joins(people, admin, "Anna")
    name, _ = await host.start(SCENARIO, seed=SEED, owner=anna.id)
    await host.reply(name, GOOD[0])
    await people.delete(anna.id)
    host.forget()
    with pytest.raises(NotFoundError):
        await host.reply(name, GOOD[1])


# --- single sign-on ---------------------------------------------------------------------------------------------------


async def test_the_same_subject_is_the_same_account_also_in_two_windows_at_once(people: Accounts):
    found = await asyncio.gather(*(people.single_sign_on("issuer anna", "Anna", "anna@firma.example") for _ in range(3)))
    assert len({person.id for person in found}) == 1
    again = await people.single_sign_on("issuer anna", "Anders", "neu@firma.example")
    assert (again.id, again.role) == (found[0].id, "trainee")


async def test_an_address_belongs_to_one_subject_only(people: Accounts):
    admin = await admin_of(people)
    anna = await joins(people, admin, "Anna", "lead")
    linked = await people.single_sign_on("issuer anna", "Anna", "Anna@Firma.Example")
    assert (linked.id, linked.role) == (anna.id, "lead")
    other = await people.single_sign_on("issuer eve", "Eve", "anna@firma.example")
    assert other.id != anna.id
    assert (other.email, other.role) == (None, "trainee")


# --- checks, migration ------------------------------------------------------------------------------------------------


async def test_passing_a_check_twice_is_once(people: Accounts):
    admin = await admin_of(people)
    await people.pass_check(admin.id, "eins")
    await people.pass_check(admin.id, "eins")
    assert await people.checked(admin.id) == {"eins"}
    await people.forget_checks(admin.id)
    assert await people.checked(admin.id) == set()


async def migrated(store: Store, revision: str) -> None:
    def run(connection: Connection) -> None:
        config = AlembicConfig()
        config.set_main_option("script_location", str(Path(bot.session.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    async with store.engine.begin() as connection:
        await connection.run_sync(run)


async def test_the_migration_to_accounts_keeps_conversations_and_events(database: str, config):
    store = Store(database)
    try:
        await migrated(store, "0001")
        async with store.engine.begin() as connection:
            for n in range(3):
                row = {"id": f"alt-{n}", "scenario": SCENARIO, "persona": "silvio_kretzschmar", "channel": "phone", "seed": n,
                       "mode": "practice", "outcome": "resolved" if n else "", "branch_of": "alt-0" if n == 2 else None,
                       "branch_turn": 1 if n == 2 else None, "created_at": 100.0 + n, "updated_at": 200.0 + n}  # fmt: skip
                await connection.execute(text(_insert("conversations", row)), row)
                for position in range(4):
                    event = {"conversation_id": f"alt-{n}", "position": position, "message_id": f"m-{position}" if position == 1 else None,
                             "data": f'{{"event": "bot", "text": "Satz {n}.{position} mit ü und „Zitat“"}}'}  # fmt: skip
                    await connection.execute(text(_insert("events", event)), event)
        await store.migrate()
        await store.migrate()  # a second start changes nothing
        headers = await store.headers(SOLO)
        assert [h.id for h in headers] == ["alt-2", "alt-1", "alt-0"]
        assert (headers[0].branch_of, headers[0].branch_turn, headers[0].seed, headers[0].created_at) == ("alt-0", 1, 2, 102.0)
        assert [(h.outcome, h.examples, h.shared_at) for h in headers] == [("resolved", 0, None), ("resolved", 0, None), ("", 0, None)]
        for n in range(3):
            assert [e["text"] for e in await store.read(f"alt-{n}")] == [f"Satz {n}.{p} mit ü und „Zitat“" for p in range(4)]
        with pytest.raises(ConflictError):
            await store.append("alt-0", 3, [{"event": "user", "text": "schon besetzt"}], "")
        people = Accounts(store, config.accounts)
        assert (await people.solo()).role == "admin"
        admin = await admin_of(people)
        assert await store.count(admin.id) == 3
        await store.append("alt-0", 4, [{"event": "user", "text": "es geht weiter"}], "")
        await people.delete((await joins(people, admin, "Anna")).id)
        assert await count(store, events) == 13
    finally:
        await store.close()


def _insert(table: str, row: dict) -> str:
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"


async def test_after_the_migration_the_database_itself_keeps_conversations_and_accounts_together(database: str, config):
    """A conversation of nobody is refused, and one goes with its account, also where old rows were brought along."""
    from sqlalchemy import delete
    from sqlalchemy.exc import IntegrityError

    store = Store(database)
    try:
        await migrated(store, "0001")
        await store.migrate()
        people = Accounts(store, config.accounts)
        admin = await admin_of(people)
        with pytest.raises(ConflictError):
            await practised(store, "niemand", "ohne-konto")
        with pytest.raises(IntegrityError):
            await store.change(insert(logins).values(token="x", account_id="niemand", created_at=1.0, seen_at=1.0))
        await practised(store, admin.id, "mit-konto")
        await store.change(delete(accounts_table).where(accounts_table.c.id == admin.id))
        assert await count(store, events) == 0
    finally:
        await store.close()
