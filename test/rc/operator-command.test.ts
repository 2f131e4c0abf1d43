import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRcProgram } from '../../rc/program.ts';
import { runCommandLine } from '../../runtime/command-line.ts';
import { fakeIo } from '../runtime/fake-io.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { begin, completion } from './registering.ts';
import { NOW, TestRc } from './running-rc.ts';

const DAY = 24 * 60 * 60 * 1000;

async function run(rc: TestRc, words: string, folder = rc.folder) {
  const io = fakeIo();
  const program = createRcProgram({ io, surroundings: () => rc.surroundings });
  const code = await runCommandLine(program, [...words.split(' '), '--data', folder], io);
  return { code, out: io.stdout.text, err: io.stderr.text };
}

describe('cardea-rc operator', () => {
  it('lists who may work here, and who no longer', async () => {
    const rc = await TestRc.start();
    await rc.admit({ kind: 'operator', id: 'asha', role: 'registrar' });
    expect((await run(rc, 'operator revoke asha')).code).toBe(0);
    expect((await run(rc, 'operator list')).out).toBe(
      [
        'id              role       since                 certificate ends',
        'admin           admin      2027-01-15 08:00:00Z  2027-04-15 08:00:00Z',
        'asha (revoked)  registrar  2027-01-15 08:00:00Z  revoked 2027-01-15 08:00:00Z',
        '',
      ].join('\n'),
    );
    expect(JSON.parse((await run(rc, 'operator list --json')).out)).toEqual({
      members: [
        {
          id: 'admin',
          kind: 'operator',
          role: 'admin',
          admitted: NOW,
          revoked: null,
          certificateEnds: NOW + 90 * DAY,
        },
        {
          id: 'asha',
          kind: 'operator',
          role: 'registrar',
          admitted: NOW,
          revoked: NOW,
          certificateEnds: NOW + 90 * DAY,
        },
      ],
    });
    expect((await run(rc, 'device list')).out).toBe('no terminal has joined yet\n');
    await rc.admit({ kind: 'device', id: 'desk-1' });
    expect((await run(rc, 'device list')).out).toBe(
      'id      since                 certificate ends\ndesk-1  2027-01-15 08:00:00Z  2027-04-15 08:00:00Z\n',
    );
  });

  it('cuts one off at once who works on another machine, in the middle of a registration too', async () => {
    const rc = await TestRc.start();
    const desk = join(temporaryFolder(), 'desk');
    const token = (await run(rc, 'token operator --role registrar --id asha')).out.trim();
    await run(rc, `join ${token}`, desk);
    expect((await run(rc, 'card list', desk)).code).toBe(0);
    const { client } = await rc.admit({ kind: 'operator', id: 'ravi', role: 'registrar' });
    const { registrationId } = await begin(client);

    expect(await run(rc, 'operator revoke asha')).toMatchObject({ code: 0, err: '' });
    const refused = await run(rc, 'card list', desk);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('asha was revoked');
    await run(rc, 'operator revoke ravi');
    await expect(client.completeRegistration(registrationId, completion())).rejects.toMatchObject({
      problemCode: 'member-revoked',
    });
    // The same string does not bring the operator back.
    expect((await run(rc, `join ${token}`, join(temporaryFolder(), 'desk'))).err).toContain('not good');
  });

  it('leaves the network an admin', async () => {
    const rc = await TestRc.start();
    const { client } = await rc.admit({ kind: 'operator', id: 'asha', role: 'admin' });
    expect((await run(rc, 'operator revoke admin')).err).toContain('nobody revokes themselves');
    // In the same moment: both were let in, and one of the two remains.
    const outcomes = await Promise.allSettled([
      client.revokeMember('admin', 'operator'),
      (await rc.admin()).revokeMember('asha', 'operator'),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('revokes the first admin, too, for another, and tells a mistyped id', async () => {
    const rc = await TestRc.start();
    const { client } = await rc.admit({ kind: 'operator', id: 'asha', role: 'admin' });
    await client.revokeMember('admin', 'operator');
    await expect(client.revokeMember('asha', 'operator')).rejects.toMatchObject({
      problemCode: 'member-self',
    });
    await expect(client.revokeMember('desk-1', 'operator')).rejects.toMatchObject({
      problemCode: 'member-unknown',
    });
    expect((await run(rc, 'operator revoke Asha')).code).toBe(2);
  });
});
