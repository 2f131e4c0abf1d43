import { getEventListeners } from 'node:events';
import type { RequestListener } from 'node:http';
import { createSecureContext, TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { HttpsRequest } from '../../certs/https-client.ts';
import { encodePem } from '../../certs/pem.ts';
import { RcClientClosedError } from '../../certs/rc-errors.ts';
import type { TlsIdentity } from '../../certs/tls-identity.ts';
import type { ByteStream } from '../../runtime/network.ts';
import {
  answerJson,
  caller,
  inMemory,
  listen,
  newAuthority,
  onLoopback,
  rcIdentity,
  serve,
  type TestSurroundings,
} from './support.ts';

const GET: HttpsRequest = { method: 'GET', path: '/v1/hubs' };
const POST: HttpsRequest = { method: 'POST', path: '/v1/tokens', body: { kind: 'device', id: 'desk-1' } };

describe('a request', () => {
  test('carries its body as JSON, and brings back status and JSON', async () => {
    const { client } = await served((request, response) => {
      const chunks: Uint8Array[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url, headers } = request;
        const body = JSON.parse(Buffer.concat(chunks).toString());
        answerJson(response, { method, url, type: headers['content-type'], body }, 201);
      });
    });
    expect(await client.request({ ...POST, body: { place: 'गोवा' } })).toEqual({
      status: 201,
      body: { method: 'POST', url: '/v1/tokens', type: 'application/json', body: { place: 'गोवा' } },
    });
  });

  test('brings back problem details with their status', async () => {
    const { client } = await served((_request, response) => {
      response
        .writeHead(403, { 'content-type': 'application/problem+json; charset=utf-8' })
        .end('{"code":"x"}');
    });
    expect(await client.request(GET)).toEqual({ status: 403, body: { code: 'x' } });
  });

  test('brings back an answer without a body', async () => {
    const { client } = await served((_request, response) => response.writeHead(204).end());
    expect(await client.request(GET)).toEqual({ status: 204, body: undefined });
  });

  test('does not follow a redirect', async () => {
    const { client, heads } = await served((_request, response) => {
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await client.request(GET)).toEqual({ status: 302, body: undefined });
    expect(heads).toEqual(['GET /v1/hubs']);
  });

  test('takes a connection that is open already', async () => {
    const ports = new Set<number | undefined>();
    const { client } = await served((request, response) => {
      ports.add(request.socket.remotePort);
      answerJson(response, 'here');
    });
    for (let i = 0; i < 3; i++) expect(await client.request(GET)).toMatchObject({ body: 'here' });
    expect(ports.size).toBe(1);
  });

  test('goes over a new connection when the RC has closed the old one meanwhile', async () => {
    const world = inMemory();
    const { client, sockets } = await served((_request, response) => answerJson(response, 'here'), world);
    await world.clock.advanceUntil(client.request(GET));
    sockets.at(-1)?.destroy();
    await world.clock.advance(10);
    expect(await world.clock.advanceUntil(client.request(POST))).toMatchObject({ body: 'here' });
  });

  test('is repeated when a kept connection breaks under it, if that changes nothing', async () => {
    const { client, heads } = await served((request, response) => {
      if (heads.length === 2) request.socket.destroy();
      else answerJson(response, 'here');
    });
    await client.request(GET);
    expect(await client.request(GET)).toMatchObject({ body: 'here' });
    expect(heads).toHaveLength(3);
  });

  test('is not repeated when it might be done twice', async () => {
    const { client, heads } = await served((request, response) => {
      if (heads.length === 2) request.socket.destroy();
      else answerJson(response, 'here');
    });
    await client.request(GET);
    await expect(client.request(POST)).rejects.toMatchObject({ code: 'rc-unreachable' });
    expect(heads).toHaveLength(2);
  });
});

describe('the RC is told unreachable', () => {
  test('when nothing listens there', async () => {
    const world = onLoopback();
    const { address, close } = await world.network.listen({ host: '127.0.0.1', port: 0 }, () => undefined);
    await close();
    const client = caller(world, { address, identity: { authorities: [] } });
    await expect(client.request(GET)).rejects.toMatchObject({
      code: 'rc-unreachable',
      message: expect.stringContaining(`127.0.0.1:${address.port}`),
    });
  });

  test('when what listens there speaks no TLS', async () => {
    const client = await callerOf(onLoopback(), (stream) => stream.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(client.request(GET)).rejects.toMatchObject({ code: 'rc-unreachable' });
  });

  test('when what listens there closes at once', async () => {
    const client = await callerOf(onLoopback(), (stream) => stream.destroy());
    await expect(client.request(GET)).rejects.toMatchObject({ code: 'rc-unreachable' });
  });

  test('when it speaks an older TLS only', async () => {
    const world = onLoopback();
    const { authority } = await newAuthority(world.clock.now());
    const identity = await rcIdentity(authority, world.clock.now());
    const client = await callerOf(world, (stream) => tlsOver(stream, identity, 'TLSv1.2'));
    await expect(client.request(GET)).rejects.toMatchObject({
      code: 'rc-unreachable',
      message: expect.stringContaining('TLS 1.3'),
    });
  });

  test('when it accepts and then says nothing', async () => {
    const world = inMemory();
    const client = await callerOf(world, (stream) => stream.resume());
    const outcome = client.request(GET).catch((error: unknown) => error);
    expect(await world.clock.advanceUntil(outcome)).toMatchObject({ code: 'rc-unreachable' });
    await world.clock.advance(10);
    expect(world.network.openConnections).toBe(0);
  });

  test('in time, however long connecting took', async () => {
    const world = inMemory();
    const address = await listen(world, (stream) => stream.resume());
    world.network.setConditions(address, { latencyMs: 4_000 });
    const client = caller(world, { address, identity: { authorities: [] } });
    const outcome = client.request(GET).catch((error: unknown) => error);
    expect(await world.clock.advanceUntil(outcome)).toMatchObject({ code: 'rc-unreachable' });
    expect(world.clock.monotonic()).toBe(10_000);
  });

  test('when the way to it swallows everything', async () => {
    const world = inMemory();
    const { client, address } = await served((_request, response) => answerJson(response, 'here'), world);
    await world.clock.advanceUntil(client.request(GET));
    world.network.setConditions(address, { latencyMs: Number.POSITIVE_INFINITY });
    const outcome = client.request(GET).catch((error: unknown) => error);
    expect(await world.clock.advanceUntil(outcome)).toMatchObject({
      code: 'rc-unreachable',
      message: expect.stringContaining('15 s'),
    });
  });

  test('when it takes longer to answer than was asked for', async () => {
    const world = inMemory();
    const { client } = await served((_request, response) => {
      world.clock.after(3_000, () => answerJson(response, 'here'));
    }, world);
    const ask = (timeoutMs: number) =>
      world.clock.advanceUntil(client.request({ ...GET, timeoutMs }).catch((error: unknown) => error));
    expect(await ask(5_000)).toMatchObject({ body: 'here' });
    expect(await ask(2_000)).toMatchObject({ code: 'rc-unreachable' });
  });

  test('when it closes before it answers', async () => {
    const { client } = await served((request) => request.socket.destroy());
    await expect(client.request(GET)).rejects.toMatchObject({ code: 'rc-unreachable' });
  });

  test.each([{ 'content-length': 100 }, { 'transfer-encoding': 'chunked' }])(
    'when it closes in the middle of an answer with %o',
    async (headers) => {
      const { client } = await served((request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', ...headers });
        response.write('{"hubs":', () => request.socket.destroy());
      });
      await expect(client.request(GET)).rejects.toMatchObject({
        code: 'rc-unreachable',
        message: expect.stringContaining('middle'),
      });
    },
  );
});

describe('an answer is refused', () => {
  test.each([
    ['HTML', 'text/html', '<html></html>'],
    ['JSON under another name', 'text/plain', '{}'],
    ['JSON under a longer name', 'application/jsonp', '{}'],
    ['something that calls itself JSON', 'application/json', '{"hubs":'],
    ['a body without a type', undefined, '{}'],
  ])('when it is %s', async (_, type, body) => {
    const { client } = await served((_request, response) => {
      response.writeHead(200, type === undefined ? {} : { 'content-type': type }).end(body);
    });
    await expect(client.request(GET)).rejects.toMatchObject({ code: 'rc-answer-malformed' });
  });

  test('when it is longer than the limit, however that shows', async () => {
    const { client } = await served((request, response) => {
      const body = JSON.stringify('x'.repeat(request.url === '/fits' ? 998 : 999));
      response.setHeader('content-type', 'application/json');
      if (request.url === '/announced') response.setHeader('content-length', body.length);
      response.end(body);
    });
    expect(await client.request({ ...GET, path: '/fits' })).toMatchObject({ status: 200 });
    for (const path of ['/announced', '/chunked']) {
      await expect(client.request({ ...GET, path })).rejects.toMatchObject({ code: 'rc-answer-malformed' });
    }
  });

  test('when it never ends, and the connection is cut', async () => {
    const { client, sockets } = await served((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const flood = () => {
        while (!request.socket.destroyed && response.write('x'.repeat(500)));
        if (!request.socket.destroyed) response.once('drain', flood);
      };
      flood();
    });
    await expect(client.request(GET)).rejects.toMatchObject({ code: 'rc-answer-malformed' });
    await new Promise((resolve) => sockets.at(-1)?.once('close', resolve));
  });

  test('when it is no HTTP', async () => {
    const world = onLoopback();
    const { authority } = await newAuthority(world.clock.now());
    const identity = await rcIdentity(authority, world.clock.now());
    const talk = (stream: ByteStream) => {
      tlsOver(stream, identity, 'TLSv1.3').once('data', function (this: TLSSocket) {
        this.write('SSH-2.0-OpenSSH_9.2\r\n');
      });
    };
    const client = await callerOf(world, talk, identity.authorities);
    await expect(client.request(GET)).rejects.toMatchObject({ code: 'rc-answer-malformed' });
  });
});

describe('a wait ends', () => {
  test("with the signal's reason", async () => {
    const stop = new AbortController();
    const reason = new Error('the hub stops');
    const { client, heads, sockets } = await served(() => stop.abort(reason));
    await expect(client.request({ ...GET, signal: stop.signal })).rejects.toBe(reason);
    await new Promise((resolve) => sockets.at(-1)?.once('close', resolve));
    await expect(client.request({ ...GET, signal: stop.signal })).rejects.toBe(reason);
    expect(heads).toHaveLength(1);
  });

  test("with the signal's reason in the middle of connecting, and other requests go on", async () => {
    const { client, heads } = await served((_request, response) => answerJson(response, 'here'));
    const stop = new AbortController();
    const waiting = client.request({ ...POST, signal: stop.signal });
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    expect(await client.request(GET)).toMatchObject({ body: 'here' });
    expect(heads).toEqual(['GET /v1/hubs']);
  });

  test('when the client is closed, and nothing is asked any more', async () => {
    const { client, sockets } = await served(() => client.close());
    await expect(client.request(GET)).rejects.toBeInstanceOf(RcClientClosedError);
    await new Promise((resolve) => sockets.at(-1)?.once('close', resolve));
    await expect(client.request(GET)).rejects.toMatchObject({ code: 'rc-client-closed' });
    client.close();
  });

  test('when the client is closed before it has connected', async () => {
    const world = inMemory();
    const client = await callerOf(world, (stream) => stream.resume());
    const outcome = client.request(GET).catch((error: unknown) => error);
    client.close();
    expect(await outcome).toMatchObject({ code: 'rc-client-closed' });
    await world.clock.advance(100);
    expect(world.network.openConnections).toBe(0);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test('and closing the client closes connections that were kept', async () => {
    const world = inMemory();
    const { client, https } = await served((_request, response) => answerJson(response, 'here'), world);
    await world.clock.advanceUntil(client.request(GET));
    expect(https.connections).toBe(1);
    client.close();
    await world.clock.advance(10);
    expect(https.connections).toBe(0);
  });

  test('and leaves nothing on the signal', async () => {
    const { client } = await served((_request, response) => answerJson(response, 'here'));
    const { signal } = new AbortController();
    await client.request({ ...GET, signal });
    await client.request({ ...GET, signal, path: 'no path' }).catch(() => undefined);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('when the client is closed in the middle of connecting', async () => {
    const world = inMemory();
    const accepted: ByteStream[] = [];
    const client = await callerOf(world, (stream) => accepted.push(stream.resume()));
    const outcome = client.request(GET).catch((error: unknown) => error);
    await world.clock.advance(100);
    expect(accepted).toHaveLength(1);
    client.close();
    expect(await outcome).toMatchObject({ code: 'rc-client-closed' });
    await world.clock.advance(100);
    expect(world.network.openConnections).toBe(0);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test('without a timer left behind', async () => {
    const world = onLoopback();
    const { client, https } = await served((_request, response) => answerJson(response, 'here'), world);
    await client.request(GET);
    client.close();
    await https.close();
    expect(world.clock.pendingTimers).toBe(0);
  });
});

/** A client, and a server that notes what it was asked. */
async function served(handler: RequestListener, world: TestSurroundings = onLoopback()) {
  const now = world.clock.now();
  const { authority } = await newAuthority(now);
  const heads: string[] = [];
  const sockets: ByteStream[] = [];
  const { https, address } = await serve(world, await rcIdentity(authority, now), (request, response) => {
    heads.push(`${request.method} ${request.url}`);
    sockets.push(request.socket);
    handler(request, response);
  });
  const client = caller(world, {
    address,
    identity: { authorities: [authority.certificate] },
    maxAnswerBytes: 1_000,
  });
  return { client, https, address, heads, sockets };
}

/** A client of a listener that is no proper RC. */
async function callerOf(
  world: TestSurroundings,
  talk: (stream: ByteStream) => void,
  authorities: readonly Uint8Array[] = [],
) {
  return caller(world, { address: await listen(world, talk), identity: { authorities } });
}

function tlsOver(stream: ByteStream, identity: TlsIdentity, version: 'TLSv1.2' | 'TLSv1.3'): TLSSocket {
  const socket = new TLSSocket(stream, {
    isServer: true,
    secureContext: createSecureContext({
      key: encodePem('PRIVATE KEY', identity.privateKey),
      cert: encodePem('CERTIFICATE', identity.certificate),
      minVersion: version,
      maxVersion: version,
    }),
  });
  return socket.on('error', () => undefined);
}
