import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HubTrail } from '../../hub/store/audit.ts';
import { CardRows } from '../../hub/store/cards.ts';
import { PinChanges } from '../../hub/store/pin-changes.ts';
import { MIGRATIONS } from '../../hub/store/schema.ts';
import { createHubStore, openHubStore } from '../../hub/store/store.ts';
import { Tries } from '../../hub/store/tries.ts';
import { fromHex } from '../../protocol/bytes.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { AuditTrail } from '../../runtime/audit/trail.ts';
import { GroupCommit } from '../../runtime/group-commit.ts';
import { takeOwnership } from '../../runtime/ownership.ts';
import { openStore } from '../../runtime/sqlite.ts';
import { storeError } from '../../runtime/store-errors.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { makeReadOnly, smallDisk } from '../support/small-disk.ts';
import { hubCards } from './hub-cards.ts';

const CARDS = 400;
const FULL = /^the disk of .*store.sqlite is full; nothing was changed: free space on it$/;
const ORIGIN = { time: 1, by: null, role: 'patient', from: '127.0.0.1', member: null } as const;

/** A hub's store with many cards, whose database can be kept from growing. */
async function openLimited() {
  const folder = temporaryFolder();
  createHubStore(folder);
  const store = openHubStore(folder);
  const cards = hubCards(CARDS);
  await store.lists.apply(cards);
  store.close();
  const db = openStore(join(folder, 'store.sqlite'), MIGRATIONS, { existing: true });
  onTestFinished(() => {
    db.close();
  });
  const trail = new HubTrail(new AuditTrail(db));
  const group = new GroupCommit(db);
  const rows = new CardRows(db);
  const tries = new Tries(group, trail, rows, new PinChanges(db, group, trail, rows));
  const uids = cards.map(({ uid }) => fromHex(uid));
  const logIn = (uid: Uint8Array) =>
    tries.answer({ uid, pinVersion: 1, recovery: false, blinded: new Uint8Array(32).fill(7) }, ORIGIN);
  return { db, rows, uids, logIn };
}

describe('a hub whose disk is full', () => {
  it('answers no login that it cannot count, not even one that repeats another, and goes on when there is room', async () => {
    const { db, rows, uids, logIn } = await openLimited();
    db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
    let answered = 0;
    let refused: Uint8Array | undefined;
    for (const uid of uids) {
      try {
        expect((await logIn(uid)).status).toBe(STATUS.goOn);
        answered += 1;
      } catch (cause) {
        expect(cause).toMatchObject({ code: 'store-full', message: expect.stringMatching(FULL) });
        refused = uid;
        break;
      }
    }
    expect(answered).toBeGreaterThan(0);
    if (refused === undefined) throw new Error('the disk was never full');
    expect(rows.find(refused)?.counts).toMatchObject({ attemptsLeft: 5, failures: 0 });
    await expect(logIn(refused)).rejects.toMatchObject({ code: 'store-full' });
    for (const uid of uids.slice(0, answered)) {
      expect(rows.find(uid)?.counts).toMatchObject({ attemptsLeft: 4, failures: 1 });
    }
    db.pragma('max_page_count = 1000000');
    expect(await logIn(refused)).toMatchObject({ status: STATUS.goOn, attemptsLeft: 4, tookTry: true });
  });
});

describe('a hub whose disk is read-only', () => {
  it('does not start on it, and says what it is', async ({ skip }) => {
    const folder = smallDisk(2);
    if (folder === null) return skip();
    createHubStore(folder);
    makeReadOnly(folder);
    const refusal = {
      code: 'store-read-only',
      message: expect.stringContaining('not mounted read-only'),
    };
    expect(() => takeOwnership(folder)).toThrow(expect.objectContaining(refusal));
    expect(() => openHubStore(folder)).toThrow(expect.objectContaining(refusal));
    // What SQLite calls an I/O error where the disk became so while it served.
    const cause = Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_WRITE' });
    expect(storeError(cause, join(folder, 'store.sqlite'))).toMatchObject(refusal);
  });
});
