import { createCipheriv } from 'node:crypto';
import { MIGRATIONS } from '../../rc/store/schema.ts';
import { openStore } from '../../runtime/sqlite.ts';

/** Put in by one statement. */
const AT_ONCE = 10_000;

/** Where what belongs to a card is among its bytes, and how long it is. */
const PARTS = {
  uid: [0, 16],
  patient: [16, 16],
  cs: [32, 32],
  rs: [64, 32],
  registration: [96, 16],
} as const;
const LENGTH = 112;

/**
 * Puts `count` registered cards of as many patients into a registration centre's database that nobody serves,
 * as so many registrations would have: for tests and benchmarks at size.
 *
 * @param operator an operator who is in it
 */
export function fillRegistry(path: string, count: number, operator = 'admin', now = Date.now()): void {
  const db = openStore(path, MIGRATIONS);
  db.pragma('synchronous = OFF');
  db.pragma('cache_size = -600000');
  const numbered = `
    WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < @count)`;
  const patients = db.prepare(`
    INSERT INTO patients (id, name, record, registered)
    ${numbered} SELECT ${part('patient')}, 'Patient ' || (@first + i), NULL, @now FROM n`);
  const cards = db.prepare(`
    INSERT INTO cards (number, uid, sequence, suite, key_id, patient, cs, rs, pin_version, epoch,
      registered, registered_by, registration, completion)
    ${numbered} SELECT @first + i, ${part('uid')}, @sequence + i, 2, 0, ${part('patient')}, ${part('cs')},
      ${part('rs')}, 1, 0, @now, @operator, ${part('registration')}, ${part('cs')} FROM n`);
  const first = 1 + (db.prepare<[], number | null>('SELECT max(number) FROM cards').pluck().get() ?? 0);
  const sequence = 1 + (db.prepare<[], number>('SELECT sequence FROM network').pluck().get() ?? 0);
  db.transaction(() => {
    for (let done = 0; done < count; done += AT_ONCE) {
      const next = first + done;
      const these = { count: Math.min(AT_ONCE, count - done), first: next, bytes: bytesFrom(next), now };
      patients.run(these);
      cards.run({ ...these, sequence: sequence + done, operator });
    }
    db.prepare('UPDATE network SET sequence = ?').run(sequence + count - 1);
  })();
  db.close();
}

function part(name: keyof typeof PARTS): string {
  const [at, length] = PARTS[name];
  return `substr(@bytes, i * ${LENGTH} + ${at + 1}, ${length})`;
}

/** Bytes for so many cards from number `first` on: like random ones, and the same every time. */
function bytesFrom(first: number): Uint8Array {
  const nonce = new Uint8Array(16);
  new DataView(nonce.buffer).setUint32(12, first);
  return createCipheriv('chacha20', new Uint8Array(32), nonce).update(new Uint8Array(AT_ONCE * LENGTH));
}
