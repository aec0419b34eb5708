"""What a transaction saves, as the stores see it."""

from harness.relay_boxes import TODAY, HeldBox, sealed
from inglenook_schema.wire import Done, Status, ToRelay
from inglenook_server.core.changes import Changes, Outcome
from inglenook_server.core.ledger import Ledger, Loaded, Mailbox, Stub
from inglenook_server.core.pace import Pace
from inglenook_server.core.rules import Rules

A = HeldBox("a", owned=True)
RECORD = sealed(0)
OK = Done(Status.OK, 0)


def mailbox(n: int = 0, size: int = 0) -> Mailbox:
    made = A.make()
    return Mailbox(*(A.address, made.read, made.write, made.owner, 400, TODAY.day), n=n, size=size)


def settle(ledger: Ledger, **parts: object) -> Outcome:
    frame = ToRelay(**parts)  # type: ignore[arg-type]
    return Changes(frame, TODAY, Rules(), Pace(100)).settle(ledger)


def test_erasing_what_is_erased_saves_nothing() -> None:
    stub = Stub(RECORD.blob[1:33], 0)
    ledger = Ledger(Loaded({A.address: mailbox(1)}, stubs={(A.address, 1): stub}))

    outcome = settle(ledger, erase=(A.erase(1, RECORD.erase_token),))

    assert outcome.erased == (OK,)
    assert (ledger.erased, ledger.changed) == ({}, {})


def test_erasing_after_closing_takes_no_bytes_off_twice() -> None:
    size = len(RECORD.blob)
    stub = Stub(RECORD.blob[1:33], size)
    box = mailbox(1, size)
    ledger = Ledger(Loaded({A.address: box}, stubs={(A.address, 1): stub}))

    outcome = settle(ledger, erase=(A.erase(0, A.tokens.owner), A.erase(1, RECORD.erase_token)))

    assert outcome.erased == (OK, OK)
    assert ledger.closed == {A.address}
    assert box.size == 0


def test_repeats_and_refusals_save_nothing() -> None:
    found = Loaded({A.address: mailbox(1)}, places={(A.address, RECORD.rid): 1})
    ledger = Ledger(found)

    settle(ledger, make=(A.make(),), put=(A.put(RECORD.blob), A.put(bytes(600))))

    assert (ledger.made, ledger.records, ledger.changed) == ({}, [], {})


def test_a_mailbox_made_and_filled_in_one_transaction_is_saved_once() -> None:
    ledger = Ledger(Loaded())

    settle(ledger, make=(A.make(),), put=(A.put(RECORD.blob),))

    assert ledger.changed == {}
    assert [(box.n, box.size) for box in ledger.made.values()] == [(1, len(RECORD.blob))]
    assert [record.n for record in ledger.records] == [1]
