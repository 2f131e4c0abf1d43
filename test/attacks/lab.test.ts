import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { AuthenticationError, WrongTurnError } from '../../protocol/errors.ts';
import { ATTACKS } from './attacks.ts';
import { CRITERIA } from './criteria.ts';
import { attempt, control, type Finding, judge, LabError, runLab, type Verdict } from './lab.ts';
import { tablesOf, withTables } from './tables.ts';

describe('the attack lab', () => {
  let findings: Finding[];
  beforeAll(async () => {
    findings = await runLab(ATTACKS);
  }, 180_000);

  it('computes what docs/security.md says, cell by cell', async () => {
    const text = await readFile('docs/security.md', 'utf8');
    expect(text).toBe(withTables(text, tablesOf(findings)));
  });

  it('has one name for each attack, and every criterion is decided by attacks that there are', () => {
    const ids = ATTACKS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(CRITERIA).toHaveLength(12);
    for (const id of CRITERIA.flatMap(({ attacks }) => attacks)) expect(ids).toContain(id);
  });

  it('says in a sentence what it saw', () => {
    for (const { verdicts } of findings) {
      for (const { because } of Object.values<Verdict>(verdicts)) expect(because.length).toBeGreaterThan(10);
    }
  });
});

describe('an attack', () => {
  it('is judged by what happened', () => {
    const words = { breaks: 'they got in', holds: 'they did not' };
    expect(judge(true, words)).toEqual({ outcome: 'breaks', because: 'they got in' });
    expect(judge(false, words)).toEqual({ outcome: 'holds', because: 'they did not' });
  });

  it('takes a refusal for one, and a fault of its own for none', () => {
    const fail = (error: Error) => () => {
      throw error;
    };
    expect(attempt(fail(new AuthenticationError('no')))).toBeUndefined();
    expect(() => attempt(fail(new WrongTurnError('a step too early')))).toThrow('a step too early');
    expect(() => attempt(fail(new TypeError('a slip')))).toThrow('a slip');
  });

  it('shows nothing where what it rests on does not work', () => {
    expect(() => control(false, 'the honest login works')).toThrow(LabError);
  });
});

describe('a table of the docs', () => {
  it('is put between its marks, and nothing else is touched', () => {
    const text = 'before\n<!-- attacks: computed -->\nold\n<!-- attacks: end -->\nafter\n';
    const renewed = withTables(text, new Map([['attacks', '| new |']]));
    expect(renewed).toBe('before\n<!-- attacks: computed -->\n\n| new |\n\n<!-- attacks: end -->\nafter\n');
    expect(withTables(renewed, new Map([['attacks', '| new |']]))).toBe(renewed);
  });

  it('that has no place is an error', () => {
    expect(() => withTables('nothing', new Map([['attacks', '']]))).toThrow('attacks');
  });
});
