"""Mistakes that the command line itself finds, and what every error comes to.

    0 done           1 a mistake in the command   2 locked          3 offline, work saved
    4 not verified   5 cannot be stored here      70 a bug of ours  130 stopped

An error of the other layers names its exit code in ``exit_code`` or belongs to a class
that has one here.
"""

from __future__ import annotations

import errno
from typing import ClassVar, Final

from inglenook_client.words import _
from inglenook_schema.errors import (
    CallerError,
    InglenookError,
    MalformedLinkError,
    PeerError,
    WorldError,
)

DONE: Final = 0
MISTAKE: Final = 1
OFFLINE: Final = 3
INTEGRITY: Final = 4
CANNOT_STORE: Final = 5
BUG: Final = 70
INTERRUPTED: Final = 130

_CANNOT_STORE: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}
)
_BY_CLASS: Final[tuple[tuple[type[InglenookError], int], ...]] = (
    (CallerError, MISTAKE),
    (MalformedLinkError, MISTAKE),  # pasted by the person
    (PeerError, INTEGRITY),
    (WorldError, CANNOT_STORE),
)


class MistakeError(CallerError):
    """That command cannot be understood."""

    code = "mistake"


class MissingAnswerError(MistakeError):
    """A question was left open, and there is no terminal to ask it on."""

    code = "missing-answer"

    def __init__(self, question: str, flag: str) -> None:
        message = _("{question} There is no terminal to answer on: say it with {flag}.")
        super().__init__(message.format(question=question, flag=flag))


class KeptError(InglenookError):
    """What you wrote is kept.

    Attributes:
        cause: What went wrong.
        where: The sentence that says where the words are kept.
    """

    exit_code: ClassVar[int] = MISTAKE

    def __init__(self, cause: BaseException, where: str) -> None:
        super().__init__(where)
        self.cause = cause
        self.where = where


def exit_code(error: BaseException) -> int:
    """The exit code that an error comes to."""
    match error:
        case KeptError():
            return exit_code(error.cause)
        case KeyboardInterrupt():
            return INTERRUPTED
        case OSError() if error.errno in _CANNOT_STORE:
            return CANNOT_STORE
        case InglenookError():
            own = getattr(error, "exit_code", None)
            return own if isinstance(own, int) else _of_class(error)
        case _:
            return BUG


def sentence(error: BaseException) -> str:
    """What an error says to the person, without paths, keys or anything they wrote."""
    code = exit_code(error)
    match error:
        case KeptError():
            return f"{sentence(error.cause)} {error.where}"
        case InglenookError():
            return in_words(error)
        case KeyboardInterrupt():
            return _("Stopped.")
        case _ if code == CANNOT_STORE:
            return _("This device cannot store it: the disk is full, read-only or closed to you.")
        case _:
            message = _("Something inside Inglenook went wrong ({name}); the mistake is ours.")
            return message.format(name=type(error).__name__)


def in_words(error: InglenookError) -> str:
    """An error's sentence in the person's language."""
    if not error.values:
        return _(error.source)
    from inglenook_client import calendar

    shown = {
        name: calendar.number(value) if isinstance(value, int) else _(value)
        for name, value in error.values.items()
    }
    return _(error.source).format(**shown)


def says_what_was_kept(error: BaseException) -> bool:
    """Whether an error's own sentence tells already what became of the words."""
    said = str(error).casefold()  # the source text, which is English
    return isinstance(error, InglenookError) and any(
        word in said for word in ("saved", "kept", "nothing was", "nothing is")
    )


def _of_class(error: InglenookError) -> int:
    return next((code for kind, code in _BY_CLASS if isinstance(error, kind)), BUG)
