from harness.following import Follower
from inglenook_server.fanouts.local import LocalFanout

A, B = b"a" * 16, b"b" * 16


async def test_nothing_is_kept_of_mailboxes_that_nobody_follows() -> None:
    fanout = LocalFanout()
    gone = Follower(fanout, A, B)

    gone.leave()

    assert fanout.followed == []
