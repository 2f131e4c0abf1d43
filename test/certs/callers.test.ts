import 'reflect-metadata';

import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SubjectAlternativeNameExtension } from '@peculiar/x509';
import { expect, test } from 'vitest';
import { TLS_CERTIFICATE_MS } from '../../certs/authority.ts';
import { certificateFingerprint } from '../../certs/certificate.ts';
import { callerFingerprint } from '../../certs/https-server.ts';
import { distinguishedName, issueCertificate, tlsUsage } from '../../certs/issue.ts';
import type { TlsIdentity } from '../../certs/tls-identity.ts';
import { toHex } from '../../protocol/bytes.ts';
import { systemRandom } from '../../runtime/random.ts';
import {
  answerJson,
  caller,
  DAY,
  memberIdentity,
  newAuthority,
  onLoopback,
  rcIdentity,
  serve,
} from './support.ts';

test('a caller is known by the fingerprint of its certificate', async () => {
  const { ask, authority, now } = await network();
  const identity = await memberIdentity(authority, now);
  expect(await ask(identity)).toEqual({
    fingerprint: toHex(certificateFingerprint(identity.certificate)),
    trusted: true,
    authorized: true,
    notAfter: now + TLS_CERTIFICATE_MS,
  });
});

test('a caller without a certificate is nobody, and is served all the same', async () => {
  const { ask, authority } = await network();
  expect(await ask({ authorities: [authority.certificate] })).toBe('nobody');
});

test('a caller of another network, even of one with the same name, is not trusted', async () => {
  const { ask, authority, now } = await network();
  for (const name of ['Other network', 'Test network']) {
    const other = await newAuthority(now, name);
    const stranger = await memberIdentity(other.authority, now);
    expect(await ask({ ...stranger, authorities: [authority.certificate] })).toEqual({
      fingerprint: toHex(certificateFingerprint(stranger.certificate)),
      trusted: false,
      authorized: false,
      notAfter: 0,
    });
  }
});

test('a caller with a certificate for servers is not trusted', async () => {
  const { ask, authority, now } = await network();
  expect(await ask(await rcIdentity(authority, now))).toMatchObject({ trusted: false, authorized: false });
});

test('a caller may show whatever certificate there is, and the server goes on', async () => {
  const { ask, authority, now } = await network();
  const other = await newAuthority(now, 'Other network');
  const crowd = Array.from({ length: 300 }, (_, i) => ({ type: 'dns' as const, value: `host-${i}.example` }));
  const strangers: TlsIdentity[] = [];
  for (const { privateKey, publicKey } of [
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
    generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    generateKeyPairSync('ed25519'),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ]) {
    const certificate = await issueCertificate(
      other.signer,
      {
        subject: distinguishedName(['CN', 'desk-1'], ['CN', 'desk-2']),
        publicKey: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
        notBefore: now,
        notAfter: now + DAY,
        extensions: [...tlsUsage('client'), new SubjectAlternativeNameExtension(crowd)],
      },
      systemRandom,
    );
    const key = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }));
    strangers.push({ privateKey: key, certificate, authorities: [authority.certificate] });
  }
  for (const stranger of strangers) {
    expect(await ask(stranger)).toMatchObject({
      fingerprint: toHex(certificateFingerprint(stranger.certificate)),
      trusted: false,
    });
  }
  expect(await ask(await memberIdentity(authority, now))).toMatchObject({ authorized: true });
});

test('a caller whose certificate has expired is still told apart from a stranger', async () => {
  const { ask, authority, now } = await network();
  const old = await memberIdentity(authority, now - TLS_CERTIFICATE_MS - DAY);
  expect(await ask(old)).toMatchObject({ trusted: true, authorized: false, notAfter: now - DAY });
});

test('a caller whose certificate is not valid yet is not authorized', async () => {
  const { ask, authority, now } = await network();
  const early = await memberIdentity(authority, now + DAY);
  expect(await ask(early)).toMatchObject({ trusted: true, authorized: false });
});

test('a caller whose certificate expires while its connection is open is not authorized any more', async () => {
  const { world, address, authority, now } = await network();
  const client = caller(world, { address, identity: await memberIdentity(authority, now - 89 * DAY) });
  const ask = async () => (await client.request({ method: 'GET', path: '/' })).body;
  expect(await ask()).toMatchObject({ authorized: true });
  world.clock.jump(2 * DAY);
  expect(await ask()).toMatchObject({ trusted: true, authorized: false });
});

test("the certificate of one caller is not taken for another's", async () => {
  const { ask, authority, now } = await network();
  const hubs = [
    await memberIdentity(authority, now, 'goa-01'),
    await memberIdentity(authority, now, 'pune-02'),
  ];
  const answers = await Promise.all(hubs.map(ask));
  expect(answers).toMatchObject(
    hubs.map(({ certificate }) => ({ fingerprint: toHex(certificateFingerprint(certificate)) })),
  );
});

/** A server that tells callers who they are. */
async function network() {
  const world = onLoopback();
  const now = world.clock.now();
  const { authority } = await newAuthority(now);
  const { address } = await serve(world, await rcIdentity(authority, now), tellWhoCalls);
  const ask = async (identity: TlsIdentity | { readonly authorities: readonly Uint8Array[] }) =>
    (await caller(world, { address, identity }).request({ method: 'GET', path: '/' })).body;
  return { world, now, authority, address, ask };
}

function tellWhoCalls(request: IncomingMessage, response: ServerResponse): void {
  const found = callerFingerprint(request.socket);
  answerJson(response, found === undefined ? 'nobody' : { ...found, fingerprint: toHex(found.fingerprint) });
}
