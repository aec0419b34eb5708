import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.strategies_schema import seeded
from inglenook_schema import mailbox
from inglenook_schema.errors import CallerError

E, LOG, RELAY = seeded("E"), seeded("log"), "https://relay.example.org"


@pytest.mark.parametrize(
    ("entered", "origin"),
    [
        ("https://relay.example.org", "https://relay.example.org"),
        ("https://relay.example.org/", "https://relay.example.org"),
        ("HTTPS://Relay.Example.ORG:8443/x?y#z", "https://relay.example.org:8443"),
        ("https://relay.example.org:443", "https://relay.example.org:443"),
        (" http://127.0.0.1:80 ", "http://127.0.0.1:80"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://relay.example.org?q", "https://relay.example.org"),
        ("https://relay.example.org#f", "https://relay.example.org"),
        ("https://relay", "https://relay"),
    ],
)
def test_an_origin_is_scheme_host_and_port_as_entered(entered: str, origin: str) -> None:
    assert mailbox.origin_of(entered) == origin
    assert mailbox.origin_of(origin) == origin


@pytest.mark.parametrize(
    "entered",
    [
        "",
        "relay.example.org",
        "//relay.example.org",
        "ftp://relay.example.org",
        "javascript://relay.example.org",
        "https://",
        "https:///path",
        "https://?q",
        "https://ada@relay.example.org",
        "https://ada:word@relay.example.org",
        "https://relay.example.org\\@evil.example",
        "https://relay\\.example.org",
        "https://caf\N{LATIN SMALL LETTER E WITH ACUTE}.example",
        "https://\N{KELVIN SIGN}elvin.example",
        "https://a b.example",
        "https://a\tb.example",
        "https://a\0b.example",
        "https://a\nb.example",
        "https://relay.example.org:",
        "https://relay.example.org:x",
        "https://relay.example.org:123456",
        "https://[::1",
        "https://::1",
        "https://[2:1]",
        "https://[::1.2]",
        "https://relay.example.org:65536",
        "https://relay.example.org%2f",
        "https://" + "a" * 249,
    ],
)
def test_what_is_no_plain_address_has_no_origin(entered: str) -> None:
    with pytest.raises(CallerError):
        mailbox.origin_of(entered)


@given(st.text(max_size=40) | st.text(max_size=40).map("https://".__add__))
def test_any_text_has_an_origin_that_is_its_own_or_none(text: str) -> None:
    try:
        origin = mailbox.origin_of(text)
    except CallerError:
        return
    assert mailbox.origin_of(origin) == origin
    assert origin.isascii()
    assert len(origin) <= 256


@given(st.binary(min_size=16, max_size=16))
def test_a_folders_origin_is_no_relays(name: bytes) -> None:
    origin = mailbox.folder_origin(name)

    assert mailbox.is_folder(origin)
    assert not mailbox.is_relay(origin)
    with pytest.raises(CallerError):
        mailbox.origin_of(origin)


@pytest.mark.parametrize("text", ["folder:", "folder:" + "AB" * 16, "folder:" + "ab" * 17, RELAY])
def test_nothing_else_is_a_folders_origin(text: str) -> None:
    assert not mailbox.is_folder(text)


@pytest.mark.parametrize("text", [RELAY.upper(), RELAY + "/", " " + RELAY, "", "relay"])
def test_another_spelling_is_no_relays_origin(text: str) -> None:
    assert mailbox.is_relay(RELAY)
    assert not mailbox.is_relay(text)


def test_tokens_differ_by_use_relay_log_and_epoch() -> None:
    made = [
        mailbox.tokens(E, LOG, RELAY),
        mailbox.tokens(E, LOG, RELAY + ":443"),
        mailbox.tokens(E, seeded("other log"), RELAY),
        mailbox.tokens(seeded("E2"), LOG, RELAY),
    ]
    assert len({token for tokens in made for token in (tokens.read, tokens.write)}) == 8
    assert len({tokens.address for tokens in made}) == 4


def test_a_box_is_the_same_at_every_relay_and_differs_by_log_and_epoch() -> None:
    boxes = {mailbox.box(E, LOG), mailbox.box(E), mailbox.box(seeded("E2"), LOG)}
    assert len(boxes) == 3
    assert {len(box) for box in boxes} == {16}


def test_an_address_certifies_each_of_its_tokens() -> None:
    read, write, owner = (seeded(name) for name in ("read", "write", "owner"))
    addresses = {
        mailbox.address(read, write),
        mailbox.address(write, read),
        mailbox.address(read, write, owner),
        mailbox.address(read, owner, write),
    }
    assert len(addresses) == 4
    assert mailbox.address(read, write, bytes(32)) == mailbox.address(read, write)


def test_tokens_know_their_address() -> None:
    tokens = mailbox.tokens(E, LOG, RELAY, seeded("owner"))
    hashes = [mailbox.token_hash(token) for token in tokens]

    assert tokens.address == mailbox.address(*hashes)
    assert tokens._replace(owner=b"").address == mailbox.address(*hashes[:2])


def test_only_the_token_itself_fits_its_hash() -> None:
    stored = mailbox.token_hash(seeded("token"))

    assert mailbox.token_fits(seeded("token"), stored)
    assert not mailbox.token_fits(seeded("other"), stored)
    assert not mailbox.token_fits(stored, stored)
    assert not mailbox.token_fits(seeded("token"), bytes(32))


@given(st.permutations([seeded(i) for i in range(4)]))
def test_a_running_head_tells_every_order_apart(order: list[bytes]) -> None:
    def head(rids: list[bytes]) -> bytes:
        found = mailbox.EMPTY_HEAD
        for rid in rids:
            found = mailbox.next_head(found, rid)
        return found

    usual = [seeded(i) for i in range(4)]
    assert (head(order) == head(usual)) == (order == usual)
    assert head(order[:3]) != head(order)
