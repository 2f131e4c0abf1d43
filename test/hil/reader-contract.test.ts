import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CardReader, PresentedCard } from '../../hardware/card-reader.ts';
import { CardRemovedError, ReaderClosedError } from '../../hardware/errors.ts';
import { startPn532 } from '../../hardware/pn532/start.ts';
import { systemClock } from '../../runtime/clock.ts';
import { image } from '../hardware/card-images.ts';
import { describeWith } from '../support/needs.ts';
import {
  type ContractBench,
  mockBench,
  openReaderOn,
  pseudoTerminalBench,
  realBench,
} from './contract-bench.ts';

const EMPTY = new Uint8Array(216);
const READS = 10;

/** What every reader does, virtual or real, whatever lies between it and the driver. */
function contract(
  openBench: () => Promise<ContractBench>,
  { timeout, hasSmartCard }: { readonly timeout: number; readonly hasSmartCard: boolean },
): void {
  let bench: ContractBench;
  let reader: CardReader;
  beforeAll(async () => {
    bench = await openBench();
    reader = openReaderOn(bench);
  });
  afterAll(async () => {
    await reader.close();
    await bench.close();
  });

  async function laid(card: 'tag' | 'smart card'): Promise<PresentedCard> {
    await bench.lay(card);
    return await reader.waitForCard();
  }

  const kinds = [
    { name: 'tag', kind: 'Type 2 tag', description: /^NTAG21[56]$/ },
    { name: 'smart card', kind: 'ISO-DEP card', description: /^ISO-DEP card with \d+ bytes/ },
  ] as const;

  it('connects, and says which chip it is and how fast the line', { timeout }, async () => {
    await reader.ready();
    expect(reader.chip?.firmware).toMatch(/^PN532 \d+\.\d+$/);
    expect([115_200, 230_400, 460_800, 921_600]).toContain(reader.chip?.speed);
  });

  it('waits for a card until it is called off', { timeout }, async () => {
    await bench.take();
    const stop = new AbortController();
    const waiting = reader.waitForCard(stop.signal);
    waiting.catch(() => {});
    await reader.waitForRemoval();
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  describe.each(kinds.filter(({ name }) => hasSmartCard || name === 'tag'))(
    'with a $name',
    ({ name, kind, description }) => {
      it('sees it, again and again as the same, and says what it is', { timeout }, async () => {
        const first = await laid(name);
        const second = await laid(name);
        expect(first.kind).toBe(kind);
        expect([4, 7, 10]).toContain(first.uid.length);
        expect(second.uid).toEqual(first.uid);
        expect(await second.describe()).toMatch(description);
      });

      it('makes two empty slots, and does so twice without harm', { timeout }, async () => {
        const card = await laid(name);
        await card.format();
        expect(await card.readSlots()).toEqual([EMPTY, EMPTY]);
        await card.format();
        expect(await card.readSlots()).toEqual([EMPTY, EMPTY]);
      });

      it('keeps what is written to one slot apart from the other, over many reads', { timeout }, async () => {
        const card = await laid(name);
        for (const sequence of [1, 2, 3, 4]) {
          const slot = sequence % 2 === 1 ? 0 : 1;
          const [a, b] = await card.readSlots();
          await card.writeSlot(slot, image(sequence));
          const expected = Uint8Array.of(...image(sequence), 0);
          const slots = slot === 0 ? [expected, b] : [a, expected];
          for (let reads = 0; reads < READS; reads++) expect(await card.readSlots()).toEqual(slots);
        }
        await card.writeSlot(0, new Uint8Array(0));
        await card.writeSlot(1, new Uint8Array(0));
        expect(await card.readSlots()).toEqual([EMPTY, EMPTY]);
      });

      it('sees when it is taken away, and then works with it no more', { timeout }, async () => {
        const card = await laid(name);
        const removal = reader.waitForRemoval();
        await bench.take();
        await removal;
        await expect(card.readSlots()).rejects.toThrow(CardRemovedError);
      });
    },
  );

  it('takes no other card for the one that was presented', { timeout }, async () => {
    const card = await laid('tag');
    await bench.lay('another card');
    await reader.waitForRemoval();
    const other = await reader.waitForCard();
    expect(other.uid).not.toEqual(card.uid);
    await expect(card.readSlots()).rejects.toThrow(CardRemovedError);
    await expect(card.writeSlot(0, image(1))).rejects.toThrow(CardRemovedError);
  });

  it('rejects who waits when it is closed, and can be opened anew at once', { timeout }, async () => {
    await bench.take();
    await reader.waitForRemoval();
    const waiting = reader.waitForCard();
    waiting.catch(() => {});
    await reader.close();
    await expect(waiting).rejects.toThrow(ReaderClosedError);
    reader = openReaderOn(bench);
    await reader.ready();
  });

  it('is found again after a program that died with the line at a higher speed', { timeout }, async () => {
    await reader.close();
    const port = await bench.open();
    await startPn532({ port, clock: systemClock });
    await port.close();
    reader = openReaderOn(bench);
    await reader.ready();
    expect((await laid('tag')).kind).toBe('Type 2 tag');
  });

  it('may be unplugged and plugged in again, and goes on by itself', { timeout }, async () => {
    const card = await laid('tag');
    const states: string[] = [];
    const lost = new Promise<void>((resolve) => {
      reader.onState((state) => {
        states.push(state);
        if (state === 'lost') resolve();
      });
    });
    const removal = reader.waitForRemoval();
    await bench.unplug();
    await lost;
    await removal;
    await expect(card.readSlots()).rejects.toThrow(expect.objectContaining({ code: 'reader-lost' }));
    await bench.plugIn();
    expect((await reader.waitForCard()).uid).toEqual(card.uid);
    expect(states).toEqual(['ready', 'lost', 'ready']);
  });
}

const virtual = { timeout: 60_000, hasSmartCard: true };

describe('a reader over MockBinding', () => contract(mockBench, virtual));

describeWith({ socat: 'socat' }, 'a reader on a pseudo-terminal', () =>
  contract(pseudoTerminalBench, virtual),
);

const path = process.env['PN532_PORT'];
if (path === undefined) {
  process.stdout.write('skipped: needs PN532_PORT=/dev/… (a real reader)\n');
  describe.skip('a real reader (needs PN532_PORT=/dev/…)', () => {
    it('keeps the contract');
  });
} else {
  // Somebody has to get up and find a card.
  const options = { timeout: 600_000, hasSmartCard: process.env['PN532_SMART_CARD'] === '1' };
  describe(`a real reader at ${path}`, () => contract(() => realBench(path), options));
}
