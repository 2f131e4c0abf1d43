import { describe, expect, it } from 'vitest';
import { type AuditRow, rowHash, TRAIL_START } from '../../../runtime/audit/chain.ts';
import { type KnownAnchor, verifyTrail } from '../../../runtime/audit/verify.ts';
import { trailOf } from './events.ts';

function row(rows: readonly AuditRow[], number: number): AuditRow {
  const found = rows[number - 1];
  if (found === undefined) throw new Error(`there is no row ${number}`);
  return found;
}

/** As somebody would who does not want a gap to be seen. */
function renumbered(rows: readonly AuditRow[]): AuditRow[] {
  return rows.map((each, index) => ({ ...each, number: index + 1 }));
}

/** As somebody would who knows how a trail is made: every hash anew. */
function forged(rows: readonly AuditRow[]): AuditRow[] {
  let before = TRAIL_START.hash;
  return renumbered(rows).map((each) => {
    before = rowHash(before, each.number, each);
    return { ...each, hash: before };
  });
}

function anchorAt(rows: readonly AuditRow[], number: number): KnownAnchor {
  return { number, hash: row(rows, number).hash.slice(0, 16), keptIn: 'a notebook' };
}

describe('verifying the audit trail', () => {
  const rows = trailOf(9).rows();

  it('finds one intact that nobody touched, an empty one too, and by what was noted of it', () => {
    expect(verifyTrail(rows)).toEqual({ intact: true, head: { number: 9, hash: row(rows, 9).hash } });
    expect(verifyTrail([])).toEqual({ intact: true, head: TRAIL_START });
    const anchors = [9, 4].map((number) => anchorAt(rows, number));
    expect(verifyTrail(rows, anchors)).toMatchObject({ intact: true });
  });

  it.each([
    { time: 1 },
    { action: 'card.registered' },
    { outcome: 'not-allowed' },
    { by: 'desk-2' },
    { role: 'admin' as const },
    { from: null },
    { card: null },
    { subject: 'ee'.repeat(16) },
    { member: 'goa-01' },
    { key: '1' },
    { detail: 'reason=lost' },
    { detail: 'x'.repeat(70_000) },
    { hash: new Uint8Array(32) },
  ])('names the first row that was changed: %o', (change) => {
    for (const number of [1, 5, 9]) {
      const touched = rows.map((each) => (each.number === number ? { ...each, ...change } : each));
      expect(verifyTrail(touched)).toMatchObject({
        intact: false,
        fault: { row: number, what: 'changed', sentence: `row ${number} was changed` },
      });
    }
  });

  it('names the first row that was removed, also where the later ones were numbered anew', () => {
    const without = rows.filter(({ number }) => number !== 5);
    expect(verifyTrail(without)).toMatchObject({ fault: { row: 5, what: 'removed' } });
    expect(verifyTrail(rows.slice(1))).toMatchObject({ fault: { row: 1, what: 'removed' } });
    expect(verifyTrail(renumbered(without))).toMatchObject({
      fault: { row: 5, what: 'removed', sentence: expect.stringContaining('a row was removed before row 5') },
    });
    const withoutThree = renumbered(rows.filter(({ number }) => number < 3 || number > 5));
    expect(verifyTrail(withoutThree)).toMatchObject({
      fault: { row: 3, sentence: expect.stringContaining('3 rows were removed before row 3') },
    });
  });

  it('names a row that was added', () => {
    const added = { ...row(rows, 3), card: 'ff'.repeat(16) };
    const touched = renumbered([...rows.slice(0, 5), added, ...rows.slice(5)]);
    expect(verifyTrail(touched)).toMatchObject({ fault: { row: 6, what: 'added' } });
  });

  it('names a row that was moved', () => {
    const touched = renumbered([...rows.slice(0, 3), row(rows, 5), row(rows, 4), ...rows.slice(5)]);
    expect(verifyTrail(touched)).toMatchObject({ fault: { row: 4, what: 'moved' } });
    const far = renumbered([row(rows, 9), ...rows.slice(0, 8)]);
    expect(verifyTrail(far)).toMatchObject({ fault: { row: 1 } });
  });

  it('misses rows cut off at the end, unless something is known of them elsewhere', () => {
    const cut = rows.slice(0, 6);
    expect(verifyTrail(cut)).toMatchObject({ intact: true });
    expect(verifyTrail(cut, [anchorAt(rows, 8)])).toMatchObject({
      fault: {
        row: 7,
        what: 'removed',
        sentence: 'row 7 was removed: the trail ends at row 6, and a notebook knows row 8',
      },
    });
    expect(verifyTrail([], [anchorAt(rows, 8)])).toMatchObject({ fault: { row: 1, what: 'removed' } });
  });

  it('finds a trail that was made anew by the first anchor after the forgery', () => {
    const made = forged(rows.map((each) => (each.number === 5 ? { ...each, by: 'desk-2' } : each)));
    expect(verifyTrail(made)).toMatchObject({ intact: true });
    const anchors = [2, 7, 9].map((number) => anchorAt(rows, number));
    expect(verifyTrail(made, anchors)).toMatchObject({
      fault: { row: 7, what: 'rewritten', sentence: expect.stringContaining('a notebook') },
    });
  });
});
