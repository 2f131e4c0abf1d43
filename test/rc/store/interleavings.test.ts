import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../protocol/bytes.ts';
import type { RcStore } from '../../../rc/store/rc-store.ts';
import { MIGRATIONS } from '../../../rc/store/schema.ts';
import { openStore } from '../../../runtime/sqlite.ts';
import { SOAK } from '../../hardware/soak.ts';
import { fillRegistry } from '../../support/fill-registry.ts';
import { bytes32, NOW, origin, registered, storeFixture } from './fixture.ts';

const HUBS = ['goa-01', 'goa-02', 'goa-03'] as const;
const RUNS = { numRuns: SOAK ? 300 : 15 };

/** One report of one hub, whole: counts as they were then, or a new PIN. */
type Message =
  | {
      readonly kind: 'tries';
      readonly hub: string;
      readonly epoch: number;
      readonly running: number;
      readonly open: number;
      readonly locked: boolean;
    }
  | { readonly kind: 'pin'; readonly hub: string; readonly changed: boolean };

/** What one hub tells of one epoch: its wrong tries, one more each time, and perhaps a lock at the end. */
function triesOf(hub: string, epoch: number, from: number): fc.Arbitrary<Message[]> {
  return fc.tuple(fc.nat(5), fc.boolean()).map(([count, locks]) =>
    Array.from({ length: count }, (_, index) => ({
      kind: 'tries' as const,
      hub,
      epoch,
      running: from + index,
      open: index + 1,
      locked: locks && index === 4,
    })),
  );
}

const ofAllHubs = (epoch: number, from: number) =>
  fc.tuple(...HUBS.map((hub) => triesOf(hub, epoch, from))).map((told) => told.flat());

/** The messages again, each once more or not, in any order. */
const doubled = (messages: readonly Message[]) =>
  fc
    .tuple(fc.shuffledSubarray([...messages], { minLength: messages.length }), fc.subarray([...messages]))
    .chain(([once, twice]) =>
      fc.shuffledSubarray([...once, ...twice], { minLength: once.length + twice.length }),
    );

async function deliver(store: RcStore, uid: Uint8Array, message: Message): Promise<void> {
  await store.reports.takeReports({
    origin: { ...origin(message.hub, NOW), role: 'hub' },
    tries: message.kind === 'tries' ? [{ ...message, uid, total: message.open }] : [],
    pins:
      message.kind === 'pin'
        ? [
            {
              uid,
              pinVersion: 2,
              base: 1,
              cs: bytes32('cs 2'),
              proof: bytes32('p'),
              changed: message.changed,
            },
          ]
        : [],
    isProved: () => true,
  });
}

/** What every hub is told of the card in the end. */
async function toldOf(store: RcStore, uid: Uint8Array) {
  const card = await store.feed.card(uid);
  if (card === undefined) throw new Error('the card is gone');
  const { locked, pinVersion, epoch, cs, pending } = card;
  return { locked, pinVersion, epoch, cs: toHex(cs), pending };
}

const PIN: readonly Message[] = [
  { kind: 'pin', hub: 'goa-01', changed: false },
  { kind: 'pin', hub: 'goa-02', changed: true },
];

async function storeWithThirdHub() {
  const fixture = await storeFixture();
  await fixture.store.members.admitFirst(
    { kind: 'hub', id: 'goa-03', location: 'Goa', address: 'goa-03.example:8441' },
    { fingerprint: bytes32('goa-03'), key: bytes32('key of goa-03'), expires: NOW + 1_000_000 },
    NOW,
  );
  return fixture;
}

describe('what three hubs tell, twice, late and in any order', () => {
  it('ends as it would have ended in order: tries of one epoch', async () => {
    const { store } = await storeWithThirdHub();
    const plan = ofAllHubs(0, 1).chain((told) => fc.tuple(fc.constant(told), doubled(told)));
    await fc.assert(
      fc.asyncProperty(plan, async ([inOrder, mixed]) => {
        const [one, other] = [await registered(store), await registered(store)];
        for (const message of inOrder) await deliver(store, one.uid, message);
        for (const message of mixed) await deliver(store, other.uid, message);
        expect(await toldOf(store, other.uid)).toEqual(await toldOf(store, one.uid));
      }),
      RUNS,
    );
  });

  it('ends so also over a new PIN, after which the old epoch’s reports come late', async () => {
    const { store } = await storeWithThirdHub();
    // A hub tells of the new epoch only once it has heard of it: after the PIN has been told.
    const plan = fc
      .tuple(ofAllHubs(0, 1), ofAllHubs(1, 10))
      .chain(([before, after]) =>
        fc.tuple(
          fc.constant([before, after] as const),
          doubled(before),
          doubled([...after, ...PIN]),
          fc.subarray([...before]),
        ),
      )
      .chain(([told, before, after, late]) =>
        fc.tuple(
          fc.constant(told),
          fc.constant(before),
          fc.shuffledSubarray([...after, ...late], { minLength: after.length + late.length }),
        ),
      );
    await fc.assert(
      fc.asyncProperty(plan, async ([[before, after], early, late]) => {
        const [one, other] = [await registered(store), await registered(store)];
        for (const message of [...before, ...PIN, ...after]) await deliver(store, one.uid, message);
        for (const message of [...early, ...PIN, ...late]) await deliver(store, other.uid, message);
        expect(await toldOf(store, other.uid)).toEqual(await toldOf(store, one.uid));
        expect(await toldOf(store, other.uid)).toMatchObject({ pinVersion: 2, epoch: 1, pending: [] });
      }),
      RUNS,
    );
  });

  it('leaves the card locked wherever a copy was at work, whoever is heard first', async () => {
    const { store } = await storeWithThirdHub();
    const pins = [
      { pinVersion: 2, base: 1, cs: bytes32('cs 2') },
      { pinVersion: 3, base: 2, cs: bytes32('cs 3') },
      { pinVersion: 3, base: 1, cs: bytes32('the copy’s') },
    ];
    const order = fc.shuffledSubarray([0, 0, 1, 1, 2, 2], { minLength: 6 });
    await fc.assert(
      fc.asyncProperty(order, async (places) => {
        const { uid } = await registered(store);
        for (const place of places) {
          const pin = pins[place];
          if (pin === undefined) continue;
          await store.reports.takeReports({
            origin: { ...origin(HUBS[place] ?? 'goa-01', NOW), role: 'hub' },
            tries: [],
            pins: [{ ...pin, uid, proof: bytes32('p'), changed: true }],
            isProved: () => true,
          });
        }
        expect(await toldOf(store, uid)).toMatchObject({ locked: true });
      }),
      RUNS,
    );
  });
});

describe('a hub that missed a hundred thousand changes of ten thousand cards', () => {
  it('is told ten thousand: the newest state of each, once, in order', async () => {
    const fixture = await storeFixture();
    fillRegistry(fixture.path, 10_000, 'desk', NOW);
    const store = fixture.reopen();
    const db = openStore(fixture.path, MIGRATIONS);
    // Every card ten times, each time at the feed's end, as `nextSequence` has it.
    for (let round = 1; round <= 10; round++) {
      db.exec(`UPDATE cards SET sequence = ${round} * 10000 + sequence % 10000 + 1, epoch = ${round}`);
    }
    db.exec('UPDATE network SET sequence = 110000');
    db.close();
    const seen = new Set<string>();
    let after = 10_000;
    let more = true;
    while (more) {
      const page = await store.feed.changesAfter(after, 2_000);
      const sequences = page.changes.map(({ sequence }) => sequence);
      expect(sequences).toEqual([...sequences].sort((one, other) => one - other));
      for (const { card } of page.changes) {
        expect(card.epoch).toBe(10);
        seen.add(toHex(card.uid));
      }
      ({ cursor: after, more } = page);
    }
    expect(seen.size).toBe(10_000);
    expect(after).toBe(110_000);
  });
});
