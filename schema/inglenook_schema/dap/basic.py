"""Ids, times, roles, ciphertexts and keys (DAP draft 18, sections 4.1 and 4.4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import unique
from itertools import pairwise
from typing import Annotated

from inglenook_schema.dap.codec import Code, Message, Name, Number, Opaque, Uint, Vector


class TaskID(Name):
    """32 bytes that are unique to a task (section 4.2)."""

    SIZE = 32


class ReportID(Name):
    """16 random bytes; the nonce of the report's shares (section 4.1)."""

    SIZE = 16


class BatchID(Name):
    """32 bytes, chosen by the leader (section 5.2)."""

    SIZE = 32


class TimePrecision(Number):
    """Seconds that one step of a task's times lasts (section 4.1.1)."""

    SIZE = 8


class Time(Number):
    """Steps of the task's time precision since 1970, leap seconds not counted."""

    SIZE = 8


class Duration(Number):
    """A number of steps of the task's time precision."""

    SIZE = 8


class Interval(Message, frozen=True):
    """From ``start`` until before ``start + duration``."""

    start: Time
    duration: Duration


@unique
class Role(Code):
    """Who takes part; this enumeration is closed (section 4.1)."""

    COLLECTOR = 0
    CLIENT = 1
    LEADER = 2
    HELPER = 3


@unique
class ReportError(Code):
    """Why one report does not count (sections 4.1 and 9.2.6)."""

    RESERVED = 0
    BATCH_COLLECTED = 1
    REPORT_REPLAYED = 2
    REPORT_DROPPED = 3
    HPKE_UNKNOWN_CONFIG_ID = 4
    HPKE_DECRYPT_ERROR = 5
    VDAF_VERIFY_ERROR = 6
    TASK_EXPIRED = 7
    INVALID_MESSAGE = 8
    REPORT_TOO_EARLY = 9
    TASK_NOT_STARTED = 10
    OUTDATED_CONFIG = 11


class HpkeConfigId(Number):
    """Which of a party's keys; one byte."""

    SIZE = 1


class HpkeKemId(Number):
    """A KEM of RFC 9180's registry."""

    SIZE = 2


class HpkeKdfId(Number):
    """A KDF of RFC 9180's registry."""

    SIZE = 2


class HpkeAeadId(Number):
    """An AEAD of RFC 9180's registry."""

    SIZE = 2


class HpkeCiphertext(Message, frozen=True):
    """What ``SealBase`` gave, and for which key (section 4.1)."""

    config_id: HpkeConfigId
    enc: Annotated[bytes, Opaque(2, 1)]
    payload: Annotated[bytes, Opaque(4, 1)]


class HpkeConfig(Message, frozen=True):
    """A key and its algorithms (section 4.4.1).

    The draft asks for one byte of key at least; published encodings carry none, so reading
    does not insist. Whoever seals does: no algorithm has an empty key.
    """

    id: HpkeConfigId
    kem_id: HpkeKemId
    kdf_id: HpkeKdfId
    aead_id: HpkeAeadId
    public_key: Annotated[bytes, Opaque(2)]


class HpkeConfigList(Message, frozen=True):
    """A party's keys, the preferred one first."""

    hpke_configs: Annotated[tuple[HpkeConfig, ...], Vector(2, 10)]


class ExtensionType(Number):
    """A report extension of the registry in section 9.2.4."""

    SIZE = 2


class Extension(Message, frozen=True):
    """A report extension (section 4.4.3); public in the metadata, private in an input share."""

    extension_type: ExtensionType
    extension_data: Annotated[bytes, Opaque(2)]


Uint8 = Annotated[int, Uint(1)]
Uint16 = Annotated[int, Uint(2)]
Uint32 = Annotated[int, Uint(4)]
Uint64 = Annotated[int, Uint(8)]


def increasing(types: Sequence[int]) -> bool:
    """Whether extension types are in strictly increasing order."""
    return all(one < following for one, following in pairwise(types))
