import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { concat, fromHex, toHex, u16, u32, u64, utf8 } from '../../protocol/bytes.ts';
import {
  type CardInBytes,
  CompactPageWriter,
  cardInBytes,
  HEAD_LENGTH,
  RECORD,
} from '../../protocol/rc-api/compact-feed.ts';
import { CompactPage } from '../../protocol/rc-api/compact-page.ts';
import { feedPage } from '../../protocol/rc-api/feed.ts';
import { changesIn, compactBytes } from '../support/compact-feed.ts';
import vector from './vectors/feed-page.json' with { type: 'json' };

const { page, bytes } = z.object({ page: feedPage, bytes: z.string() }).parse(vector);
const WHOLE = fromHex(bytes);
const SEVEN_PINS = Array.from({ length: 7 }, () => WHOLE.slice(-66));
const AUTHORITY = 'ab'.repeat(32);

/** The vector's page with other bytes at a place. */
function changed(at: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const other = WHOLE.slice();
  other.set(concat(...parts), at);
  return other;
}

/** Where something is in a record of the vector's page. */
function inRecord(index: number, field: Exclude<keyof typeof RECORD, 'length'> | 'sequence'): number {
  return HEAD_LENGTH + index * RECORD.length + (field === 'sequence' ? 0 : RECORD[field]);
}

describe('a page of the feed in bytes', () => {
  it('is written as an independent program writes it', () => {
    expect(toHex(compactBytes(page))).toBe(bytes);
  });

  it('says what the same page says in JSON', () => {
    const { changes, ...head } = page;
    const read = new CompactPage(WHOLE);
    expect(read).toMatchObject({ ...head, count: changes.length });
    expect(changesIn(read)).toEqual(
      changes.map(({ sequence, card }) => ({ sequence, card: cardInBytes(card) })),
    );
    expect([...read.withPending]).toEqual([2, 3]);
  });

  it('brings every card back as it went in', () => {
    const block = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const pinVersion = fc.integer({ min: 1, max: 65_535 });
    const pin = fc.record({ pinVersion, cs: block(32), proof: block(32) });
    const card: fc.Arbitrary<CardInBytes> = fc.record({
      uid: block(16),
      subject: block(16),
      cs: block(32),
      rs: fc.option(block(32)),
      psk: block(32),
      oprfSeed: block(32),
      pinVersion,
      epoch: fc.nat(0xffff_ffff),
      revoked: fc.boolean(),
      locked: fc.boolean(),
      pending: fc.array(pin, { maxLength: 8 }),
    });
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 2 ** 40 }), card), { maxLength: 6 });
    fc.assert(
      fc.property(steps, fc.nat(), fc.boolean(), (added, time, more) => {
        const writer = new CompactPageWriter();
        let cursor = 0;
        const changes = added.map(([step, each]) => {
          cursor += step;
          writer.add(cursor, each);
          return { sequence: cursor, card: each };
        });
        const head = { generation: 'cd'.repeat(16), time, cursor, more, authority: AUTHORITY };
        const read = new CompactPage(concat(...writer.finish(head)));
        expect(read).toMatchObject(head);
        expect(changesIn(read)).toEqual(changes);
      }),
      { numRuns: 50 },
    );
  });

  it('has room for more cards than memory is taken for at a time', () => {
    const writer = new CompactPageWriter();
    const [{ card } = { card: undefined }] = page.changes;
    if (card === undefined) throw new Error('the vector has no cards');
    for (let n = 1; n <= 2_500; n++) writer.add(n, { ...cardInBytes(card), epoch: n });
    const head = { generation: 'cd'.repeat(16), time: 1, cursor: 2_500, more: false, authority: AUTHORITY };
    const read = new CompactPage(concat(...writer.finish(head)));
    expect(changesIn(read).map((change) => change.card.epoch)).toEqual(
      Array.from({ length: 2_500 }, (_, n) => n + 1),
    );
  });

  it.each([
    ['another kind of file', changed(0, utf8('CDG'))],
    ['another version', changed(3, Uint8Array.of(2))],
    ['a time that no number holds', changed(20, new Uint8Array(8).fill(0xff))],
    ['a cursor before its last change', changed(28, u64(4_294_967_299))],
    ['more that is neither yes nor no', changed(36, Uint8Array.of(2))],
    ['fewer records than it counts', changed(69, u32(5))],
    ['more records than it counts', changed(69, u32(3))],
    ['a count beyond all bounds', changed(69, u32(0xffff_ffff))],
    ['a first change of number 0', changed(inRecord(0, 'sequence'), u64(0))],
    ['changes out of order', changed(inRecord(1, 'sequence'), u64(2))],
    ['a change twice', changed(inRecord(1, 'sequence'), u64(3))],
    ['a number beyond all bounds', changed(inRecord(3, 'sequence'), new Uint8Array(8).fill(0xff))],
    ['a PIN version 0', changed(inRecord(0, 'pinVersion'), u16(0))],
    ['flags that nobody knows', changed(inRecord(0, 'flags'), Uint8Array.of(8 | 4))],
    ['a recovery key of a card without a code', changed(inRecord(1, 'rs') + 31, Uint8Array.of(1))],
    ['a pending PIN less than it counts', changed(inRecord(0, 'pending'), Uint8Array.of(1))],
    ['a pending PIN more than it counts', changed(inRecord(3, 'pending'), Uint8Array.of(0))],
    ['nine pending PINs of a card', concat(changed(inRecord(2, 'pending'), Uint8Array.of(9)), ...SEVEN_PINS)],
    ['a pending PIN of version 0', changed(WHOLE.length - 66, u16(0))],
    ['a byte too many', concat(WHOLE, Uint8Array.of(0))],
    ['nothing', new Uint8Array(0)],
  ])('with %s is refused', (_what, other) => {
    expect(() => new CompactPage(other)).toThrow(expect.objectContaining({ code: 'malformed' }));
  });

  it('is refused wherever it was cut', () => {
    for (let length = 0; length < WHOLE.length; length++) {
      expect(() => new CompactPage(WHOLE.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'malformed' }),
      );
    }
  });
});
