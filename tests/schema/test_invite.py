import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.strategies_schema import device, seeded, widened
from inglenook_schema import canonical, invite, mailbox
from inglenook_schema.errors import (
    BadSignatureError,
    MalformedError,
    MalformedLinkError,
    WrongKeyError,
)
from inglenook_schema.ids import ZERO_ID
from inglenook_schema.invite import DeviceKeys, Knock, Link, Offer, Purpose, Space, Welcome
from inglenook_schema.record import BoxType

ADA, BEN = device(), device("Ben", "phone")
LOG, NONCE = seeded("log"), seeded("offer nonce", 16)


def make_link(purpose: Purpose = Purpose.PAIR, relay: str = "https://relay.example.org") -> Link:
    secret = seeded("link", 16)
    owner = invite.owner_token(seeded("erase"), secret)
    tokens = mailbox.tokens(invite.box_secret(secret), ZERO_ID, relay, owner)
    hashed = mailbox.token_hash(owner)
    inviter = ADA.person.id[:16]
    return Link(1, purpose, secret, inviter, tokens.address, hashed, relay, 1_800_000_000, True)


OFFER = invite.sign_offer(
    ADA.sign,
    Offer(
        Purpose.PAIR,
        ADA.person,
        ADA.certificates,
        "Ada",
        "mentor",
        (b"header", bytes(96), bytes(64)),
        NONCE,
        1_800_000_000,
        bytes(64),
    ),
)
KNOCK = invite.sign_knock(
    BEN.sign,
    Knock(
        BEN.person,
        BEN.certificates,
        DeviceKeys(BEN.sign.public, BEN.kem_public, "phone"),
        "Ben",
        seeded("knock nonce", 16),
        bytes(64),
    ),
    LOG,
    OFFER,
)
SPACE = Space(LOG, 2, "mentor", (seeded("E"),), ("https://relay.example.org",), "Ada")
WELCOME = Welcome((), (SPACE,), "")


# --- the link --------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("relay", ["https://relay.example.org", "http://127.0.0.1:8080"])
def test_a_link_comes_back_as_it_went(purpose: Purpose, relay: str) -> None:
    link = make_link(purpose, relay)
    text = invite.write_link(link)

    assert invite.read_link(text) == link
    words = {"PAIR": "join", "DEVICE": "device", "ENROL": "programme", "COORDINATE": "coordinate"}
    assert text.startswith(f"inglenook:{words[purpose.name]}#")


def test_white_space_that_a_message_put_in_is_forgiven() -> None:
    text = invite.write_link(make_link())
    broken = "  " + "\n".join(text[i : i + 30] for i in range(0, len(text), 30)) + "\r\n"

    assert invite.read_link(broken) == make_link()


def test_nothing_secret_stands_before_the_fragment() -> None:
    # A program that opens a link hands on all that stands before the #.
    assert invite.write_link(make_link()).partition("#")[0] == "inglenook:join"


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=#:%. \u00e9\u212a\0"


@given(st.integers(min_value=0), st.sampled_from(["change", "cut", "drop", "add"]), st.data())
def test_an_altered_link_is_refused_or_says_where_it_leads_all_the_same(
    at: int, how: str, data: st.DataObject
) -> None:
    text = invite.write_link(make_link())
    at %= len(text)
    letter = data.draw(st.sampled_from(ALPHABET))
    altered = {
        "change": text[:at] + letter + text[at + 1 :],
        "cut": text[:at],
        "drop": text[:at] + text[at + 1 :],
        "add": text[:at] + letter + text[at:],
    }[how]
    try:
        found = invite.read_link(altered)
    except MalformedLinkError:
        return
    # Only these are not bound to the address; the signed offer is compared with them.
    good = make_link()
    assert found == msgspec.structs.replace(
        good, inviter=found.inviter, expires=found.expires, forwarded=found.forwarded
    )
    assert "".join(altered.split()) == invite.write_link(found)


@given(st.text(max_size=80) | st.text(max_size=80).map("inglenook:join#".__add__))
def test_any_text_is_refused_with_our_error(text: str) -> None:
    with pytest.raises(MalformedLinkError):
        invite.read_link(text)


def test_no_longer_spelling_of_a_link_is_taken() -> None:
    for raw in widened(canonical.encode(make_link())):
        data = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        with pytest.raises(MalformedLinkError):
            invite.read_link(f"inglenook:join#{data}")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("suite", 2),
        ("purpose", Purpose.DEVICE),
        ("secret", seeded("other", 16)),
        ("address", seeded("other", 16)),
        ("owner", seeded("other")),
        ("owner", b""),
        ("relay", "https://other.example.org"),
        ("relay", "https://relay.example.org/path"),
        ("relay", "https://RELAY.example.org"),
        ("relay", "relay"),
        ("relay", ""),
    ],
)
def test_a_link_whose_parts_do_not_fit_one_another_is_refused(field: str, value: object) -> None:
    changed = msgspec.structs.replace(make_link(), **{field: value})
    data = base64.urlsafe_b64encode(canonical.encode(changed)).rstrip(b"=").decode()
    with pytest.raises(MalformedLinkError):
        invite.read_link(f"inglenook:join#{data}")


@pytest.mark.parametrize(
    "relay", ["https://relay.example.org/x", "https://RELAY.example.org", "ftp://relay", "relay"]
)
def test_a_link_to_what_is_no_origin_is_refused_though_its_address_fits(relay: str) -> None:
    with pytest.raises(MalformedLinkError):
        invite.read_link(invite.write_link(make_link(relay=relay)))


@pytest.mark.parametrize("more", ["", "a", "ab"])
def test_a_link_has_one_spelling(more: str) -> None:
    # Of three lengths, two leave bits over in the last letter.
    link = make_link(relay=f"https://relay.example.org{more}")
    text = invite.write_link(link)
    other = base64.b64encode(canonical.encode(link)).decode()
    spellings = {text[:-1] + letter for letter in ALPHABET}
    spellings |= {text + "=", text + "==", f"inglenook:join#{other}"}
    spellings |= {text.replace("join", "JOIN"), text.replace("join#", "join##")}
    taken = set[str]()
    for spelling in spellings:
        try:
            if invite.read_link(spelling) == link:
                taken.add(spelling)
        except MalformedLinkError:
            continue

    assert taken == {text}


def test_a_link_whose_box_nobody_could_close_is_refused() -> None:
    link = make_link()
    tokens = mailbox.tokens(invite.box_secret(link.secret), ZERO_ID, link.relay)
    ownerless = msgspec.structs.replace(link, owner=b"", address=tokens.address)
    with pytest.raises(MalformedLinkError):
        invite.read_link(invite.write_link(ownerless))


def test_joiner_and_inviter_find_the_same_box() -> None:
    link = make_link()
    place = invite.place(link.secret)

    assert place.box_type == BoxType.INVITE
    assert place.secret == invite.box_secret(link.secret)
    tokens = invite.tokens(link)
    owner = invite.owner_token(seeded("erase"), link.secret)
    assert tokens._replace(owner=owner).address == link.address


def test_the_link_alone_does_not_revoke_it() -> None:
    link = make_link()
    from_the_link = [invite.box_secret(link.secret), link.owner, link.secret.ljust(32, b"\0")]
    owner = invite.owner_token(seeded("erase"), link.secret)

    assert mailbox.token_fits(owner, link.owner)
    assert not any(mailbox.token_fits(token, link.owner) for token in from_the_link)


# --- offer and knock -------------------------------------------------------------------


def test_offer_and_knock_come_back_and_verify() -> None:
    offer = canonical.decode(canonical.encode(OFFER), Offer)
    knock = canonical.decode(canonical.encode(KNOCK), Knock)

    assert (offer, knock) == (OFFER, KNOCK)
    invite.check_offer(offer, ADA.sign.public)
    invite.check_knock(knock, LOG, NONCE, ADA.person.id)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("purpose", Purpose.DEVICE),
        ("person", BEN.person),
        ("certificates", BEN.certificates),
        ("name", "Eve"),
        ("role", "mentee"),
        ("genesis", None),
        ("nonce", seeded("other", 16)),
        ("expires", 1),
        ("signature", bytes(64)),
    ],
)
def test_every_field_of_an_offer_is_signed(field: str, value: object) -> None:
    with pytest.raises(BadSignatureError):
        invite.check_offer(msgspec.structs.replace(OFFER, **{field: value}), ADA.sign.public)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("person", ADA.person),
        ("certificates", ()),
        ("device", DeviceKeys(BEN.sign.public, ADA.kem_public, "phone")),
        ("device", DeviceKeys(ADA.sign.public, BEN.kem_public, "phone")),
        ("name", "Eve"),
        ("nonce", seeded("other", 16)),
        ("consent", bytes(64)),
    ],
)
def test_every_field_of_a_knock_is_signed(field: str, value: object) -> None:
    changed = msgspec.structs.replace(KNOCK, **{field: value})
    with pytest.raises(BadSignatureError):
        invite.check_knock(changed, LOG, NONCE, ADA.person.id)


@pytest.mark.parametrize(
    ("log", "nonce", "inviter"),
    [
        pytest.param(ZERO_ID, NONCE, ADA.person.id, id="another log"),
        pytest.param(LOG, seeded("other", 16), ADA.person.id, id="another offer"),
        pytest.param(LOG, NONCE, BEN.person.id, id="another inviter"),
    ],
)
def test_a_knock_consents_to_one_log_offer_and_inviter(
    log: bytes, nonce: bytes, inviter: bytes
) -> None:
    with pytest.raises(BadSignatureError):
        invite.check_knock(KNOCK, log, nonce, inviter)


def test_a_signature_under_one_message_fits_no_other() -> None:
    swapped = msgspec.structs.replace(OFFER, signature=ADA.sign.sign(invite.knock_hash(KNOCK)))
    with pytest.raises(BadSignatureError):
        invite.check_offer(swapped, ADA.sign.public)


# --- the welcome -----------------------------------------------------------------------


def test_a_welcome_opens_for_the_device_that_knocked() -> None:
    sealed = invite.seal_welcome(ADA.sign, WELCOME, KNOCK)
    assert invite.open_welcome(sealed, BEN.kem, KNOCK, ADA.sign.public) == WELCOME


def test_a_welcome_opens_for_nobody_else_and_from_nobody_else() -> None:
    sealed = invite.seal_welcome(ADA.sign, WELCOME, KNOCK)
    other = msgspec.structs.replace(KNOCK, name="Eve")

    with pytest.raises(WrongKeyError):
        invite.open_welcome(sealed, ADA.kem, KNOCK, ADA.sign.public)
    with pytest.raises(BadSignatureError):
        invite.open_welcome(sealed, BEN.kem, other, ADA.sign.public)
    with pytest.raises(BadSignatureError):
        invite.open_welcome(sealed, BEN.kem, KNOCK, BEN.sign.public)


def test_a_welcome_for_one_knock_signed_again_for_another_does_not_open() -> None:
    other = msgspec.structs.replace(KNOCK, nonce=seeded("other", 16))
    moved = invite.seal_welcome(ADA.sign, WELCOME, other)
    with pytest.raises(BadSignatureError):
        invite.open_welcome(moved, BEN.kem, KNOCK, ADA.sign.public)


@pytest.mark.parametrize(
    "relay", ["folder:" + "5a" * 16, "https://RELAY.example.org", "", "ftp://a"]
)
def test_a_welcome_leads_to_relays_only(relay: str) -> None:
    space = msgspec.structs.replace(SPACE, relays=("https://relay.example.org", relay))
    sealed = invite.seal_welcome(ADA.sign, Welcome((), (space,), ""), KNOCK)
    with pytest.raises(MalformedError):
        invite.open_welcome(sealed, BEN.kem, KNOCK, ADA.sign.public)


def test_a_welcome_with_nonsense_inside_gives_our_error() -> None:
    class Nonsense(msgspec.Struct, frozen=True, array_like=True):
        text: str = "nonsense"

    sealed = invite.seal_welcome(ADA.sign, Nonsense(), KNOCK)  # type: ignore[arg-type]
    with pytest.raises(MalformedError):
        invite.open_welcome(sealed, BEN.kem, KNOCK, ADA.sign.public)


# --- safety words ----------------------------------------------------------------------


def test_both_people_see_the_same_eight_words() -> None:
    one = invite.word_indexes(ADA.person.id, BEN.person.id)

    assert one == invite.word_indexes(BEN.person.id, ADA.person.id)
    assert len(one) == 8
    assert all(0 <= index < 2048 for index in one)
    assert one != invite.word_indexes(ADA.person.id, device("Eve", "phone").person.id)


def test_offers_and_knocks_have_hashes_of_their_own() -> None:
    other = msgspec.structs.replace(OFFER, signature=bytes(64))
    hashes = {
        invite.offer_hash(OFFER),
        invite.offer_hash(other),
        invite.knock_hash(KNOCK),
        invite.knock_hash(msgspec.structs.replace(KNOCK, consent=bytes(64))),
    }
    assert len(hashes) == 4
