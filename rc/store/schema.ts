import { AUDIT_COLUMNS, AUDIT_TABLE } from '../../runtime/audit/trail.ts';

/**
 * The registration centre's database, version by version (runtime/sqlite.ts). Times are milliseconds since
 * the Unix epoch. Of cardea-1 no key that opens anything is in it: what hubs and cards need is derived from
 * K_RC, which lies in files of its own (PROTOCOL 2.1). Of limbasiya-2021 there are SSK_j and C_i, since that
 * scheme's registration centre hands them out (PROTOCOL 1.1).
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE network (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    generation BLOB NOT NULL CHECK (length(generation) = 16),
    -- The feed's latest sequence number.
    sequence INTEGER NOT NULL
  ) STRICT;

  -- Hubs, terminals and operators. A row is never deleted: an id is taken for ever.
  CREATE TABLE members (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('hub', 'device', 'operator')),
    role TEXT CHECK ((role IS NOT NULL) = (kind = 'operator')),
    location TEXT CHECK ((location IS NOT NULL) = (kind = 'hub')),
    address TEXT CHECK ((address IS NOT NULL) = (kind = 'hub')),
    admitted INTEGER NOT NULL,
    revoked INTEGER,
    last_seen INTEGER,
    -- How far a hub has taken the feed.
    cursor INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;

  -- TLS client certificates by the SHA-256 of their DER.
  CREATE TABLE certificates (
    fingerprint BLOB PRIMARY KEY CHECK (length(fingerprint) = 32),
    member TEXT NOT NULL REFERENCES members (id),
    expires INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Join tokens by the SHA-256 of their secret; one row for each that was ever minted.
  CREATE TABLE tokens (
    secret_hash BLOB PRIMARY KEY CHECK (length(secret_hash) = 32),
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    role TEXT,
    location TEXT,
    address TEXT,
    minted INTEGER NOT NULL,
    minted_by TEXT NOT NULL REFERENCES members (id),
    expires INTEGER NOT NULL,
    -- A later token for the same id takes the place of an unused one.
    replaced INTEGER,
    -- When, by whose keys, and what they were given: the same keys may ask again.
    used INTEGER,
    joiner BLOB,
    tls_certificate BLOB,
    hub_certificate BLOB
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tokens_of_id ON tokens (id);

  CREATE TABLE patients (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    record TEXT,
    registered INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Registrations begun and not completed (PROTOCOL 2.4).
  CREATE TABLE registrations (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    operator TEXT NOT NULL REFERENCES members (id),
    uid BLOB NOT NULL CHECK (length(uid) = 16),
    key_id INTEGER NOT NULL,
    begun INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX registrations_by_age ON registrations (begun);

  CREATE TABLE cards (
    -- The order of registration.
    number INTEGER PRIMARY KEY,
    uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
    -- Of its latest change on the feed: so each card is there once.
    sequence INTEGER NOT NULL UNIQUE,
    suite INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    patient BLOB NOT NULL REFERENCES patients (id),
    cs BLOB NOT NULL CHECK (length(cs) = 32),
    rs BLOB CHECK (length(rs) = 32),
    pin_version INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    registered INTEGER NOT NULL,
    registered_by TEXT NOT NULL REFERENCES members (id),
    -- The registration it came from, and the SHA-256 of what completed that: the same again is answered alike.
    registration BLOB NOT NULL UNIQUE,
    completion BLOB NOT NULL,
    revoked INTEGER,
    reason TEXT CHECK ((reason IS NOT NULL) = (revoked IS NOT NULL))
  ) STRICT;
  -- A patient may have had several cards; one is valid.
  CREATE UNIQUE INDEX valid_card_of_patient ON cards (patient) WHERE revoked IS NULL;

  -- Why a card is locked, in its present epoch, and by whose report. No row: it is not.
  CREATE TABLE locks (
    card INTEGER NOT NULL REFERENCES cards (number),
    cause TEXT NOT NULL CHECK (cause IN ('hub', 'tries', 'copy')),
    hub TEXT NOT NULL REFERENCES members (id),
    since INTEGER NOT NULL,
    PRIMARY KEY (card, cause, hub)
  ) STRICT, WITHOUT ROWID;

  -- Each hub's latest report of wrong tries in the card's present epoch (PROTOCOL 2.5).
  CREATE TABLE tries (
    card INTEGER NOT NULL REFERENCES cards (number),
    hub TEXT NOT NULL REFERENCES members (id),
    running INTEGER NOT NULL,
    open INTEGER NOT NULL,
    total INTEGER NOT NULL,
    PRIMARY KEY (card, hub)
  ) STRICT, WITHOUT ROWID;

  -- New PINs that were proved (PROTOCOL 2.6), pending until the card is known to carry them (changed = 1).
  CREATE TABLE pins (
    card INTEGER NOT NULL REFERENCES cards (number),
    version INTEGER NOT NULL,
    cs BLOB NOT NULL CHECK (length(cs) = 32),
    hub TEXT NOT NULL REFERENCES members (id),
    reported INTEGER NOT NULL,
    changed INTEGER NOT NULL CHECK (changed IN (0, 1)),
    PRIMARY KEY (card, version, cs)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Hubs under limbasiya-2021 (PROTOCOL 1.1); location and address are the member's.
  CREATE TABLE limbasiya_hubs (
    -- The order of registration.
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE REFERENCES members (id),
    q BLOB NOT NULL CHECK (length(q) = 32),
    ssk BLOB NOT NULL CHECK (length(ssk) = 32),
    -- SRT, which went into SSK_j.
    registered INTEGER NOT NULL
  ) STRICT;

  -- Cards under limbasiya-2021. They are on no feed: hubs ask for all of them with omega (PROTOCOL 1.3).
  CREATE TABLE limbasiya_cards (
    -- The order of registration, counted together with the other suite's.
    number INTEGER PRIMARY KEY,
    uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 32),
    c BLOB NOT NULL CHECK (length(c) = 32),
    patient BLOB NOT NULL REFERENCES patients (id),
    registered INTEGER NOT NULL,
    registered_by TEXT NOT NULL REFERENCES members (id),
    revoked INTEGER,
    reason TEXT CHECK ((reason IS NOT NULL) = (revoked IS NOT NULL))
  ) STRICT;
  CREATE UNIQUE INDEX valid_limbasiya_card_of_patient ON limbasiya_cards (patient) WHERE revoked IS NULL;

  -- The cards of both suites as operators see them. The casts give both halves the same affinities, without
  -- which a page of it would not be read by index.
  CREATE VIEW every_card AS
    SELECT c.number, c.uid, c.suite, c.patient, p.name, p.record, c.pin_version,
      EXISTS (SELECT 1 FROM locks WHERE card = c.number) AS locked,
      c.registered, c.registered_by, c.revoked, c.reason
    FROM cards c JOIN patients p ON p.id = c.patient
    UNION ALL
    SELECT c.number, c.uid, CAST(1 AS INTEGER), c.patient, p.name, p.record, CAST(NULL AS INTEGER),
      0 AS locked,
      c.registered, c.registered_by, c.revoked, c.reason
    FROM limbasiya_cards c JOIN patients p ON p.id = c.patient;
  `,
  `
  -- The card's PIN version when the new PIN was first told of. A pending one is handed on to hubs while the card
  -- has that PIN still: what was prepared beside a PIN that has passed must not come back under its successor.
  ALTER TABLE pins ADD COLUMN base INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Renewed certificates (PROTOCOL 2.6): a member has several, and each is good until it expires.
  -- SHA-256 of the key's SubjectPublicKeyInfo: no two members have the same. NULL from before renewals.
  ALTER TABLE certificates ADD COLUMN key BLOB CHECK (length(key) = 32);
  -- What a renewal gave: the same key may ask again.
  ALTER TABLE certificates ADD COLUMN der BLOB;
  -- When it was first called with. What came before one that was is renewed no more once it has expired.
  ALTER TABLE certificates ADD COLUMN used INTEGER;
  CREATE INDEX certificates_of_member ON certificates (member);
  CREATE INDEX certificates_by_key ON certificates (key);
  `,
  // Who did what, when (runtime/audit/).
  AUDIT_TABLE,
  `
  -- Patients as registrars look for them (rc/search-words.ts): in the order of their registration, each with the
  -- folded record number, and in an index of folded words. Written with the patient, in one transaction.
  CREATE TABLE patient_index (
    number INTEGER PRIMARY KEY,
    patient BLOB NOT NULL UNIQUE REFERENCES patients (id),
    record TEXT
  ) STRICT;
  CREATE INDEX patients_by_record ON patient_index (record) WHERE record IS NOT NULL;
  -- The ascii tokenizer takes what is not ASCII for letters: the words come folded and with blanks between them.
  CREATE VIRTUAL TABLE patient_words USING fts5 (words, content = '', tokenize = 'ascii', detail = none, prefix = '1 2 3');
  -- 0 in a registry from before: it is indexed when it is opened.
  ALTER TABLE network ADD COLUMN patients_indexed INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX cards_of_patient ON cards (patient);
  CREATE INDEX limbasiya_cards_of_patient ON limbasiya_cards (patient);

  -- Unlocks by operators, and what each lifted: NULL where the card was not known to be locked.
  CREATE TABLE unlocks (
    card INTEGER NOT NULL REFERENCES cards (number),
    time INTEGER NOT NULL,
    operator TEXT NOT NULL REFERENCES members (id),
    since INTEGER,
    cause TEXT,
    hub TEXT REFERENCES members (id)
  ) STRICT;
  CREATE INDEX unlocks_of_card ON unlocks (card);
  `,
  `
  -- What a hub tells of itself with every question for the feed: its version of Cardea, the RC's time at the last
  -- page that it has on its disk, the end of the certificate that it shows to terminals.
  ALTER TABLE members ADD COLUMN version TEXT;
  ALTER TABLE members ADD COLUMN list_of INTEGER;
  ALTER TABLE members ADD COLUMN hub_certificate_ends INTEGER;
  CREATE INDEX locks_by_hub ON locks (hub, since);
  `,
  `
  -- When the registry was restored from a backup last; NULL where it never was.
  ALTER TABLE network ADD COLUMN restored INTEGER;

  -- Cards that hubs hold and this registry does not know: registered after the backup. Until somebody revokes them.
  CREATE TABLE missing_cards (
    uid BLOB PRIMARY KEY CHECK (length(uid) = 16),
    pin_version INTEGER NOT NULL,
    hub TEXT NOT NULL REFERENCES members (id),
    since INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What hubs say was revoked after the backup that was restored: who, of which card. One hub alone is believed
  -- for so many; where another says the same, both are.
  CREATE TABLE revocation_claims (
    hub TEXT NOT NULL REFERENCES members (id),
    uid BLOB NOT NULL CHECK (length(uid) = 16),
    since INTEGER NOT NULL,
    PRIMARY KEY (hub, uid)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX revocation_claims_of_card ON revocation_claims (uid);
  `,
  `
  -- Words are indexed in more ways (rc/search-words.ts): all patients are indexed anew when this is opened.
  INSERT INTO patient_words (patient_words) VALUES ('delete-all');
  DELETE FROM patient_index;
  UPDATE network SET patients_indexed = 0;
  `,
  `
  -- The hubs' own audit trails, as they tell of them (rc/store/hub-trails.ts). A branch goes from its first row to its
  -- head; a later one counts from its own first row on.
  CREATE TABLE hub_trails (
    hub TEXT NOT NULL REFERENCES members (id),
    branch INTEGER NOT NULL CHECK (branch >= 1),
    first INTEGER NOT NULL CHECK (first >= 1),
    head INTEGER NOT NULL,
    PRIMARY KEY (hub, branch)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE hub_audit (
    hub TEXT NOT NULL,
    number INTEGER NOT NULL,
    branch INTEGER NOT NULL,${AUDIT_COLUMNS},
    PRIMARY KEY (hub, number, branch)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- When a hub's trail was begun anew, by this registration centre's clock.
  ALTER TABLE hub_trails ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
  `,
];
