"""The tables, a comment on each column, and how older files become newer ones.

Row numbers are this device's own. Nothing here is ever sent as it stands.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = 8

CREATE: Final = """
CREATE TABLE meta(
  key   TEXT PRIMARY KEY,
  value BLOB NOT NULL            -- msgpack
) WITHOUT ROWID;

CREATE TABLE relay(
  origin  TEXT PRIMARY KEY,      -- scheme, host, port as entered
  voucher TEXT NOT NULL          -- code for making mailboxes; empty where none is needed
) WITHOUT ROWID;

CREATE TABLE person(
  id      BLOB PRIMARY KEY,      -- 32 bytes
  sign    BLOB NOT NULL,         -- root signing key, 32 bytes
  kem     BLOB NOT NULL,         -- root KEM key, 1,216 bytes
  checked INTEGER NOT NULL       -- 1 once the safety words were compared
) WITHOUT ROWID;

CREATE TABLE log(
  number    INTEGER PRIMARY KEY,
  id        BLOB NOT NULL UNIQUE, -- 32 bytes: id of its genesis
  type      INTEGER NOT NULL,     -- LogType
  role      TEXT NOT NULL,        -- what this person is there
  label     TEXT NOT NULL,        -- what it was called when it was joined
  relays    BLOB NOT NULL,        -- msgpack list of origins
  forwarded INTEGER NOT NULL,     -- 1: shares nothing until the words are confirmed
  announced INTEGER NOT NULL,     -- 1 once space.joined stands in the journal
  stalled   INTEGER NOT NULL,     -- 1: closed, or an act counts that is unknown here
  epoch     INTEGER,              -- the one to write to, once its secret is here
  lagging   INTEGER NOT NULL DEFAULT 0, -- 1: its newest mailbox may lack what came elsewhere
  ended     INTEGER,              -- ms when it was closed or left, as claimed; NULL while open
  given     BLOB,                 -- who gave it back, to be read only; NULL where one belongs
  begun     BLOB                  -- of an imported journal: its genesis, packed, without its key
);

CREATE TABLE chain(
  number INTEGER PRIMARY KEY,
  log    INTEGER NOT NULL,
  id     BLOB NOT NULL,          -- 16 bytes; zeros for the genesis
  device BLOB NOT NULL,          -- 16 bytes
  person BLOB NOT NULL,          -- 32 bytes
  sign   BLOB NOT NULL,          -- Ed25519 public key
  mine   INTEGER NOT NULL,       -- 1: of this device, 2: of this device and open for writing
  last   INTEGER NOT NULL,       -- highest seq that counts; -1 none
  sealed INTEGER NOT NULL,       -- own chains: highest seq put into a record
  relay  INTEGER NOT NULL,       -- highest seq read back from a newest mailbox
  partner INTEGER NOT NULL,      -- highest seq that a partner's ref or ack covers
  forked INTEGER,                -- first seq with two events
  UNIQUE(log, id)
);

CREATE TABLE event(
  row    INTEGER PRIMARY KEY,
  chain  INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  id     BLOB NOT NULL,          -- 32 bytes
  kind   INTEGER NOT NULL,       -- header kind
  header BLOB NOT NULL,          -- as signed
  body   BLOB,                   -- salt and padded payload; NULL where erased or missing
  type   TEXT,                   -- content kind
  at     INTEGER,                -- claimed instant, ms UTC
  date   TEXT,                   -- local date as the writer saw it
  letter TEXT,                   -- of its short id
  n      INTEGER,                -- number of its short id on this device, never reused
  linked INTEGER                 -- 1 where a projection besides the timeline reads it
);
CREATE UNIQUE INDEX event_id ON event(id);
CREATE INDEX event_place ON event(chain, seq, id);  -- answers by itself which events are here
CREATE INDEX event_at ON event(at);
CREATE UNIQUE INDEX event_short ON event(letter, n) WHERE letter IS NOT NULL;
CREATE INDEX event_linked ON event(type) WHERE linked = 1;
CREATE INDEX event_control ON event(chain, seq) WHERE kind > 0;
CREATE INDEX event_gone ON event(chain) WHERE body IS NULL;

CREATE TABLE seal(
  event     BLOB PRIMARY KEY,    -- id of the sealed event
  chain     INTEGER NOT NULL,
  seq       INTEGER NOT NULL,
  signature BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE past(
  chain INTEGER NOT NULL,
  seq   INTEGER NOT NULL,
  event BLOB NOT NULL,
  past  BLOB NOT NULL,           -- msgpack map: chain, or branch of one, to highest seq
  PRIMARY KEY(chain, seq, event)
) WITHOUT ROWID;

CREATE TABLE awaited(
  log   INTEGER NOT NULL,
  chain BLOB NOT NULL,           -- 16 bytes: may not be open here yet
  seq   INTEGER NOT NULL,
  event BLOB NOT NULL,           -- id that was referred to
  by    BLOB NOT NULL,           -- id of the event that refers to it
  PRIMARY KEY(log, chain, seq, event, by)
) WITHOUT ROWID;

CREATE TABLE astray(
  event BLOB PRIMARY KEY,        -- content on a branch that does not count, though its seq does
  log   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE erased(
  event BLOB PRIMARY KEY,        -- id that was erased by a signed act; never comes back
  body  BLOB,                    -- hidden until it is wiped; NULL once nothing of it is here
  due   INTEGER NOT NULL DEFAULT 0, -- ms when it is to be wiped; 0 where it is
  day   INTEGER NOT NULL DEFAULT 0  -- when this device hid a body for it; 0 where it had none
) WITHOUT ROWID;
CREATE INDEX erased_due ON erased(due) WHERE due > 0;
CREATE INDEX erased_day ON erased(day) WHERE day > 0;

CREATE TABLE epoch(
  number     INTEGER PRIMARY KEY,
  log        INTEGER NOT NULL,
  commitment BLOB NOT NULL UNIQUE,
  secret     BLOB NOT NULL,      -- 32 bytes
  entered    INTEGER NOT NULL    -- day number
);

CREATE TABLE mailbox(
  number  INTEGER PRIMARY KEY,
  type    INTEGER NOT NULL,      -- BoxType
  log     INTEGER,               -- epoch boxes
  epoch   INTEGER,
  relay   TEXT NOT NULL,
  address BLOB NOT NULL,
  read    BLOB NOT NULL,
  write   BLOB NOT NULL,
  owner   BLOB NOT NULL,         -- owner token; empty where this device has none
  owner_hash BLOB NOT NULL,      -- its hash; empty where the box has no owner
  box     BLOB NOT NULL,         -- 16 bytes
  secret  BLOB NOT NULL,         -- 32 bytes
  days    INTEGER NOT NULL,      -- idle days asked for
  n       INTEGER NOT NULL,      -- cursor
  head    BLOB NOT NULL,
  made    INTEGER NOT NULL,
  own     INTEGER NOT NULL,      -- 1 where this device may create it; 2: and only puts there
  seen    INTEGER NOT NULL,      -- day number of the last answer
  healed  INTEGER NOT NULL,      -- ms of the last re-sending
  closed  INTEGER NOT NULL,      -- 1: no longer asked for, 2: to be closed at the relay too
  current INTEGER NOT NULL DEFAULT 0, -- 1 once it was read to its end
  due     INTEGER,               -- day number from which this device packs it anew
  packed  INTEGER NOT NULL DEFAULT 0, -- bytes of all bodies in its largest pack
  look    INTEGER NOT NULL DEFAULT 0, -- day on which its list is read for what was erased; 0 never
  moved   INTEGER NOT NULL DEFAULT 0, -- 1: gone after a long absence, 2: and told so
  UNIQUE(relay, address)
);

CREATE TABLE record(
  number  INTEGER PRIMARY KEY,
  mailbox INTEGER NOT NULL,
  n       INTEGER,               -- position there; NULL while it waits to be put; 0 for one that
                                 -- was refused and is there no more
  rid     BLOB NOT NULL,
  kind    INTEGER NOT NULL,      -- RecordKind; 0 where it could not be opened
  blob    BLOB,                  -- NULL where it was erased, or can be made again (packs)
  chain   INTEGER,               -- batches: whose, and which events
  first   INTEGER,
  last    INTEGER,
  state   INTEGER NOT NULL,      -- 0 done, 1 held back, 2 refused and kept, 3 lost by the relay
  size    INTEGER NOT NULL DEFAULT 0, -- bytes of the blob, also once it is gone here
  token   BLOB,                  -- nulls it at the relay, where this device can make that
  wiped   INTEGER NOT NULL DEFAULT 0, -- 1: held erased words, 2: and is gone at the relay,
                                 -- 3: gone there by no signed act known here
  pack    INTEGER,               -- parts of a pack: number of the record that has part 1
  UNIQUE(mailbox, rid)
);
CREATE INDEX record_waiting ON record(mailbox) WHERE n IS NULL;
CREATE INDEX record_held ON record(state) WHERE state = 1;
CREATE INDEX record_place ON record(mailbox, n);
CREATE INDEX record_batch ON record(chain, first, n) WHERE chain IS NOT NULL;
CREATE INDEX record_wiped ON record(wiped, mailbox) WHERE wiped > 0;
CREATE INDEX record_pack ON record(pack) WHERE pack IS NOT NULL;

CREATE TABLE holds(
  pack  INTEGER NOT NULL,        -- number of the record that has part 1
  chain INTEGER NOT NULL,
  first INTEGER NOT NULL,        -- every body from here to last is in the pack
  last  INTEGER NOT NULL,
  PRIMARY KEY(pack, chain, first)
) WITHOUT ROWID;
CREATE INDEX holds_chain ON holds(chain);

CREATE TABLE ack(
  log     INTEGER NOT NULL,
  device  BLOB NOT NULL,
  counter INTEGER NOT NULL,
  signed  BLOB NOT NULL,         -- canonical bytes
  day     INTEGER NOT NULL,      -- when it came, or was made
  PRIMARY KEY(log, device)
) WITHOUT ROWID;

CREATE TABLE invite(
  number  INTEGER PRIMARY KEY,
  mailbox INTEGER NOT NULL,
  log     INTEGER,               -- the log it leads to; NULL for a device
  link    BLOB NOT NULL,
  offer   BLOB NOT NULL,         -- canonical bytes
  expires INTEGER NOT NULL,      -- Unix seconds
  state   INTEGER NOT NULL       -- 0 open, 1 approved, 2 revoked or expired
);

CREATE TABLE knock(
  number INTEGER PRIMARY KEY,
  invite INTEGER NOT NULL,
  bytes  BLOB NOT NULL UNIQUE,   -- canonical bytes
  state  INTEGER NOT NULL,       -- 0 waiting, 1 approved, 2 passed over
  told   INTEGER NOT NULL
);

CREATE TABLE joining(
  number  INTEGER PRIMARY KEY,
  mailbox INTEGER NOT NULL,
  link    BLOB NOT NULL,
  offer   BLOB NOT NULL,
  knock   BLOB NOT NULL,
  state   INTEGER NOT NULL       -- 0 waiting, 1 let in, 2 over
);

CREATE TABLE part(
  log    INTEGER NOT NULL,
  epoch  INTEGER NOT NULL,       -- of its mailbox; packs of two epochs may share parts
  hash   BLOB NOT NULL,          -- of the compressed bytes
  record INTEGER NOT NULL,       -- its blob waits there until all parts are here
  later  BLOB,                   -- hashes of the others, where this is part 1
  state  INTEGER NOT NULL,       -- 0: waits; others: parts.py
  PRIMARY KEY(log, epoch, hash)
) WITHOUT ROWID;
CREATE INDEX part_record ON part(record);

CREATE TABLE cover(
  mailbox INTEGER NOT NULL,
  chain   INTEGER NOT NULL,
  seq     INTEGER NOT NULL,      -- all events up to this one are in records of the mailbox
  PRIMARY KEY(mailbox, chain)
) WITHOUT ROWID;

CREATE TABLE kem(
  number  INTEGER PRIMARY KEY,   -- the newest last
  log     INTEGER NOT NULL,      -- in which this device announced the key
  public  BLOB NOT NULL UNIQUE,
  private BLOB NOT NULL,         -- 96 bytes
  day     INTEGER NOT NULL       -- when it was announced
);

CREATE TABLE late(
  event BLOB PRIMARY KEY         -- id that came after its epoch had been left; shown as such
) WITHOUT ROWID;

CREATE TABLE holding(
  chain  INTEGER NOT NULL,
  device BLOB NOT NULL,          -- 16 bytes: another device
  seq    INTEGER NOT NULL,       -- it signed that it holds all events up to this one
  PRIMARY KEY(chain, device)
) WITHOUT ROWID;

CREATE TABLE heard(
  log    INTEGER NOT NULL,
  person BLOB NOT NULL,
  day    INTEGER NOT NULL,       -- when something of theirs last came
  waits  INTEGER,                -- day since when something of ours lies there for them
  PRIMARY KEY(log, person)
) WITHOUT ROWID;

CREATE TABLE owed(
  log INTEGER PRIMARY KEY        -- something came after this device's ack of the day
);

CREATE TABLE news(
  number INTEGER PRIMARY KEY,
  text   TEXT NOT NULL           -- a sentence that was not shown yet
);

CREATE TABLE draft(
  number INTEGER PRIMARY KEY,
  line   BLOB NOT NULL,          -- msgpack list: the command that the words are for
  form   TEXT NOT NULL,          -- what stood in the editor at first
  text   TEXT NOT NULL,          -- the words as they last were
  saved  INTEGER NOT NULL,       -- ms when they were last taken
  folder TEXT NOT NULL           -- where an editor has them open, or had; empty for nowhere
);

CREATE TABLE chunk(
  event BLOB NOT NULL,           -- id of the attachment.added that names it
  place INTEGER NOT NULL,        -- from 0
  blob  BLOB NOT NULL,           -- the sealed record
  PRIMARY KEY(event, place)
);

CREATE TABLE filebox(
  event   BLOB NOT NULL,         -- id of an attachment.added of this person
  relay   TEXT NOT NULL,         -- origin of a relay that it belongs at, or lay at
  state   INTEGER NOT NULL,      -- files.py
  look    INTEGER NOT NULL,      -- day from which its list is read again
  address BLOB,                  -- once it is to be closed: where …
  read    BLOB,                  -- … the token that shows its list …
  owner   BLOB,                  -- … and the one that closes it; NULL before
  PRIMARY KEY(event, relay)
) WITHOUT ROWID;
CREATE INDEX filebox_relay ON filebox(relay, state);
"""

PROJECTIONS: Final = """
CREATE TABLE link(
  target BLOB NOT NULL,          -- id that is referred to; may not be here, or of another log
  event  BLOB NOT NULL,          -- id of the content that refers to it
  log    INTEGER NOT NULL,       -- where that stands
  thread INTEGER NOT NULL,       -- 1 where it goes on with the target
  PRIMARY KEY(target, event)
) WITHOUT ROWID;
CREATE INDEX link_event ON link(event);

CREATE TABLE item(
  number INTEGER PRIMARY KEY,    -- a new one whenever its thread is folded again
  log    INTEGER NOT NULL,
  noun   TEXT NOT NULL,          -- goal, step, question, …
  id     BLOB NOT NULL,          -- what it is called by: an event, or a person
  thread BLOB NOT NULL,          -- the event whose thread it comes from, or the noun itself
  state  TEXT NOT NULL,          -- how it stands; empty where there is only one way
  topic  TEXT NOT NULL,          -- what it is listed under; empty where under nothing
  rank   INTEGER NOT NULL,       -- the smaller the sooner it is shown
  at     INTEGER NOT NULL,       -- claimed instant of its beginning, ms UTC
  day    TEXT NOT NULL,          -- local date it is due on, or took place on; empty for none
  mine   INTEGER NOT NULL,       -- 1 where this person began it; of a step, has to do it
  title  TEXT NOT NULL,          -- what it is called in lists; may be empty
  hash   BLOB NOT NULL,          -- over what is the same on every device
  said   BLOB NOT NULL,          -- the projection, msgpack
  UNIQUE(log, noun, id)
);
CREATE INDEX item_thread ON item(thread, log);
CREATE INDEX item_id ON item(noun, id);
CREATE INDEX item_at ON item(noun, at, id);
CREATE INDEX item_rank ON item(noun, rank, at, id);
CREATE INDEX item_state ON item(noun, state, rank, day, at, id);
CREATE INDEX item_day ON item(noun, day, at, id);
CREATE INDEX item_topic ON item(noun, topic, at);

CREATE TABLE trait(
  name  TEXT NOT NULL,           -- tag, mood, confidence, day
  value TEXT NOT NULL,           -- the tag, case folded; else empty
  day   TEXT NOT NULL,           -- local date that the event is about
  row   INTEGER NOT NULL,        -- of the event
  n     INTEGER,                 -- the mood, the confidence
  PRIMARY KEY(name, value, day, row)
) WITHOUT ROWID;
CREATE INDEX trait_row ON trait(row);

CREATE TABLE twin(
  event  BLOB PRIMARY KEY,       -- came in from one file as others did on other devices
  id     BLOB NOT NULL,          -- import id, the same for all of them
  hidden INTEGER NOT NULL        -- 1 where another of them is shown, or one was erased
) WITHOUT ROWID;
CREATE INDEX twin_id ON twin(id);

CREATE TABLE stale(
  event BLOB PRIMARY KEY         -- id of content that counts otherwise than when it was projected
) WITHOUT ROWID;
"""
"""What became of things, folded from the events; all of it can be made again."""

INDEX: Final = """
CREATE VIRTUAL TABLE words USING fts5(
  text, marks, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2'
);
INSERT INTO words(words, rank) VALUES('secure-delete', 1);
"""
"""The full-text index; what it holds can be made again (:mod:`.indexing` says what that is)."""

_PROJECTED_ANEW: Final = (
    """
DELETE FROM meta WHERE key IN ('projected', 'glanced');
DROP TABLE IF EXISTS link;
DROP TABLE IF EXISTS item;
DROP TABLE IF EXISTS trait;
DROP TABLE IF EXISTS stale;
DROP TABLE IF EXISTS twin;
"""
    + PROJECTIONS
)
"""For a version that projects otherwise: all of it is made again when it is next looked at."""

MIGRATIONS: Final[dict[int, str]] = {
    1: """
ALTER TABLE record ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE record ADD COLUMN token BLOB;
ALTER TABLE record ADD COLUMN wiped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE record ADD COLUMN pack INTEGER;
ALTER TABLE erased ADD COLUMN body BLOB;
ALTER TABLE erased ADD COLUMN due INTEGER NOT NULL DEFAULT 0;
ALTER TABLE erased ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
UPDATE record SET size = length(blob) WHERE blob IS NOT NULL;
CREATE INDEX erased_due ON erased(due) WHERE due > 0;
CREATE INDEX erased_day ON erased(day) WHERE day > 0;
CREATE INDEX record_wiped ON record(wiped, mailbox) WHERE wiped > 0;
CREATE INDEX record_pack ON record(pack) WHERE pack IS NOT NULL;
UPDATE erased SET due = 1;

CREATE TABLE holds(
  pack  INTEGER NOT NULL,
  chain INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last  INTEGER NOT NULL,
  PRIMARY KEY(pack, chain, first)
) WITHOUT ROWID;
CREATE INDEX holds_chain ON holds(chain);

ALTER TABLE log ADD COLUMN lagging INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN ended INTEGER;
ALTER TABLE log ADD COLUMN given BLOB;
ALTER TABLE mailbox ADD COLUMN current INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN due INTEGER;
ALTER TABLE mailbox ADD COLUMN packed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN look INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN moved INTEGER NOT NULL DEFAULT 0;

CREATE TABLE cover(
  mailbox INTEGER NOT NULL,
  chain   INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  PRIMARY KEY(mailbox, chain)
) WITHOUT ROWID;

INSERT INTO cover SELECT m.number, c.number,
  iif(c.mine > 0, c.sealed, (SELECT max(seq) FROM event WHERE chain = c.number))
  FROM mailbox m JOIN chain c ON c.log = m.log
  WHERE m.made = 1 AND EXISTS (SELECT 1 FROM event WHERE chain = c.number);
UPDATE mailbox SET current = made;

CREATE TABLE kem(
  number  INTEGER PRIMARY KEY,
  log     INTEGER NOT NULL,
  public  BLOB NOT NULL UNIQUE,
  private BLOB NOT NULL,
  day     INTEGER NOT NULL
);

CREATE TABLE late(
  event BLOB PRIMARY KEY
) WITHOUT ROWID;

CREATE TABLE holding(
  chain  INTEGER NOT NULL,
  device BLOB NOT NULL,
  seq    INTEGER NOT NULL,
  PRIMARY KEY(chain, device)
) WITHOUT ROWID;

CREATE TABLE heard(
  log    INTEGER NOT NULL,
  person BLOB NOT NULL,
  day    INTEGER NOT NULL,
  waits  INTEGER,
  PRIMARY KEY(log, person)
) WITHOUT ROWID;

CREATE TABLE owed(
  log INTEGER PRIMARY KEY
);
CREATE TABLE astray(
  event BLOB PRIMARY KEY,
  log   INTEGER NOT NULL
) WITHOUT ROWID;
""",
    2: """
ALTER TABLE part RENAME TO older_part;
CREATE TABLE part(
  log    INTEGER NOT NULL,
  epoch  INTEGER NOT NULL,
  hash   BLOB NOT NULL,
  record INTEGER NOT NULL,
  later  BLOB,
  state  INTEGER NOT NULL,
  PRIMARY KEY(log, epoch, hash)
) WITHOUT ROWID;
CREATE INDEX part_record ON part(record);
INSERT INTO part SELECT p.log, ifnull(m.epoch, 0), p.hash, p.record, p.later, 0 FROM older_part p
  JOIN record r ON r.number = p.record JOIN mailbox m ON m.number = r.mailbox;
DROP TABLE older_part;
""",
    3: """
DELETE FROM meta WHERE key = 'indexed';
DROP TABLE words;
"""
    + INDEX
    + """
CREATE TABLE draft(
  number INTEGER PRIMARY KEY,
  line   BLOB NOT NULL,
  form   TEXT NOT NULL,
  text   TEXT NOT NULL,
  saved  INTEGER NOT NULL,
  folder TEXT NOT NULL
);
""",
    4: _PROJECTED_ANEW,
    5: _PROJECTED_ANEW,
    6: """
ALTER TABLE log ADD COLUMN begun BLOB;
CREATE TABLE chunk(
  event BLOB NOT NULL,
  place INTEGER NOT NULL,
  blob  BLOB NOT NULL,
  PRIMARY KEY(event, place)
);
CREATE TABLE filebox(
  event   BLOB NOT NULL,
  relay   TEXT NOT NULL,
  state   INTEGER NOT NULL,
  look    INTEGER NOT NULL,
  address BLOB,
  read    BLOB,
  owner   BLOB,
  PRIMARY KEY(event, relay)
) WITHOUT ROWID;
CREATE INDEX filebox_relay ON filebox(relay, state);
"""
    + _PROJECTED_ANEW,
    7: _PROJECTED_ANEW,
}
"""SQL that leads from the version named to the next one."""
