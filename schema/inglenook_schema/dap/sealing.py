"""Sealed shares: to an aggregator, and from it to the collector (DAP draft 18, 4.4.2, 4.6.7).

The task's configuration, the report's metadata or the collection request are in the
authenticated data: a share opens only for who agrees on every byte of them.
"""

from __future__ import annotations

from typing import Final

from inglenook_schema import hpke
from inglenook_schema.dap.basic import (
    HpkeAeadId,
    HpkeCiphertext,
    HpkeConfig,
    HpkeConfigId,
    HpkeKdfId,
    HpkeKemId,
    Role,
)
from inglenook_schema.dap.codec import decode, encode
from inglenook_schema.dap.collection import AggregateShareAad
from inglenook_schema.dap.upload import InputShareAad, PlaintextInputShare
from inglenook_schema.errors import CallerError, MalformedMessageError, WrongKeyError
from inglenook_schema.suite import KemKey

_INPUT: Final = b"dap-18 input share"
_AGGREGATE: Final = b"dap-18 aggregate share"
_AGGREGATORS: Final = frozenset({Role.LEADER, Role.HELPER})


def hpke_config(config_id: int, public: bytes) -> HpkeConfig:
    """The configuration that publishes a hybrid public key of 1,216 bytes."""
    return HpkeConfig(
        HpkeConfigId(config_id),
        HpkeKemId(hpke.KEM_ID),
        HpkeKdfId(hpke.KDF_ID),
        HpkeAeadId(hpke.AEAD_ID),
        public,
    )


def seal_input_share(
    config: HpkeConfig, aggregator: Role, aad: InputShareAad, share: PlaintextInputShare
) -> HpkeCiphertext:
    """Seal an input share to the leader or the helper.

    Raises:
        MalformedMessageError: ``config`` is not of the suite.
        MalformedError: Its key is none.
        CallerError: ``aggregator`` is no aggregator.
    """
    return _seal(config, _input_info(aggregator), encode(aad), encode(share))


def open_input_share(
    key: KemKey,
    config_id: int,
    aggregator: Role,
    aad: InputShareAad,
    sealed: HpkeCiphertext,
) -> PlaintextInputShare:
    """Undo :func:`seal_input_share`.

    Raises:
        WrongKeyError: It names another key or does not open: DAP's ``hpke_decrypt_error``.
        MalformedMessageError: What was sealed is no input share.
    """
    opened = _open(key, config_id, _input_info(aggregator), encode(aad), sealed)
    return decode(PlaintextInputShare, opened)


def seal_aggregate_share(
    config: HpkeConfig, aggregator: Role, aad: AggregateShareAad, share: bytes
) -> HpkeCiphertext:
    """Seal an aggregate share of ``aggregator`` to the collector; raises like the above."""
    return _seal(config, _aggregate_info(aggregator), encode(aad), share)


def open_aggregate_share(
    key: KemKey,
    config_id: int,
    aggregator: Role,
    aad: AggregateShareAad,
    sealed: HpkeCiphertext,
) -> bytes:
    """Undo :func:`seal_aggregate_share`.

    Raises:
        WrongKeyError: It names another key or does not open.
    """
    return _open(key, config_id, _aggregate_info(aggregator), encode(aad), sealed)


def _input_info(aggregator: Role) -> bytes:
    return _INPUT + bytes([Role.CLIENT, _aggregator(aggregator)])


def _aggregate_info(aggregator: Role) -> bytes:
    return _AGGREGATE + bytes([_aggregator(aggregator), Role.COLLECTOR])


def _aggregator(role: Role) -> Role:
    if role not in _AGGREGATORS:
        raise CallerError("Only a survey's two operators hold shares.")
    return role


def _seal(config: HpkeConfig, info: bytes, aad: bytes, plaintext: bytes) -> HpkeCiphertext:
    if (config.kem_id, config.kdf_id, config.aead_id) != (hpke.KEM_ID, hpke.KDF_ID, hpke.AEAD_ID):
        raise MalformedMessageError("A survey's operator uses algorithms this device does not.")
    enc, payload = hpke.seal(config.public_key, info, aad, plaintext)
    return HpkeCiphertext(config.id, enc, payload)


def _open(key: KemKey, config_id: int, info: bytes, aad: bytes, sealed: HpkeCiphertext) -> bytes:
    if sealed.config_id != config_id:
        raise WrongKeyError("A survey answer was sealed to another key.")
    return hpke.unseal(key, sealed.enc, info, aad, sealed.payload)
