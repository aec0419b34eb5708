"""The PostgreSQL store's statements: tables, migrations, reads, writes.

Rule 1: ``address`` leads every primary and unique key of mailboxes and records.
Rule 2: every statement on them names one address, ``$1``, and the tables it joins are
equal in it: Citus, having spread the tables by ``address``, sends it to one shard.
"""

from __future__ import annotations

from typing import Final

APPLICATION: Final = "inglenook-relay"
MIGRATION_LOCK: Final = 0x696E676C
"""``ingl``: held while the tables are brought up to date, by one process at a time."""

META: Final = """
    CREATE TABLE IF NOT EXISTS relay_meta (
      version integer NOT NULL PRIMARY KEY      -- migrations that ran; one row
    )
    """
TABLES: Final = """
    SELECT relname FROM pg_class
    WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
    """
VERSION: Final = "SELECT max(version) FROM relay_meta"
CLEAR_VERSION: Final = "DELETE FROM relay_meta"
SET_VERSION: Final = "INSERT INTO relay_meta (version) VALUES ($1)"
LOCK: Final = "SELECT pg_advisory_xact_lock($1)"

MIGRATIONS: Final = (
    (
        """
        CREATE TABLE mailbox (
          address    bytea   NOT NULL PRIMARY KEY,  -- 16 bytes: certifies the three hashes
          read_hash  bytea   NOT NULL,              -- 32 bytes: hash of the read token
          write_hash bytea   NOT NULL,              -- 32 bytes: hash of the write token
          owner_hash bytea   NOT NULL,              -- 32 bytes or none: of the owner token
          keep_days  integer NOT NULL,              -- idle days after which it may be dropped
          used_day   integer NOT NULL,              -- day of last use since 1970-01-01, no finer
          n          bigint  NOT NULL,              -- records, erased ones included
          head       bytea   NOT NULL,              -- 32 bytes: running head at n
          size       bigint  NOT NULL,              -- bytes of all blobs not erased
          closed     boolean NOT NULL               -- everything nulled, no more puts
        ) WITH (fillfactor = 70)                    -- room to update a row where it lies
        """,
        """
        CREATE TABLE record (
          address    bytea   NOT NULL,              -- the mailbox it lies in
          n          bigint  NOT NULL,              -- position, from 1, without a gap
          rid        bytea   NOT NULL,              -- 32 bytes: hash of the blob; stays
          head       bytea   NOT NULL,              -- 32 bytes: running head at n
          size       integer NOT NULL,              -- bytes of the blob, 0 once erased
          salt       bytea,                         -- 32 bytes of an erased blob, else NULL
          blob       bytea,                         -- what was put; NULL once erased
          PRIMARY KEY (address, n),
          UNIQUE (address, rid)
        )
        """,
        # What is sealed does not compress, and a salt is cut out of it without the rest.
        "ALTER TABLE record ALTER COLUMN blob SET STORAGE EXTERNAL",
        """
        CREATE TABLE voucher (
          code_hash  bytea   NOT NULL PRIMARY KEY,  -- 32 bytes: hash of an operator's code
          uses       bigint  NOT NULL               -- mailboxes it may still make
        )
        """,
    ),
    (
        """
        CREATE TABLE survey (
          survey     bytea   NOT NULL PRIMARY KEY,  -- 32 bytes: its id; zeros: the relay itself
          version    bigint  NOT NULL,              -- changes so far; each names the one before
          due        boolean NOT NULL               -- something waits for the Witness
        )
        """,
        """
        CREATE TABLE survey_row (
          survey     bytea    NOT NULL,             -- whose row it is
          kind       smallint NOT NULL,             -- core.sums.store.Kind
          id         bytea    NOT NULL,             -- which of its kind
          value      bytea    NOT NULL,             -- canonical msgpack
          PRIMARY KEY (survey, kind, id)
        )
        """,
        "ALTER TABLE survey_row ALTER COLUMN value SET STORAGE EXTERNAL",
    ),
)
"""Statements of each version, forwards only; ``relay_meta`` says how many ran."""

LOCK_MAILBOX: Final = """
    SELECT address, read_hash, write_hash, owner_hash, keep_days, used_day, n, head, size, closed
    FROM mailbox WHERE address = $1 FOR UPDATE
    """
PLACES: Final = "SELECT rid, n FROM record WHERE address = $1 AND rid = ANY($2::bytea[])"
STUBS: Final = """
    SELECT n, coalesce(salt, substring(blob FROM 2 FOR 32)), size
    FROM record WHERE address = $1 AND n = ANY($2::bigint[])
    """
LOCK_VOUCHER: Final = "SELECT uses FROM voucher WHERE code_hash = $1 FOR UPDATE"

INSERT_MAILBOX: Final = """
    INSERT INTO mailbox
      (address, read_hash, write_hash, owner_hash, keep_days, used_day, n, head, size, closed)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (address) DO NOTHING
    """
"""No error if it is there: the server's log would write the address."""
UPDATE_MAILBOX: Final = """
    UPDATE mailbox SET used_day = $2, n = $3, head = $4, size = $5, closed = $6
    WHERE address = $1
    """
INSERT_RECORD: Final = """
    INSERT INTO record (address, n, rid, head, size, blob) VALUES ($1, $2, $3, $4, $5, $6)
    """
ERASE_RECORDS: Final = """
    UPDATE record SET salt = substring(blob FROM 2 FOR 32), blob = NULL, size = 0
    WHERE address = $1 AND n = ANY($2::bigint[]) AND blob IS NOT NULL
    """
ERASE_ALL: Final = """
    UPDATE record SET salt = substring(blob FROM 2 FOR 32), blob = NULL, size = 0
    WHERE address = $1 AND blob IS NOT NULL
    """
SPEND_VOUCHER: Final = "UPDATE voucher SET uses = $2 WHERE code_hash = $1"
ADD_VOUCHER: Final = """
    INSERT INTO voucher (code_hash, uses) VALUES ($1, $2)
    ON CONFLICT (code_hash) DO UPDATE SET uses = voucher.uses + excluded.uses
    """

LOOK: Final = """
    SELECT mailbox.n, mailbox.head, coalesce(record.head, ''::bytea), mailbox.used_day
    FROM mailbox
    LEFT JOIN record ON record.address = mailbox.address AND record.n = $3
    WHERE mailbox.address = $1 AND mailbox.read_hash = $2
    """
LENGTH: Final = "SELECT n FROM mailbox WHERE address = $1"
PAGE: Final = """
    SELECT mailbox.n, mailbox.head, record.rid, record.blob, record.size = 0
    FROM mailbox JOIN record ON record.address = mailbox.address
    WHERE mailbox.address = $1 AND record.n > $2 AND record.n <= (
      SELECT max(n) FROM (
        SELECT n, sum(cost) OVER (ORDER BY n) AS total FROM (
          SELECT n, greatest(size, 32) + $4::integer AS cost FROM record
          WHERE address = $1 AND n > $2 ORDER BY n LIMIT $5
        ) AS nearest
      ) AS summed WHERE total <= $3
    )
    ORDER BY record.n
    """
"""Length, head and records in one statement, so that they fit each other."""
RIDS: Final = """
    SELECT mailbox.n, mailbox.head, record.rid, ''::bytea, record.size = 0
    FROM mailbox JOIN record ON record.address = mailbox.address
    WHERE mailbox.address = $1 AND record.n > $2
    ORDER BY record.n LIMIT $3
    """
CHECK: Final = "SELECT 1 FROM mailbox WHERE address = $1"

SURVEY_VERSION: Final = "SELECT version FROM survey WHERE survey = $1"
LOCK_SURVEY: Final = "SELECT version FROM survey WHERE survey = $1 FOR UPDATE"
SURVEYS: Final = "SELECT survey, due FROM survey WHERE survey <> $1 ORDER BY survey"
SURVEY_ROW: Final = "SELECT id, value FROM survey_row WHERE survey = $1 AND kind = $2 AND id = $3"
SURVEY_ROWS: Final = """
    SELECT id, value FROM survey_row WHERE survey = $1 AND kind = $2 ORDER BY id LIMIT $3
    """
INSERT_SURVEY: Final = """
    INSERT INTO survey (survey, version, due) VALUES ($1, 1, $2)
    ON CONFLICT (survey) DO NOTHING RETURNING version
    """
UPDATE_SURVEY: Final = """
    UPDATE survey SET version = version + 1, due = coalesce($2, due) WHERE survey = $1
    """
CLEAR_SURVEY: Final = "DELETE FROM survey_row WHERE survey = $1 AND kind = ANY($2::smallint[])"
DROP_SURVEY_ROW: Final = "DELETE FROM survey_row WHERE survey = $1 AND kind = $2 AND id = $3"
PUT_SURVEY_ROW: Final = """
    INSERT INTO survey_row (survey, kind, id, value) VALUES ($1, $2, $3, $4)
    ON CONFLICT (survey, kind, id) DO UPDATE SET value = excluded.value
    """
