import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { indexPatient, PatientSearch } from '../../rc/store/patient-search.ts';
import { MIGRATIONS } from '../../rc/store/schema.ts';
import { seededRandom } from '../../runtime/random.ts';
import { type Database, openStore } from '../../runtime/sqlite.ts';
import { type Bench, percentile } from './bench.ts';

const PATIENTS = 100_000;
const ROUNDS = 200;
/** As many as the console shows. */
const LIMIT = 50;

const GIVEN = [
  'Asha',
  'María',
  'Mario',
  'Jörg',
  'Anne-Marie',
  'Ravi',
  'Siobhán',
  'Nguyễn',
  'Fatima',
  'Yusuf',
  'Olga',
];
const FAMILY = [
  'Naik',
  'Fernandes',
  "O'Brien",
  'Müller',
  'D’Souza',
  'Kowalski',
  'Haddad',
  'Okafor',
  'Ivanova',
  'Silva',
];
/** What a registrar types: a whole name, the beginnings of two words, one letter, a record number, nobody. */
const TYPED = ['naik asha 12', 'mar fer', 'a', 'müll jör', 'goa-77', 'zzz', 'anne o'];

/** Looking for a patient among 100,000, in the database on the disk. */
export const patientSearch: Bench = {
  group: 'patient-search',
  results: ['patient-search', 'patient-by-record'],
  async run({ note }) {
    const folder = await mkdtemp(join(tmpdir(), 'cardea-bench-'));
    const db = openStore(join(folder, 'store.sqlite'), MIGRATIONS);
    try {
      fill(db);
      const search = new PatientSearch(db);
      const [byName, byRecord]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        for (const text of TYPED) byName.push(await timed(() => search.find(text, LIMIT)));
        byRecord.push(await timed(() => search.withRecord(`GOA/${round * 37}`, LIMIT)));
      }
      note(`${PATIENTS} patients; the 95th percentile of ${byName.length} searches: ${TYPED.join(' · ')}`);
      return [
        { name: 'patient-search', value: percentile(byName, 0.95), unit: 'ms' },
        { name: 'patient-by-record', value: percentile(byRecord, 0.95), unit: 'ms' },
      ];
    } finally {
      db.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function fill(db: Database): void {
  const random = seededRandom('patients');
  const insert = db.prepare('INSERT INTO patients (id, name, record, registered) VALUES (?, ?, ?, 0)');
  db.transaction(() => {
    for (let index = 0; index < PATIENTS; index++) {
      const [one = 0, two = 0, three = 0] = random(3);
      // A thousand families with a number in their name, so that names repeat as often as in life.
      const name = `${GIVEN[one % GIVEN.length]} ${FAMILY[two % FAMILY.length]} ${three % 100}`;
      const patient = { id: random(16), name, record: `GOA/${index}` };
      insert.run(patient.id, patient.name, patient.record);
      indexPatient(db, patient);
    }
  })();
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}
