"""Surveys, as members answer them: receipts in the own journal, halves to two operators.

answer ──> consent.given and survey.receipted(sealed) ──token, upload──> acknowledged
   └─ withdraw ──> withdrawn, to both operators            result ──proof──> included

What was said is never stored: only its sealed halves are, until they are sent and after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from inglenook_client import ambient
from inglenook_client.core.sums import answering, ledger
from inglenook_client.core.sums.answering import Kept
from inglenook_client.journal import belonging, composing, memberships, programme_log
from inglenook_client.journal.errors import AmbiguousError, NotFoundError
from inglenook_client.journal.folder import Folder
from inglenook_client.journal.programme_log import Said as Logged
from inglenook_client.stores import events, logs
from inglenook_client.stores.connection import Db
from inglenook_client.stores.logs import LogRow
from inglenook_client.transports import sums
from inglenook_client.transports.errors import OfflineError
from inglenook_client.words import _
from inglenook_schema.errors import CallerError, NotAllowedError, PeerError
from inglenook_schema.events import check
from inglenook_schema.events.enrolling import ConsentGiven, ConsentWithdrawn, SurveyReceipted
from inglenook_schema.events.programme import ProgrammeOperators, SurveyPublished
from inglenook_schema.sums import closing, frames
from inglenook_schema.sums import terms as terms_
from inglenook_schema.sums.closing import Counted
from inglenook_schema.sums.tasks import Said
from inglenook_schema.sums.terms import Cosigned, Terms
from inglenook_schema.sums.tokens import Wallet

SEALED: Final = "sealed"
ACKNOWLEDGED: Final = "acknowledged"
WITHDRAWN: Final = "withdrawn"
INCLUDED: Final = "included"
_FETCHED: Final = "survey token "
_CONFIRMED: Final = "survey withdrawn "
_DAY_S: Final = 86_400


@dataclass(frozen=True)
class Mine:
    """This person's newest answer to a survey."""

    kept: Kept
    at: int
    """Unix seconds."""
    stages: frozenset[str]
    before: Kept | None
    """The one it replaces."""
    confirmed: str
    """Who said that it was taken back: ``none``, ``one``, ``both``; empty where it was not."""


@dataclass(frozen=True)
class Survey:
    """One survey, checked."""

    short: str
    event: bytes
    log: bytes
    programme: str
    id: bytes
    terms: Terms
    cosigned: Cosigned
    enrolled: bool
    """Whether this person may answer; else they coordinate."""
    mine: Mine | None
    result: Counted | None
    published: bytes
    """The transcript; empty while there is none."""

    @property
    def title(self) -> str:
        """In the survey's first language."""
        return self.terms.title[0][1]

    def open_at(self, now: int) -> bool:
        """Whether answers are taken; ``now`` in Unix seconds."""
        return self.terms.opens <= now < self.terms.closes


class Surveys:
    """What a person does with surveys that they are asked."""

    def __init__(self, folder: Folder) -> None:
        """Of one data folder."""
        self._folder = folder
        self._store = folder.store

    async def every(self) -> list[Survey]:
        """All that verify, of all programmes, oldest first."""
        return await self._store.read(every)

    async def choose(self, named: str | None) -> Survey:
        """The one that is meant; without a name the only one that is open.

        Raises:
            NotFoundError: There is none, or none by that id.
            AmbiguousError: Several are open, and no id was said.
        """
        found = await self.every()
        now = now_s()
        if named is not None:
            fits = [each for each in found if named in (each.short, each.id.hex())]
        else:
            fits = [each for each in found if each.open_at(now)] or found
        if len(fits) == 1:
            return fits[0]
        if fits:
            choices = ", ".join(each.short for each in fits)
            raise AmbiguousError(_("Which one? Say one of: {choices}").format(choices=choices))
        raise NotFoundError(_("There is no such survey here."))

    async def cost(self, survey: Survey) -> None:
        """Check that this person may answer it.

        Raises:
            CallerError: It would tell sums too much about them; nothing was made.
        """
        spent = await self._store.read(spending)
        ledger.check(spent, ledger.spending(survey.id, survey.terms, now_s()))

    async def answer(self, survey: Survey, said: Sequence[Said], shown: str) -> Survey:
        """Seal an answer, save it here, and send it if the relay and a token are there.

        Args:
            survey: Which.
            said: An answer to each question.
            shown: What the person was shown before.

        Raises:
            CallerError: It is closed, costs too much, or something said is no answer.
        """
        if not survey.enrolled:
            raise NotAllowedError(_("Members answer surveys; you coordinate this programme."))
        if not survey.open_at(now_s()):
            raise CallerError(_("This survey takes no answers now."))
        await self.cost(survey)

        def keep(db: Db) -> None:
            wallet = _wallet(db, survey)
            kept = answering.seal(
                *(survey.id, survey.terms, said, wallet, now_s()), ambient.random_bytes
            )
            at, zone, date = composing.moment()
            consent = ConsentGiven(
                at=at, zone=zone, date=date, purpose="survey", log=survey.log, what=shown,
                to=f"{survey.terms.relay.name}, {survey.terms.witness.name}"[:64], hash=kept.hash,
            )  # fmt: skip
            check(consent)
            _write(db, [consent, _receipt(survey, kept.name, SEALED, frames.encode(kept))])

        await self._store.write(keep)
        await self.visit()
        return await self._again(survey)

    async def withdraw(self, survey: Survey) -> Survey:
        """Take an answer back, at both operators; either of them suffices.

        Raises:
            NotFoundError: There is none.
            CallerError: Its date has passed.
        """
        if survey.mine is None or WITHDRAWN in survey.mine.stages:
            raise NotFoundError(_("There is no answer of yours to take back."))
        if now_s() >= survey.terms.withdraw_until:
            raise CallerError(_("It is too late to take an answer to this survey back."))
        mine = survey.mine

        def note(db: Db) -> None:
            receipt = _receipt(survey, mine.kept.name, WITHDRAWN)
            at, zone, date = receipt.at, receipt.zone, receipt.date
            given = [
                each for each in _mine(db, ConsentGiven) if each.content.hash == mine.kept.hash
            ]
            gone = [
                ConsentWithdrawn(at=at, zone=zone, date=date, consent=each.event) for each in given
            ]
            _write(db, [receipt, *gone])

        await self._store.write(note)
        await self.visit()
        return await self._again(survey)

    async def visit(self) -> list[str]:
        """Fetch tokens, send what waits, ask what became of it; gives sentences for the person.

        Everybody fetches a token, so that fetching one says nothing about answering.
        """
        said = list[str]()
        for survey in await self.every():
            if not survey.enrolled:
                continue
            try:
                said += await self._visit(survey)
            except OfflineError as error:
                if survey.mine is not None and ACKNOWLEDGED not in survey.mine.stages:
                    said.append(str(error))
            except PeerError as error:
                said.append(str(error))
        return said

    async def _visit(self, survey: Survey) -> list[str]:
        relay, now = sums.SumsRelay(survey.terms.relay.origin), now_s()
        mine = survey.mine
        token = await self._token(survey, relay) if now < survey.terms.closes else b""
        if mine is None:
            return []
        if WITHDRAWN in mine.stages:
            return await self._take_back(survey, mine, relay)
        if ACKNOWLEDGED not in mine.stages and token and survey.open_at(now):
            return await self._send(survey, mine, token, relay)
        if survey.result is not None and INCLUDED not in mine.stages:
            reply = await relay.ask(frames.Follow(survey.id, mine.kept.name))
            if isinstance(reply, frames.Followed):
                standing = answering.standing(mine.kept, survey.terms, reply)
                if standing.included:
                    await self._note(survey, mine.kept.name, INCLUDED, frames.encode(reply))
        return []

    async def _token(self, survey: Survey, relay: sums.SumsRelay) -> bytes:
        key = _FETCHED + survey.id.hex()
        known = await self._store.read(lambda db: logs.meta(db, key))
        if known:
            return known
        wallet = await self._store.read(lambda db: _wallet(db, survey))
        reply = await relay.ask(frames.AskToken(wallet.request()))
        if not isinstance(reply, frames.TokenSaid) or not reply.blind_signature:
            return b""
        token = wallet.finish(reply.blind_signature)
        await self._store.write(lambda db: logs.set_meta(db, key, token))
        return token

    async def _send(
        self, survey: Survey, mine: Mine, token: bytes, relay: sums.SumsRelay
    ) -> list[str]:
        reply = await relay.ask(frames.Upload(answering.attach(mine.kept, token, mine.before)))
        if isinstance(reply, frames.Taken):
            await self._note(survey, mine.kept.name, ACKNOWLEDGED)
            return []
        code = reply.code if isinstance(reply, frames.Refused) else "invalidMessage"
        return [_("The relay did not take your answer ({code}).").format(code=code)]

    async def _take_back(self, survey: Survey, mine: Mine, relay: sums.SumsRelay) -> list[str]:
        """Tell both; one that was never sent has nobody to be told."""
        if ACKNOWLEDGED not in mine.stages or mine.confirmed == "both":
            return []
        if now_s() < survey.terms.withdraw_until:
            await relay.ask(frames.Withdraw(mine.kept.withdrawal))
            if not await self._store.read(lambda db: logs.meta(db, _letter(mine))):
                letter = answering.letter(mine.kept, survey.terms)
                posted = await relay.ask(frames.Post(letter, mine.kept.name))
                if isinstance(posted, frames.Taken):
                    await self._store.write(lambda db: logs.set_meta(db, _letter(mine), b"1"))
        reply = await relay.ask(frames.Follow(survey.id, mine.kept.name))
        if isinstance(reply, frames.Followed):
            how = answering.standing(mine.kept, survey.terms, reply).withdrawn.value.encode()
            key = _CONFIRMED + mine.kept.name.hex()
            await self._store.write(lambda db: logs.set_meta(db, key, how))
        return []

    async def _note(
        self, survey: Survey, answer: bytes, stage: str, kept: bytes | None = None
    ) -> None:
        await self._store.write(lambda db: _write(db, [_receipt(survey, answer, stage, kept)]))

    async def _again(self, survey: Survey) -> Survey:
        return next(each for each in await self.every() if each.id == survey.id)


def now_s() -> int:
    """Unix seconds."""
    return ambient.now_ms() // 1_000


def every(db: Db) -> list[Survey]:
    """All surveys that verify; one that does not is as if it were not there."""
    found = []
    for log in programme_log.programmes(db):
        named = [each.content for each in programme_log.said(db, log, ProgrammeOperators)]
        for said in programme_log.surveys(db, log):
            survey = _read(db, log, said, named)
            if survey is not None:
                found.append(survey)
    return found


def spending(db: Db) -> list[ledger.Spent]:
    """What this person's answers cost, of every survey that is still known here."""
    return [
        ledger.spending(each.id, each.terms, each.mine.at)
        for each in every(db)
        if each.mine is not None
    ]


def _read(
    db: Db, log: LogRow, said: Logged[SurveyPublished], named: Sequence[ProgrammeOperators]
) -> Survey | None:
    content = said.content
    if len(content.signatures) != 3:
        return None
    relay, witness, coordinator = content.signatures
    cosigned = Cosigned(content.config, coordinator, relay, witness)
    try:
        survey, terms = terms_.open_cosigned(cosigned)
    except PeerError:
        return None
    # Token keys come from the programme's log alone: one key for all who answer.
    fits = (
        terms.programme == log.id
        and survey == content.task
        and any(_names(each, terms) for each in named)
    )
    if not fits:
        return None
    closed = programme_log.result(db, log, said.event)
    published = (closed.content.result if closed else None) or b""
    result = _result(survey, published)
    return Survey(
        *(said.short, said.event, log.id, log.label, survey, terms, cosigned),
        *(log.is_enrolled, _own(db, survey), result, published if result else b""),
    )


def _names(named: ProgrammeOperators, terms: Terms) -> bool:
    """Whether coordinators told everybody of just these operators and this token key."""
    operators = (named.relay.sign, named.witness.sign)
    keys = {each.key for each in named.tokens}
    return operators == (terms.relay.sign, terms.witness.sign) and terms.token_key in keys


def _result(survey: bytes, result: bytes) -> Counted | None:
    try:
        counted = closing.replay(result)
    except PeerError:
        return None
    return counted if counted.survey == survey else None


def _own(db: Db, survey: bytes) -> Mine | None:
    receipts = [each for each in _mine(db, SurveyReceipted) if each.content.survey == survey]
    sealed = [each for each in receipts if each.content.stage == SEALED and each.content.kept]
    if not sealed:
        return None
    kept = [answering.read_kept(each.content.kept or b"") for each in sealed]
    newest = kept[-1]
    stages = {each.content.stage for each in receipts if each.content.answer == newest.name}
    sent = {each.content.answer for each in receipts if each.content.stage == ACKNOWLEDGED}
    before = next((each for each in reversed(kept[:-1]) if each.name in sent), None)
    confirmed = logs.meta(db, _CONFIRMED + newest.name.hex()) or b""
    at = sealed[-1].at // 1_000
    return Mine(newest, at, frozenset(stages), before, confirmed.decode())


def _mine(db: Db, kind: type[programme_log.C]) -> list[Logged[programme_log.C]]:
    journal = belonging.journal_of(db)
    return programme_log.said(db, journal, kind) if journal else []


def _wallet(db: Db, survey: Survey) -> Wallet:
    member = memberships.of_log(db, survey.log)
    if member is None:
        raise NotAllowedError(_("You are not enrolled in that programme."))
    return Wallet(member.alias.sign, member.said.secret, survey.id, survey.terms)


def _receipt(
    survey: Survey, answer: bytes, stage: str, kept: bytes | None = None
) -> SurveyReceipted:
    at, zone, date = composing.moment()
    return SurveyReceipted(
        at=at, zone=zone, date=date, log=survey.log, survey=survey.id, answer=answer,
        stage=stage, kept=kept,
    )  # fmt: skip


def _write(db: Db, said: Sequence[ConsentGiven | ConsentWithdrawn | SurveyReceipted]) -> None:
    journal = belonging.journal_of(db)
    if journal is None:
        raise NotAllowedError
    events.append(db, journal, [composing.draft(each) for each in said])


def _letter(mine: Mine) -> str:
    return "survey letter " + mine.kept.name.hex()
