import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import type { ByteStream, Listener } from '../../runtime/network.ts';
import { AddressInUseError, NetworkError, UnreachableError } from '../../runtime/network-errors.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';

const network = tcpNetwork(systemClock);
const anyPort = { host: '127.0.0.1', port: 0 };
const timeoutMs = 5_000;
const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanUp.splice(0)) {
    await clean();
  }
});

async function listen(onConnection: (stream: ByteStream) => void, host = anyPort.host): Promise<Listener> {
  const listener = await network.listen({ host, port: 0 }, (stream) => {
    cleanUp.push(() => stream.destroy());
    onConnection(stream);
  });
  cleanUp.push(() => listener.close());
  return listener;
}

async function connect(listener: Listener): Promise<ByteStream> {
  const stream = await network.connect(listener.address, { timeoutMs });
  cleanUp.push(() => stream.destroy());
  return stream;
}

const nextData = (stream: ByteStream) =>
  new Promise<string>((resolve) => stream.once('data', (data) => resolve(String(data))));
const closed = (stream: ByteStream) => new Promise<void>((resolve) => stream.once('close', () => resolve()));

describe('the TCP network', () => {
  it.each(['127.0.0.1', '::1'])(
    'carries bytes both ways on %s, and tells the port the system gave',
    async (host) => {
      const listener = await listen(
        (stream) => stream.on('data', (data) => stream.write(`re: ${data}`)),
        host,
      );
      expect(listener.address.host).toBe(host);
      expect(listener.address.port).toBeGreaterThan(0);
      const stream = await connect(listener);
      stream.write('hello');
      expect(await nextData(stream)).toBe('re: hello');
      expect(stream.remoteAddress).toBe(host);
    },
  );

  it('says that an address is in use', async () => {
    const listener = await listen(() => {});
    const again = network.listen(listener.address, () => {});
    await expect(again).rejects.toThrow(AddressInUseError);
    await expect(again).rejects.toMatchObject({ code: 'address-in-use' });
    await expect(again).rejects.toThrow(`listens on 127.0.0.1:${listener.address.port}: stop it`);
  });

  it('refuses to listen on an address that is not this machine’s', async () => {
    const elsewhere = network.listen({ host: '192.0.2.1', port: 0 }, () => {});
    await expect(elsewhere).rejects.toThrow(NetworkError);
    await expect(elsewhere).rejects.toThrow('no address of this machine');
  });

  it('says that nothing listens', async () => {
    const listener = await listen(() => {});
    await listener.close();
    const refused = network.connect(listener.address, { timeoutMs });
    await expect(refused).rejects.toThrow(UnreachableError);
    await expect(refused).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('stops waiting for a connection when the clock says so', async () => {
    const listener = await listen(() => {});
    // Fires before the system can report that the connection stands.
    const impatient: Clock = {
      ...systemClock,
      after(ms, run) {
        expect(ms).toBe(1_500);
        queueMicrotask(run);
        return { cancel() {} };
      },
    };
    const waiting = tcpNetwork(impatient).connect(listener.address, { timeoutMs: 1_500 });
    await expect(waiting).rejects.toThrow(UnreachableError);
    await expect(waiting).rejects.toThrow('within 1.5 s');
  });

  it('leaves no timer behind once connected or refused', async () => {
    const clock = new SimulatedClock();
    const listener = await listen(() => {});
    const stream = await tcpNetwork(clock).connect(listener.address, { timeoutMs });
    stream.destroy();
    await listener.close();
    await expect(tcpNetwork(clock).connect(listener.address, { timeoutMs })).rejects.toThrow(
      UnreachableError,
    );
    expect(clock.pendingTimers).toBe(0);
  });

  it('close frees the port at once and leaves open connections alone', async () => {
    const listener = await listen((stream) => stream.on('data', (data) => stream.write(data)));
    const stream = await connect(listener);
    stream.write('a');
    await nextData(stream);
    await listener.close();
    await listener.close();
    const successor = await network.listen(listener.address, () => {});
    await successor.close();
    stream.write('b');
    expect(await nextData(stream)).toBe('b');
  });

  it('a connection that breaks only closes: nobody has to listen for its error', async () => {
    let accept: (stream: ByteStream) => void = () => {};
    const accepted = new Promise<ByteStream>((resolve) => {
      accept = resolve;
    });
    const stream = await connect(await listen((theirs) => accept(theirs)));
    const theirs = await accepted;
    theirs.resume();
    stream.destroy(new Error('broken on our side'));
    await Promise.all([closed(stream), closed(theirs)]);
    expect(stream.errored).toBeInstanceOf(Error);
  });
});
