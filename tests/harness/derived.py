"""Keys of passphrases: Argon2id is slow on purpose, and has no state, so once for each question.

A test that types a hundred command lines in one process would pay 64 MiB and a sixth of a second
for each. What is asked and what is answered stay the product's own; a real process pays in full.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from inglenook_schema import suite

argon2id: Final = lru_cache(maxsize=256)(suite.argon2id)
"""Stands where ``suite.argon2id`` stands."""
