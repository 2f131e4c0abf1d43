import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { X509CertificateGenerator } from '@peculiar/x509';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ByteStream, Network } from '../../runtime/network.ts';
import { AddressInUseError, UnreachableError } from '../../runtime/network-errors.ts';
import { seededRandom } from '../../runtime/random.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';
import {
  type Conditions,
  type Mischief,
  type Passing,
  SimulatedNetwork,
} from '../../runtime/simulated-network.ts';

const hub = { host: 'goa-01.example', port: 8441 };
const timeoutMs = 5_000;

function makeNetwork(usual: Partial<Conditions> = {}, seed = 'seed') {
  const clock = new SimulatedClock();
  return { clock, network: new SimulatedNetwork({ clock, random: seededRandom(seed), usual }) };
}

/** A connection to `hub`, and its other end. */
async function connectPair(clock: SimulatedClock, network: SimulatedNetwork, through: Network = network) {
  const accepted: ByteStream[] = [];
  const listener = await network.listen(hub, (stream) => accepted.push(stream));
  const client = await clock.advanceUntil(through.connect(hub, { timeoutMs }));
  const server = accepted[0];
  if (server === undefined) {
    throw new Error('nothing was accepted');
  }
  return { client, server, listener };
}

function received(stream: ByteStream): { text: string; ended: boolean } {
  const seen = { text: '', ended: false };
  stream.on('data', (data) => {
    seen.text += data;
  });
  stream.on('end', () => {
    seen.ended = true;
  });
  return seen;
}

describe('a simulated network', () => {
  it('carries bytes both ways, each way as long as the latency says', async () => {
    const { clock, network } = makeNetwork({ latencyMs: 40 });
    const { client, server } = await connectPair(clock, network);
    expect(clock.monotonic()).toBe(80);
    const atServer = received(server);
    const atClient = received(client);
    client.write('hello');
    await clock.advance(39);
    expect(atServer.text).toBe('');
    await clock.advance(1);
    expect(atServer.text).toBe('hello');
    server.write('good day');
    await clock.advance(40);
    expect(atClient.text).toBe('good day');
  });

  it('tells each end where the other is', async () => {
    const { clock, network } = makeNetwork();
    const { client, server } = await connectPair(clock, network, network.from('10.0.0.7'));
    expect(server.remoteAddress).toBe('10.0.0.7');
    expect(client.remoteAddress).toBe(hub.host);
  });

  it('keeps the order of the bytes, whatever the jitter', async () => {
    const { clock, network } = makeNetwork({ latencyMs: 1, jitterMs: 500 });
    const { client, server } = await connectPair(clock, network);
    const atServer = received(server);
    for (let i = 0; i < 50; i += 1) {
      client.write(`${i},`);
      await clock.advance(1);
    }
    await clock.advance(60_000);
    expect(atServer.text).toBe(Array.from({ length: 50 }, (_, i) => `${i},`).join(''));
  });

  it('holds a sender back whose peer does not read', async () => {
    const { clock, network } = makeNetwork();
    const { client, server } = await connectPair(clock, network);
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    let written = false;
    client.write(megabyte, () => {
      written = true;
    });
    client.write('end');
    await clock.advance(1_000);
    expect(written).toBe(false);
    const atServer = received(server);
    await clock.advance(1_000);
    expect(written).toBe(true);
    expect(atServer.text.length).toBe(megabyte.length + 3);
  });

  it('an end reaches the other side behind the bytes, and closes both', async () => {
    const { clock, network } = makeNetwork();
    const { client, server } = await connectPair(clock, network);
    const atServer = received(server);
    client.resume();
    client.end('last words');
    await clock.advance(1_000);
    expect(atServer).toEqual({ text: 'last words', ended: true });
    expect([client.closed, server.closed, network.openConnections]).toEqual([true, true, 0]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('bytes under way still arrive when their sender is destroyed; writing to it is a reset', async () => {
    const { clock, network } = makeNetwork();
    const { client, server } = await connectPair(clock, network);
    client.write('on its way');
    client.destroy();
    await clock.advance(10);
    server.write('too late');
    await clock.advance(10);
    expect(server.errored).toMatchObject({ code: 'ECONNRESET' });
    expect(network.openConnections).toBe(0);
    const again = await makeNetwork();
    const pair = await connectPair(again.clock, again.network);
    const atServer = received(pair.server);
    pair.client.write('on its way');
    pair.client.destroy();
    await again.clock.advance(10);
    expect(atServer).toEqual({ text: 'on its way', ended: true });
  });

  it('refuses where nothing listens, and where nothing listens any more', async () => {
    const { clock, network } = makeNetwork();
    await expect(clock.advanceUntil(network.connect(hub, { timeoutMs }))).rejects.toThrow(UnreachableError);
    const { listener, client, server } = await connectPair(clock, network);
    await listener.close();
    await expect(clock.advanceUntil(network.connect(hub, { timeoutMs }))).rejects.toThrow('nothing listens');
    const atServer = received(server);
    client.write('still open');
    await clock.advance(1);
    expect(atServer.text).toBe('still open');
  });

  it('gives free ports, and refuses a second listener on one address', async () => {
    const { clock, network } = makeNetwork();
    const first = await network.listen({ host: '0.0.0.0', port: 0 }, (stream) => stream.end('first'));
    const second = await network.listen({ host: '0.0.0.0', port: 0 }, () => {});
    expect(first.address.port).not.toBe(second.address.port);
    await expect(network.listen(first.address, () => {})).rejects.toThrow(AddressInUseError);
    const reached = network.connect({ host: '10.1.1.1', port: first.address.port }, { timeoutMs });
    const atClient = received(await clock.advanceUntil(reached));
    await clock.advance(10);
    expect(atClient.text).toBe('first');
    await first.close();
    await network.listen(first.address, () => {});
  });
});

describe('faults', () => {
  it('a refused connection is unreachable', async () => {
    const { clock, network } = makeNetwork();
    await network.listen(hub, () => expect.unreachable());
    network.setConditions(hub, { refuse: 1 });
    await expect(clock.advanceUntil(network.connect(hub, { timeoutMs }))).rejects.toThrow(UnreachableError);
    expect(clock.pendingTimers).toBe(0);
  });

  it('a connection that takes too long is unreachable, and the other side sees it break', async () => {
    const { clock, network } = makeNetwork({ latencyMs: 3_000 });
    const accepted: ByteStream[] = [];
    await network.listen(hub, (stream) => accepted.push(stream));
    const refused = clock.advanceUntil(network.connect(hub, { timeoutMs }));
    await expect(refused).rejects.toThrow('within 5 s');
    expect(clock.monotonic()).toBe(5_000);
    expect(accepted[0]?.destroyed).toBe(true);
    await clock.advance(10_000);
    expect(network.openConnections).toBe(0);
  });

  it('where nothing ever arrives, a connection ends with its timeout', async () => {
    const { clock, network } = makeNetwork();
    network.setConditions(hub, { latencyMs: Number.POSITIVE_INFINITY });
    await expect(clock.advanceUntil(network.connect(hub, { timeoutMs }))).rejects.toThrow('within 5 s');
  });

  it('cut breaks open connections at both ends, and not those to elsewhere', async () => {
    const { clock, network } = makeNetwork();
    const { client, server } = await connectPair(clock, network);
    const elsewhere = { host: 'panaji-02.example', port: 8441 };
    await network.listen(elsewhere, () => {});
    const other = await clock.advanceUntil(network.connect(elsewhere, { timeoutMs }));
    network.cut(hub);
    await clock.advance(0);
    expect(client.errored).toMatchObject({ code: 'ECONNRESET' });
    expect(server.errored).toMatchObject({ code: 'ECONNRESET' });
    expect(other.destroyed).toBe(false);
  });

  it('conditions change for open connections too, and go back', async () => {
    const { clock, network } = makeNetwork({ latencyMs: 1 });
    const { client, server } = await connectPair(clock, network);
    const atServer = received(server);
    network.setConditions(hub, { latencyMs: 1_000 });
    client.write('slow');
    await clock.advance(999);
    expect(atServer.text).toBe('');
    await clock.advance(1);
    network.setConditions(hub, {});
    client.write(' quick');
    await clock.advance(1);
    expect(atServer.text).toBe('slow quick');
    network.setConditions(hub, { cut: 1 });
    client.write('never');
    await clock.advance(1);
    expect(client.destroyed && server.destroyed).toBe(true);
  });

  it('keeps the conditions of one host’s way to that host', async () => {
    const { clock, network } = makeNetwork();
    const { client: far } = await connectPair(clock, network, network.from('10.0.0.7'));
    const near = await clock.advanceUntil(network.connect(hub, { timeoutMs }));
    network.setConditions(hub, { refuse: 1 }, '10.0.0.7');
    network.cut(hub, '10.0.0.7');
    expect([far.destroyed, near.destroyed]).toEqual([true, false]);
    const refused = network.from('10.0.0.7').connect(hub, { timeoutMs });
    await expect(clock.advanceUntil(refused)).rejects.toThrow('nothing listens');
    expect(await clock.advanceUntil(network.connect(hub, { timeoutMs }))).toBeDefined();
  });

  it.each<[name: string, mischief: Mischief | undefined, arrives: string]>([
    ['as it is', undefined, 'one two three '],
    ['not at all', 'lose', 'one three '],
    ['twice', 'repeat', 'one two two three '],
    ['after the next', 'swap', 'one three two '],
    ['late, and so does the rest', { delayMs: 100 }, 'one '],
    ['never, and nothing after it', { delayMs: Number.POSITIVE_INFINITY }, 'one '],
    ['not, for the connection breaks', 'cut', 'one '],
  ])('lets what somebody on the line meddles with arrive %s', async (_name, mischief, arrives) => {
    const clock = new SimulatedClock();
    const passed: Passing[] = [];
    const network = new SimulatedNetwork({
      clock,
      random: seededRandom('seed'),
      mischief: (passing) => (passed.push(passing) === 2 ? mischief : undefined),
    });
    const { client, server } = await connectPair(clock, network, network.from('10.0.0.7'));
    const atServer = received(server);
    for (const word of ['one ', 'two ', 'three ']) {
      client.write(word);
      await clock.advance(10);
    }
    expect(atServer.text).toBe(arrives);
    expect(passed[0]).toEqual({ from: '10.0.0.7', to: 'goa-01.example:8441', direction: 'there' });
  });

  it('lets what somebody on the line keeps arrive when they let it, and the rest after it', async () => {
    const clock = new SimulatedClock();
    let letGo = () => {};
    const holding: Mischief = {
      hold: (arrive) => {
        letGo = arrive;
      },
    };
    let passed = 0;
    const mischief = () => (++passed === 2 ? holding : undefined);
    const network = new SimulatedNetwork({ clock, random: seededRandom('seed'), mischief });
    const { client, server } = await connectPair(clock, network);
    const atServer = received(server);
    for (const word of ['one ', 'two ', 'three ']) {
      client.write(word);
      await clock.advance(10);
    }
    client.end();
    await clock.advance(10_000);
    expect(atServer).toEqual({ text: 'one ', ended: false });
    letGo();
    expect(atServer.text).toBe('one two ');
    await clock.advance(10);
    expect(atServer).toEqual({ text: 'one two three ', ended: true });
  });

  it('the same seed gives the same run, another seed another', async () => {
    const play = async (seed: string) => {
      const { clock, network } = makeNetwork({ jitterMs: 50, refuse: 0.3, cut: 0.2 }, seed);
      await network.listen(hub, (stream) => stream.on('data', (data) => stream.write(data)));
      const story: string[] = [];
      for (let i = 0; i < 20; i += 1) {
        const outcome = await clock.advanceUntil(
          network.connect(hub, { timeoutMs }).then(
            async (stream) => {
              stream.write('ping');
              await new Promise<void>((resolve) => {
                stream.once('data', () => resolve());
                stream.once('close', () => resolve());
              });
              return stream.destroyed ? 'cut' : 'answered';
            },
            () => 'refused',
          ),
        );
        story.push(`${outcome} at ${clock.monotonic()}`);
      }
      return story;
    };
    const first = await play('a');
    expect(await play('a')).toEqual(first);
    expect(await play('b')).not.toEqual(first);
    expect(new Set(first.map((line) => line.split(' ')[0]))).toEqual(new Set(['answered', 'cut', 'refused']));
  });
});

describe('TLS over a simulated network', () => {
  async function makeIdentity() {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await X509CertificateGenerator.createSelfSigned(
      { name: 'CN=hub', keys, signingAlgorithm: algorithm },
      webcrypto,
    );
    const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
    const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`;
    return { key, cert: certificate.toString('pem') };
  }

  it('serves an HTTPS request while the clock advances', async () => {
    const { clock, network } = makeNetwork({ latencyMs: 25 });
    const identity = await makeIdentity();
    const server = createServer({ ...identity, minVersion: 'TLSv1.3' }, (incoming, outgoing) => {
      incoming.pipe(outgoing.writeHead(200));
    });
    onTestFinished(() => {
      server.close();
    });
    await network.listen(hub, (stream) => server.emit('connection', stream));

    const body = 'x'.repeat(200_000);
    const exchange = async () => {
      const socket = await network.connect(hub, { timeoutMs });
      const outgoing = request({
        method: 'POST',
        headers: { connection: 'close' },
        createConnection: () =>
          connectTls({ socket, ca: identity.cert, checkServerIdentity: () => undefined }),
      });
      outgoing.end(body);
      const [incoming] = await once(outgoing, 'response');
      let text = '';
      for await (const chunk of incoming) {
        text += chunk;
      }
      return { status: incoming.statusCode, text };
    };
    const response = await clock.advanceUntil(exchange());
    expect(response.status).toBe(200);
    expect(response.text === body).toBe(true);
    // Connection, TLS 1.3 and the request take a round trip each, at the least.
    expect(clock.monotonic()).toBeGreaterThanOrEqual(150);
    await clock.advance(1_000);
    expect(network.openConnections).toBe(0);
  });
});
