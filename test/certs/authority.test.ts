import 'reflect-metadata';

import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { describe, expect, test } from 'vitest';
import { Authority, createAuthority } from '../../certs/authority.ts';
import { CertificateError, certificateFingerprint, parseCertificate } from '../../certs/certificate.ts';
import { newTlsKeyPair } from '../../certs/keys.ts';
import { seededRandom } from '../../runtime/random.ts';

const NOW = Date.UTC(2026, 10, 23, 12, 0, 0, 123);
const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const random = seededRandom('authority');
const address = { host: 'goa-01.example', port: 8441 };
const tlsKey = newTlsKeyPair();

describe("the authority's certificate", () => {
  test('is self-signed, for signing certificates alone, and good for 20 years', async () => {
    const { certificate } = await createAuthority({ name: 'Goa network', now: NOW, random });
    const node = new X509Certificate(certificate);
    expect(node.subject).toBe('CN=Goa network');
    expect(node.checkIssued(node) && node.verify(node.publicKey)).toBe(true);
    expect(node.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    const said = extensionsOf(certificate);
    expect(said.basicConstraints).toEqual({ ca: true, critical: true });
    expect(said.keyUsage).toBe(x509.KeyUsageFlags.keyCertSign);
    expect(validity(certificate)).toEqual([NOW - HOUR, NOW + 20 * 365 * DAY].map(wholeSecond));
  });

  test('has a validity that can be read also after 2050', async () => {
    const now = Date.UTC(2060, 0, 1, 0, 0, 0, 999);
    const { certificate } = await createAuthority({ name: 'Late network', now, random });
    expect(validity(certificate)).toEqual([now - HOUR, now + 20 * 365 * DAY].map(wholeSecond));
  });

  test('has another key and number each time', async () => {
    const [a, b] = [await newAuthority(), await newAuthority()];
    expect(a.caPin).not.toEqual(b.caPin);
    expect(a.fingerprint).not.toEqual(b.fingerprint);
  });

  test('has a fingerprint and a pin', async () => {
    const authority = await newAuthority();
    const { x509: node, spki } = parseCertificate(authority.certificate);
    expect(Buffer.from(authority.fingerprint)).toEqual(
      Buffer.from(node.fingerprint256.replaceAll(':', ''), 'hex'),
    );
    expect(authority.fingerprint).toEqual(certificateFingerprint(authority.certificate));
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', spki));
    expect(authority.caPin).toEqual(digest.slice(0, 16));
  });

  test('is refused with a key that is not its own', async () => {
    const [a, b] = [await keyOf('A'), await keyOf('B')];
    const mixed = { certificate: a.certificate, privateKey: b.privateKey };
    await expect(Authority.open(mixed, random)).rejects.toMatchObject({ fault: 'key' });
  });

  test("is not anybody else's", async () => {
    const authority = await newAuthority();
    const member = await authority.issueTls({
      id: 'desk-1',
      role: 'client',
      publicKeySpki: tlsKey.publicKey,
      now: NOW,
    });
    const key = { certificate: member, privateKey: tlsKey.privateKey };
    await expect(Authority.open(key, random)).rejects.toMatchObject({ fault: 'role' });
  });
});

describe("a hub's certificate", () => {
  test('has id and location, its address for information, key agreement alone, and 14 days', async () => {
    const authority = await newAuthority();
    const publicKey = random(32);
    const hub = { id: 'goa-01', location: 'Goa', address, publicKey, now: NOW };
    const certificate = await authority.issueHub(hub);
    const node = new X509Certificate(certificate);
    expect(node.subject).toBe('CN=goa-01\nL=Goa');
    expect(node.subjectAltName).toBe('DNS:goa-01.example');
    expect(node.publicKey.export({ format: 'jwk' })).toEqual({
      kty: 'OKP',
      crv: 'X25519',
      x: Buffer.from(publicKey).toString('base64url'),
    });
    expect(node.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
    expect(extensionsOf(certificate)).toMatchObject({
      basicConstraints: null,
      keyUsage: x509.KeyUsageFlags.keyAgreement,
      extendedKeyUsage: null,
    });
    expect(validity(certificate)).toEqual([NOW - HOUR, NOW + 14 * DAY].map(wholeSecond));
    // Four certificates fit into a HELLO many times over.
    expect(certificate.length).toBeLessThan(400);
  });

  test('has its names as UTF-8, in NFC', async () => {
    const authority = await newAuthority();
    const location = 'Cafe\u0301 गोवा';
    const hub = {
      id: 'goa-01',
      location,
      address: { host: '10.0.0.7', port: 1 },
      publicKey: random(32),
      now: NOW,
    };
    const certificate = Buffer.from(await authority.issueHub(hub));
    const text = Buffer.from(location.normalize('NFC'));
    expect(certificate.includes(Buffer.concat([Buffer.of(0x0c, text.length), text]))).toBe(true);
    expect(certificate.includes(Buffer.concat([Buffer.of(0x0c, 6), Buffer.from('goa-01')]))).toBe(true);
    expect(new X509Certificate(certificate).subjectAltName).toBe('IP Address:10.0.0.7');
  });

  test.each(['', 'go', 'Goa-01', 'goa 01', 'goa-01\n', 'g'.repeat(33), 'goa_01'])(
    'is not issued for the id %j',
    async (id) => {
      const authority = await newAuthority();
      const hub = { id, location: 'Goa', address, publicKey: random(32), now: NOW };
      await expect(authority.issueHub(hub)).rejects.toMatchObject({ fault: 'name' });
      const member = { id, role: 'client', publicKeySpki: tlsKey.publicKey, now: NOW } as const;
      await expect(authority.issueTls(member)).rejects.toMatchObject({ fault: 'name' });
    },
  );

  test('is not issued for a key of another length', async () => {
    const authority = await newAuthority();
    const hub = { id: 'goa-01', location: 'Goa', address, publicKey: random(31), now: NOW };
    await expect(authority.issueHub(hub)).rejects.toMatchObject({ fault: 'key' });
  });
});

describe('a TLS certificate', () => {
  test('of a member is for clients alone, without a SAN, and good for 90 days', async () => {
    const authority = await newAuthority();
    const member = { id: 'desk-1', role: 'client', publicKeySpki: tlsKey.publicKey, now: NOW } as const;
    const certificate = await authority.issueTls(member);
    const node = new X509Certificate(certificate);
    expect(node.subject).toBe('CN=desk-1');
    expect(node.subjectAltName).toBeUndefined();
    expect(node.publicKey.export({ type: 'spki', format: 'der' })).toEqual(Buffer.from(tlsKey.publicKey));
    expect(extensionsOf(certificate)).toMatchObject({
      basicConstraints: null,
      keyUsage: x509.KeyUsageFlags.digitalSignature,
      extendedKeyUsage: [x509.ExtendedKeyUsage.clientAuth],
    });
    expect(validity(certificate)).toEqual([NOW - HOUR, NOW + 90 * DAY].map(wholeSecond));
  });

  test.each([
    ['rc.example', 'DNS:rc.example'],
    ['192.168.1.4', 'IP Address:192.168.1.4'],
    ['2001:db8::1', 'IP Address:2001:DB8:0:0:0:0:0:1'],
  ])('of the RC is for servers alone, and names %s', async (host, san) => {
    const authority = await newAuthority();
    const certificate = await authority.issueTls({
      id: 'the-rc',
      role: 'server',
      address: { host, port: 8440 },
      publicKeySpki: tlsKey.publicKey,
      now: NOW,
    });
    expect(new X509Certificate(certificate).subjectAltName).toBe(san);
    expect(extensionsOf(certificate)).toMatchObject({
      basicConstraints: null,
      extendedKeyUsage: [x509.ExtendedKeyUsage.serverAuth],
    });
  });

  test('has a random serial number of 16 bytes, positive', async () => {
    const authority = await newAuthority();
    const serials = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const member = { id: 'desk-1', role: 'client', publicKeySpki: tlsKey.publicKey, now: NOW } as const;
      serials.add(new X509Certificate(await authority.issueTls(member)).serialNumber);
    }
    expect(serials.size).toBe(20);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  test.each([
    ['P-384', spki(generateKeyPairSync('ec', { namedCurve: 'P-384' }))],
    ['X25519', spki(generateKeyPairSync('x25519'))],
    ['RSA', spki(generateKeyPairSync('rsa', { modulusLength: 2048 }))],
    ['no key at all', Uint8Array.of(1, 2, 3)],
    ['an empty key', new Uint8Array(0)],
    ['a key with something after it', Uint8Array.of(...tlsKey.publicKey, 0)],
    ['a private key', tlsKey.privateKey],
    ['a point that is not on the curve', tlsKey.publicKey.with(-1, (tlsKey.publicKey.at(-1) ?? 0) ^ 1)],
  ])('is not issued for %s', async (_, publicKeySpki) => {
    const authority = await newAuthority();
    const member = { id: 'desk-1', role: 'client', publicKeySpki, now: NOW } as const;
    const refusal = await authority.issueTls(member).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(CertificateError);
    expect(refusal).toMatchObject({ fault: 'key' });
  });
});

function keyOf(name: string) {
  return createAuthority({ name, now: NOW, random });
}

async function newAuthority(): Promise<Authority> {
  return Authority.open(await keyOf('Goa network'), random);
}

function validity(certificate: Uint8Array): readonly number[] {
  const { notBefore, notAfter } = parseCertificate(certificate);
  return [notBefore, notAfter];
}

function wholeSecond(time: number): number {
  return Math.floor(time / SECOND) * SECOND;
}

function spki({ publicKey }: { publicKey: ReturnType<typeof generateKeyPairSync>['publicKey'] }): Uint8Array {
  return new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
}

/** What a second reader finds in a certificate. */
function extensionsOf(certificate: Uint8Array) {
  const parsed = new x509.X509Certificate(certificate);
  const constraints = parsed.getExtension(x509.BasicConstraintsExtension);
  return {
    basicConstraints: constraints && { ca: constraints.ca, critical: constraints.critical },
    keyUsage: parsed.getExtension(x509.KeyUsagesExtension)?.usages,
    extendedKeyUsage: parsed.getExtension(x509.ExtendedKeyUsageExtension)?.usages ?? null,
  };
}
