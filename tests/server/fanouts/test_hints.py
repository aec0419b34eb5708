import msgspec
import pytest

from inglenook_schema.errors import MalformedError
from inglenook_server.fanouts import hints

A, B = b"a" * 16, b"b" * 16


@pytest.mark.parametrize("grown", [{}, {A: 1}, {A: 7, B: 2**40}])
def test_what_is_told_is_heard(grown: dict[bytes, int]) -> None:
    assert hints.decode(hints.encode(grown)) == grown


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(None, id="nothing"),
        pytest.param({A: 1}, id="a map"),
        pytest.param([[A]], id="no length"),
        pytest.param([[A[1:], 1]], id="a short address"),
        pytest.param([[A, 0]], id="an empty mailbox"),
        pytest.param([[A, "1"]], id="a length in letters"),
        pytest.param([[A, 1]] * (hints.MAX_BATCH + 1), id="too many"),
    ],
)
def test_other_things_are_refused(said: object) -> None:
    with pytest.raises(MalformedError):
        hints.decode(msgspec.msgpack.encode(said))


def test_a_full_message_fits_into_what_a_server_takes() -> None:
    grown = {n.to_bytes(16, "big"): 2**63 - 1 for n in range(hints.MAX_BATCH)}

    assert len(hints.encode(grown)) < 2**20 // 2
