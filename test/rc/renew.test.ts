import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { fetchAuthority } from '../../certs/bootstrap.ts';
import { certificateFingerprint, parseCertificate } from '../../certs/certificate.ts';
import { verifyHubChain } from '../../certs/hub-chain.ts';
import { newTlsKeyPair, type TlsKeyPair } from '../../certs/keys.ts';
import type { RcClient } from '../../certs/rc-client.ts';
import type { TlsIdentity } from '../../certs/tls-identity.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import type { RenewResponse } from '../../protocol/rc-api/renew.ts';
import { randomHex } from './registering.ts';
import { type Member, NOW, TestRc } from './running-rc.ts';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const EXPIRED = { code: 'rc-refused', problemCode: 'certificate-expired', status: 401 };

function ask(client: RcClient, { publicKey }: TlsKeyPair): Promise<RenewResponse> {
  return client.renew({ tlsKey: toHex(publicKey) });
}

function identityOf({ privateKey }: TlsKeyPair, answer: RenewResponse): TlsIdentity {
  const certificate = fromHex(answer.tlsCertificate ?? '');
  return { privateKey, certificate, authorities: answer.authorities.map(fromHex) };
}

/** Renews, and is a member with two identities from then on. */
async function renew(rc: TestRc, member: Member): Promise<RcClient> {
  const key = newTlsKeyPair();
  return rc.client(identityOf(key, await ask(member.client, key)));
}

function admitDevice(rc: TestRc, id = 'desk-1'): Promise<Member> {
  return rc.admit({ kind: 'device', id });
}

/** Lets days pass under the serving registration centre, which keeps its own certificate young. */
async function pass(rc: TestRc, days: number): Promise<void> {
  rc.clock.jump(days * DAY - HOUR);
  await rc.clock.advance(HOUR);
  const [authority = new Uint8Array(0)] = (await rc.adminIdentity()).authorities;
  const fingerprint = certificateFingerprint(authority);
  await expect
    .poll(() => fetchAuthority(rc.surroundings, rc.running.address, fingerprint))
    .toEqual(authority);
}

async function revoke(rc: TestRc, id: string): Promise<void> {
  await rc.stop();
  const db = new SqliteDatabase(join(rc.folder, 'store.sqlite'));
  db.prepare('UPDATE members SET revoked = 1 WHERE id = ?').run(id);
  db.close();
  await rc.serve();
}

describe('a renewal', () => {
  it('gives a hub a certificate for its new key, which says what the operator wrote', async () => {
    const rc = await TestRc.start();
    const { client, response } = await rc.admitHub('goa-01');
    await rc.clock.advance(DAY);
    const hubKey = randomHex(32);
    const { hubCertificate = '', tlsCertificate, authorities } = await client.renew({ hubKey });
    expect(tlsCertificate).toBeUndefined();
    expect(authorities).toEqual(response.authorities);
    const trusted = authorities.map(fromHex);
    const now = NOW + DAY;
    const hub = verifyHubChain([fromHex(hubCertificate), ...trusted], { now, authorities: trusted });
    expect(hub).toMatchObject({ hubId: 'goa-01', location: 'Goa', notAfter: now + 14 * DAY });
    expect(toHex(hub.hubStatic)).toBe(hubKey);
  });

  it('gives a new TLS certificate, and leaves the one before it good for the rest of its life', async () => {
    const rc = await TestRc.start();
    const member = await admitDevice(rc);
    await rc.clock.advance(60 * DAY);
    const renewed = await renew(rc, member);
    await renewed.hubs();
    rc.clock.jump(29 * DAY);
    await member.client.hubs();
    rc.clock.jump(2 * DAY);
    await expect(member.client.hubs()).rejects.toMatchObject(EXPIRED);
    await renewed.hubs();
  });

  it('brings nothing but a public key: name and role stay what they are', async () => {
    const rc = await TestRc.start();
    const member = await rc.admit({ kind: 'operator', id: 'desk-2', role: 'auditor' });
    const key = newTlsKeyPair();
    const identity = identityOf(key, await ask(member.client, key));
    expect(parseCertificate(identity.certificate).x509.subject).toBe('CN=desk-2');
    const client = rc.client(identity);
    await client.cards();
    await expect(client.revokeCard('00'.repeat(16), 'lost')).rejects.toMatchObject({
      problemCode: 'not-allowed',
    });
  });

  it('is answered alike when the same key asks again, also after a restart and by the new certificate', async () => {
    const rc = await TestRc.start();
    const { client, identity } = await admitDevice(rc);
    const key = newTlsKeyPair();
    const first = await ask(client, key);
    expect(await ask(client, key)).toEqual(first);
    await rc.stop();
    await rc.serve();
    expect(await ask(rc.client(identity), key)).toEqual(first);
    expect(await ask(rc.client(identityOf(key, first)), key)).toEqual(first);
  });

  it('gives a key that asks again much later a certificate that is of use', async () => {
    const rc = await TestRc.start();
    const { client } = await admitDevice(rc);
    const key = newTlsKeyPair();
    const first = identityOf(key, await ask(client, key));
    rc.clock.jump(80 * DAY);
    const second = identityOf(key, await ask(client, key));
    const lives = [first, second].map(({ certificate }) => parseCertificate(certificate).notAfter);
    expect(lives).toEqual([NOW + 90 * DAY, NOW + 170 * DAY]);
    await rc.client(second).hubs();
  });

  it('is granted until 30 days after the certificate expired, and not later', async () => {
    const rc = await TestRc.start();
    const [early, late] = [await admitDevice(rc, 'desk-1'), await rc.admitHub('goa-01')];
    await pass(rc, 119);
    await expect(early.client.hubs()).rejects.toMatchObject(EXPIRED);
    await (await renew(rc, early)).hubs();
    rc.clock.jump(2 * DAY);
    await expect(renew(rc, late)).rejects.toMatchObject(EXPIRED);
    await expect(late.client.renew({ hubKey: randomHex(32) })).rejects.toMatchObject(EXPIRED);
  });

  it('of an expired certificate is refused once a later one is in use: nobody was switched off', async () => {
    const rc = await TestRc.start();
    const member = await admitDevice(rc);
    await pass(rc, 70);
    const renewed = await renew(rc, member);
    await pass(rc, 21);
    // Its answer might have been lost until here.
    await renew(rc, member);
    await renewed.hubs();
    await expect(renew(rc, member)).rejects.toMatchObject(EXPIRED);
  });

  it('is refused to a member that was revoked, whatever certificate it shows', async () => {
    const rc = await TestRc.start();
    const member = await rc.admitHub('goa-01');
    const key = newTlsKeyPair();
    const renewed = identityOf(key, await ask(member.client, key));
    await revoke(rc, 'goa-01');
    for (const client of [rc.client(member.identity), rc.client(renewed)]) {
      await expect(client.renew({ hubKey: randomHex(32) })).rejects.toMatchObject({
        problemCode: 'member-revoked',
        status: 403,
      });
      await expect(ask(client, newTlsKeyPair())).rejects.toMatchObject({ problemCode: 'member-revoked' });
    }
  });

  it('certifies no key of another member, whether that came with joining or with a renewal', async () => {
    const rc = await TestRc.start();
    const [one, other] = [await admitDevice(rc, 'desk-1'), await admitDevice(rc, 'desk-2')];
    const renewed = newTlsKeyPair();
    await ask(one.client, renewed);
    const joined = toHex(parseCertificate(one.identity.certificate).spki);
    for (const tlsKey of [joined, toHex(renewed.publicKey)]) {
      await expect(other.client.renew({ tlsKey })).rejects.toMatchObject({
        problemCode: 'key-taken',
        status: 409,
      });
    }
  });

  it.each([
    ['without a key', {}],
    ["with a hub's key", { hubKey: '11'.repeat(32) }],
    ['with what is no key', { tlsKey: 'abcd' }],
    ['with an X25519 key for TLS', { tlsKey: `302a300506032b656e032100${'11'.repeat(32)}` }],
  ])('is refused to a terminal that comes %s', async (_name, request) => {
    const rc = await TestRc.start();
    const { client } = await admitDevice(rc);
    await expect(client.renew(request)).rejects.toMatchObject({ problemCode: 'request-malformed' });
  });

  it('is refused to whoever collects certificates, until one has expired', async () => {
    const rc = await TestRc.start();
    const member = await admitDevice(rc);
    rc.clock.jump(DAY);
    for (let held = 1; held < 8; held++) await renew(rc, member);
    await expect(renew(rc, member)).rejects.toMatchObject({ problemCode: 'certificates-too-many' });
    await pass(rc, 90);
    await renew(rc, member);
  });

  it('is in the log, without a key', async () => {
    const rc = await TestRc.start();
    const { client } = await rc.admitHub('goa-01');
    const key = newTlsKeyPair();
    await client.renew({ hubKey: randomHex(32), tlsKey: toHex(key.publicKey) });
    expect(rc.log.lines).toContain(
      'info certificates were renewed {"kind":"hub","id":"goa-01","tls":true,"hub":true}',
    );
    expect(rc.log.lines.join('\n')).not.toContain(toHex(key.publicKey).slice(-64));
  });
});

describe("the registration centre's own certificate", () => {
  it('is renewed at two thirds of its life while it serves, and shown from then on', async () => {
    const rc = await TestRc.start();
    const ends = async () => (await (await rc.admin()).status()).certificateEnds;
    rc.clock.jump(59 * DAY);
    await rc.clock.advance(HOUR);
    expect(await ends()).toBe(NOW + 90 * DAY);
    rc.clock.jump(DAY);
    await rc.clock.advance(HOUR);
    await expect.poll(ends).toBeGreaterThan(NOW + 149 * DAY);
    const member = await admitDevice(rc);
    // Whoever calls checks it by the clock: the first one would have expired.
    rc.clock.jump(40 * DAY);
    await member.client.hubs();
  });

  it('is tried again after a failure', async () => {
    const rc = await TestRc.start();
    const keys = join(rc.folder, 'keys');
    chmodSync(join(keys, 'tls.pem'), 0o640);
    rc.clock.jump(61 * DAY);
    await rc.clock.advance(HOUR);
    await expect
      .poll(() => rc.log.lines.join('\n'))
      .toContain("error the registration centre's own certificate was not renewed");
    chmodSync(join(keys, 'tls.pem'), 0o600);
    await rc.clock.advance(HOUR);
    await expect
      .poll(() => rc.log.lines.join('\n'))
      .toContain("info the registration centre's own certificate was renewed");
  });
});
