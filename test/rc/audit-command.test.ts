import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createRcProgram } from '../../rc/program.ts';
import { runCommandLine } from '../../runtime/command-line.ts';
import { fakeIo } from '../runtime/fake-io.ts';
import { register } from './registering.ts';
import { TestRc } from './running-rc.ts';

async function run(rc: TestRc, words: string) {
  const io = fakeIo();
  const program = createRcProgram({ io, surroundings: () => rc.surroundings });
  const code = await runCommandLine(program, [...words.split(' '), '--data', rc.folder], io);
  return { code, out: io.stdout.text, err: io.stderr.text };
}

/** Writes to the database behind the back of everybody. */
function tamper(rc: TestRc, sql: string): void {
  const db = new SqliteDatabase(join(rc.folder, 'store.sqlite'));
  db.exec(sql);
  db.close();
}

describe('cardea-rc audit', () => {
  it('lists rows while the registration centre serves, and says so in the trail', async () => {
    const rc = await TestRc.start();
    const { uid } = await register(await rc.admin());
    const { code, out } = await run(rc, `audit --card ${uid}`);
    expect(code).toBe(0);
    expect(out).toBe(
      [
        `4  2027-01-15 08:00:00Z  admin (admin) 127.0.0.1  registration.begun  done  card ${uid}`,
        `5  2027-01-15 08:00:00Z  admin (admin) 127.0.0.1  card.registered  done  card ${uid}`,
        '',
      ].join('\n'),
    );
    expect((await run(rc, 'audit --who admin')).out).toContain(
      '6  2027-01-15 08:00:00Z  admin (admin) 127.0.0.1  audit.read  done\n',
    );
  });

  it('chooses by time, to the end of a day', async () => {
    const rc = await TestRc.start();
    const lines = async (words: string) => (await run(rc, words)).out.split('\n').length - 1;
    expect(await lines('audit --since 2027-01-15 --until 2027-01-15')).toBeGreaterThan(3);
    expect(await lines('audit --until 2027-01-14')).toBe(0);
    expect(await lines('audit --since 2027-01-15T08:00:00.001Z')).toBe(0);
    for (const words of ['audit --since yesterday', 'audit --card 12', 'audit --format xml']) {
      expect(await run(rc, words)).toMatchObject({ code: 2, out: '' });
    }
  });

  it('exports JSON lines and FHIR R4 AuditEvents', async () => {
    const rc = await TestRc.start();
    const { uid } = await register(await rc.admin());
    const lines = async (words: string) => {
      const { out } = await run(rc, words);
      return out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    };
    const [, registered] = await lines(`audit --format jsonl --card ${uid}`);
    expect(registered).toMatchObject({
      number: 5,
      time: '2027-01-15T08:00:00.000Z',
      action: 'card.registered',
      card: uid,
    });
    const [, event] = await lines(`audit --format fhir --card ${uid}`);
    expect(event).toEqual({
      resourceType: 'AuditEvent',
      id: 'registration-centre-5',
      type: {
        system: 'http://dicom.nema.org/resources/ontology/DCM',
        code: '110110',
        display: 'Patient Record',
      },
      subtype: [
        {
          system: 'https://cardea.health/fhir/audit-action',
          code: 'card.registered',
          display: 'a card was registered',
        },
      ],
      action: 'C',
      recorded: '2027-01-15T08:00:00.000Z',
      outcome: '0',
      agent: [
        {
          who: { identifier: { system: 'https://cardea.health/fhir/member', value: 'admin' } },
          role: [{ coding: [{ system: 'https://cardea.health/fhir/audit-role', code: 'admin' }] }],
          requestor: true,
          network: { address: '127.0.0.1', type: '2' },
        },
      ],
      source: {
        observer: {
          identifier: { system: 'https://cardea.health/fhir/member', value: 'registration-centre' },
        },
      },
      entity: [
        {
          what: { identifier: { system: 'https://cardea.health/fhir/card', value: uid } },
          type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '2' },
        },
        {
          type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '4' },
          detail: [
            { type: 'row', valueString: '5' },
            { type: 'hash', valueString: registered.hash },
          ],
        },
      ],
    });
  });
});

describe('cardea-rc audit verify', () => {
  it('finds the trail intact, served or not, and by an anchor that was written down', async () => {
    const rc = await TestRc.start();
    const { audit } = await (await rc.admin()).status();
    const served = await run(rc, `audit verify --anchor ${audit.anchor}`);
    expect(served).toMatchObject({ code: 0, err: '' });
    expect(served.out).toMatch(/^the trail is as it was written: 4 rows, anchor 4:[0-9a-f]{32}\n$/);
    await rc.stop();
    expect(await run(rc, `audit verify --anchor ${audit.anchor}`)).toMatchObject({ code: 0 });
    expect(await run(rc, 'audit verify --anchor 3')).toMatchObject({ code: 1 });
  });

  it('names the first row that was changed, removed, added or moved, and exits with 1', async () => {
    const rc = await TestRc.start();
    await register(await rc.admin());
    await rc.stop();
    const verify = async (sql: string, undo: string) => {
      tamper(rc, sql);
      const { code, out, err } = await run(rc, 'audit verify');
      tamper(rc, undo);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      return err;
    };
    tamper(rc, 'CREATE TABLE kept AS SELECT * FROM audit');
    const undo = 'DELETE FROM audit; INSERT INTO audit SELECT * FROM kept';
    expect(await verify("UPDATE audit SET actor = 'desk-1' WHERE number = 4", undo)).toBe(
      'cardea-rc: the audit trail is not as it was written: row 4 was changed\n',
    );
    expect(await verify('DELETE FROM audit WHERE number = 3', undo)).toContain('row 3 was removed');
    const add = `UPDATE audit SET number = -number WHERE number > 3;
      UPDATE audit SET number = 1 - number WHERE number < 0;
      INSERT INTO audit SELECT 4, time, 'card.shown', outcome, actor, role, source, card, subject, member, key, detail, hash
      FROM audit WHERE number = 3`;
    expect(await verify(add, undo)).toContain('row 4 was added');
    const move =
      'UPDATE audit SET number = -3 WHERE number = 4; UPDATE audit SET number = 4 WHERE number = 3; UPDATE audit SET number = 3 WHERE number = -3';
    expect(await verify(move, undo)).toContain('row 3 was moved');
    expect(await run(rc, 'audit verify')).toMatchObject({ code: 0 });
  });

  it('sees rows cut off at the end by what serve noted outside of the database', async () => {
    const rc = await TestRc.start();
    await register(await rc.admin());
    await rc.stop();
    const noted = join(rc.folder, 'keys', 'audit-anchor.json');
    expect(existsSync(noted)).toBe(true);
    tamper(rc, 'DELETE FROM audit WHERE number > 4');
    const { code, err } = await run(rc, 'audit verify');
    expect(code).toBe(1);
    expect(err).toContain('row 6 was removed: the trail ends at row 5, and');
    await rc.serve();
    expect(rc.log.lines.join('\n')).toContain('the audit trail is not the one that was noted');
    await rc.stop();
    expect(await run(rc, 'audit verify')).toMatchObject({ code: 1 });
    rmSync(noted);
    expect(await run(rc, 'audit verify')).toMatchObject({ code: 0 });
  });

  it('remembers where it verified what, so that a trail made anew is seen by whoever looked before', async () => {
    const rc = await TestRc.start();
    expect(await run(rc, 'audit verify')).toMatchObject({ code: 0 });
    await rc.stop();
    rmSync(join(rc.folder, 'keys', 'audit-anchor.json'));
    tamper(rc, 'DELETE FROM audit WHERE number > 2');
    const again = await run(rc, 'audit verify');
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('audit-verified.json') });
    expect(await run(rc, 'audit verify --forget-verified')).toMatchObject({ code: 0 });
  });
});
