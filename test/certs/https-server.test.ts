import type { RequestListener, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { connect, type createSecureContext, type TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type HttpsLimits, HttpsServer } from '../../certs/https-server.ts';
import { encodePem } from '../../certs/pem.ts';
import type { ByteStream, Network } from '../../runtime/network.ts';
import { seededRandom } from '../../runtime/random.ts';
import { answerJson, caller, inMemory, memberIdentity, newAuthority, rcIdentity } from './support.ts';

const S = 1000;
const HEAD = 'GET /v1/hubs HTTP/1.1\r\nhost: rc\r\n';

describe('a connection is cut', () => {
  test('when the TLS handshake does not come', async () => {
    const { world, https, connectTcp } = await running();
    const silent = await connectTcp();
    await world.clock.advance(9 * S);
    expect(silent.destroyed).toBe(false);
    await world.clock.advance(2 * S);
    expect(silent.destroyed).toBe(true);
    expect(https.connections).toBe(0);
  });

  test('when the handshake is dribbled', async () => {
    const { world, connectTcp } = await running();
    const slow = await connectTcp();
    for (const byte of [0x16, 0x03, 0x01, 0x40, 0x00, 0x01]) {
      slow.write(Uint8Array.of(byte));
      await world.clock.advance(2 * S);
    }
    expect(slow.destroyed).toBe(true);
  });

  test('when no request follows the handshake', async () => {
    const { world, connectTls } = await running();
    const idle = await connectTls();
    await world.clock.advance(74 * S);
    expect(idle.destroyed).toBe(false);
    await world.clock.advance(2 * S);
    expect(idle.destroyed).toBe(true);
  });

  test("when a request's head is dribbled", async () => {
    const { world, connectTls } = await running();
    const slow = await connectTls();
    slow.write(HEAD);
    for (let i = 0; i < 8; i++) {
      slow.write(`x-${i}: y\r\n`);
      await world.clock.advance(10 * S);
    }
    expect(slow.destroyed).toBe(true);
  });

  test("when a request's body is dribbled", async () => {
    const { world, connectTls, requests } = await running((request, response) => {
      request.resume().once('end', () => answerJson(response, 'here'));
    });
    const slow = await connectTls();
    slow.write('POST /v1/join HTTP/1.1\r\nhost: rc\r\ncontent-length: 100\r\n\r\n');
    for (let i = 0; i < 13; i++) {
      slow.write('x');
      await world.clock.advance(10 * S);
    }
    expect(requests).toHaveLength(1);
    expect(slow.destroyed).toBe(true);
  });

  test('when its answer does not end', async () => {
    const { world, https, connectTls } = await running((_request, response) => response.write('x'));
    const waiting = await connectTls();
    waiting.write(`${HEAD}\r\n`);
    await world.clock.advance(119 * S);
    expect(https.connections).toBe(1);
    await world.clock.advance(2 * S);
    expect(https.connections).toBe(0);
  });

  test('when there are too many already, and the others stay', async () => {
    const { world, https, connectTcp } = await running(answerHere, { connections: 2 });
    const kept = [await connectTcp(), await connectTcp()];
    const excess = await connectTcp();
    await world.clock.advance(10);
    expect(excess.destroyed).toBe(true);
    expect(kept.map(({ destroyed }) => destroyed)).toEqual([false, false]);
    kept[0]?.destroy();
    await world.clock.advance(10);
    await connectTcp();
    await world.clock.advance(10);
    expect(https.connections).toBe(2);
  });
});

describe('callers whom nobody knows', () => {
  test('take few of the places from one address, and those of members never', async () => {
    const limits = { connections: 10, strangersPerAddress: 2 };
    const { world, https, authority, connectTcp, connectTls } = await running(answerHere, limits);
    const { privateKey, certificate } = await memberIdentity(authority, world.clock.now());
    const member = {
      key: encodePem('PRIVATE KEY', privateKey),
      cert: encodePem('CERTIFICATE', certificate),
    };
    const members = [await connectTls(member), await connectTls(member), await connectTls(member)];
    const strangers = [await connectTls(), await connectTcp()];
    const excess = await connectTcp();
    await world.clock.advance(10);
    expect(excess.destroyed).toBe(true);
    expect([...members, ...strangers].map(({ destroyed }) => destroyed)).not.toContain(true);
    expect(https.connections).toBe(5);

    const elsewhere = await connectTcp('10.0.0.7');
    await world.clock.advance(10);
    expect(elsewhere.destroyed).toBe(false);

    strangers[0]?.destroy();
    await world.clock.advance(10);
    const next = await connectTcp();
    await world.clock.advance(10);
    expect(next.destroyed).toBe(false);
  });
});

describe('a connection stays', () => {
  test('through a long poll, and is idle anew after it', async () => {
    const { world, connectTls } = await running((_request, response) => {
      world.clock.after(100 * S, () => answerJson(response, 'nothing new'));
    });
    const poller = await connectTls();
    for (let i = 0; i < 3; i++) {
      poller.write(`${HEAD}\r\n`);
      await world.clock.advance(170 * S);
      expect(poller.destroyed).toBe(false);
    }
    await world.clock.advance(10 * S);
    expect(poller.destroyed).toBe(true);
  });

  test('while a second request that did not wait is under way', async () => {
    const answers: ServerResponse[] = [];
    const { world, connectTls } = await running((_request, response) => void answers.push(response));
    const hasty = await connectTls();
    hasty.write(`${HEAD}\r\n${HEAD}\r\n`);
    await world.clock.advance(10);
    expect(answers).toHaveLength(2);
    for (const answer of answers.slice(0, 1)) answerJson(answer, 'first');
    await world.clock.advance(100 * S);
    expect(hasty.destroyed).toBe(false);
  });
});

describe('the server goes on', () => {
  test('after whatever is thrown at it instead of a handshake', async () => {
    const { world, https, connectTcp, ask } = await running();
    const random = seededRandom('noise');
    const noises = [
      'GET / HTTP/1.1\r\n\r\n',
      '',
      random(100),
      random(20_000),
      Uint8Array.of(0x16, 3, 1, 0, 1, 1),
    ];
    for (const noise of noises) {
      const stream = await connectTcp();
      stream.end(noise);
      await world.clock.advance(S);
    }
    expect(https.connections).toBe(0);
    expect(await ask()).toBe('here');
  });

  test('after whatever is thrown at it instead of a request', async () => {
    const { world, https, connectTls, requests, ask } = await running();
    const noises = [
      '\0\0\0\0',
      'SSH-2.0-x\r\n',
      `${HEAD}${'x: y\r\n'.repeat(10_000)}`,
      `${HEAD}content-length: -1\r\n\r\n`,
    ];
    for (const noise of noises) {
      const stream = await connectTls();
      stream.write(noise);
      await world.clock.advance(S);
      expect(stream.destroyed).toBe(true);
    }
    expect(https.connections).toBe(0);
    expect(requests).toHaveLength(0);
    expect(await ask()).toBe('here');
  });

  test('after the network broke at any moment', async () => {
    const { world, https, connectTcp, connectTls, ask, address } = await running((_request, response) => {
      world.clock.after(S, () => answerJson(response, 'here'));
    });
    await connectTcp();
    await connectTls();
    const waiting = await connectTls();
    waiting.write(`${HEAD}\r\n`);
    await world.clock.advance(10);
    expect(https.connections).toBe(3);
    world.network.cut(address);
    await world.clock.advance(2 * S);
    expect(https.connections).toBe(0);
    expect(await ask()).toBe('here');
  });

  test('after callers left at any moment', async () => {
    const { world, https, connectTls, ask } = await running((_request, response) => {
      world.clock.after(S, () => answerJson(response, 'here'));
    });
    for (const leaveAfter of [0, 1, 2, 500, 1001]) {
      const stream = await connectTls();
      stream.write(`${HEAD}\r\n`);
      await world.clock.advance(leaveAfter);
      stream.destroy();
      await world.clock.advance(2 * S);
    }
    expect(https.connections).toBe(0);
    expect(await ask()).toBe('here');
  });

  test('without callers of TLS 1.2', async () => {
    const { connectTls } = await running();
    await expect(connectTls({ maxVersion: 'TLSv1.2' })).rejects.toThrow();
    expect((await connectTls()).getProtocol()).toBe('TLSv1.3');
  });

  test('and resumes no session: everybody proves every time who they are', async () => {
    const { world, connectTls } = await running();
    const socket = await connectTls();
    const sessions: Buffer[] = [];
    socket.on('session', (session) => sessions.push(session));
    socket.write(`${HEAD}\r\n`);
    await world.clock.advance(S);
    for (const session of sessions) {
      expect((await connectTls({ session })).isSessionReused()).toBe(false);
    }
  });
});

describe('closing', () => {
  test('cuts who is idle, answers who waits, and then lets nobody in', async () => {
    const { world, https, connectTls, ask } = await running((_request, response) => {
      world.clock.after(2 * S, () => answerJson(response, 'here'));
    });
    const idle = await connectTls();
    const waiting = await connectTls();
    let heard = '';
    waiting.on('data', (chunk) => {
      heard += chunk;
    });
    waiting.write(`${HEAD}\r\n`);
    await world.clock.advance(10);
    const closed = https.close();
    await world.clock.advance(10);
    expect(idle.destroyed).toBe(true);
    expect(waiting.destroyed).toBe(false);
    await world.clock.advanceUntil(closed);
    await world.clock.advance(10);
    expect(heard).toContain('"here"');
    expect(waiting.destroyed).toBe(true);
    await expect(ask()).rejects.toMatchObject({ code: 'rc-unreachable' });
  });

  test('cuts who is not answered in time, and may be asked for twice', async () => {
    const { world, https, connectTls } = await running(() => undefined);
    const waiting = await connectTls();
    waiting.write(`${HEAD}\r\n`);
    await world.clock.advance(10);
    const closed = Promise.all([https.close(), https.close()]);
    await world.clock.advance(4 * S);
    expect(waiting.destroyed).toBe(false);
    await world.clock.advanceUntil(closed);
    await world.clock.advance(10);
    expect(waiting.destroyed).toBe(true);
    await https.close();
  });

  test('cuts who comes in the very moment', async () => {
    const { world, authority } = await running();
    const accepted: ((stream: ByteStream) => void)[] = [];
    const network: Network = {
      connect: world.network.connect,
      listen: async (address, onConnection) => {
        accepted.push(onConnection);
        return { address, close: async () => undefined };
      },
    };
    const identity = await rcIdentity(authority, world.clock.now());
    const https = new HttpsServer({ surroundings: { clock: world.clock, network }, identity });
    await https.listen({ host: '127.0.0.1', port: 8440 });
    await https.close();
    const late = new PassThrough();
    for (const accept of accepted) accept(late);
    expect(late.destroyed).toBe(true);
    expect(https.connections).toBe(0);
  });

  test('leaves no timer and no connection behind', async () => {
    const { world, https, connectTcp, connectTls, ask } = await running();
    await connectTcp();
    await connectTls();
    await ask();
    await world.clock.advanceUntil(https.close());
    await world.clock.advance(10);
    expect(world.network.openConnections).toBe(0);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test('is done at once for a server that never listened', async () => {
    const world = inMemory();
    const now = world.clock.now();
    const { authority } = await newAuthority(now);
    await new HttpsServer({ surroundings: world, identity: await rcIdentity(authority, now) }).close();
  });
});

const answerHere: RequestListener = (_request, response) => answerJson(response, 'here');

/** A server in memory, and ways to be a bad caller of it. */
async function running(handler: RequestListener = answerHere, limits: Partial<HttpsLimits> = {}) {
  const world = inMemory();
  const now = world.clock.now();
  const { authority } = await newAuthority(now);
  const https = new HttpsServer({ surroundings: world, identity: await rcIdentity(authority, now), limits });
  const requests: string[] = [];
  https.server.on('request', (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    handler(request, response);
  });
  const address = await https.listen({ host: '127.0.0.1', port: 8440 });
  onTestFinished(() => world.clock.advanceUntil(https.close()));

  const connectTcp = async (fromHost = '127.0.0.1'): Promise<ByteStream> => {
    const network = world.network.from(fromHost);
    const stream = await world.clock.advanceUntil(network.connect(address, { timeoutMs: S }));
    return stream.resume();
  };
  const connectTls = async (
    options: Parameters<typeof createSecureContext>[0] & { session?: Buffer } = {},
  ) => {
    const stream = await world.clock.advanceUntil(world.network.connect(address, { timeoutMs: S }));
    const socket = connect({ socket: stream, rejectUnauthorized: false, ...options });
    const secured = new Promise<TLSSocket>((resolve, reject) => {
      socket.once('secureConnect', () => resolve(socket.resume()));
      socket.on('error', reject);
      socket.on('close', () => stream.destroy());
    });
    return world.clock.advanceUntil(secured);
  };
  const ask = async () => {
    const identity = { authorities: [authority.certificate] };
    const outcome = caller(world, { address, identity })
      .request({ method: 'GET', path: '/v1/hubs' })
      .then(({ body }) => body);
    return world.clock.advanceUntil(outcome);
  };
  return { world, authority, https, address, requests, connectTcp, connectTls, ask };
}
