import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCertificate } from '../../certs/certificate.ts';
import { newTlsKeyPair } from '../../certs/keys.ts';
import { encodePem } from '../../certs/pem.ts';
import type { RcClient } from '../../certs/rc-client.ts';
import { RcUnreachableError } from '../../certs/rc-errors.ts';
import { refreshTlsIdentity } from '../../certs/renewal.ts';
import { loadTlsIdentity, saveTlsIdentity } from '../../certs/tls-identity.ts';
import { fromHex } from '../../protocol/bytes.ts';
import { asOperator } from '../../rc/commands/operator-client.ts';
import { joinAsOperator } from '../../rc/join.ts';
import { createRcProgram } from '../../rc/program.ts';
import { runCommandLine } from '../../runtime/command-line.ts';
import { fakeIo } from '../runtime/fake-io.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { NOW, TestRc } from './running-rc.ts';

const DAY = 24 * 60 * 60 * 1000;

/** Runs `cardea-rc card list` where and when `rc` is. */
function list(rc: TestRc, folder = rc.folder) {
  return run(rc, 'card list', folder);
}

async function run(rc: TestRc, words: string, folder: string) {
  const io = fakeIo();
  const program = createRcProgram({ io, surroundings: () => rc.surroundings });
  const code = await runCommandLine(program, [...words.split(' '), '--data', folder], io);
  return { code, out: io.stdout.text, err: io.stderr.text };
}

async function ends(rc: TestRc): Promise<number> {
  return parseCertificate((await rc.adminIdentity()).certificate).notAfter;
}

/** The registration centre was switched off for so many days. */
async function offFor(rc: TestRc, days: number): Promise<void> {
  await rc.stop();
  rc.clock.jump(days * DAY);
  await rc.serve();
}

const DONE = { code: 0, out: 'no cards\n', err: '' };

describe("an operator's certificate", () => {
  it('is renewed by any command once two thirds of its life are over, and nothing is said of it', async () => {
    const rc = await TestRc.start();
    await offFor(rc, 59);
    expect([await list(rc), await ends(rc)]).toEqual([DONE, NOW + 90 * DAY]);
    await offFor(rc, 1);
    expect([await list(rc), await ends(rc)]).toEqual([DONE, NOW + 150 * DAY]);
    await offFor(rc, 80);
    expect([await list(rc), await ends(rc)]).toEqual([DONE, NOW + 230 * DAY]);
  });

  it('is renewed 29 days after it has expired, and not 31 days after', async () => {
    const [early, late] = [await TestRc.start(), await TestRc.start()];
    await offFor(early, 119);
    expect(await list(early)).toEqual(DONE);
    await offFor(late, 121);
    const { code, err } = await list(late);
    expect(code).toBe(1);
    expect(err).toMatch(/^cardea-rc: .*the certificate of admin has expired.*token to join anew\n$/);
  });

  it('is left as it is where it cannot be renewed, and the command does its work', async () => {
    const rc = await TestRc.start();
    await offFor(rc, 61);
    const pending = join(rc.folder, 'operator', 'renewing-tls.pem');
    writeFileSync(pending, 'nonsense', { mode: 0o600 });
    expect([await list(rc), await ends(rc)]).toEqual([DONE, NOW + 90 * DAY]);
    expect(rc.log.lines.join('\n')).toContain("info the operator's certificate was not renewed");
  });

  it('is the same for commands that run at the same time', async () => {
    const rc = await TestRc.start();
    await offFor(rc, 61);
    expect(await Promise.all([list(rc), list(rc), list(rc)])).toEqual([DONE, DONE, DONE]);
    expect([await list(rc), await ends(rc)]).toEqual([DONE, NOW + 151 * DAY]);
  });
});

describe("an operator's machine", () => {
  /** On a machine of its own. */
  async function desk(rc: TestRc): Promise<string> {
    const folder = join(temporaryFolder(), 'desk');
    const token = await rc.mint({ kind: 'operator', id: 'asha', role: 'registrar' });
    await joinAsOperator({ surroundings: rc.surroundings, folder, token });
    return folder;
  }

  async function rotate(rc: TestRc): Promise<void> {
    const admin = rc.client(await loadTlsIdentity(rc.folder, 'operator'));
    const { authority: replaces } = await admin.status();
    const { authorities } = await admin.rotateAuthority({ replaces });
    const identity = await loadTlsIdentity(rc.folder, 'operator');
    await saveTlsIdentity(rc.folder, { ...identity, authorities: authorities.map(fromHex) }, 'operator');
  }

  it('learns of a new authority with any command, and outlives as many rotations as there are', async () => {
    const rc = await TestRc.start();
    const folder = await desk(rc);
    for (let rotation = 0; rotation < 4; rotation++) {
      await rotate(rc);
      expect(await list(rc, folder)).toEqual(DONE);
      const [known] = (await loadTlsIdentity(folder, 'operator')).authorities;
      expect(known).toEqual((await rc.adminIdentity()).authorities[0]);
    }
    await rotate(rc);
    // A command that fails learns of it as well.
    expect((await run(rc, 'card show 00000000000000000000000000000000', folder)).code).toBe(1);
    expect((await loadTlsIdentity(folder, 'operator')).authorities).toEqual(
      (await rc.adminIdentity()).authorities,
    );
  });

  it('learns of it in the middle of a long session, too', async () => {
    const rc = await TestRc.start();
    const folder = await desk(rc);
    await asOperator(folder, rc.surroundings, async (client) => {
      for (let rotation = 0; rotation < 4; rotation++) {
        await client.cards();
        await rotate(rc);
        // Two at a time take another connection.
        await Promise.all([client.cards(), client.cards(), client.cards()]);
      }
    });
    expect(await list(rc, folder)).toEqual(DONE);
  });

  it('that was not used while three rotations went by learns of all, and after four has to join anew', async () => {
    const rc = await TestRc.start();
    const folder = await desk(rc);
    for (let rotation = 0; rotation < 3; rotation++) await rotate(rc);
    expect(await list(rc, folder)).toEqual(DONE);
    for (let rotation = 0; rotation < 4; rotation++) await rotate(rc);
    const { code, err } = await list(rc, folder);
    expect(code).toBe(1);
    expect(err).toMatch(/is not this network's registration centre: a certificate of another network/);
  });
});

describe('a TLS identity in its folder', () => {
  it('is renewed with the same key after a lost answer, also when it was switched off in between', async () => {
    const { rc, folder, identity, client } = await terminal();
    const asked: unknown[] = [];
    const lossy: Pick<RcClient, 'renew' | 'useIdentity'> = {
      async renew(request) {
        asked.push(request, (await client.renew(request)).tlsCertificate);
        throw new RcUnreachableError('the answer was lost');
      },
      useIdentity: () => expect.unreachable('nothing was renewed'),
    };
    const { clock } = rc.surroundings;
    await expect(refreshTlsIdentity(identity, { clock, client: lossy, folder })).rejects.toThrow('lost');
    expect(await loadTlsIdentity(folder)).toEqual(identity);
    const again = await loadTlsIdentity(folder);
    const renewed = await refreshTlsIdentity(again, { clock, client, folder });
    const spki = Buffer.from(parseCertificate(renewed.certificate).spki).toString('hex');
    expect(asked).toEqual([{ tlsKey: spki }, Buffer.from(renewed.certificate).toString('hex')]);
    expect(await loadTlsIdentity(folder)).toEqual(renewed);
    expect(existsSync(join(folder, 'keys', 'renewing-tls.pem'))).toBe(false);
    await client.hubs();
  });

  it('takes a new key where the power went after the last renewal, before its key was forgotten', async () => {
    const { rc, folder, identity, client } = await terminal();
    const pending = join(folder, 'keys', 'renewing-tls.pem');
    writeFileSync(pending, encodePem('PRIVATE KEY', identity.privateKey), { mode: 0o600 });
    const renewed = await refreshTlsIdentity(identity, { ...rc.surroundings, client, folder });
    expect(renewed.privateKey).not.toEqual(identity.privateKey);
    expect(existsSync(pending)).toBe(false);
  });

  it('stays what it is when the answer is of no use', async () => {
    const { rc, folder, identity, client } = await terminal();
    const other = await rc.admit({ kind: 'device', id: 'desk-2' });
    const before = readFileSync(join(folder, 'keys', 'tls.pem'), 'utf8');
    const stranger = await (await TestRc.start()).adminIdentity();
    const good = await other.client.renew({
      tlsKey: Buffer.from(newTlsKeyPair().publicKey).toString('hex'),
    });
    const answers = [
      { ...good },
      { authorities: good.authorities },
      { ...good, tlsCertificate: 'abcd' },
      { ...good, tlsCertificate: Buffer.from(identity.certificate).toString('hex') },
      { ...good, authorities: stranger.authorities.map((der) => Buffer.from(der).toString('hex')) },
    ];
    for (const answer of answers) {
      const lying = { ...client, renew: async () => answer, useIdentity: () => expect.unreachable() };
      await expect(
        refreshTlsIdentity(identity, { ...rc.surroundings, client: lying, folder }),
      ).rejects.toMatchObject({ code: 'rc-answer-malformed' });
    }
    expect(readFileSync(join(folder, 'keys', 'tls.pem'), 'utf8')).toBe(before);
  });

  it('is left alone before two thirds of its life are over, and when the clock stands at 1970', async () => {
    const { rc, folder, identity } = await terminal();
    const client = { renew: () => expect.unreachable(), useIdentity: () => expect.unreachable() };
    rc.clock.jump(-2 * DAY);
    expect(await refreshTlsIdentity(identity, { ...rc.surroundings, client, folder })).toBe(identity);
    rc.clock.jump(-rc.clock.now());
    expect(await refreshTlsIdentity(identity, { ...rc.surroundings, client, folder })).toBe(identity);
  });
});

/** A terminal with its identity in a folder, 61 days old. */
async function terminal() {
  const rc = await TestRc.start();
  const { identity } = await rc.admit({ kind: 'device', id: 'desk-1' });
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'keys'), { mode: 0o700 });
  await saveTlsIdentity(folder, identity);
  await offFor(rc, 61);
  return { rc, folder, identity, client: rc.client(identity) };
}
