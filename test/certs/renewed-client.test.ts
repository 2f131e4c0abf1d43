import { expect, test } from 'vitest';
import { certificateFingerprint } from '../../certs/certificate.ts';
import { callerFingerprint } from '../../certs/https-server.ts';
import type { TlsIdentity } from '../../certs/tls-identity.ts';
import { toHex } from '../../protocol/bytes.ts';
import {
  answerJson,
  caller,
  memberIdentity,
  newAuthority,
  onLoopback,
  rcIdentity,
  serve,
} from './support.ts';

const nameOf = ({ certificate }: TlsIdentity) => toHex(certificateFingerprint(certificate));

test('a client calls as its renewed identity at once, and a request that is under way ends as what it began', async () => {
  const world = onLoopback();
  const now = world.clock.now();
  const { authority } = await newAuthority(now);
  const held: (() => void)[] = [];
  const { https, address } = await serve(world, await rcIdentity(authority, now), (request, response) => {
    const found = callerFingerprint(request.socket);
    const answer = () => answerJson(response, found && toHex(found.fingerprint));
    if (request.url === '/held') held.push(answer);
    else answer();
  });
  const [old, renewed] = [await memberIdentity(authority, now), await memberIdentity(authority, now)];
  const client = caller(world, { address, identity: old });
  const ask = async (path = '/') => (await client.request({ method: 'GET', path })).body;
  const underWay = ask('/held');
  await expect.poll(() => held.length).toBe(1);
  expect(await ask()).toBe(nameOf(old));
  client.useIdentity(renewed);
  expect(await ask()).toBe(nameOf(renewed));
  for (const answer of held) answer();
  expect(await underWay).toBe(nameOf(old));
  expect(await ask()).toBe(nameOf(renewed));
  // Nothing is left of the connections that showed the old one.
  await expect.poll(() => https.connections).toBe(1);
});

test('a client that was renewed is closed with all that it still has under way', async () => {
  const world = onLoopback();
  const now = world.clock.now();
  const { authority } = await newAuthority(now);
  let asked = 0;
  const { https, address } = await serve(world, await rcIdentity(authority, now), () => {
    asked += 1;
  });
  const client = caller(world, { address, identity: await memberIdentity(authority, now) });
  const underWay = client.request({ method: 'GET', path: '/' }).catch((error: unknown) => error);
  await expect.poll(() => asked).toBe(1);
  client.useIdentity(await memberIdentity(authority, now));
  client.close();
  expect(await underWay).toMatchObject({ code: 'rc-client-closed' });
  await expect.poll(() => https.connections).toBe(0);
});
