import type { Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { encodePem } from '../../certs/pem.ts';
import { problem } from '../../protocol/rc-api/problem.ts';
import { ACCESS } from '../../rc/api/access.ts';
import { systemRandom } from '../../runtime/random.ts';
import { randomHex } from './registering.ts';
import { TestRc } from './running-rc.ts';

/** What a server sends until it closes the connection, for bytes that are sent as they are. */
async function exchange(rc: TestRc, bytes: string | Uint8Array): Promise<string> {
  const { privateKey, certificate } = await rc.adminIdentity();
  const socket = connect({
    ...rc.running.address,
    minVersion: 'TLSv1.3',
    rejectUnauthorized: false,
    key: encodePem('PRIVATE KEY', privateKey),
    cert: encodePem('CERTIFICATE', certificate),
  });
  return collect(socket, () => socket.write(bytes));
}

function collect(socket: TLSSocket | Socket, start: () => void): Promise<string> {
  onTestFinished(() => {
    socket.destroy();
  });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.once('secureConnect', start);
  });
}

interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly type?: string;
  readonly body?: string;
}

async function ask(rc: TestRc, request: RawRequest) {
  const { method = 'POST', path = '/v1/tokens', type = 'application/json', body = '' } = request;
  const head = `${method} ${path} HTTP/1.1\r\nHost: rc\r\nConnection: close\r\nContent-Type: ${type}`;
  const answer = await exchange(rc, `${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  return parseProblem(answer);
}

function parseProblem(answer: string) {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(/content-type: application\/problem\+json/i);
  const parsed = problem.parse(JSON.parse(body));
  expect(head).toContain(`HTTP/1.1 ${parsed.status} `);
  return parsed;
}

/** Whether it goes on: answers, and has logged nothing as its own failure. */
async function expectSound(rc: TestRc): Promise<void> {
  expect((await (await rc.admin()).status()).cards.active).toBe(0);
  expect(rc.log.lines.filter((line) => line.startsWith('error'))).toEqual([]);
}

const HUB = { kind: 'hub', id: 'goa-01', location: 'Goa', address: 'goa-01.example:8441' };

describe('a malformed request', () => {
  it.each([
    ['no JSON', '{"kind":'],
    ['nothing at all', ''],
    ['no object', '[]'],
    ['null', 'null'],
    ['a prototype', '{"__proto__":{"kind":"device"}}'],
    ['a missing field', JSON.stringify({ kind: 'device' })],
    ['a number for a text', JSON.stringify({ kind: 'device', id: 7 })],
    ['an unknown kind', JSON.stringify({ kind: 'king', id: 'king' })],
    ['an id with capitals', JSON.stringify({ kind: 'device', id: 'Desk-1' })],
    ['an id that is too long', JSON.stringify({ kind: 'device', id: 'a'.repeat(33) })],
    ['a role that there is not', JSON.stringify({ kind: 'operator', id: 'boss', role: 'owner' })],
    ['a location of two lines', JSON.stringify({ ...HUB, location: 'Goa\nGoa' })],
    ['an address without a port', JSON.stringify({ ...HUB, address: 'goa-01.example' })],
    ['JSON nested without end', '['.repeat(30_000)],
  ])('with %s is refused, and the centre goes on', async (_name, body) => {
    const rc = await TestRc.start();
    expect(await ask(rc, { body })).toMatchObject({ status: 400, code: 'request-malformed' });
    await expectSound(rc);
  });

  it('that is too large is refused before it is read', async () => {
    const rc = await TestRc.start();
    const body = JSON.stringify({ kind: 'device', id: 'a'.repeat(100_000) });
    expect(await ask(rc, { body })).toMatchObject({ status: 413, code: 'body-too-large' });
    await expectSound(rc);
  });

  it('of another type than JSON is refused', async () => {
    const rc = await TestRc.start();
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'text/json']) {
      expect(await ask(rc, { type, body: 'kind=device' })).toMatchObject({ code: 'media-type-unsupported' });
    }
    await expectSound(rc);
  });

  it('for nothing that is there is told so', async () => {
    const rc = await TestRc.start();
    for (const request of [
      { method: 'GET', path: '/' },
      { method: 'GET', path: '/v2/cards' },
      { method: 'GET', path: `/v1/cards/${randomHex(16)}/history` },
      { path: '/v1/cards/../tokens', body: '{}' },
    ]) {
      expect(await ask(rc, request)).toMatchObject({ status: 404, code: 'route-unknown' });
    }
    await expectSound(rc);
  });

  it('of another method than the path has is told which it has', async () => {
    const rc = await TestRc.start();
    for (const [request, takes] of [
      [{ method: 'GET', path: '/v1/tokens' }, 'POST'],
      [{ method: 'DELETE', path: `/v1/cards/${randomHex(16)}`, body: '{}' }, 'GET'],
    ] as const) {
      expect(await ask(rc, request)).toMatchObject({
        status: 405,
        code: 'method-not-allowed',
        detail: `this takes ${takes}`,
      });
    }
    await expectSound(rc);
  });

  it.each([
    { what: 'is larger than any route takes', request: { body: 'x'.repeat(600_000) }, status: 413 },
    { what: 'is no JSON', request: { body: '{"kind":' }, status: 400 },
    { what: 'is of another type', request: { type: 'text/plain', body: 'kind=device' }, status: 415 },
    { what: 'has another method', request: { method: 'DELETE', body: '{}' }, status: 405 },
  ])('that $what is told so in a problem document on every route', async ({ request, status }) => {
    const rc = await TestRc.start();
    for (const route of Object.keys(ACCESS)) {
      const [method = '', path = ''] = route.split(' ');
      if (method === 'GET' && status !== 405) continue;
      const answer = await ask(rc, { method, path: path.replace(/:[a-z]+/, '00'.repeat(16)), ...request });
      // An admin is no hub: that is said before anything of the body is read.
      expect([route, answer.status]).toEqual([route, answer.code === 'not-allowed' ? 403 : status]);
    }
    await expectSound(rc);
  });

  it('with a path or a query that cannot be read is refused', async () => {
    const rc = await TestRc.start();
    for (const path of [
      '/v1/cards/%zz',
      '/v1/cards/short',
      `/v1/cards/${'A'.repeat(32)}`,
      '/v1/cards?limit=0',
      '/v1/cards?limit=many',
      '/v1/cards?status=lost',
      '/v1/cards?after=1',
    ]) {
      expect(await ask(rc, { method: 'GET', path })).toMatchObject({
        status: 400,
        code: 'request-malformed',
      });
    }
    await expectSound(rc);
  });

  it('says where it is wrong, and not what was sent', async () => {
    const rc = await TestRc.start();
    const secret = randomHex(32);
    const { detail = '' } = await ask(rc, { body: JSON.stringify({ kind: 'device', id: secret }) });
    expect(detail).toContain('id');
    expect(detail).not.toContain(secret.slice(0, 8));
  });

  it.each([
    ['no HTTP', 'hello there\r\n\r\n'],
    ['random bytes', systemRandom(5_000)],
    ['a head without end', `GET /v1/status HTTP/1.1\r\nX: ${'x'.repeat(100_000)}`],
    ['two lengths', 'POST /v1/join HTTP/1.1\r\nHost: rc\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}'],
    ['a length that is none', 'POST /v1/join HTTP/1.1\r\nHost: rc\r\nContent-Length: lots\r\n\r\n{}'],
    ['HTTP/2’s first words', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('that is %s is answered once and cut', async (_name, bytes) => {
    const rc = await TestRc.start();
    expect(parseProblem(await exchange(rc, bytes))).toMatchObject({ status: 400 });
    await expectSound(rc);
  });
});
