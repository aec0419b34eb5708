"""Import ids: what was written elsewhere is the same on every device (protocol 2.8)."""

from inglenook_schema import suite
from inglenook_schema.limits import SHORT_ID


def import_id(erase_secret: bytes, said: bytes) -> bytes:
    """16 bytes for something that was written in another program.

    Args:
        erase_secret: The person's, 32 bytes.
        said: What makes it the same, however often and wherever it is read.
    """
    return suite.hmac(erase_secret, suite.domain("import") + said)[:SHORT_ID]
