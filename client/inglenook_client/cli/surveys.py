"""Surveys: what is asked, answering it in two sealed halves, taking it back, what came out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inglenook_client import ambient, words
from inglenook_client.calendar import short_day
from inglenook_client.cli import saying
from inglenook_client.cli.command import Command
from inglenook_client.cli.errors import MistakeError
from inglenook_client.cli.screen import one_line
from inglenook_client.transports import pack_file
from inglenook_client.words import _, later, ngettext

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from inglenook_client.cli.call import Call
    from inglenook_client.journal.home import Journal
    from inglenook_client.journal.surveys import Survey
    from inglenook_schema.sums.closing import Counted, Outcome
    from inglenook_schema.sums.tasks import Said
    from inglenook_schema.sums.terms import Question, Terms, Wording


def _ref(parser: ArgumentParser) -> None:
    parser.add_argument("ref", nargs="?", metavar=_("ID"), help=_("which survey: v1"))


# --- showing one ----------------------------------------------------------------------


def worded(question: Question) -> Wording:
    """A question in the person's language, or in the survey's first."""
    tag = words.language().split("-")[0]
    return next((w for w in question.wordings if w.language == tag), question.wordings[0])


def day(seconds: int) -> str:
    """The local day of a moment."""
    moment = seconds * 1_000
    return short_day(ambient.local_date(moment, ambient.local_zone()).isoformat())


def how(question: Question) -> str:
    """How a question is answered."""
    from inglenook_schema.sums.terms import Kind

    match question.kind:
        case Kind.TICK:
            return _("yes or no")
        case Kind.MEAN:
            return _("a number from {low} to {high}").format(low=question.low, high=question.high)
        case Kind.CHOICE:
            return _("one of these, by its number")
        case Kind.CHOICES:
            return _("up to {most} of these, by their numbers: 1,3").format(most=question.most)


def asked(terms: Terms) -> Iterator[str]:
    """The questions as a member reads them."""
    for number, question in enumerate(terms.questions, 1):
        words_ = worded(question)
        yield f"  {number}. {one_line(words_.text)}  ({how(question)})"
        for place, option in enumerate(words_.options, 1):
            yield f"       {place}  {one_line(option)}"


def odds_line(epsilon: Fraction, k: int) -> str:
    """What a sum can tell about one person, in words."""
    from inglenook_schema.sums import floors

    return _(
        "Counted from {k} answers on, with noise: who guesses at your answer is right in at most "
        "{odds} of 100 cases, and in 50 by tossing a coin."
    ).format(k=k, odds=floors.odds(epsilon))


def promise(terms: Terms) -> Iterator[str]:
    """What happens to an answer, in plain words."""
    relay, witness = one_line(terms.relay.name), one_line(terms.witness.name)
    yield _(
        "Each answer is split in two halves on this device. {relay} gets one, {witness} the "
        "other; a half alone says nothing."
    ).format(relay=relay, witness=witness)
    yield _("If these two worked together, they could read it. So they must be two.")
    if terms.trial:
        yield _("This is a trial: both halves are on one machine.")
    yield _("The coordinators get sums, and nobody's answer.")
    strictest = max(each.epsilon for each in terms.questions)
    yield odds_line(strictest, min(each.k for each in terms.questions))
    yield _("The relay sees which device sent something.")
    yield _("You can change it until {closes}, and take it back until {until}.").format(
        closes=day(terms.closes), until=day(terms.withdraw_until)
    )


# --- list -----------------------------------------------------------------------------


def _list(call: Call) -> None:
    async def find(journal: Journal) -> list[Survey]:
        await journal.surveys.visit()
        return await journal.surveys.every()

    found = call.run(find)
    call.screen.document([_json(each) for each in found])
    if not found:
        call.screen.say(
            _("No survey is here. Coordinators ask them; the next one comes by a sync.")
        )
    for each in found:
        call.screen.say(
            f"{call.screen.bold(each.short)}  {one_line(each.title)}  ({one_line(each.programme)})",
            f"    {_standing(each)}",
        )


def _standing(survey: Survey) -> str:
    from inglenook_client.journal.surveys import now_s

    if survey.result is not None:
        return _("counted: inglenook survey results {id}").format(id=survey.short)
    if survey.mine is not None:
        return _mine(survey)
    if survey.open_at(now_s()):
        return _("open until {day}").format(day=day(survey.terms.closes))
    return _("closed, and not counted yet")


def _mine(survey: Survey) -> str:
    assert survey.mine is not None  # noqa: S101 - the caller looked
    stages = survey.mine.stages
    if "withdrawn" in stages:
        return {
            "both": _("you took your answer back; both operators confirmed it"),
            "one": _("you took your answer back; one operator confirmed it, which suffices"),
        }.get(survey.mine.confirmed, _("you took your answer back; no operator confirmed it yet"))
    if "acknowledged" in stages:
        return _("answered; the relay has it")
    return _("answered; saved here, and sent when the relay and your token are there")


# --- answer and change ----------------------------------------------------------------


def _answer_arguments(parser: ArgumentParser) -> None:
    _ref(parser)
    parser.add_argument(
        "--say", action="append", default=[], metavar=_("N=ANSWER"),
        help=_("an answer to question N; “-” for: I'd rather not say"),
    )  # fmt: skip
    parser.add_argument("--preview", action="store_true", help=_("show what would be sent, only"))
    parser.add_argument("--yes", action="store_true", help=_("you saw it; send it"))


def _answer(call: Call) -> None:
    _give(call, change=False)


def _change(call: Call) -> None:
    _give(call, change=True)


def _give(call: Call, *, change: bool) -> None:
    survey = call.run(lambda journal: _ready(call, journal, change=change))
    screen, terms = call.screen, survey.terms
    said = _all_said(call, terms)
    shown = [
        f"{number}. {one_line(worded(question).text)}: {_told(question, one)}"
        for number, (question, one) in enumerate(zip(terms.questions, said, strict=True), 1)
    ]
    goes = [*_goes(terms, said)]
    if call.args.preview or not call.args.yes:
        screen.say(_("This is your answer:"), "", *(f"    {line}" for line in shown), "")
        screen.say(_("This leaves the device, and nothing else:"), "")
        screen.say(*(f"    {line}" for line in goes), "", *promise(terms))
    if call.args.preview:
        screen.document({"sent": False, "survey": survey.id.hex(), "what": goes})
        return
    if not call.args.yes and not screen.agreed(_("Send exactly this?"), "--yes"):
        screen.say(_("Nothing was sent."))
        return
    what = "\n".join((survey.title, *goes))
    done = call.run(lambda journal: journal.surveys.answer(survey, said, what))
    screen.document(_json(done))
    screen.say(saying.sentence(_standing(done)))


async def _ready(call: Call, journal: Journal, *, change: bool) -> Survey:
    survey = await journal.surveys.choose(call.args.ref)
    answered = survey.mine is not None and "withdrawn" not in survey.mine.stages
    if answered and not change:
        raise MistakeError(
            _("You answered this survey. To answer otherwise: inglenook survey change")
        )
    if change and not answered:
        raise MistakeError(_("There is no answer of yours to change: inglenook survey answer"))
    await journal.surveys.cost(survey)
    return survey


def _all_said(call: Call, terms: Terms) -> list[Said]:
    numbers = [str(number) for number in range(1, len(terms.questions) + 1)]
    given = dict[str, str]()
    for each in call.args.say:
        number, sign, value = each.partition("=")
        if not sign or number not in numbers:
            raise MistakeError(_("An answer is written like --say 1=yes"))
        given[number] = value
    if not given and call.screen.can_ask:
        call.screen.say(*asked(terms), "", _("“-” for: I'd rather not say."))
    found: list[Said] = []
    for number, question in zip(numbers, terms.questions, strict=True):
        text = given.get(number)
        if text is None:
            text = call.screen.answer(f"{number}.", f"--say {number}=…") or "-"
        found.append(read_said(question, text))
    return found


_DIGITS: Final = 9
"""No answer has as many, blanks included."""


def read_said(question: Question, text: str) -> Said:
    """What somebody typed for a question.

    Raises:
        CallerError: It is no answer to it.
    """
    from inglenook_schema.sums import tasks
    from inglenook_schema.sums.terms import Kind

    typed = text.strip().casefold()
    said: Said
    if typed == "-":
        said = None
    elif question.kind is Kind.TICK:
        yes, no = _("yes").casefold(), _("no").casefold()
        if not typed or not (yes.startswith(typed) or no.startswith(typed)):
            raise MistakeError(_("This is answered with yes or no, or “-”."))
        said = yes.startswith(typed)
    else:
        parts = typed.split(",") if question.kind is Kind.CHOICES else [typed]
        if not all(part.strip().isdecimal() and len(part) <= _DIGITS for part in parts):
            raise MistakeError(_("This is answered with a number, or “-”."))
        numbers = tuple(int(part) for part in parts)
        places = tuple(number - 1 for number in numbers)
        said = {Kind.MEAN: numbers[0], Kind.CHOICE: places[0]}.get(question.kind, places)
    tasks.measurement(question, said)
    return said


def _told(question: Question, said: Said) -> str:
    if said is None:
        return _("I'd rather not say")
    if isinstance(said, bool):
        return _("yes") if said else _("no")
    options = worded(question).options
    if isinstance(said, tuple):
        return ", ".join(one_line(options[place]) for place in said) or _("none of them")
    return one_line(options[said]) if options else str(said)


def _goes(terms: Terms, said: Sequence[Said]) -> Iterator[str]:
    """What leaves the device, by question; never what was said."""
    relay, witness = one_line(terms.relay.name), one_line(terms.witness.name)
    for number, (question, one) in enumerate(zip(terms.questions, said, strict=True), 1):
        if one is None and question.low != question.high:
            yield _("question {n}: nothing; both operators see that you left it out").format(
                n=number
            )
        else:
            yield _("question {n}: a sealed half to {relay}, a sealed half to {witness}").format(
                n=number, relay=relay, witness=witness
            )
    today = datetime.fromtimestamp(ambient.now_ms() / 1_000, UTC).date().isoformat()
    yield _("with it: the day ({day}), and a token that says you may answer once").format(day=today)


# --- withdraw -------------------------------------------------------------------------


def _withdraw_arguments(parser: ArgumentParser) -> None:
    _ref(parser)
    parser.add_argument("--yes", action="store_true", help=_("do not ask again"))


def _withdraw(call: Call) -> None:
    survey = call.run(lambda journal: journal.surveys.choose(call.args.ref))
    question = _("Take your answer to “{title}” back?").format(title=one_line(survey.title))
    if not call.args.yes and not call.screen.agreed(question, "--yes"):
        call.screen.say(_("Nothing was changed."))
        return
    done = call.run(lambda journal: journal.surveys.withdraw(survey))
    call.screen.document(_json(done))
    call.screen.say(saying.sentence(_mine(done)))


# --- results and verify ---------------------------------------------------------------


def _results_arguments(parser: ArgumentParser) -> None:
    _ref(parser)
    parser.add_argument(
        "--save", type=Path, metavar=_("FILE"), help=_("write it whole, for others to check")
    )


def _results(call: Call) -> None:
    survey = call.run(lambda journal: _counted(call, journal))
    assert survey.result is not None  # noqa: S101 - _counted looked
    if call.args.save:
        pack_file.write(call.args.save, [survey.published], replace=True)
    call.screen.document({**_json(survey), "saved": str(call.args.save or "") or None})
    call.screen.say(one_line(survey.title), *result_lines(survey.result))
    if survey.mine is not None:
        inside = survey.mine.kept.name in {leaf.answer for leaf in survey.result.leaves}
        call.screen.say(
            _("Your answer is in these sums.") if inside else _("Your answer is not in these sums.")
        )


async def _counted(call: Call, journal: Journal) -> Survey:
    await journal.surveys.visit()
    if call.args.ref is None:
        done = [each for each in await journal.surveys.every() if each.result is not None]
        if len(done) == 1:
            return done[0]
    survey = await journal.surveys.choose(call.args.ref)
    if survey.result is None:
        raise MistakeError(_("This survey is not counted yet."))
    return survey


def result_lines(counted: Counted) -> Iterator[str]:
    """What came out, with how sure it is, and no chart where it says nothing."""
    for question, outcome in zip(counted.terms.questions, counted.outcomes, strict=True):
        words_ = worded(question)
        answers = ngettext("{n} answer", "{n} answers", outcome.count).format(n=outcome.count)
        yield f"  {one_line(words_.text)}  ({answers})"
        if outcome.numbers is None:
            yield "    " + _("fewer than {k}: not shown, and deleted unread").format(k=question.k)
            continue
        yield from (f"    {line}" for line in _numbers(question, words_, outcome))
    if counted.terms.trial:
        yield _("This was a trial: both halves were on one machine.")
    yield _("In 95 of 100 cases the true numbers are no further away than ± says.")


def _numbers(question: Question, words_: Wording, outcome: Outcome) -> Iterator[str]:
    assert outcome.numbers is not None  # noqa: S101 - the caller looked
    if words_.options:
        names = [*words_.options, _("I'd rather not say")]
        for name, number in zip(names, outcome.numbers, strict=False):
            yield f"{one_line(name)}: {_within(number, outcome)}"
    elif question.low == question.high:
        yield _("yes: {n}").format(n=_within(outcome.numbers[0], outcome))
    else:
        mean = question.low + outcome.numbers[0] / max(outcome.count, 1)
        off = outcome.within / max(outcome.count, 1)
        kept = min(max(mean, question.low), question.high)
        yield _("on average {mean} ± {off}").format(mean=f"{kept:.2f}", off=f"{off:.2f}")


def _within(number: int, outcome: Outcome) -> str:
    """A number that noise may have pushed out of what can be."""
    return f"{min(max(number, 0), outcome.count)} ± {outcome.within}"


def _verify_arguments(parser: ArgumentParser) -> None:
    _ref(parser)
    parser.add_argument(
        "--file", type=Path, metavar=_("FILE"), help=_("a result that somebody gave you")
    )


def _verify(call: Call) -> None:
    from inglenook_schema.sums import closing

    if call.args.file is not None:
        try:
            data = call.args.file.read_bytes()
        except OSError:
            raise MistakeError(_("That file cannot be read.")) from None
    else:
        data = call.run(lambda journal: _counted(call, journal)).published
    counted = closing.replay(data)
    call.screen.document(
        {"verified": True, "survey": counted.survey.hex(), "results": _outcomes(counted)}
    )
    call.screen.say(
        one_line(counted.terms.title[0][1]),
        *result_lines(counted),
        _("Checked on this device, without a network:"),
        _("  coordinator, {relay} and {witness} signed the questions").format(
            relay=one_line(counted.terms.relay.name), witness=one_line(counted.terms.witness.name)
        ),
        _(
            "  both operators signed one list of {n} answers, and these sums are of that list"
        ).format(n=counted.answers),
    )


# --- JSON -----------------------------------------------------------------------------


def _json(survey: Survey) -> dict[str, Any]:
    mine = survey.mine
    return {
        "id": survey.short,
        "survey": survey.id.hex(),
        "programme": survey.programme,
        **terms_json(survey.terms),
        "answered": sorted(mine.stages) if mine is not None else None,
        "withdrawal_confirmed": mine.confirmed or None if mine is not None else None,
        "receipt": mine.kept.hash.hex() if mine is not None else None,
        "results": _outcomes(survey.result) if survey.result is not None else None,
    }


def terms_json(terms: Terms) -> dict[str, Any]:
    """What a survey asks, of whom, how noisy, until when."""
    return {
        "title": dict(terms.title),
        "relay": terms.relay.name,
        "witness": terms.witness.name,
        "trial": terms.trial,
        "opens": _instant(terms.opens),
        "closes": _instant(terms.closes),
        "withdraw_until": _instant(terms.withdraw_until),
        "enrolled": terms.enrolled,
        "epsilon": str(terms.epsilon),
        "questions": [
            {
                "kind": question.kind.name.lower(),
                "text": {each.language: each.text for each in question.wordings},
                "options": {each.language: list(each.options) for each in question.wordings},
                "k": question.k,
                "epsilon": str(question.epsilon),
            }
            for question in terms.questions
        ],
    }


def _outcomes(counted: Counted) -> list[dict[str, Any]]:
    return [
        {"n": each.count, "numbers": each.numbers, "within": each.within}
        for each in counted.outcomes
    ]


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


COMMANDS = {
    "survey list": Command(
        later("surveys you are asked, and how far they are"),
        _list,
        examples=("inglenook survey list",),
        in_spaces=False,
    ),
    "survey answer": Command(
        later("answer one; you see exactly what leaves the device"),
        _answer,
        _answer_arguments,
        ("inglenook survey answer v1", "inglenook survey answer v1 --say 1=yes --preview"),
        in_spaces=False,
    ),
    "survey change": Command(
        later("answer it otherwise, while it is open"),
        _change,
        _answer_arguments,
        ("inglenook survey change v1 --say 1=no",),
        in_spaces=False,
    ),
    "survey withdraw": Command(
        later("take your answer back"),
        _withdraw,
        _withdraw_arguments,
        ("inglenook survey withdraw v1",),
        in_spaces=False,
    ),
    "survey results": Command(
        later("what came out, and how sure it is"),
        _results,
        _results_arguments,
        ("inglenook survey results v1",),
        in_spaces=False,
    ),
    "survey verify": Command(
        later("check a published result on this device"),
        _verify,
        _verify_arguments,
        ("inglenook survey verify v1", "inglenook survey verify --file result"),
        in_spaces=False,
    ),
}
