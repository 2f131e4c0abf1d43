import { AUDIT_TABLE } from '../../runtime/audit/trail.ts';

/**
 * The hub's database, step by step. Never change a step that has been released: append.
 *
 * `card` is what the RC said, `tries` and `pin_change` are what this hub counted and keeps, `pin_report` is
 * the outbox of new PINs; the outbox of tries is `tries.report_due`, since only the latest counts.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- Rows in the order they came, and a small index by UID: UIDs are random, so that rows in their order would
  -- write a page of the disk for every card of a first sync.
  CREATE TABLE card (
    uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
    subject BLOB NOT NULL CHECK (length(subject) = 16),
    psk BLOB NOT NULL CHECK (length(psk) = 32),
    oprf_seed BLOB NOT NULL CHECK (length(oprf_seed) = 32),
    cs BLOB NOT NULL CHECK (length(cs) = 32),
    rs BLOB CHECK (length(rs) = 32),
    pin_version INTEGER NOT NULL CHECK (pin_version BETWEEN 1 AND 65535),
    epoch INTEGER NOT NULL,
    revoked INTEGER NOT NULL CHECK (revoked IN (0, 1)),
    locked INTEGER NOT NULL CHECK (locked IN (0, 1))
  ) STRICT;

  CREATE TABLE tries (
    uid BLOB PRIMARY KEY REFERENCES card (uid),
    attempts_left INTEGER NOT NULL CHECK (attempts_left BETWEEN 0 AND 5),
    failures INTEGER NOT NULL CHECK (failures >= 0),
    locked INTEGER NOT NULL CHECK (locked IN (0, 1)),
    epoch INTEGER NOT NULL,
    running INTEGER NOT NULL,
    report_due INTEGER NOT NULL CHECK (report_due IN (0, 1))
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tries_report_due ON tries (uid) WHERE report_due = 1;

  CREATE TABLE pin_change (
    uid BLOB PRIMARY KEY REFERENCES card (uid),
    evaluated_up_to INTEGER NOT NULL CHECK (evaluated_up_to BETWEEN 1 AND 65535),
    pending_version INTEGER,
    pending_cs BLOB CHECK (length(pending_cs) = 32),
    pending_proof BLOB CHECK (length(pending_proof) = 32)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pin_report (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL REFERENCES card (uid),
    pin_version INTEGER NOT NULL,
    cs BLOB NOT NULL CHECK (length(cs) = 32),
    proof BLOB NOT NULL CHECK (length(proof) = 32),
    changed INTEGER NOT NULL CHECK (changed IN (0, 1)),
    delivered INTEGER NOT NULL DEFAULT 0 CHECK (delivered IN (0, 1)),
    UNIQUE (uid, pin_version, changed)
  ) STRICT;
  CREATE INDEX pin_report_due ON pin_report (number) WHERE delivered = 0;

  CREATE TABLE feed (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    generation BLOB NOT NULL CHECK (length(generation) = 16),
    cursor INTEGER NOT NULL,
    heard INTEGER NOT NULL,
    from_zero INTEGER NOT NULL CHECK (from_zero IN (0, 1))
  ) STRICT;
  `,
  // The list of limbasiya-2021 (PROTOCOL 1.1, 1.3).
  `
  CREATE TABLE limbasiya_patient (
    uid BLOB PRIMARY KEY CHECK (length(uid) = 32),
    c BLOB NOT NULL CHECK (length(c) = 32),
    subject BLOB NOT NULL CHECK (length(subject) = 16)
  ) STRICT, WITHOUT ROWID;
  `,
  // New PINs that were prepared at other hubs (PROTOCOL 2.6); place 0 is the latest.
  `
  CREATE TABLE pending_elsewhere (
    uid BLOB NOT NULL REFERENCES card (uid),
    place INTEGER NOT NULL,
    pin_version INTEGER NOT NULL,
    cs BLOB NOT NULL CHECK (length(cs) = 32),
    proof BLOB NOT NULL CHECK (length(proof) = 32),
    PRIMARY KEY (uid, place)
  ) STRICT, WITHOUT ROWID;
  `,
  // What patients leave here, sealed (hub/records/cipher.ts): all that is in the clear are counts. `patient`,
  // `name` and `day` are keyed hashes; `records_key.mark` tells whether a key is the one.
  `
  CREATE TABLE record (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    patient BLOB NOT NULL CHECK (length(patient) = 16),
    name BLOB NOT NULL UNIQUE CHECK (length(name) = 16),
    sealed BLOB NOT NULL
  ) STRICT;
  CREATE INDEX record_of_patient ON record (patient, number);

  CREATE TABLE visit (
    day BLOB NOT NULL CHECK (length(day) = 16),
    place INTEGER NOT NULL CHECK (place >= 1),
    record BLOB NOT NULL UNIQUE REFERENCES record (name),
    waiting INTEGER NOT NULL CHECK (waiting IN (0, 1)),
    PRIMARY KEY (day, place)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE records_key (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    mark BLOB NOT NULL CHECK (length(mark) = 16)
  ) STRICT;
  `,
  // Who did what, when (runtime/audit/).
  AUDIT_TABLE,
  // The PIN version that a new PIN was made from (PROTOCOL 2.6).
  `
  ALTER TABLE pin_report ADD COLUMN base INTEGER NOT NULL DEFAULT 0;
  UPDATE pin_report SET base = pin_version - 1;
  `,
  // What a health check writes: some pages, as a login does.
  `
  CREATE TABLE probe (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    filler BLOB NOT NULL
  ) STRICT;
  `,
  `
  -- An RC that was restored is told all that this hub holds, page by page: after this UID.
  CREATE TABLE holdings_due (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    after BLOB NOT NULL
  ) STRICT;

  -- Above this the running numbers of reports begin: a hub that was restored must not count again what it told before.
  CREATE TABLE life (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    running_base INTEGER NOT NULL
  ) STRICT;
  INSERT INTO life (only, running_base) VALUES (1, 0);
  `,
  // When the RC, by its own clock, was met in another life than before: it was restored from a backup.
  `
  CREATE TABLE rc_restore (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    met INTEGER NOT NULL
  ) STRICT;
  `,
  // The PIN version that a new PIN prepared here is made from, until it is told of and after (PROTOCOL 2.6).
  `
  ALTER TABLE pin_change ADD COLUMN pending_base INTEGER;
  UPDATE pin_change SET pending_base = (SELECT pin_version FROM card WHERE card.uid = pin_change.uid)
    WHERE pending_version IS NOT NULL;
  `,
  // Up to which row the RC has the audit trail; 0 where it has none.
  `
  CREATE TABLE audit_delivered (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    number INTEGER NOT NULL
  ) STRICT;
  INSERT INTO audit_delivered (only, number) VALUES (1, 0);
  `,
  // Records and visits that have nothing in common and lie in no order: `slot` and `place` are keyed hashes of a
  // patient and a number, of a day and a place in its queue. What was kept before is moved there once the key is at
  // hand (hub/store/former-records.ts), and its tables go.
  `
  ALTER TABLE record RENAME TO former_record;
  ALTER TABLE visit RENAME TO former_visit;

  CREATE TABLE record (
    slot INTEGER PRIMARY KEY,
    name BLOB NOT NULL UNIQUE CHECK (length(name) = 16),
    sealed BLOB NOT NULL
  ) STRICT;

  CREATE TABLE visit (
    place INTEGER PRIMARY KEY,
    record INTEGER NOT NULL UNIQUE REFERENCES record (slot)
  ) STRICT;

  CREATE TABLE queue_day (
    day BLOB PRIMARY KEY CHECK (length(day) = 16),
    places INTEGER NOT NULL CHECK (places >= 1),
    waiting INTEGER NOT NULL CHECK (waiting >= 0)
  ) STRICT, WITHOUT ROWID;

  -- As the outbox does with what it has delivered.
  UPDATE pin_report SET number = -1 - (random() & 0xfffffffffffff) WHERE delivered = 1;
  `,
];
