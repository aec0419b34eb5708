"""Surveys, as coordinators ask them: drafted here, co-signed by two operators, published, counted.

draft ──propose──> both operators ──co-signed──> survey.published ──close──> survey.closed
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec

from inglenook_client import ambient
from inglenook_client.core.sums import collecting
from inglenook_client.core.sums.asking import Draft
from inglenook_client.core.sums.collecting import CollectorKeys
from inglenook_client.journal import composing, enrolled, identity, live
from inglenook_client.journal.errors import NotReadyError
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.programmes import Programme
from inglenook_client.journal.surveys import Survey, every, now_s
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.transports import sums
from inglenook_client.words import _
from inglenook_schema import canonical, dap
from inglenook_schema.dap import sealing
from inglenook_schema.errors import CallerError, NotAllowedError
from inglenook_schema.events import Content
from inglenook_schema.events.programme import (
    Issuing,
    Operator,
    ProgrammeOperators,
    SurveyClosed,
    SurveyPublished,
)
from inglenook_schema.ids import SignPublic
from inglenook_schema.sums import frames
from inglenook_schema.sums import terms as terms_
from inglenook_schema.sums.answers import KEY_ID
from inglenook_schema.sums.frames import Phase, Propose
from inglenook_schema.sums.terms import VERSION, Card, Terms

_DRAFTS: Final = "survey drafts "
_DAY_S: Final = 86_400
_KEPT_DAYS: Final = 60
"""After a survey's last date for withdrawing, it may be counted for so long."""
_MOST_PUBLISHED: Final = 120_000


class _Proposed(msgspec.Struct, frozen=True, array_like=True):
    """A survey that waits for its operators."""

    terms: bytes
    signature: bytes
    claims: Annotated[tuple[SignPublic, ...], msgspec.Meta(max_length=terms_.MAX_ROSTER)]


@dataclass(frozen=True)
class Prepared:
    """What would be proposed, for a last look."""

    programme: Programme
    terms: Terms
    claims: tuple[bytes, ...]
    cards: tuple[Card, Card]


@dataclass(frozen=True)
class Waiting:
    """A proposed survey, and how far it is."""

    title: str
    phase: Phase
    reason: str


class SurveyAsking:
    """What a coordinator does with surveys."""

    def __init__(self, folder: Folder) -> None:
        """Of one data folder."""
        self._folder = folder
        self._store = folder.store

    async def prepare(self, programme: Programme, draft: Draft) -> Prepared:
        """Fill a draft in with operators, roster and dates; nothing is sent but a question.

        Raises:
            NotReadyError: No relay takes part, or it works with no Witness.
            SurveyRefusedError: A rule that protects members is broken.
            OfflineError: The relay could not be asked who the operators are.
        """
        relay = self._folder.relay
        if relay is None:
            raise CallerError(
                _("This needs a relay, and none is set. Add one: inglenook relay add URL")
            )
        cards = await self._cards(relay)
        claims, used, secret = await self._store.read(lambda db: self._known(db, programme))
        fresh = [key for key in cards[1].token_keys if key not in used]
        if not fresh:
            raise NotReadyError(_("The Witness has no token key left; ask whoever runs it."))
        if not claims:
            raise NotReadyError(_("Nobody is enrolled in this programme yet."))
        now = now_s()
        closes = now + draft.open_days * _DAY_S
        until = closes + draft.withdraw_days * _DAY_S
        nonce = ambient.random_bytes(16)
        operators = cards[0].operator, cards[1].operator
        terms = Terms(
            *(VERSION, programme.log, nonce, draft.title, draft.questions, *operators),
            CollectorKeys.derive(secret, nonce).public(programme.name[:64]),
            *(fresh[0], now, closes, until, until + _KEPT_DAYS * _DAY_S),
            *(len(claims), terms_.roster_hash(claims), terms_.is_trial(*operators)),
        )
        terms_.decode(terms_.encode(terms))
        return Prepared(programme, terms, claims, cards)

    async def propose(self, prepared: Prepared) -> list[Waiting]:
        """Ask both operators to take part; what the Witness says comes with a later visit."""
        secret = await self._store.read(_secret)
        keys = CollectorKeys.derive(secret, prepared.terms.nonce)
        asked = collecting.propose(prepared.terms, keys, prepared.claims)

        def keep(db: Db) -> None:
            _append(db, prepared.programme.log, _operators(prepared.cards))
            proposed = _Proposed(asked.terms, asked.signature, asked.claims)
            _put(db, prepared.programme.log, [*_drafts(db, prepared.programme.log), proposed])

        await self._store.write(keep)
        return await self.visit(prepared.programme)

    async def visit(self, programme: Programme) -> list[Waiting]:
        """Ask how far proposed surveys are, and publish those that all three signed.

        Raises:
            OfflineError: The relay could not be asked.
        """
        waiting = list[Waiting]()
        drafts = await self._store.read(lambda db: _drafts(db, programme.log))
        for each in drafts:
            relay = sums.SumsRelay(terms_.decode(each.terms).relay.origin)
            reply = await relay.ask(Propose(each.terms, each.signature, each.claims))
            title = terms_.decode(each.terms).title[0][1]
            if isinstance(reply, frames.Refused):
                waiting.append(Waiting(title, Phase.REFUSED, reply.code))
                await self._store.write(lambda db, gone=each: _drop(db, programme.log, gone))  # type: ignore[misc]
            elif isinstance(reply, frames.Seen):
                waiting.append(Waiting(title, reply.phase, reply.reason))
                if reply.cosigned is not None:
                    await self._publish(programme, each, reply.cosigned)
                elif reply.phase is Phase.REFUSED:
                    await self._store.write(lambda db, gone=each: _drop(db, programme.log, gone))  # type: ignore[misc]
        await live.sync(self._folder)
        return waiting

    async def close(self, survey: Survey) -> frames.Seen | None:
        """Ask for the sums and publish them; None once they are, else how far it is.

        Raises:
            CallerError: Its dates have not passed.
            OfflineError: The relay could not be asked.
        """
        secret = await self._store.read(_secret)
        keys = CollectorKeys.derive(secret, survey.terms.nonce)
        if keys.sign.public != survey.terms.collector.sign:
            raise NotAllowedError(_("Another coordinator asked this survey, and closes it."))
        relay = sums.SumsRelay(survey.terms.relay.origin)
        reply = await relay.ask(collecting.collect(survey.id, keys))
        if isinstance(reply, frames.Seen):
            return reply
        if not isinstance(reply, frames.Collected):
            raise CallerError(_("This survey cannot be counted before its dates have passed."))
        published, _counted = collecting.publish(survey.cosigned, reply, keys)
        if len(published) > _MOST_PUBLISHED:
            raise NotReadyError(_("That result is too long to publish in a programme."))
        at, zone, date = composing.moment()
        said = SurveyClosed(
            at=at, zone=zone, date=date, survey=survey.event, result=published,
            signatures=(reply.relay, reply.witness),
        )  # fmt: skip
        await self._store.write(lambda db: _append(db, survey.log, said))
        await live.sync(self._folder)
        return None

    async def _cards(self, origin: str) -> tuple[Card, Card]:
        reply = await sums.SumsRelay(origin).ask(frames.WhoAreYou())
        if not isinstance(reply, frames.Cards) or len(reply.cards) < 2:
            raise NotReadyError(
                _("This relay works with no Witness. Without one there are no surveys.")
            )
        for card in reply.cards:
            terms_.check_card(card)
        return reply.cards[0], reply.cards[1]

    def _known(self, db: Db, programme: Programme) -> tuple[tuple[bytes, ...], set[bytes], bytes]:
        """Who may ask for a token, the token keys that are taken, and what keys come from."""
        log = logs.log_by_id(db, programme.log)
        own = enrolled.coordinators_of(db, log) if log is not None else None
        if log is None or own is None:
            raise NotAllowedError(_("Only coordinators ask surveys."))
        members = [each.said.member for each in enrolled.enrolled(db, own) if each.here]
        used = {each.terms.token_key for each in every(db)}
        used |= {terms_.decode(each.terms).token_key for each in _drafts(db, programme.log)}
        return tuple(sorted(set(members))), used, _secret(db)

    async def _publish(
        self, programme: Programme, draft: _Proposed, cosigned: terms_.Cosigned
    ) -> None:
        survey, terms = terms_.open_cosigned(cosigned)
        at, zone, date = composing.moment()
        said = SurveyPublished(
            at=at, zone=zone, date=date, title=terms.title[0][1], task=survey,
            config=cosigned.terms, closes_at=terms.closes * 1_000,
            signatures=(cosigned.relay, cosigned.witness, cosigned.coordinator),
        )  # fmt: skip

        def publish(db: Db) -> None:
            _append(db, programme.log, said)
            _drop(db, programme.log, draft)

        await self._store.write(publish)


def _operators(cards: tuple[Card, Card]) -> ProgrammeOperators:
    relay, witness = (_operator(card) for card in cards)
    tokens = tuple(Issuing(epoch=n, key=key) for n, key in enumerate(cards[1].token_keys[:24]))
    at, zone, date = composing.moment()
    return ProgrammeOperators(
        at=at, zone=zone, date=date, relay=relay, witness=witness, tokens=tokens
    )


def _operator(card: Card) -> Operator:
    config = dap.encode(sealing.hpke_config(KEY_ID, card.operator.kem))
    origin = card.operator.origin or None
    return Operator(name=card.operator.name, origin=origin, sign=card.operator.sign, hpke=config)


def _secret(db: Db) -> bytes:
    secret = identity.person_secret(db)
    if secret is None:
        raise NotAllowedError
    return secret


def _append(db: Db, log: bytes, said: Content) -> None:
    row = logs.log_by_id(db, log)
    if row is None:
        raise NotAllowedError
    events.append(db, row, [composing.draft(said)])


def _drafts(db: Db, log: bytes) -> list[_Proposed]:
    kept = logs.meta(db, _DRAFTS + log.hex())
    return list(canonical.decode(kept, tuple[_Proposed, ...])) if kept else []


def _put(db: Db, log: bytes, drafts: list[_Proposed]) -> None:
    logs.set_meta(db, _DRAFTS + log.hex(), canonical.encode(tuple(drafts)))


def _drop(db: Db, log: bytes, gone: _Proposed) -> None:
    _put(db, log, [each for each in _drafts(db, log) if each != gone])
