"""Import ids are what protocol 2.8 says, worked out here by hand."""

import hashlib
import hmac

from inglenook_schema.importid import import_id


def test_an_import_id_is_a_keyed_hash_of_what_was_read() -> None:
    secret = bytes(range(32))
    domain = b"inglenook/1 import".ljust(32, b"\0")
    expected = hmac.new(secret, domain + b"jrnl\x002026-03-01T09:15\0Home", hashlib.sha256).digest()

    assert import_id(secret, b"jrnl\x002026-03-01T09:15\0Home") == expected[:16]
    assert import_id(bytes(32), b"jrnl\x002026-03-01T09:15\0Home") != expected[:16]
