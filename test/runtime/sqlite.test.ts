import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compact, type Database, openStore } from '../../runtime/sqlite.ts';
import {
  StoreBusyError,
  StoreCorruptError,
  StoreError,
  StoreFullError,
  StoreReadOnlyError,
  StoreTooNewError,
  storeError,
} from '../../runtime/store-errors.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cards = 'CREATE TABLE cards (uid TEXT PRIMARY KEY) STRICT';
const tries =
  'CREATE TABLE tries (uid TEXT NOT NULL REFERENCES cards (uid), left_over INTEGER NOT NULL) STRICT';

function open(path: string, migrations = [cards, tries]): Database {
  const db = openStore(path, migrations);
  onTestFinished(() => {
    db.close();
  });
  return db;
}

const storePath = () => join(temporaryFolder(), 'store.sqlite');
const version = (db: Database) => db.pragma('user_version', { simple: true });
const failure = (run: () => unknown) => {
  try {
    run();
  } catch (cause) {
    return cause;
  }
  throw new Error('it did not fail');
};

describe('openStore', () => {
  it('makes the file for its owner alone, durable, with foreign keys, and brings it up to date', () => {
    const path = storePath();
    const db = open(path);
    db.prepare('INSERT INTO cards VALUES (?)').run('a');
    expect(version(db)).toBe(2);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    expect(() => db.prepare('INSERT INTO tries VALUES (?, 1)').run('b')).toThrow('FOREIGN KEY');
    for (const suffix of ['', '-wal', '-shm']) {
      expect(statSync(path + suffix).mode & 0o777).toBe(0o600);
    }
  });

  it('keeps what was stored, and runs only the migrations that are new', () => {
    const path = storePath();
    const first = openStore(path, [cards]);
    first.prepare('INSERT INTO cards VALUES (?)').run('kept');
    first.close();
    const db = open(path);
    expect(version(db)).toBe(2);
    expect(db.prepare('SELECT uid FROM cards').pluck().all()).toEqual(['kept']);
  });

  it('a migration that fails changes nothing, and those before it stay', () => {
    const path = storePath();
    expect(() => openStore(path, [cards, `${tries}; INSERT INTO nowhere VALUES (1)`])).toThrow('nowhere');
    const db = open(path, [cards]);
    expect(version(db)).toBe(1);
    expect(db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all()).toEqual([
      'cards',
    ]);
  });

  it('narrows the rights of a file that was open to others', () => {
    const path = storePath();
    writeFileSync(path, '', { mode: 0o644 });
    open(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('refuses a store of a newer version, names both versions and leaves it untouched', () => {
    const path = storePath();
    openStore(path, [cards, tries, 'SELECT 1']).close();
    const before = readFileSync(path);
    const cause = failure(() => openStore(path, [cards]));
    expect(cause).toBeInstanceOf(StoreTooNewError);
    expect(cause).toMatchObject({ code: 'store-too-new' });
    expect((cause as Error).message).toContain('version 3');
    expect((cause as Error).message).toContain('version 1');
    expect(readFileSync(path)).toEqual(before);
  });

  it('refuses a file that is no database', () => {
    const path = storePath();
    writeFileSync(path, 'this is no database, however long one reads on'.repeat(100));
    const cause = failure(() => openStore(path, [cards]));
    expect(cause).toBeInstanceOf(StoreCorruptError);
    expect((cause as Error).message).toContain('restore it from a backup');
  });

  it('refuses a database with damaged pages', () => {
    const path = storePath();
    const db = openStore(path, [cards]);
    const insert = db.prepare('INSERT INTO cards VALUES (?)');
    for (let i = 0; i < 2_000; i += 1) {
      insert.run(`card number ${i}`);
    }
    db.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096, bytes.length - 4096);
    writeFileSync(path, bytes);
    expect(() => openStore(path, [cards])).toThrow(StoreCorruptError);
  });

  it('refuses a database that was cut short', () => {
    const path = storePath();
    const db = openStore(path, [cards, tries]);
    db.close();
    writeFileSync(path, readFileSync(path).subarray(0, 5_000));
    expect(() => openStore(path, [cards, tries])).toThrow(StoreCorruptError);
  });

  it('says that the folder does not exist, and makes none', () => {
    const path = join(temporaryFolder(), 'nowhere', 'store.sqlite');
    const cause = failure(() => openStore(path, [cards]));
    expect(cause).toBeInstanceOf(StoreError);
    expect((cause as Error).message).toContain('does not exist');
    expect(existsSync(join(path, '..'))).toBe(false);
  });

  it('knows the whole path of a store that was named from the folder it is in', () => {
    const path = storePath();
    expect(open(relative(process.cwd(), path)).name).toBe(path);
  });

  it('opens a store in memory', () => {
    expect(version(open(':memory:'))).toBe(2);
  });

  it('waits for nobody for ever: a store that another holds is busy', () => {
    const path = storePath();
    const holder = open(path, [cards]);
    holder.exec('BEGIN IMMEDIATE');
    expect(() => openStore(path, [cards, tries])).toThrow(StoreBusyError);
  });
});

describe('storeError', () => {
  it('a full store is a StoreFullError, and what was there before is still there', () => {
    const db = open(':memory:');
    db.prepare('INSERT INTO cards VALUES (?)').run('a');
    db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
    const cause = failure(() => db.prepare('INSERT INTO cards VALUES (?)').run('x'.repeat(10_000)));
    expect(storeError(cause)).toBeInstanceOf(StoreFullError);
    expect((storeError(cause) as Error).cause).toBe(cause);
    expect(db.prepare('SELECT count(*) FROM cards').pluck().get()).toBe(1);
  });

  it('a store that may not be written is a StoreReadOnlyError', () => {
    const db = open(':memory:');
    db.pragma('query_only = 1');
    const cause = failure(() => db.prepare('INSERT INTO cards VALUES (?)').run('a'));
    expect(storeError(cause, '/data/store.sqlite')).toBeInstanceOf(StoreReadOnlyError);
    expect((storeError(cause, '/data/store.sqlite') as Error).message).toContain('/data/store.sqlite');
  });

  it.each([
    ['ENOSPC', 'store-full', 'free space on it'],
    ['EDQUOT', 'store-full', 'free space on it'],
    ['EFBIG', 'store-full', 'raise the limit'],
    ['EROFS', 'store-read-only', 'not mounted read-only'],
    ['SQLITE_IOERR_READ', 'store-failed', 'check the disk (SQLITE_IOERR_READ)'],
  ])('%s of the operating system is %s', (code, expected, remedy) => {
    const cause = Object.assign(new Error('as the system says'), { code });
    expect(storeError(cause)).toMatchObject({ code: expected, message: expect.stringContaining(remedy) });
  });

  it('an I/O error on a disk that takes more stays one, and nothing is left of the question', () => {
    const path = storePath();
    open(path);
    const cause = Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_WRITE' });
    expect(storeError(cause, path)).toMatchObject({ code: 'store-failed' });
    expect(readdirSync(dirname(path)).filter((name) => name.includes('probe'))).toEqual([]);
  });

  it('everything else stays what it is', () => {
    const db = open(':memory:');
    db.prepare('INSERT INTO cards VALUES (?)').run('a');
    const twice = failure(() => db.prepare('INSERT INTO cards VALUES (?)').run('a'));
    expect(storeError(twice)).toBe(twice);
    expect(storeError('text')).toBe('text');
  });
});

describe('compact', () => {
  it.each([
    ['half', 500, 'smaller'],
    ['a tenth', 100, 'as large'],
  ])('leaves a file of which %s is free %i rows later %s', (_share, deleted, how) => {
    const db = open(storePath(), ['CREATE TABLE filler (n INTEGER PRIMARY KEY, bytes BLOB) STRICT']);
    const fill = db.prepare('INSERT INTO filler VALUES (?, zeroblob(2000))');
    db.transaction(() => {
      for (let n = 0; n < 1_000; n++) fill.run(n);
    })();
    db.prepare('DELETE FROM filler WHERE n < ?').run(deleted);
    const pages = () => Number(db.pragma('page_count', { simple: true }));
    const before = pages();
    compact(db);
    expect(pages() < before * 0.7 ? 'smaller' : 'as large').toBe(how);
    expect(db.prepare('SELECT count(*) FROM filler').pluck().get()).toBe(1_000 - deleted);
  });
});
