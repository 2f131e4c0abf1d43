import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createRcProgram } from '../../rc/program.ts';
import { type AuditAnchor, type AuditRow, anchorText, TRAIL_START } from '../../runtime/audit/chain.ts';
import { anchorToWire, rowToWire } from '../../runtime/audit/wire.ts';
import { runCommandLine } from '../../runtime/command-line.ts';
import { fakeIo } from '../runtime/fake-io.ts';
import { rowsAfter } from '../support/audit-rows.ts';
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
    expect(await run(rc, 'audit verify --anchor 3')).toMatchObject({ code: 2 });
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

describe('cardea-rc audit --hub', () => {
  const HUB = 'goa-01';

  async function withTrail() {
    const rc = await TestRc.start();
    const { client } = await rc.admitHub(HUB);
    const tell = (rows: readonly AuditRow[], after: AuditAnchor = TRAIL_START) =>
      client.tellAudit({ after: anchorToWire(after), rows: rows.map(rowToWire) });
    const rows = rowsAfter(TRAIL_START, 3);
    await tell(rows);
    return { rc, rows, tell };
  }

  it("lists a hub's own trail, while the registration centre serves and while it does not, and says so", async () => {
    const { rc } = await withTrail();
    const served = await run(rc, `audit --hub ${HUB}`);
    expect((await run(rc, 'hub list')).out).not.toContain('begun anew');
    expect(served.out.split('\n')).toEqual([
      '1  2027-01-15 08:00:00Z  patient 192.0.2.7  patient.login  done',
      '2  2027-01-15 08:00:00Z  patient 192.0.2.7  patient.login  done',
      '3  2027-01-15 08:00:00Z  patient 192.0.2.7  patient.login  done',
      '',
    ]);
    const fhir = JSON.parse((await run(rc, `audit --hub ${HUB} --format fhir`)).out.split('\n')[0] ?? '');
    expect(fhir).toMatchObject({
      id: `${HUB}-1`,
      subtype: [{ code: 'patient.login', display: 'a card logged in, or was refused' }],
    });
    expect((await run(rc, 'audit --who goa-01')).out).toContain(`audit.read  done  member ${HUB}`);
    await rc.stop();
    expect(await run(rc, `audit --hub ${HUB}`)).toEqual(served);
    expect((await run(rc, `audit --who ${HUB}`)).out.split('audit.read')).toHaveLength(4);
  });

  it('verifies it, by an anchor that the hub printed, too', async () => {
    const { rc, rows } = await withTrail();
    const anchor = anchorText(rows[1] as AuditRow);
    for (const words of [`audit verify --hub ${HUB}`, `audit --hub ${HUB} verify`]) {
      expect((await run(rc, `${words} --anchor ${anchor}`)).out).toMatch(
        /^the trail is as it was written: 3 rows, anchor 3:[0-9a-f]{32}\n$/,
      );
    }
    await rc.stop();
    tamper(rc, "UPDATE hub_audit SET outcome = 'locked' WHERE number = 2");
    const { code, err } = await run(rc, `audit verify --hub ${HUB}`);
    expect([code, err]).toEqual([
      1,
      'cardea-rc: the audit trail is not as it was written: row 2 was changed\n',
    ]);
    expect(await run(rc, 'audit verify')).toMatchObject({ code: 0 });
  });

  it('shows what stood there before it was begun anew', async () => {
    const { rc, rows, tell } = await withTrail();
    await tell(rowsAfter(rows[0], 1, { action: 'backup.restored' }), rows[0]);
    const words = (branch: string) => `audit --hub ${HUB}${branch}`;
    expect((await run(rc, words(''))).out).toMatch(/^1 .*patient\.login.*\n2 .*backup\.restored.*\n$/);
    expect((await run(rc, words(' --branch 1'))).out).toMatch(/^(?:\d .*patient\.login.*\n){3}$/);
    expect(await run(rc, `audit verify --hub ${HUB} --branch 1`)).toMatchObject({ code: 0 });
    expect(await run(rc, `audit verify --hub ${HUB}`)).toMatchObject({ code: 0 });
    const alarm = `its audit trail was begun anew from row 2 on, 2027-01-15 08:00:00Z: unless it was restored from a backup then, somebody wrote it anew; "cardea-rc audit --hub ${HUB} --branch 1" shows what stood there before\n`;
    for (const told of ['hub list', 'status'])
      expect((await run(rc, told)).out).toContain(`${HUB}: ${alarm}`);
    expect(JSON.parse((await run(rc, 'hub list --json')).out)).toMatchObject({
      hubs: [{ standing: { trail: { rows: 2, begunAnew: { branch: 2, row: 2 } } } }],
    });
    expect((await run(rc, 'audit')).out).toContain(
      `hub-trail.begun-anew  done  member ${HUB}  row=2 branch=2`,
    );
  });

  it('takes a restore for the cause where rows are others than were noted, never where one was changed', async () => {
    const { rc, rows, tell } = await withTrail();
    const verify = async () => (await run(rc, `audit verify --hub ${HUB}`)).err;
    expect(await verify()).toBe('');
    const [restored] = rowsAfter(rows[0], 1, { action: 'backup.restored' });
    await tell([restored as AuditRow, ...rowsAfter(restored, 1)], rows[0]);
    expect(await verify()).toMatch(
      /row 3 is another than .*; row 2 tells of a restore.*--forget-verified\n$/,
    );
    const noted = `--forget-verified --anchor ${anchorText(rows[2] as AuditRow)}`;
    const { err } = await run(rc, `audit verify --hub ${HUB} ${noted}`);
    expect(err).toMatch(/row 3 is another than .*, was written anew\n$/);
    await rc.stop();
    tamper(rc, "UPDATE hub_audit SET outcome = 'locked' WHERE number = 3");
    expect(await verify()).toMatch(/: row 3 was changed\n$/);
  });

  it.each([
    ['audit --hub nowhere-9', 1, 'there is no hub nowhere-9'],
    [`audit --hub ${HUB} --branch 2`, 1, `the trail of ${HUB} was not begun anew so often`],
    [`audit --hub ${HUB} --branch none`, 2, '--branch: a number from 1 on'],
    [`audit --hub ${HUB} --branch 0`, 2, '--branch: a number from 1 on'],
    ['audit verify --hub ../goa-01', 2, '--hub: 3 to 32 of a-z, 0-9 and -'],
    ['audit --branch 1', 2, '--branch goes with --hub'],
    ['audit verify --branch 1', 2, '--branch goes with --hub'],
  ])('answers "%s" with exit code %i', async (words, code, sentence) => {
    const { rc } = await withTrail();
    const served = await run(rc, words);
    expect([served.code, served.out]).toEqual([code, '']);
    expect(served.err).toContain(sentence);
    await rc.stop();
    const alone = await run(rc, words);
    expect([alone.code, alone.out]).toEqual([code, '']);
    expect(alone.err).toContain(sentence);
  });
});
