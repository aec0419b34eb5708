"""Every error Inglenook raises on purpose.

The class says whose fault it was; the docstring is the sentence a person reads;
``code`` is the name used on the wire and in ``--json``.

    InglenookError
    ├── CallerError              the person, or the code that calls us
    │   ├── InvalidEventError
    │   ├── NotAllowedError
    │   └── BlindingError
    ├── PeerError                bytes from somebody else
    │   ├── MalformedError
    │   │   ├── MalformedEventError
    │   │   ├── MalformedRecordError
    │   │   ├── MalformedLinkError
    │   │   ├── MalformedReportError
    │   │   ├── MalformedMessageError
    │   │   └── MalformedTokenError
    │   ├── UnsupportedSuiteError
    │   ├── WrongKeyError
    │   ├── BadSignatureError
    │   ├── BadCertificateError
    │   ├── BadPackError
    │   ├── BadAttachmentError
    │   ├── InvalidReportError
    │   └── SurveyRefusedError
    └── WorldError               disk, network, another program
        └── SigningFailedError
"""

from __future__ import annotations

from typing import ClassVar


class InglenookError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"

    def __init__(self, sentence: str = "", **values: str | int) -> None:
        """Nothing given: the class's own sentence.

        Args:
            sentence: As it stands in the catalogue, with a ``{place}`` for each value.
            values: What belongs there; a text may be a word of the catalogue itself.
        """
        super().__init__(sentence)
        self.values = values

    @property
    def source(self) -> str:
        """The sentence as it stands in the catalogue."""
        return super().__str__() or (type(self).__doc__ or self.code).split("\n", 1)[0]

    def __str__(self) -> str:
        """The sentence in English."""
        if not self.values:
            return self.source
        shown = {n: f"{v:,}" if isinstance(v, int) else v for n, v in self.values.items()}
        return self.source.format(**shown)


class CallerError(InglenookError):
    """That cannot be done as asked."""

    code = "caller"


class InvalidEventError(CallerError):
    """What was written does not fit its kind."""

    code = "invalid-event"


class NotAllowedError(CallerError):
    """This device may not do that here."""

    code = "not-allowed"


class BlindingError(CallerError):
    """That cannot be blinded as asked."""

    code = "blinding"


class PeerError(InglenookError):
    """Something that came from outside was refused."""

    code = "peer"


class MalformedError(PeerError):
    """Something that came from outside could not be read."""

    code = "malformed"


class MalformedEventError(MalformedError):
    """An event that came from outside could not be read."""

    code = "malformed-event"


class MalformedRecordError(MalformedError):
    """A record that came from outside could not be read."""

    code = "malformed-record"


class MalformedLinkError(MalformedError):
    """That is not an Inglenook link, or part of it is missing."""

    code = "malformed-link"


class MalformedReportError(MalformedError):
    """A part of a survey answer that came from outside could not be read."""

    code = "malformed-report"


class MalformedMessageError(MalformedError):
    """A message about a survey could not be read."""

    code = "malformed-message"


class MalformedTokenError(MalformedError):
    """A request for a token, or its answer, could not be read."""

    code = "malformed-token"


class UnsupportedSuiteError(PeerError):
    """That was written by a newer Inglenook; update this device to read it."""

    code = "unsupported-suite"


class WrongKeyError(PeerError):
    """A record did not open with the key this device holds."""

    code = "wrong-key"


class BadSignatureError(PeerError):
    """A signature did not fit what it stands under."""

    code = "bad-signature"


class BadCertificateError(PeerError):
    """A device could not show that it belongs to the person it names."""

    code = "bad-certificate"


class BadPackError(PeerError):
    """A pack did not verify; nothing of it was kept."""

    code = "bad-pack"


class BadAttachmentError(PeerError):
    """An attachment's parts do not give the file that was attached; nothing of it was used."""

    code = "bad-attachment"


class InvalidReportError(PeerError):
    """A survey answer did not prove what it claims, and does not count."""

    code = "invalid-report"


class SurveyRefusedError(PeerError):
    """That survey breaks a rule that protects whoever answers it."""

    code = "survey-refused"


class WorldError(InglenookError):
    """The disk, the network or another program said no."""

    code = "world"


class SigningFailedError(WorldError):
    """A signature came out wrong and was kept back."""

    code = "signing-failed"
