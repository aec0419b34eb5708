import hashlib
import subprocess
import sys
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inglenook_client.keys import keyfile
from inglenook_client.keys.errors import (
    KdfCostError,
    KeyFileError,
    LockedError,
    WrongPassphraseError,
)
from inglenook_client.keys.keyfile import ByKeyring, ByPassphrase, KeyFile
from inglenook_schema import canonical, suite

KEY = hashlib.sha256(b"a key").digest()
PASSPHRASE = b"one heron, two bricks"
IDENT = bytes(range(16))
SALT = bytes(range(50, 82))


@pytest.fixture(scope="session")
def wrapped() -> KeyFile:
    """KEY under PASSPHRASE at the lowest cost; made once, as it takes a quarter second."""
    return keyfile.for_passphrase(KEY, PASSPHRASE, ident=IDENT, salt=SALT, mib=64)


holds = st.one_of(
    st.just(ByKeyring()),
    st.builds(
        ByPassphrase,
        salt=st.binary(min_size=32, max_size=32),
        mib=st.integers(64, 4096),
        passes=st.integers(3, 64),
        lanes=st.integers(1, 16),
        sealed=st.binary(min_size=48, max_size=48),
    ),
)
files = st.builds(
    KeyFile,
    id=st.binary(min_size=16, max_size=16),
    check=st.binary(min_size=32, max_size=32),
    hold=holds,
)


def with_right_checksum(body: bytes, version: int = 1) -> bytes:
    checksum = suite.sha256(suite.domain("unlock") + body)
    return canonical.encode(["inglenook key", version, body, checksum])


def naming(*, mib: object = 64, passes: object = 3, lanes: object = 4) -> bytes:
    hold = ["passphrase", SALT, mib, passes, lanes, bytes(48)]
    return with_right_checksum(canonical.encode([IDENT, bytes(32), hold]))


def by_passphrase(file: KeyFile) -> ByPassphrase:
    assert isinstance(file.hold, ByPassphrase)
    return file.hold


def test_the_right_passphrase_gives_back_the_key(wrapped: KeyFile) -> None:
    read = keyfile.decode(keyfile.encode(wrapped))

    assert keyfile.unwrap(read, by_passphrase(read), PASSPHRASE) == KEY


def test_another_passphrase_is_told_from_a_damaged_file(wrapped: KeyFile) -> None:
    with pytest.raises(WrongPassphraseError) as refusal:
        keyfile.unwrap(wrapped, by_passphrase(wrapped), PASSPHRASE + b"!")

    assert refusal.value.exit_code == 2
    assert KeyFileError.exit_code == 4


@pytest.mark.parametrize(
    "altered",
    [
        pytest.param(lambda f: msgspec.structs.replace(f, id=bytes(16)), id="id"),
        pytest.param(lambda f: msgspec.structs.replace(f, check=bytes(32)), id="check"),
        pytest.param(
            lambda f: msgspec.structs.replace(
                f, hold=msgspec.structs.replace(f.hold, sealed=bytes(48))
            ),
            id="sealed",
        ),
    ],
)
def test_what_stands_beside_the_sealed_key_is_bound_to_it(
    wrapped: KeyFile, altered: Callable[[KeyFile], KeyFile]
) -> None:
    file = altered(wrapped)

    with pytest.raises(WrongPassphraseError):
        keyfile.unwrap(file, by_passphrase(file), PASSPHRASE)


def test_a_key_can_be_wrapped_again_under_a_new_passphrase(wrapped: KeyFile) -> None:
    again = keyfile.rewrap(wrapped, PASSPHRASE, b"new", salt=bytes(32))

    assert keyfile.unwrap(again, by_passphrase(again), b"new") == KEY
    assert by_passphrase(again).mib == by_passphrase(wrapped).mib
    assert (again.id, again.check) == (wrapped.id, wrapped.check)
    assert by_passphrase(again).salt == bytes(32)


def test_a_key_is_not_wrapped_again_without_the_old_passphrase(wrapped: KeyFile) -> None:
    with pytest.raises(WrongPassphraseError):
        keyfile.rewrap(wrapped, b"guess", b"new", salt=bytes(32))


def test_a_key_in_the_keyring_has_no_passphrase_to_change() -> None:
    file = keyfile.for_keyring(KEY, ident=IDENT)

    with pytest.raises(KeyFileError):
        keyfile.rewrap(file, PASSPHRASE, b"new", salt=bytes(32))


def test_a_key_file_knows_its_own_key(wrapped: KeyFile) -> None:
    assert keyfile.fits(wrapped, KEY)
    assert not keyfile.fits(wrapped, bytes(32))


def test_a_key_file_holds_neither_key_nor_passphrase(wrapped: KeyFile) -> None:
    for file in (wrapped, keyfile.for_keyring(KEY, ident=IDENT)):
        data = keyfile.encode(file)

        assert KEY not in data
        assert PASSPHRASE not in data
        assert len(data) <= keyfile.MAX_FILE


@pytest.mark.parametrize("mib", [-1, 0, 1, 63, 4097, 2**63])
def test_a_cost_out_of_bounds_is_refused_when_a_file_is_made(mib: int) -> None:
    with pytest.raises(KdfCostError):
        keyfile.for_passphrase(KEY, PASSPHRASE, ident=IDENT, salt=SALT, mib=mib)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(naming(mib=63), id="below the floor"),
        pytest.param(naming(mib=0), id="no memory"),
        pytest.param(naming(mib=-64), id="less than no memory"),
        pytest.param(naming(mib=4097), id="more than any device has"),
        pytest.param(naming(mib=2**64 - 1), id="the largest integer"),
        pytest.param(naming(mib=64.0), id="not an integer"),
        pytest.param(naming(passes=2), id="too few passes"),
        pytest.param(naming(passes=65), id="passes without end"),
        pytest.param(naming(lanes=0), id="no lane"),
        pytest.param(naming(lanes=17), id="too many lanes"),
    ],
)
def test_a_file_that_names_an_absurd_cost_is_refused_before_any_work(data: bytes) -> None:
    with pytest.raises(KeyFileError):
        keyfile.decode(data)


def test_the_cost_in_a_file_is_taken_as_it_stands() -> None:
    file = keyfile.decode(naming(mib=4096, passes=64, lanes=16))

    assert (by_passphrase(file).mib, by_passphrase(file).passes) == (4096, 64)


def test_a_file_of_a_newer_version_asks_for_an_update() -> None:
    body = canonical.encode([IDENT, bytes(32), ["keyring"]])

    with pytest.raises(KeyFileError, match="newer"):
        keyfile.decode(with_right_checksum(body, version=2))


def test_a_machine_without_the_memory_says_so() -> None:
    code = (
        "import resource; from inglenook_client.keys import keyfile, errors\n"
        "resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))\n"
        "try: keyfile.for_passphrase(bytes(32), b'x', ident=bytes(16), salt=bytes(32),"
        " mib=4096)\n"
        "except errors.LockedError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert b"not enough free memory" in done.stdout
    assert LockedError.exit_code == 2


@given(files)
def test_what_was_encoded_is_read_back(file: KeyFile) -> None:
    assert keyfile.decode(keyfile.encode(file)) == file


@given(st.binary(max_size=300))
def test_any_bytes_are_a_key_file_or_refused(data: bytes) -> None:
    with pytest.raises(KeyFileError):
        keyfile.decode(data)


@given(st.binary(max_size=300), st.integers(0, 2**64 - 1))
def test_any_body_under_a_right_checksum_is_refused(body: bytes, version: int) -> None:
    with pytest.raises(KeyFileError):
        keyfile.decode(with_right_checksum(body, version))


@given(files, st.data())
def test_one_changed_byte_is_called_damage_never_a_wrong_passphrase(
    file: KeyFile, data: st.DataObject
) -> None:
    whole = bytearray(keyfile.encode(file))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))

    with pytest.raises(KeyFileError):
        keyfile.decode(bytes(whole))


@given(files, st.data())
def test_a_cut_or_lengthened_file_is_damage(file: KeyFile, data: st.DataObject) -> None:
    whole = keyfile.encode(file)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]

    for damaged in (cut, whole + data.draw(st.binary(min_size=1, max_size=9))):
        with pytest.raises(KeyFileError):
            keyfile.decode(damaged)
