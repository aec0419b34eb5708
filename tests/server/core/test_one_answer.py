"""An absent mailbox and a wrong token cannot be told apart."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from harness.relay_boxes import TODAY, HeldBox, MemoryRelay, done, sealed, token
from harness.relay_stores import CountingStore
from inglenook_schema import wire
from inglenook_schema.mailbox import EMPTY_HEAD
from inglenook_schema.wire import Erase, Ids, Put, Status, ToRelay, Want

Ask = Callable[[bytes], dict[str, Any]]
WRONG = token("wrong")


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda a: {"want": (Want(a, WRONG, 0, EMPTY_HEAD),)}, id="want"),
        pytest.param(lambda a: {"want": (Want(a, WRONG, 1, WRONG),)}, id="want from a cursor"),
        pytest.param(lambda a: {"ids": (Ids(a, WRONG, 0),)}, id="ids"),
        pytest.param(lambda a: {"put": (Put(a, WRONG, sealed(0).blob, b""),)}, id="put a known"),
        pytest.param(lambda a: {"put": (Put(a, WRONG, sealed(9).blob, b""),)}, id="put a new"),
        pytest.param(lambda a: {"put": (Put(a, WRONG, bytes(32), b""),)}, id="put a rid"),
        pytest.param(lambda a: {"erase": (Erase(a, 1, WRONG),)}, id="erase"),
        pytest.param(lambda a: {"erase": (Erase(a, 0, WRONG),)}, id="close"),
        pytest.param(
            lambda a: {
                "put": (Put(a, WRONG, sealed(0).blob, b""),),
                "want": (Want(a, WRONG, 0, EMPTY_HEAD),),
                "erase": (Erase(a, 1, WRONG),),
                "ids": (Ids(a, WRONG, 0),),
            },
            id="all at once",
        ),
    ],
)
@pytest.mark.parametrize("owned", [False, True])
def test_absent_and_wrong_token_get_equal_bytes_for_equal_work(ask: Ask, owned: bool) -> None:
    present, absent = HeldBox("present", owned=owned), HeldBox("absent", owned=owned)
    answers: list[bytes] = []
    work: list[Counter[str]] = []

    for box in (present, absent):
        store = CountingStore()
        relay = MemoryRelay(store=store)
        relay.ask(make=(present.make(),), put=(present.put(sealed(0).blob),))
        store.calls.clear()
        frame = wire.encode(ToRelay(**ask(box.address)))
        answers.append(wire.encode(done(relay.relay.receive(frame, TODAY))))
        work.append(store.calls)

    assert answers[0] == answers[1]
    assert work[0] == work[1]
    answer = wire.decode_to_client(answers[0])
    parts = (*answer.boxes, *answer.acks, *answer.ids, *answer.erased)
    assert {part.status for part in parts} == {Status.UNKNOWN}
