"""Who gets to work on which task, and what is left when it ends, is cut short, or its time is over?

Workers that are really killed are for test_faults.py.
"""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from aicc.tenants.choices import Action
from aicc.tenants.models import Operation
from exports import archives, content
from exports.choices import Kind, Status
from exports.claims import CONNECTION, Lost, next_task
from exports.models import ATTEMPTS, ExportTask, part_of, storage
from exports.tasks import clear_away, take_next
from tests import builders

# A claim is made over a connection of its own, which sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", CONNECTION])

PASSWORD = "a Password 4 files"
WHOLE = {"matched": 3, "written": 3, "size": 100, "sha256": "0" * 64}


@pytest.fixture(autouse=True)
def no_files():
    """Each test starts without files, as it does without tasks."""
    part_of("any").parent.mkdir(exist_ok=True)
    clear_away()


def requested(account, *, kind=Kind.CONTACTS, **fields):
    keys = archives.key_material(PASSWORD, keys=2 * ATTEMPTS)
    return ExportTask.objects.request(
        **{"account": account, "kind": kind, "criteria": "period=1d", "name": "contacts.zip", "format": "csv"}
        | {"items": ["call_sn"], "keys": keys, **fields}
    )


def names():
    return {path.name for path in part_of("x").parent.glob("*")}


# --- Asking for a file ----------------------------------------------------------------------------------------------


def test_a_request_is_in_the_operation_log_without_what_was_searched_for(admin):
    task = requested(admin, criteria="customer_name=Ada", address="192.0.2.1")

    operation = Operation.objects.for_tenant(admin.tenant).get()
    assert (operation.action, operation.account, operation.address) == (Action.EXPORT, admin, "192.0.2.1")
    assert "Ada" not in str((operation.target, operation.before, operation.after))
    words = {"File": "contacts.zip", "Format": "CSV", "Export Field": "Call S/N", "Compression password": "Yes"}
    assert operation.after == words
    assert (task.status, task.expires_at - task.requested_at) == (Status.WAITING, timedelta(days=7))


def test_tasks_are_seen_by_their_requester_and_the_administrator_while_they_may_have_such_files(
    admin, lead, supervisor, agent, outsider_admin
):
    export, recording = requested(lead), requested(agent, kind=Kind.RECORDING, format="", items=[])
    for account, seen in [
        (admin, {export, recording}),
        (lead, {export}),
        (supervisor, set()),
        (agent, {recording}),
        (outsider_admin, set()),
    ]:
        assert set(ExportTask.objects.all().visible_to(account)) == seen

    lead.roles.clear()

    del lead.permissions
    assert not ExportTask.objects.all().visible_to(lead)


ENDED = {"finished_at": timezone.now(), "sealed_keys": None}
BEGUN = {"started_at": timezone.now(), "file": "there.zip"}


def test_the_database_refuses_a_task_that_is_neither_here_nor_there(admin):
    task = requested(admin)

    for broken in [
        {"status": "paused"},
        {"status": "completed", **ENDED, "file": "there.zip", "size": 1, "matched": 0},
        {"status": "failed", **ENDED},
        {"status": "cancelled", "finished_at": timezone.now()},
        {"status": "cancelled", "sealed_keys": None},
        {"status": "cancelled", **ENDED, "file": "there.zip"},
        {"status": "running", **BEGUN},
        {"status": "running", **BEGUN, "attempt": ATTEMPTS + 1},
        {"attempt": 1},
        {"sealed_keys": None},
    ]:
        with pytest.raises(IntegrityError), transaction.atomic():
            ExportTask.objects.for_tenant(admin.tenant).filter(pk=task.pk).update(**broken)


# --- Working on it --------------------------------------------------------------------------------------------------


def test_tenants_take_turns(admin, outsider_admin):
    first, second, third = (requested(admin) for _ in range(3))
    others = requested(outsider_admin)

    with ExitStack() as stack:
        claims = [stack.enter_context(next_task()) for _ in range(4)]
        assert [claim.task for claim in claims] == [first, others, second, third]
        assert [claim.others_wait for claim in claims] == [True, True, True, False]
        assert stack.enter_context(next_task()) is None


def test_an_interrupted_task_is_tried_three_times_never_with_the_same_key(admin):
    task = requested(admin)

    keys = []
    for attempt in range(1, ATTEMPTS + 1):
        with next_task() as claim:
            assert (claim.task, claim.task.attempt) == (task, attempt)
            keys += claim.task.keys()
            claim.part.write_text("half")
            assert names() == {claim.part.name}
    with next_task() as claim:
        assert claim is None

    task.refresh_from_db()
    assert (task.status, task.failure) == (Status.FAILED, "The file could not be made: 3 attempts were interrupted.")
    assert len(set(keys)) == 2 * ATTEMPTS
    assert names() == set()


@pytest.mark.parametrize(
    "end",
    [
        lambda task: task.cancel(timezone.now()),
        lambda task: task.expire(timezone.now()),
        lambda task: task.delete(),
        # Another worker's attempt.
        lambda task: ExportTask.objects.for_tenant(task.tenant).update(attempt=2),
    ],
    ids=["cancelled", "expired", "deleted", "taken over"],
)
@pytest.mark.parametrize(
    "write", [lambda claim: claim.progress(1, 3), lambda claim: claim.finish(**WHOLE)], ids=["progress", "finish"]
)
def test_a_worker_that_lost_its_task_can_write_no_more(admin, end, write):
    task = requested(admin)
    with next_task() as claim:
        task.refresh_from_db()
        end(task)

        with pytest.raises(Lost):
            write(claim)
    assert not ExportTask.objects.for_tenant(admin.tenant).filter(status=Status.COMPLETED)


def test_what_is_completed_cannot_be_cancelled(admin):
    task = requested(admin)
    with next_task() as claim:
        claim.progress(1, 3)
        task.refresh_from_db()
        assert (task.status, task.percent) == (Status.RUNNING, 33)
        claim.finish(**WHOLE)

    assert not task.cancel(timezone.now())
    task.refresh_from_db()
    assert (task.status, task.sealed_keys, task.is_encrypted) == (Status.COMPLETED, None, True)


def test_a_claim_is_over_when_its_connection_is(admin):
    requested(admin)

    with next_task() as claim:
        connections[CONNECTION].close()
        with next_task() as second:
            assert (second.task, second.task.attempt) == (claim.task, 2)


@pytest.mark.parametrize("change", ["the permission", "the account"])
def test_a_requester_who_may_not_have_it_any_more_gets_a_failed_task(lead, change):
    task = requested(lead)
    if change == "the permission":
        lead.roles.clear()
    else:
        lead.is_active = False
        lead.save()

    take_next()

    task.refresh_from_db()
    assert (task.status, task.failure) == (Status.FAILED, "The requester may not have this file any more.")


def test_keys_that_cannot_be_opened_never_make_an_open_file(admin):
    task = requested(admin)
    ExportTask.objects.for_tenant(admin.tenant).update(sealed_keys=b"of another installation")

    take_next()

    task.refresh_from_db()
    assert (task.status, task.failure[:17]) == (Status.FAILED, "The keys of its p")
    assert names() == set()


def test_a_file_that_is_left_halfway_leaves_the_connection_as_it_was(admin):
    builders.load(admin.tenant, *(builders.contact() for _ in range(3)))
    task = requested(admin)

    def cancelled(written, matched):
        if written:
            raise Lost

    with next_task() as claim, pytest.raises(Lost) as lost:
        content.pack(claim.task, claim.part, keys=claim.task.keys(), progress=cancelled)

    # While the error, and so everything that was going on, is still at hand.
    assert lost.traceback
    assert not connection.in_atomic_block
    take_next()
    task.refresh_from_db()
    assert (task.status, task.attempt, task.written) == (Status.COMPLETED, 2, 3)


# --- The end of its time --------------------------------------------------------------------------------------------


def test_after_seven_days_the_file_is_gone_and_a_download_in_progress_ends_well(admin):
    done, waiting, fresh = requested(admin), requested(admin), requested(admin)
    take_next()
    done.refresh_from_db()
    assert done.status == Status.COMPLETED
    assert names() == {done.file}
    ExportTask.objects.for_tenant(admin.tenant).exclude(pk=fresh.pk).update(expires_at=timezone.now())

    with storage().open(done.file) as download:
        clear_away()
        assert len(download.read()) == done.size

    assert names() == set()
    for task in (done, waiting):
        task.refresh_from_db()
        assert (task.status, task.file, task.sealed_keys) == (Status.EXPIRED, "", None)
    ExportTask.objects.for_tenant(admin.tenant).filter(pk=done.pk).update(
        expires_at=timezone.now() - timedelta(days=1, seconds=1)
    )
    clear_away()
    assert set(ExportTask.objects.for_tenant(admin.tenant)) == {waiting, fresh}


def test_files_of_no_task_are_cleared_away_and_others_stay(admin):
    requested(admin)
    take_next()
    kept = names()
    requested(admin)

    with next_task() as claim:
        claim.part.write_text("half")
        claim.part.with_name("left.zip.part").write_text("half")
        claim.part.with_name("left.zip").write_text("whole")
        clear_away()

        assert names() == {*kept, claim.part.name}


def test_deleting_a_task_deletes_its_file(admin):
    task = requested(admin)
    take_next()
    task.refresh_from_db()
    assert list(ExportTask.objects.for_tenant(admin.tenant).unfetched()) == [task]

    task.fetched(timezone.now())
    assert not ExportTask.objects.for_tenant(admin.tenant).unfetched()
    task.delete()

    assert names() == set()
    assert not ExportTask.objects.for_tenant(admin.tenant).exists()
