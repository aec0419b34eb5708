"""The SQLite store's statements: tables, migrations, reads, writes.

``address`` leads every key of mailboxes and records and no row of one mailbox is ever
joined with another's, so that the tables can be spread over machines one day.
"""

from __future__ import annotations

from typing import Final, NamedTuple

APPLICATION_ID: Final = 0x696E676C
"""``ingl``: how a file says that it is a relay's."""

_SURVEYS: Final = (
    """
    CREATE TABLE survey (
      survey     BLOB    NOT NULL PRIMARY KEY,  -- 32 bytes: its id; zeros: the operator itself
      version    INTEGER NOT NULL,              -- changes so far; each names the one before it
      due        INTEGER NOT NULL               -- 1: something waits for the Witness
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE survey_row (
      survey     BLOB    NOT NULL,              -- whose row it is
      kind       INTEGER NOT NULL,              -- core.sums.store.Kind
      id         BLOB    NOT NULL,              -- which of its kind
      value      BLOB    NOT NULL,              -- canonical msgpack
      PRIMARY KEY (survey, kind, id)
    )
    """,
)

MIGRATIONS: Final = (
    (
        """
        CREATE TABLE mailbox (
          address    BLOB    NOT NULL PRIMARY KEY,  -- 16 bytes: certifies the three hashes
          read_hash  BLOB    NOT NULL,              -- 32 bytes: hash of the read token
          write_hash BLOB    NOT NULL,              -- 32 bytes: hash of the write token
          owner_hash BLOB    NOT NULL,              -- 32 bytes or none: of the owner token
          keep_days  INTEGER NOT NULL,              -- idle days after which it may be dropped
          used_day   INTEGER NOT NULL,              -- day of last use since 1970-01-01, no finer
          n          INTEGER NOT NULL,              -- records, erased ones included
          head       BLOB    NOT NULL,              -- 32 bytes: running head at n
          size       INTEGER NOT NULL,              -- bytes of all blobs not erased
          closed     INTEGER NOT NULL               -- 1: everything nulled, no more puts
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE record (
          address    BLOB    NOT NULL,              -- the mailbox it lies in
          n          INTEGER NOT NULL,              -- position, from 1, without a gap
          rid        BLOB    NOT NULL,              -- 32 bytes: hash of the blob; stays
          head       BLOB    NOT NULL,              -- 32 bytes: running head at n
          size       INTEGER NOT NULL,              -- bytes of the blob, 0 once erased
          salt       BLOB,                          -- 32 bytes of an erased blob, else NULL
          blob       BLOB,                          -- what was put; NULL once erased
          PRIMARY KEY (address, n),
          UNIQUE (address, rid)
        )
        """,
        """
        CREATE TABLE voucher (
          code_hash  BLOB    NOT NULL PRIMARY KEY,  -- 32 bytes: hash of an operator's code
          uses       INTEGER NOT NULL               -- mailboxes it may still make
        ) WITHOUT ROWID
        """,
    ),
    _SURVEYS,
)
"""Statements of each version, forwards only; ``user_version`` counts those that ran."""


class Form(NamedTuple):
    """Whose a file is, and what is in it."""

    application_id: int
    migrations: tuple[tuple[str, ...], ...]
    another: str
    """Said where it is somebody else's."""
    newer: str
    """Said where it was written by a newer program."""


RELAY: Final = Form(
    APPLICATION_ID,
    MIGRATIONS,
    "That file is not a relay's database.",
    "That database was written by a newer relay; update this one.",
)
WITNESS: Final = Form(
    0x696E6777,  # ``ingw``
    (_SURVEYS,),
    "That file is not a Witness's database.",
    "That database was written by a newer Witness; update this one.",
)

WAL: Final = "PRAGMA journal_mode = WAL"
COMMON_PRAGMAS: Final = (
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -32768",
    # Checkpoints are dear: 16 MiB of log, not the usual 4, lie between two of them.
    "PRAGMA wal_autocheckpoint = 4096",
    "PRAGMA journal_size_limit = 33554432",
)
READER_PRAGMAS: Final = ("PRAGMA query_only = ON", "PRAGMA cache_size = -16384")

_MAILBOX: Final = (
    "address, read_hash, write_hash, owner_hash, keep_days, used_day, n, head, size, closed"
)
MAILBOXES: Final = f"SELECT {_MAILBOX} FROM mailbox WHERE address IN (SELECT column1 FROM ({{}}))"  # noqa: S608 - constants
PLACES: Final = """
    SELECT record.address, record.rid, record.n FROM ({}) AS asked
    CROSS JOIN record ON record.address = asked.column1 AND record.rid = asked.column2
    """
STUBS: Final = """
    SELECT record.address, record.n, coalesce(salt, substr(blob, 2, 32)), size
    FROM ({}) AS asked
    CROSS JOIN record ON record.address = asked.column1 AND record.n = asked.column2
    """
VOUCHERS: Final = """
    SELECT code_hash, uses FROM voucher WHERE code_hash IN (SELECT column1 FROM ({}))
    """

_REAL: Final = "WHERE column1 IS NOT NULL"
"""Leaves out the rows that only pad."""
INSERT_MAILBOX: Final = f"INSERT INTO mailbox ({_MAILBOX}) SELECT * FROM ({{}}) {_REAL}"  # noqa: S608 - constants
INSERT_RECORD: Final = (
    "INSERT INTO record (address, n, rid, head, size, blob) "  # noqa: S608 - constants
    f"SELECT * FROM ({{}}) {_REAL}"
)
UPDATE_MAILBOX: Final = """
    UPDATE mailbox SET used_day = now.column2, n = now.column3, head = now.column4,
      size = now.column5, closed = now.column6
    FROM ({}) AS now WHERE address = now.column1
    """
ERASE_RECORD: Final = """
    UPDATE record SET salt = substr(blob, 2, 32), blob = NULL, size = 0
    FROM ({}) AS asked
    WHERE address = asked.column1 AND n = asked.column2 AND blob IS NOT NULL
    """
ERASE_RECORDS: Final = """
    UPDATE record SET salt = substr(blob, 2, 32), blob = NULL, size = 0
    FROM ({}) AS asked WHERE address = asked.column1 AND blob IS NOT NULL
    """
SPEND_VOUCHER: Final = """
    UPDATE voucher SET uses = now.column2 FROM ({}) AS now WHERE code_hash = now.column1
    """
ADD_VOUCHER: Final = """
    INSERT INTO voucher (code_hash, uses) VALUES (?, ?)
    ON CONFLICT (code_hash) DO UPDATE SET uses = uses + excluded.uses
    """

LOOK: Final = """
    SELECT asked.column1, mailbox.n, mailbox.head, coalesce(record.head, x''), used_day
    FROM ({}) AS asked
    CROSS JOIN mailbox ON mailbox.address = asked.column2 AND read_hash = asked.column3
    LEFT JOIN record ON record.address = mailbox.address AND record.n = asked.column4
    """
LENGTHS: Final = "SELECT address, n FROM mailbox WHERE address IN (SELECT column1 FROM ({}))"
PAGE: Final = """
    SELECT mailbox.n, mailbox.head, record.rid, record.blob, record.size = 0
    FROM mailbox CROSS JOIN record USING (address)
    WHERE mailbox.address = :address AND record.n > :after AND record.n <= (
      SELECT max(n) FROM (
        SELECT n, sum(cost) OVER (ORDER BY n) AS total FROM (
          SELECT n, max(size, 32) + :entry_cost AS cost FROM record
          WHERE address = :address AND n > :after ORDER BY n LIMIT :most
        )
      ) WHERE total <= :room
    )
    ORDER BY record.n
    """
"""Length, head and records in one statement, so that they fit each other."""
RIDS: Final = """
    SELECT mailbox.n, mailbox.head, record.rid, x'', record.size = 0
    FROM mailbox CROSS JOIN record USING (address)
    WHERE mailbox.address = :address AND record.n > :after
    ORDER BY record.n LIMIT :most
    """
CHECK: Final = "SELECT count(*) FROM (SELECT 1 FROM mailbox LIMIT 1)"

SURVEY_VERSION: Final = "SELECT version FROM survey WHERE survey = ?"
SURVEYS: Final = "SELECT survey, due FROM survey WHERE survey != zeroblob(32) ORDER BY survey"
SURVEY_ROW: Final = "SELECT id, value FROM survey_row WHERE survey = ? AND kind = ? AND id = ?"
SURVEY_ROWS: Final = """
    SELECT id, value FROM survey_row WHERE survey = ? AND kind = ? ORDER BY id LIMIT ?
    """
INSERT_SURVEY: Final = "INSERT INTO survey (survey, version, due) VALUES (?, 1, ?)"
UPDATE_SURVEY: Final = """
    UPDATE survey SET version = version + 1, due = coalesce(?, due) WHERE survey = ?
    """
CLEAR_SURVEY: Final = "DELETE FROM survey_row WHERE survey = ? AND kind = ?"
DROP_SURVEY_ROW: Final = "DELETE FROM survey_row WHERE survey = ? AND kind = ? AND id = ?"
PUT_SURVEY_ROW: Final = """
    INSERT INTO survey_row (survey, kind, id, value) VALUES (?, ?, ?, ?)
    ON CONFLICT (survey, kind, id) DO UPDATE SET value = excluded.value
    """


def values(rows: int, width: int) -> str:
    """``VALUES`` of the next power of two of rows, so that few texts are ever prepared."""
    row = "(" + ",".join("?" * width) + ")"
    return "VALUES " + ",".join([row] * padded(rows))


def padded(rows: int) -> int:
    """The next power of two."""
    return 1 << max(rows - 1, 0).bit_length()
