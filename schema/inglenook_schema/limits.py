"""Every limit of the formats, in bytes unless the name says otherwise (protocol 9)."""

from __future__ import annotations

from typing import Final

SUITE: Final = 1
VERSION: Final = 1
"""Protocol version a genesis or a rotate names; it closes the list of control kinds."""

ID: Final = 32
SHORT_ID: Final = 16
TOKEN: Final = 32
SIGNATURE: Final = 64
SIGN_PUBLIC: Final = 32
KEM_PUBLIC: Final = 1_216
KEM_PRIVATE: Final = 96
KEM_ENCAPSULATED: Final = 1_120
"""1,088 of ML-KEM-768, 32 of X25519."""
RSA_BITS: Final = (2_048, 8_192)
"""Shortest and longest modulus of a token key."""
WRAP: Final = 1_168
"""HPKE of 32 bytes: 1,120 encapsulated, 32 sealed, 16 tag."""

MAX_HEADER: Final = 4_096
MAX_REFS: Final = 64
PAYLOAD_STEP: Final = 64
MAX_PAYLOAD: Final = 262_144
"""Padded payload, its four length bytes included."""

MAX_BATCH_EVENTS: Final = 64
FRAMING: Final = 65
"""suite 1 + salt 32 + commit 16 + AEAD tag 16."""
PLAIN_HEAD: Final = 5
"""kind 1 + length 4 in front of a record's inner bytes."""
MIN_PLAIN: Final = 512
PLAIN_STEP: Final = 256
MAX_STEPPED_PLAIN: Final = 4_096
MAX_PLAIN: Final = 1_032_192
MAX_INNER: Final = MAX_PLAIN - PLAIN_HEAD
MAX_RECORD: Final = MAX_PLAIN + FRAMING + WRAP
MAX_SEALED_RECORD: Final = 65_536
"""In sealed and recovery boxes."""
MAX_CHUNK: Final = 262_144
"""Of a file, as one record's inner bytes."""
MAX_ATTACHMENT: Final = 10_485_760
"""Bytes of a file that belongs to an entry."""
MAX_ATTACHMENT_CHUNKS: Final = 40
"""So many chunks hold the largest file, padded as a whole."""
MAX_OWNED_RECORD: Final = 270_401
"""In any box with an owner: what such a chunk is, padded and framed."""
MAX_BUNDLE_INNER: Final = 63_483
"""The most whose padded record has at most 65,536 bytes."""
MAX_BUNDLE_PARTS: Final = 255
MAX_INFLATED: Final = 8_388_608
MAX_PACK_PARTS: Final = 2_048
"""After the first, whose list of their hashes must leave it room."""
MAX_FILE_LOGS: Final = 256
"""Logs in a file of packs."""
MAX_FILE: Final = 1_073_741_824

MAX_FRAME: Final = 4_194_304
MAX_WANTS: Final = 256
MAX_LINK: Final = 2_048
MAX_NAME: Final = 64
MAX_CERTIFICATES: Final = 16
MAX_RELAYS: Final = 8
MAX_ORIGIN: Final = 256
