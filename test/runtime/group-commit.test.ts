import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { GroupCommit } from '../../runtime/group-commit.ts';
import { openStore } from '../../runtime/sqlite.ts';
import { temporaryFolder } from './temporary-folder.ts';

const SCHEMA = ['CREATE TABLE t (n INTEGER PRIMARY KEY) STRICT'];

function openGroup() {
  const path = join(temporaryFolder(), 'store.sqlite');
  const db = openStore(path, SCHEMA);
  return { db, path, group: new GroupCommit(db), insert: db.prepare('INSERT INTO t VALUES (?)') };
}

describe('writers who ask in the same turn', () => {
  it('share one commit', async () => {
    const { db, path, group, insert } = openGroup();
    const other = openStore(path, SCHEMA);
    const seen: number[] = [];
    const count = () => Number(other.prepare('SELECT count(*) FROM t').pluck().get());
    await Promise.all(
      [1, 2, 3].map((n) =>
        group.write(() => {
          insert.run(n);
          seen.push(count());
        }),
      ),
    );
    expect(seen).toEqual([0, 0, 0]);
    expect(count()).toBe(3);
    other.close();
    db.close();
  });

  it('see what those before them wrote, in their order', async () => {
    const { db, group, insert } = openGroup();
    const read = db.prepare('SELECT max(n) FROM t').pluck();
    const [first, second] = await Promise.all([
      group.write(() => insert.run(1)),
      group.write(() => read.get()),
    ]);
    expect([first.changes, second]).toEqual([1, 1]);
    db.close();
  });

  it('do not suffer from one that fails, which is undone alone', async () => {
    const { db, group, insert } = openGroup();
    const results = await Promise.allSettled([
      group.write(() => insert.run(1)),
      group.write(() => {
        insert.run(2);
        throw new Error('no');
      }),
      group.write(() => insert.run(3)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(db.prepare('SELECT n FROM t').pluck().all()).toEqual([1, 3]);
    db.close();
  });

  it('are all told when SQLite gives the whole transaction up, as it does on a full disk', async () => {
    const { db, group, insert } = openGroup();
    const results = await Promise.allSettled([
      group.write(() => insert.run(1)),
      group.write(() => {
        db.exec('ROLLBACK');
        throw new Error('the disk is full');
      }),
      group.write(() => insert.run(3)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(db.prepare('SELECT count(*) FROM t').pluck().get()).toBe(0);
    await group.write(() => insert.run(4));
    expect(db.prepare('SELECT n FROM t').pluck().all()).toEqual([4]);
    db.close();
  });

  it('are all told when the commit itself fails', async () => {
    const { db, path, group, insert } = openGroup();
    db.pragma('busy_timeout = 1');
    const other = openStore(path, SCHEMA);
    other.exec('BEGIN IMMEDIATE');
    const results = await Promise.allSettled([
      group.write(() => insert.run(1)),
      group.write(() => insert.run(2)),
    ]);
    expect(results).toMatchObject([
      { status: 'rejected', reason: { code: 'store-busy' } },
      { status: 'rejected', reason: { code: 'store-busy' } },
    ]);
    other.exec('ROLLBACK');
    other.close();
    db.close();
  });

  it('are refused once it is closed, after those who wait were served', async () => {
    const { db, group, insert } = openGroup();
    const waiting = group.write(() => insert.run(1));
    group.close();
    await waiting;
    await expect(group.write(() => insert.run(2))).rejects.toMatchObject({ code: 'store-failed' });
    expect(db.prepare('SELECT count(*) FROM t').pluck().get()).toBe(1);
    db.close();
  });
});

describe('a commit', () => {
  /** So many writers come in each turn of the event loop. @returns what the last of them saw committed */
  async function committedAfter(turns: readonly number[]): Promise<number> {
    const { db, path, group, insert } = openGroup();
    const other = openStore(path, SCHEMA);
    const committed = other.prepare('SELECT count(*) FROM t').pluck();
    let seen = Number.NaN;
    const write = () => {
      insert.run(null);
      seen = Number(committed.get());
    };
    const writing: Promise<void>[] = [];
    for (const writers of turns) {
      // Before the writers', so that who comes in the next turn is there when the commit looks for them.
      const next = setImmediate();
      for (let i = 0; i < writers; i++) writing.push(group.write(write));
      await next;
    }
    await Promise.all(writing);
    other.close();
    db.close();
    return seen;
  }

  it('waits for another turn of the event loop as long as each brings somebody', async () => {
    expect(await committedAfter([1, 1, 1, 1, 1])).toBe(0);
    expect(await committedAfter([1, 0, 1])).toBe(1);
  });

  it('keeps nobody waiting for more than 16 turns', async () => {
    expect(await committedAfter(Array(16).fill(1))).toBe(0);
    expect(await committedAfter(Array(18).fill(1))).toBe(17);
  });

  it('waits no more once 64 share it', async () => {
    expect(await committedAfter([62, 1, 1])).toBe(0);
    expect(await committedAfter([62, 2, 1])).toBe(64);
  });
});
