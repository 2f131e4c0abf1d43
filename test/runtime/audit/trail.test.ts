import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRow, rowHash } from '../../../runtime/audit/chain.ts';
import { AuditEventError, completeEvent } from '../../../runtime/audit/event.ts';
import { event, NOW, trailOf } from './events.ts';

describe('the audit trail', () => {
  it('numbers its rows from 1 and gives back what was appended', () => {
    const { rows } = trailOf(3);
    expect(rows()).toMatchObject([
      { ...event({ time: NOW + 1_000 }), number: 1, subject: null, member: null, key: null, detail: null },
      { number: 2 },
      { number: 3 },
    ]);
  });

  it('hashes each row, every field of it, with the hash of the one before', () => {
    const { rows } = trailOf(2);
    const [first, second] = rows();
    // By hand, once: label, 32 zeros, number, time, then length and text of each field.
    const text = (value: string) => [0, value.length, ...Buffer.from(value)];
    const absent = [0xff, 0xff];
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(NOW + 1_000));
    const bytes = Buffer.from([
      ...Buffer.from('cardea audit 1'),
      ...new Uint8Array(32),
      ...[0, 0, 0, 0, 0, 0, 0, 1],
      ...time,
      ...text('card.revoked'),
      ...text('done'),
      ...text('desk-1'),
      ...text('registrar'),
      ...text('192.0.2.7'),
      ...text('0123456789abcdef0123456789abcdef'),
      ...[...absent, ...absent, ...absent, ...absent],
    ]);
    expect(Buffer.from(first?.hash ?? [])).toEqual(createHash('sha256').update(bytes).digest());
    if (first === undefined || second === undefined) throw new Error('two rows were appended');
    expect(second.hash).toEqual(rowHash(first.hash, 2, second));
  });

  it('encodes no two events alike', () => {
    const field = fc.option(fc.stringMatching(/^[a-z0-9]{0,4}$/), { nil: null });
    const any = fc.record({ by: field, from: field, card: field, subject: field, member: field, key: field });
    fc.assert(
      fc.property(any, any, (one, other) => {
        const encode = (fields: typeof one) =>
          Buffer.from(encodeRow(new Uint8Array(32), 1, { ...completeEvent(event()), ...fields })).toString(
            'hex',
          );
        return (encode(one) === encode(other)) === (JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  it('loses a row with the transaction that it belongs to, and goes on from the one before', () => {
    const { db, trail, append, rows } = trailOf(1);
    const undone = db.transaction(() => {
      trail.append(event());
      throw new Error('the disk is full');
    });
    expect(undone).toThrow('the disk is full');
    append({ action: 'card.registered' });
    expect(rows().map(({ number, action }) => [number, action])).toEqual([
      [1, 'card.revoked'],
      [2, 'card.registered'],
    ]);
  });

  it('takes no row outside of a transaction: what it tells of would not be in it', () => {
    const { trail, rows } = trailOf(0);
    expect(() => trail.append(event())).toThrow('not alone');
    expect(rows()).toEqual([]);
  });

  it.each([
    { detail: 'Asha Naik' },
    { detail: 'pin 123456' },
    { by: 'Asha' },
    { member: 'a name' },
    { key: '00'.repeat(16) },
    { card: '04a1' },
    { subject: '00'.repeat(32) },
    { outcome: 'Not allowed' },
    { action: 'revoke the card' },
    { from: 'somewhere\nelse' },
  ])('refuses what has no place in it: %o', (change) => {
    const { append, rows } = trailOf(0);
    expect(() => append(change)).toThrow(AuditEventError);
    expect(rows()).toEqual([]);
  });

  it('lists by time, by who did it or had it done, by card, from a row on, and no more than asked for', () => {
    const { append, trail } = trailOf(3);
    append({ time: NOW + 4_000, by: 'desk-2' });
    append({ time: NOW + 5_000, member: 'desk-2', card: null });
    append({ time: NOW + 6_000, card: 'ff'.repeat(16) });
    append({ time: NOW + 7_000, card: null, subject: 'ee'.repeat(16) });
    const numbers = (query: object) => trail.list({ limit: 100, ...query }).map(({ number }) => number);
    expect(numbers({ since: NOW + 2_000, until: NOW + 4_000 })).toEqual([2, 3, 4]);
    expect(numbers({ who: 'desk-2' })).toEqual([4, 5]);
    expect(numbers({ card: 'ff'.repeat(16) })).toEqual([6]);
    expect(numbers({ after: 5 })).toEqual([6, 7]);
    expect(numbers({ limit: 2 })).toEqual([1, 2]);
    expect(numbers({ who: "' OR 1 = 1 --" })).toEqual([]);
  });
});
