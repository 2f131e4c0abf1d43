import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { toHex } from '../../../protocol/bytes.ts';
import { CardHistory } from '../../../rc/store/card-history.ts';
import { PatientSearch } from '../../../rc/store/patient-search.ts';
import type { RcStore } from '../../../rc/store/rc-store.ts';
import { MIGRATIONS } from '../../../rc/store/schema.ts';
import { openStore } from '../../../runtime/sqlite.ts';
import { begin, bytes16, bytes32, NOW, origin, storeFixture } from './fixture.ts';

async function add(store: RcStore, name: string, record: string | null = null, sameRecord = false) {
  return store.registrations.complete({
    registrationId: await begin(store),
    suite: 2,
    cs: bytes32(name),
    rs: null,
    digest: bytes32(name),
    patient: { id: bytes16(`${name} ${record}`), name, record, sameRecord },
    origin: origin(),
  });
}

async function named(store: RcStore, text: string, limit = 50): Promise<string[]> {
  return (await store.patients.find(text, limit)).patients.map(({ name }) => name);
}

describe('looking for a patient', () => {
  it('goes by the beginnings of words, whatever their order, case and accents', async () => {
    const { store } = await storeFixture();
    const names = [
      'María Fernandes',
      'Mario Fernández',
      'Asha Naik',
      "Siobhán O'Brien",
      'आशा नाईक',
      'Marius',
    ];
    for (const [index, name] of names.entries()) await add(store, name, `GOA/${index + 10}`);
    expect(await named(store, 'mari')).toEqual(['María Fernandes', 'Mario Fernández', 'Marius']);
    expect(await named(store, 'FERNAND mar')).toEqual(['María Fernandes', 'Mario Fernández']);
    expect(await named(store, 'maria f')).toEqual(['María Fernandes']);
    expect(await named(store, 'obrien')).toEqual(["Siobhán O'Brien"]);
    expect(await named(store, 'brien sio')).toEqual(["Siobhán O'Brien"]);
    expect(await named(store, 'आशा')).toEqual(['आशा नाईक']);
    expect(await named(store, 'goa-12')).toEqual(['Asha Naik']);
    expect(await named(store, 'goa12')).toEqual(['Asha Naik']);
    expect(await named(store, 'aria')).toEqual([]);
    expect(await named(store, 'maria naik')).toEqual([]);
  });

  it('goes by either spelling of a name that has two, whichever the registrar types', async () => {
    const { store } = await storeFixture();
    for (const name of ['Jörg Müller', 'Joerg Mueller', 'Jorg Muller', 'Anne-Marie D’Souza'])
      await add(store, name);
    expect(await named(store, 'müller')).toEqual(['Jörg Müller', 'Joerg Mueller', 'Jorg Muller']);
    expect(await named(store, 'mueller joerg')).toEqual(['Jörg Müller', 'Joerg Mueller']);
    expect(await named(store, 'muller')).toEqual(['Jörg Müller', 'Jorg Muller']);
    for (const text of ['annemarie', 'anne-marie', 'marie anne', 'dsouza anne', 'souza', "d'sou"]) {
      expect(await named(store, text), text).toEqual(['Anne-Marie D’Souza']);
    }
  });

  it('reads an index, and no whole table, whatever is looked for', async () => {
    const { store, path } = await storeFixture();
    await add(store, 'Asha Naik', 'GOA/17');
    store.close();
    const db = openStore(path, MIGRATIONS);
    onTestFinished(() => {
      db.close();
    });
    const prepare = vi.spyOn(db, 'prepare');
    const search = new PatientSearch(db);
    expect((await search.find('nai ash', 50)).patients).toHaveLength(1);
    const { patients } = await search.withRecord('goa 17', 50);
    const [patient] = patients;
    expect(await search.patient(patient?.id ?? new Uint8Array(16))).toMatchObject({ name: 'Asha Naik' });
    expect(await new CardHistory(db).cardsOf(patient?.id ?? new Uint8Array(16))).toHaveLength(1);
    const statements = prepare.mock.calls.map(([sql]) => sql);
    prepare.mockRestore();
    expect(statements.length).toBeGreaterThan(3);
    for (const sql of statements) {
      const values = Array.from({ length: sql.split('?').length - 1 }, () => 'x');
      const plan = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
      const steps = plan.map(({ detail }) => detail);
      // The index of words is scanned by the words; of `every_card` what was found in it is, a patient's cards.
      const whole = steps.filter((step) => /^SCAN (?!w VIRTUAL TABLE INDEX \d+:M|every_card$)/.test(step));
      expect(whole, sql).toEqual([]);
    }
  });

  it('finds nothing, and fails at nothing, whatever is typed', async () => {
    const { store } = await storeFixture();
    await add(store, 'Asha Naik');
    for (const text of [
      '',
      ' ',
      '"',
      '*',
      'asha"*',
      "'; DROP TABLE patients; --",
      'NEAR(',
      'words:',
      '\u{10ffff}',
    ]) {
      expect((await named(store, text)).length).toBeLessThanOrEqual(1);
    }
    expect(await named(store, 'asha')).toEqual(['Asha Naik']);
  });

  it('says when there are more', async () => {
    const { store } = await storeFixture();
    for (const name of ['Asha 1', 'Asha 2', 'Asha 3']) await add(store, name);
    expect(await store.patients.find('asha', 2)).toMatchObject({ more: true, patients: [{}, {}] });
    expect(await store.patients.find('asha', 3)).toMatchObject({ more: false });
  });

  it('knows a record number however it is written', async () => {
    const { store } = await storeFixture();
    await add(store, 'Asha Naik', 'GOA/17');
    await add(store, 'Ravi Naik', 'GOA/170');
    const records = async (record: string) =>
      (await store.patients.withRecord(record, 5)).patients.map(({ name }) => name);
    expect(await records('goa 17')).toEqual(['Asha Naik']);
    expect(await records('GOA/1')).toEqual([]);
    expect(await records('')).toEqual([]);
  });

  it('finds those who were registered before there was an index, once it is opened', async () => {
    const fixture = await storeFixture();
    for (let i = 0; i < 3; i++) await add(fixture.store, `Asha ${i}`, `R${i}`);
    fixture.store.close();
    const db = openStore(fixture.path, MIGRATIONS);
    db.exec("INSERT INTO patient_words (patient_words) VALUES ('delete-all')");
    db.exec('DELETE FROM patient_index; UPDATE network SET patients_indexed = 0');
    db.close();
    const store = fixture.reopen();
    expect((await named(store, 'asha')).sort()).toEqual(['Asha 0', 'Asha 1', 'Asha 2']);
    expect((await store.patients.withRecord('r1', 5)).patients).toHaveLength(1);
    expect((await fixture.reopen().patients.find('asha', 5)).patients).toHaveLength(3);
  });
});

describe('a record number that is taken', () => {
  it('registers nobody else, unless that is said to be another patient', async () => {
    const { store } = await storeFixture();
    await add(store, 'Asha Naik', 'GOA/17');
    expect(await add(store, 'Ravi Naik', 'goa-17')).toEqual({ outcome: 'record taken' });
    expect(await named(store, 'ravi')).toEqual([]);
    expect(await add(store, 'Ravi Naik', 'goa-17', true)).toMatchObject({ outcome: 'registered' });
    expect((await store.patients.withRecord('GOA/17', 5)).patients).toHaveLength(2);
  });

  it('is not one that has neither letters nor digits, or none at all', async () => {
    const { store } = await storeFixture();
    for (const [name, record] of [
      ['a', '//'],
      ['b', '--'],
      ['c', null],
      ['d', null],
    ] as const) {
      expect(await add(store, name, record)).toMatchObject({ outcome: 'registered' });
    }
  });
});

describe('a replacement that names the card it replaces', () => {
  it('is refused when the patient has a newer one', async () => {
    const { store } = await storeFixture();
    const first = await add(store, 'Asha Naik');
    if (first.outcome !== 'registered') throw new Error(first.outcome);
    const { patientId, uid } = first.card;
    const replace = async (cs: string, replaces: Uint8Array) =>
      store.registrations.complete({
        registrationId: await begin(store),
        suite: 2,
        cs: bytes32(cs),
        rs: null,
        digest: bytes32(cs),
        patient: { existing: patientId, replaces },
        origin: origin(),
      });
    const second = await replace('second', uid);
    expect(second).toMatchObject({ outcome: 'registered' });
    expect(await replace('third', uid)).toEqual({ outcome: 'card replaced' });
    const cards = await store.history.cardsOf(patientId);
    expect(cards.map(({ revoked, uid: of }) => [toHex(of) === toHex(uid), revoked])).toEqual([
      [false, null],
      [true, NOW],
    ]);
  });
});
