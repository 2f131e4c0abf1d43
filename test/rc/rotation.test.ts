import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { caPinOf, certificateFingerprint, parseCertificate } from '../../certs/certificate.ts';
import { verifyHubChain } from '../../certs/hub-chain.ts';
import { joinNetwork } from '../../certs/join.ts';
import { decodePem } from '../../certs/pem.ts';
import { RcClient } from '../../certs/rc-client.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { deriveOprfSeed } from '../../protocol/keys.ts';
import { NetworkAuthority } from '../../rc/network-authority.ts';
import { createRcProgram } from '../../rc/program.ts';
import { rcSecrets } from '../../rc/secrets.ts';
import { type RunningRc, serveRc } from '../../rc/serve.ts';
import { runCommandLine } from '../../runtime/command-line.ts';
import { systemRandom } from '../../runtime/random.ts';
import { fakeIo } from '../runtime/fake-io.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { blindedPin, randomHex, register } from './registering.ts';
import { Joiner, LOOPBACK, TestRc } from './running-rc.ts';

const DAY = 24 * 60 * 60 * 1000;

/** @returns SHA-256 of the new authority's certificate */
async function rotate(rc: TestRc): Promise<string> {
  const admin = await rc.admin();
  const { authority: replaces } = await admin.status();
  return (await admin.rotateAuthority({ replaces })).authority;
}

async function pinnedNow(rc: TestRc): Promise<Uint8Array> {
  const { caPin } = await (await rc.admin()).beginRegistration({ blinded: blindedPin() });
  return fromHex(caPin);
}

async function run(rc: TestRc, words: string) {
  const io = fakeIo();
  const program = createRcProgram({ io, surroundings: () => rc.surroundings });
  const code = await runCommandLine(program, [...words.split(' '), '--data', rc.folder], io);
  return { code, out: io.stdout.text, err: io.stderr.text };
}

describe('rotating the authority', () => {
  it('has new cards pin the new one, and every hub believed by cards of before and after', async () => {
    const rc = await TestRc.start();
    const pins = [await pinnedNow(rc)];
    const chains: Uint8Array[][] = [];
    const member = await rc.admitHub('goa-01');
    for (let rotations = 0; rotations < 3; rotations++) {
      if (rotations > 0) {
        await rotate(rc);
        pins.push(await pinnedNow(rc));
      }
      const { hubCertificate = '', authorities } = await member.client.renew({ hubKey: randomHex(32) });
      chains.push([hubCertificate, ...authorities].map(fromHex));
    }
    expect(new Set(pins.map(toHex)).size).toBe(3);
    expect(chains.map((chain) => chain.length)).toEqual([2, 3, 4]);
    const believed = chains.map((chain) =>
      pins.map((caPin) => {
        try {
          return verifyHubChain(chain, { now: rc.clock.now(), caPin }).hubId;
        } catch {
          return 'not believed';
        }
      }),
    );
    // A hub that has not renewed yet is of use to the cards of its time; one that has, to all.
    expect(believed).toEqual([
      ['goa-01', 'not believed', 'not believed'],
      ['goa-01', 'goa-01', 'not believed'],
      ['goa-01', 'goa-01', 'goa-01'],
    ]);
  });

  it('goes on with members who joined before it, and lets nobody join anew', async () => {
    const rc = await TestRc.start();
    const members = [
      await rc.admitHub('goa-01'),
      await rc.admit({ kind: 'device', id: 'desk-1' }),
      await rc.admit({ kind: 'operator', id: 'asha', role: 'admin' }),
    ];
    await rotate(rc);
    await rotate(rc);
    for (const { identity } of members) {
      const { authorities } = await rc.client(identity).hubs();
      expect(authorities).toHaveLength(3);
    }
    await rc.stop();
    await rc.serve();
    for (const { identity } of members) expect((await rc.client(identity).hubs()).hubs).toHaveLength(1);
  });

  it('lets a token of before it be redeemed, by whoever believes nothing but the old authority', async () => {
    const rc = await TestRc.start();
    const token = await rc.mint({ kind: 'device', id: 'desk-1' });
    const folder = join(temporaryFolder(), 'desk');
    await rotate(rc);
    const { surroundings } = rc;
    const { authorities } = await joinNetwork({ surroundings, folder, token, kind: 'device' });
    expect(authorities).toHaveLength(2);
    const after = await rc.mint({ kind: 'device', id: 'desk-2' });
    await joinNetwork({ surroundings, folder: `${folder}-2`, token: after, kind: 'device' });
  });

  it('leaves one private key: the new one', async () => {
    const rc = await TestRc.start();
    const file = join(rc.folder, 'keys', 'authority.pem');
    const [old = new Uint8Array(0)] = decodePem('PRIVATE KEY', readFileSync(file, 'utf8'));
    await rotate(rc);
    const now = decodePem('PRIVATE KEY', readFileSync(file, 'utf8'));
    expect(now).toHaveLength(1);
    expect(now[0]).not.toEqual(old);
    expect(rc.log.lines.join()).not.toContain(toHex(old));
  });

  it('is done once where the same is asked again after a lost answer', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { authority: replaces } = await admin.status();
    const [first, second] = await Promise.all([
      admin.rotateAuthority({ replaces }),
      admin.rotateAuthority({ replaces }),
    ]);
    expect(second).toEqual(first);
    expect(await admin.rotateAuthority({ replaces })).toEqual(first);
    expect((await admin.status()).earlierAuthorities).toBe(1);
    await expect(admin.rotateAuthority({ replaces: randomHex(32) })).rejects.toMatchObject({
      problemCode: 'rotation-conflict',
    });
  });

  it('is taken up where the power went between the new key and the certificate by it', async () => {
    const rc = await TestRc.start();
    const identity = await rc.adminIdentity();
    const { authority: replaced } = await (await rc.admin()).status();
    await rc.stop();
    const secrets = rcSecrets(rc.folder, systemRandom);
    const authority = await NetworkAuthority.open(secrets, systemRandom);
    await authority.rotate({ replaced, secrets, now: rc.clock.now(), random: systemRandom });
    await rc.serve();
    const status = await rc.client(identity).status();
    expect(status.authority).toBe(toHex(authority.current.fingerprint));
    expect(status.earlierAuthorities).toBe(1);
  });

  it('refuses to drop an authority that cards in use pin, unless that is said', async () => {
    const rc = await TestRc.start();
    const { uid } = await register(await rc.admin());
    rc.clock.jump(DAY);
    for (let rotations = 0; rotations < 2; rotations++) await run(rc, 'rotate ca');
    expect(await run(rc, 'rotate ca')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/1 card in use pins .* or say --drop-oldest\n$/),
    });
    await (await rc.admin()).revokeCard(uid, 'lost');
    expect((await run(rc, 'rotate ca')).code).toBe(0);
    expect((await (await rc.admin()).status()).earlierAuthorities).toBe(2);
    await register(await rc.admin());
    expect((await run(rc, 'rotate ca')).code).toBe(1);
    expect((await run(rc, 'rotate ca --drop-oldest')).code).toBe(0);
    expect((await (await rc.admin()).status()).earlierAuthorities).toBe(2);
  });

  it('stays sealed where the key was, and is refused where it is a systemd credential', async () => {
    const rc = await TestRc.init();
    const passphrase = async () => 'correct horse battery staple';
    const sealing = rcSecrets(rc.folder, systemRandom, { logN: 10 });
    await sealing.seal(passphrase);
    const { surroundings, folder } = rc;
    const options = { surroundings, folder, listen: LOOPBACK };
    const client = async (running: RunningRc) => {
      return new RcClient({ surroundings, rc: running.address, identity: await rc.adminIdentity() });
    };
    const sealed = await serveRc({ ...options, secrets: { passphrase } });
    const admin = await client(sealed);
    await admin.rotateAuthority({ replaces: (await admin.status()).authority });
    await admin.rotateMasterKey({ replaces: 0 });
    admin.close();
    await sealed.close();
    for (const name of ['authority.pem', 'master-1.key']) {
      expect(readFileSync(join(folder, 'keys', name), 'utf8')).toContain('cardea-sealed');
    }

    await rcSecrets(folder, systemRandom, { passphrase, logN: 10 }).unseal();
    const credentials = join(temporaryFolder(), 'credentials');
    mkdirSync(credentials, { mode: 0o700 });
    for (const name of ['authority.pem', 'limbasiya.key', 'master-0.key', 'master-1.key']) {
      renameSync(join(folder, 'keys', name), join(credentials, name));
    }
    const given = await serveRc({ ...options, secrets: { credentials } });
    const again = await client(given);
    const { authority: replaces } = await again.status();
    await expect(again.rotateAuthority({ replaces })).rejects.toMatchObject({ problemCode: 'secret-place' });
    await expect(again.rotateMasterKey({ replaces: 1 })).rejects.toMatchObject({
      problemCode: 'secret-place',
    });
    again.close();
    await given.close();
  });

  it('tells hubs that wait for changes', async () => {
    const rc = await TestRc.start();
    const { client } = await rc.admitHub('goa-01');
    const { generation, cursor, authority: before } = await client.feed({});
    const waiting = client.feed({ generation, after: cursor, wait: 30 });
    await rc.clock.untilWaiting(30_000, 1);
    const after = await rotate(rc);
    expect(await waiting).toMatchObject({ changes: [], authority: after });
    expect(after).not.toBe(before);
  });

  it('is a command, whose operator believes the new authority at once', async () => {
    const rc = await TestRc.start();
    const { code, out, err } = await run(rc, 'rotate ca');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^the authority was rotated: SHA-256 [0-9a-f]{64}\n/);
    const { authorities } = await rc.adminIdentity();
    expect(out).toContain(toHex(certificateFingerprint(authorities[0] ?? new Uint8Array(0))));
    expect(caPinOf(parseCertificate(authorities[0] ?? new Uint8Array(0)).spki)).toEqual(await pinnedNow(rc));
    expect((await run(rc, 'status')).out).toContain(', certified by 1 before it\n');
    const { token } = await (await rc.admin()).mintToken({ kind: 'operator', id: 'asha', role: 'registrar' });
    const joiner = new Joiner(token);
    const registrar = joiner.identity(await (await rc.stranger()).join(joiner.request));
    await expect(
      rc.client(registrar).rotateAuthority({ replaces: out.match(/[0-9a-f]{64}/)?.[0] ?? '' }),
    ).rejects.toMatchObject({ problemCode: 'not-allowed' });
  });
});

describe('rotating the master key', () => {
  it('makes new cards under the new one; those of before go on, and a patient keeps their name at a hub', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { client: hub } = await rc.admitHub('goa-01');
    const old = await register(admin);
    const before = await hub.feedCard(old.uid);
    expect(await admin.rotateMasterKey({ replaces: 0 })).toEqual({ keyId: 1 });
    expect(await admin.beginRegistration({ blinded: blindedPin() })).toMatchObject({ keyId: 1 });
    expect(await hub.feedCard(old.uid)).toEqual(before);
    const replacement = await register(admin, { id: old.summary.patientId });
    const after = await hub.feedCard(replacement.uid);
    expect(after.card?.subject).toBe(before.card?.subject);
    await rc.stop();
    await rc.serve();
    expect((await (await rc.admin()).status()).masterKey).toBe(1);
    expect(await (await rc.admin()).beginRegistration({ blinded: blindedPin() })).toMatchObject({ keyId: 1 });
  });

  it('completes a registration that was begun before it under the key of then', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const begun = await admin.beginRegistration({ blinded: blindedPin() });
    await admin.rotateMasterKey({ replaces: 0 });
    await admin.completeRegistration(begun.registrationId, {
      cs: randomHex(32),
      rs: null,
      patient: { name: 'Asha' },
    });
    expect(begun.keyId).toBe(0);
    const { client: hub } = await rc.admitHub('goa-01');
    const { card } = await hub.feedCard(begun.uid);
    const master = fromHex(readFileSync(join(rc.folder, 'keys', 'master-0.key'), 'utf8').trim());
    expect(card?.oprfSeed).toBe(toHex(deriveOprfSeed(noble, master, fromHex(begun.uid))));
  });

  it('is done once where the same is asked again, and ends at the last of 256', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const answers = await Promise.all([0, 0].map((replaces) => admin.rotateMasterKey({ replaces })));
    expect(answers).toEqual([{ keyId: 1 }, { keyId: 1 }]);
    await expect(admin.rotateMasterKey({ replaces: 7 })).rejects.toMatchObject({
      problemCode: 'rotation-conflict',
    });
    expect((await run(rc, 'rotate master')).out).toMatch(/^new cards are made with master key number 2;/);
    await rc.stop();
    renameSync(join(rc.folder, 'keys', 'master-2.key'), join(rc.folder, 'keys', 'master-255.key'));
    await rc.serve();
    await expect((await rc.admin()).rotateMasterKey({ replaces: 255 })).rejects.toMatchObject({
      problemCode: 'rotation-conflict',
    });
  });
});
