"""Which offers a joiner takes, and which knocks an inviter hears: protocol 7.2 once more.

Everything that an offer or a knock is made of comes from one of several people and devices, right
or not; the rules say of each mixture whether it is taken, and the client has to say the same.
"""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.histories import cast_of
from harness.logs import Device, Log
from inglenook_client.journal import knocking
from inglenook_schema import invite, seal
from inglenook_schema.control import LogType
from inglenook_schema.errors import PeerError
from inglenook_schema.invite import DeviceKeys, Knock, Link, Offer, Purpose

WHO = {name: device for name, device in cast_of().items() if name in ("laptop", "tablet", "eve")}
LOGS = {
    (name, type_): Log(WHO[name], type_)
    for name in WHO
    for type_ in (LogType.PAIR, LogType.JOURNAL)
}
NONCE, EXPIRES = bytes(range(16)), 1_800_000_000
names = st.sampled_from([*["laptop"] * 4, *WHO])  # mostly right, or little would be taken


@dataclass(frozen=True)
class Mixture:
    """What an offer is made of, by whose it is."""

    link_purpose: Purpose
    purpose: Purpose
    link_of: str
    person: str
    certificates: str
    signer: str
    genesis: str | None
    type: LogType
    sealer: str
    same_expiry: bool

    @property
    def taken(self) -> bool:
        """As 7.2 says; the names of one person's devices stand for that person too."""
        person = person_of(self.person)
        of_inviter = person == person_of(self.link_of) and person == person_of(self.certificates)
        signed = self.signer == self.certificates
        fits = self.purpose == self.link_purpose and self.same_expiry
        if self.link_purpose is Purpose.DEVICE:
            return of_inviter and signed and fits and self.genesis is None
        founded = self.genesis is not None and person_of(self.genesis) == person
        sealed = self.genesis is not None and self.sealer == self.genesis
        return of_inviter and signed and fits and founded and sealed and self.type is LogType.PAIR

    def link(self) -> Link:
        inviter = WHO[self.link_of].person.id[:16]
        box, relay = bytes(16), "https://relay.example"
        return Link(
            *(1, self.link_purpose, bytes(16), inviter, box, bytes(32), relay, EXPIRES, False)
        )

    def offer(self) -> Offer:
        genesis = None
        if self.genesis is not None:
            log = LOGS[self.genesis, self.type]
            body = log.genesis.body or b""
            under = seal.make(WHO[self.sealer].sign, log.id, log.id)
            genesis = (log.genesis.raw, body, under)
        unsigned = Offer(
            *(self.purpose, WHO[self.person].person, WHO[self.certificates].certificates),
            *("Ada", "mentor", genesis, NONCE, EXPIRES if self.same_expiry else EXPIRES + 1),
            bytes(64),
        )
        return invite.sign_offer(WHO[self.signer].sign, unsigned)


def person_of(name: str) -> str:
    return "eve" if name == "eve" else "ada"


mixtures = st.builds(
    Mixture,
    *(st.sampled_from([Purpose.PAIR, Purpose.PAIR, Purpose.DEVICE]),) * 2,
    *(names,) * 4,
    st.none() | names,
    st.sampled_from([LogType.PAIR, LogType.PAIR, LogType.JOURNAL]),
    names,
    st.sampled_from([True, True, True, False]),
)


@settings(max_examples=250)
@given(mixtures)
def test_a_joiner_takes_the_offers_that_the_page_says_and_no_others(mixture: Mixture) -> None:
    try:
        log = knocking.check_offer(mixture.link(), mixture.offer())
    except PeerError:
        assert not mixture.taken
        return

    assert mixture.taken
    genesis = mixture.genesis
    assert log == (LOGS[genesis, LogType.PAIR].id if genesis else bytes(32))


def test_each_part_of_an_offer_decides() -> None:
    """One wrong part each, of an offer that is right."""
    right = Mixture(
        *(Purpose.PAIR, Purpose.PAIR, "laptop", "laptop", "laptop", "laptop", "laptop"),
        *(LogType.PAIR, "laptop", True),
    )
    wrong = {
        "purpose": Purpose.DEVICE,
        "link_of": "eve",
        "person": "eve",
        "certificates": "eve",
        "signer": "tablet",
        "genesis": "eve",
        "type": LogType.JOURNAL,
        "sealer": "eve",
        "same_expiry": False,
    }
    assert right.taken
    knocking.check_offer(right.link(), right.offer())
    for part, value in wrong.items():
        one = Mixture(**{**right.__dict__, part: value})
        assert not one.taken, part
        with pytest.raises(PeerError):
            knocking.check_offer(one.link(), one.offer())


@given(*(st.sampled_from([*cast_of()]),) * 4, st.booleans(), st.booleans())
def test_a_consent_is_of_one_device_to_one_space_one_offer_and_one_inviter(
    keys_of: str, signer: str, space: str, inviter: str, same_nonce: bool, same_person: bool
) -> None:
    people = cast_of()
    joiner, by = people[keys_of], people[signer]
    log = LOGS["laptop", LogType.PAIR].id
    person = joiner.person if same_person else None
    unsigned = Knock(person, (), _keys(joiner), "Max", bytes(16), bytes(64))
    signed_for = log if space == "laptop" else bytes(32)
    inviting = people[inviter].person.id
    message = invite.consent_message(unsigned, signed_for, NONCE, inviting)
    knock = Knock(person, (), _keys(joiner), "Max", bytes(16), by.sign.sign(message))
    heard = True
    try:
        nonce = NONCE if same_nonce else bytes(16)
        invite.check_knock(knock, log, nonce, people["laptop"].person.id)
    except PeerError:
        heard = False

    ada = people["laptop"].person.id
    assert heard == (keys_of == signer and space == "laptop" and same_nonce and inviting == ada)


def _keys(device: Device) -> DeviceKeys:
    return DeviceKeys(device.sign.public, device.certificates[-1].kem, device.name)
