import { createHash } from 'node:crypto';
import { MIGRATIONS } from '../../rc/store/schema.ts';
import { openStore } from '../../runtime/sqlite.ts';

/**
 * Puts `count` registered cards of as many patients into a registration centre's database that nobody serves,
 * as so many registrations would have: for tests and benchmarks at size.
 *
 * @param operator an operator who is in it
 */
export function fillRegistry(path: string, count: number, operator = 'admin', now = Date.now()): void {
  const db = openStore(path, MIGRATIONS);
  db.pragma('synchronous = OFF');
  db.pragma('cache_size = -400000');
  const patient = db.prepare('INSERT INTO patients (id, name, record, registered) VALUES (?, ?, NULL, ?)');
  const card = db.prepare(`
    INSERT INTO cards (number, uid, sequence, suite, key_id, patient, cs, rs, pin_version, epoch,
      registered, registered_by, registration, completion)
    VALUES (@number, @uid, @sequence, 2, 0, @patient, @cs, @rs, 1, 0, @now, @operator, @registration, @cs)`);
  const first = 1 + (db.prepare<[], number | null>('SELECT max(number) FROM cards').pluck().get() ?? 0);
  const sequence = db.prepare<[], number>('SELECT sequence FROM network').pluck().get() ?? 0;
  db.transaction(() => {
    for (let index = 0; index < count; index++) {
      const seed = createHash('sha512')
        .update(`card ${first + index}`)
        .digest();
      const rest = createHash('sha512').update(seed).digest();
      patient.run(seed.subarray(16, 32), `Patient ${first + index}`, now);
      card.run({
        number: first + index,
        uid: seed.subarray(0, 16),
        sequence: sequence + index + 1,
        patient: seed.subarray(16, 32),
        cs: seed.subarray(32),
        rs: rest.subarray(0, 32),
        now,
        operator,
        registration: rest.subarray(32, 48),
      });
    }
    db.prepare('UPDATE network SET sequence = ?').run(sequence + count);
  })();
  db.close();
}
