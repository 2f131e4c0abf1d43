import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { newTlsKeyPair } from '../../certs/keys.ts';
import type { RcClient } from '../../certs/rc-client.ts';
import { toHex } from '../../protocol/bytes.ts';
import type { Database } from '../../runtime/sqlite.ts';
import { begin, completion, register } from './registering.ts';
import { Joiner, TestRc } from './running-rc.ts';

/** What can go wrong with a disk: how it begins, how it is mended, and what whoever asks is told. */
interface Ailment {
  readonly name: string;
  readonly code: string;
  readonly sentence: string;
  begin(db: Database, admin: RcClient): Promise<void>;
  mend(db: Database): void;
}

const AILMENTS: readonly Ailment[] = [
  {
    name: 'a full disk',
    code: 'store-full',
    sentence:
      'the registration centre refuses: its disk is full, and nothing was changed: have its operator free space on it, then try again',
    async begin(db, admin) {
      db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
      // Until the last page of the audit trail, in which everything leaves a row, has no room for the shortest.
      for (;;) {
        const refusal = await admin.cards({ limit: 1 }).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (refusal === undefined) continue;
        expect(refusal).toMatchObject({ problemCode: 'store-full' });
        return;
      }
    },
    mend: (db) => void db.pragma('max_page_count = 1000000'),
  },
  {
    name: 'a read-only disk',
    code: 'store-read-only',
    sentence:
      'the registration centre refuses: its disk cannot be written, and nothing was changed: have its operator look into its log, then try again',
    begin: async (db) => void db.pragma('query_only = 1'),
    mend: (db) => void db.pragma('query_only = 0'),
  },
];

/** Everything that changes something, ready to be asked for as often as one likes until it is done. */
async function everyAct(rc: TestRc) {
  const admin = await rc.admin();
  const { client: hub } = await rc.admitHub('goa-01');
  await rc.admit({ kind: 'device', id: 'desk-1' });
  const { generation } = await hub.feed({});
  const [kept, replaced, revoked, unlocked] = [
    await register(admin),
    await register(admin),
    await register(admin),
    await register(admin),
  ];
  const stranger = await rc.stranger();
  const joiner = new Joiner(await rc.mint({ kind: 'device', id: 'desk-2' }));
  const [fresh, replacement] = [await begin(admin), await begin(admin)];
  const [step, replacing] = [
    completion(),
    completion({ id: replaced.summary.patientId, replaces: replaced.uid }),
  ];
  const tlsKey = toHex(newTlsKeyPair().publicKey);
  const lock = { uid: kept.uid, epoch: 0, running: 1, open: 5, total: 5, locked: true };
  const acts: Readonly<Record<string, () => Promise<unknown>>> = {
    'to begin a registration': () => begin(admin),
    'to complete a registration': () => admin.completeRegistration(fresh.registrationId, step),
    'to replace a card': () => admin.completeRegistration(replacement.registrationId, replacing),
    'to revoke a card': () => admin.revokeCard(revoked.uid, 'lost'),
    'to unlock a card': () => admin.unlockCard(unlocked.uid),
    'to mint a token': () => admin.mintToken({ kind: 'device', id: 'desk-3' }),
    'to join': () => stranger.join(joiner.request),
    'to renew': () => hub.renew({ tlsKey }),
    'to report a lock': () => hub.report({ tries: [lock], pins: [] }),
    'to revoke a terminal': () => admin.revokeMember('desk-1', 'device'),
  };
  const uids = [kept, replaced, revoked, unlocked].map(({ uid }) => uid);
  const feed = () => hub.feed({ generation, after: 0 });
  return { admin, acts, uids, feed };
}

/** All that is known, without what only tells of the audit trail, which listing writes to. */
async function allKnown(db: Database, admin: RcClient) {
  const { audit: _, ...status } = await admin.status();
  const rows = (table: string) => db.prepare(`SELECT * FROM ${table}`).all();
  return [status, ...['cards', 'locks', 'members', 'certificates', 'registrations', 'tokens'].map(rows)];
}

describe.each(AILMENTS)('$name at the registration centre', ({ begin: ail, mend, code, sentence }) => {
  it('has everything refused in a plain sentence, leaves nothing half done, and is over when it is mended', async () => {
    const pragmas = vi.spyOn(SqliteDatabase.prototype, 'pragma');
    const rc = await TestRc.start();
    // The one that the registration centre has opened just now: nobody hands it out, and a disk is beneath it.
    const db = pragmas.mock.contexts.at(-1);
    pragmas.mockRestore();
    if (!(db instanceof SqliteDatabase)) throw new Error('no database was opened');
    const { admin, acts, uids, feed } = await everyAct(rc);
    onTestFinished(() => mend(db));
    await ail(db, admin);
    const before = await allKnown(db, admin);
    for (const [name, act] of Object.entries(acts)) {
      const refusal = await act().then(
        () => `${name} was done`,
        (error: unknown) => error,
      );
      expect(refusal, name).toMatchObject({ status: 503, problemCode: code, message: sentence });
    }
    expect(await allKnown(db, admin)).toEqual(before);
    // Hubs have the feed all the same: without it they would let nobody in for long.
    expect((await feed()).changes).toHaveLength(uids.length);

    mend(db);
    for (const [name, act] of Object.entries(acts)) await expect(act(), name).resolves.toBeDefined();
    for (const uid of uids) expect(await admin.card(uid)).toMatchObject({ uid });
  });
});
