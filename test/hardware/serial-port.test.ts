import { MockBinding } from '@serialport/binding-mock';
import { afterEach, describe, expect, it } from 'vitest';
import type { BytePort } from '../../hardware/byte-port.ts';
import { ReaderLostError } from '../../hardware/errors.ts';
import { openSerialPort, type SerialBinding } from '../../hardware/serial-port.ts';
import { virtualReader } from '../../hardware/sim/virtual-reader.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';

const PATH = '/dev/mock';
const BYTES = Uint8Array.of(1, 2, 3);

afterEach(() => MockBinding.reset());

/** A mock port in which some calls go another way. */
function binding(changes: Partial<Awaited<ReturnType<SerialBinding['open']>>> = {}): SerialBinding {
  MockBinding.createPort(PATH, { echo: true });
  return {
    list: () => MockBinding.list(),
    open: async (options) => Object.assign(await MockBinding.open(options), changes),
  };
}

const forEver = () => new Promise<never>(() => {});

describe('a serial port', () => {
  it('writes and reads bytes', async () => {
    const port = await openSerialPort({ path: PATH, binding: binding() });
    const heard = new Promise<Uint8Array>((resolve) => port.onData(resolve));
    await port.write(BYTES);
    expect(Uint8Array.from(await heard)).toEqual(BYTES);
    await port.close();
  });

  it('changes its speed', async () => {
    const port = await openSerialPort({ path: PATH, binding: binding() });
    expect(port.speed).toBe(115_200);
    await port.setSpeed(921_600);
    expect(port.speed).toBe(921_600);
    await port.close();
  });

  it('says that it closed, once, and to late listeners at once', async () => {
    const port = await openSerialPort({ path: PATH, binding: binding() });
    let told = 0;
    port.onClose(() => {
      told += 1;
    });
    await port.close();
    await port.close();
    expect(told).toBe(1);
    port.onClose(() => {
      told += 1;
    });
    expect(told).toBe(2);
  });

  it('takes nothing after it was closed', async () => {
    const port = await openSerialPort({ path: PATH, binding: binding() });
    await port.close();
    await expect(port.write(BYTES)).rejects.toThrow(ReaderLostError);
    await expect(port.setSpeed(9_600)).rejects.toThrow(ReaderLostError);
  });

  it.each([
    ['a write', 'write', (port: BytePort) => port.write(BYTES)],
    ['a change of speed', 'update', (port: BytePort) => port.setSpeed(230_400)],
    ['a drain', 'drain', (port: BytePort) => port.setSpeed(230_400)],
  ] as const)('that is closed during %s ends it', async (_, method, start) => {
    const port = await openSerialPort({ path: PATH, binding: binding({ [method]: forEver }) });
    const work = start(port);
    work.catch(() => {});
    await port.close();
    await expect(work).rejects.toThrow(ReaderLostError);
  });

  it.each([
    ['a write', 'write', (port: BytePort) => port.write(BYTES)],
    ['a change of speed', 'update', (port: BytePort) => port.setSpeed(230_400)],
  ] as const)('that fails at %s says so plainly', async (_, method, start) => {
    const fails = () => Promise.reject(new Error('EIO'));
    const port = await openSerialPort({ path: PATH, binding: binding({ [method]: fails }) });
    await expect(start(port)).rejects.toThrow(ReaderLostError);
    await port.close();
  });

  it('that is pulled out closes', async () => {
    const { open, port: cable } = virtualReader({ clock: new SimulatedClock() });
    const port = await open();
    const closed = new Promise<void>((resolve) => port.onClose(resolve));
    cable.unplug();
    await closed;
    await expect(port.write(BYTES)).rejects.toThrow(ReaderLostError);
  });

  it('whose other side hangs up closes', async () => {
    const hungUp = async (buffer: Buffer) => ({ buffer, bytesRead: 0 });
    const port = await openSerialPort({ path: PATH, binding: binding({ read: hungUp }) });
    await new Promise<void>((resolve) => port.onClose(resolve));
  });
});

describe('a serial port that cannot be opened says why', () => {
  it.each([
    ['Error: No such file or directory, cannot open /dev/mock', 'no reader at /dev/mock'],
    ['Error: Permission denied, cannot open /dev/mock', "the group 'dialout'"],
    ['Error: Resource temporarily unavailable Cannot lock port', 'another program'],
    ['Error: Device or resource busy, cannot open /dev/mock', 'another program'],
    ['Error: Inappropriate ioctl for device', 'is no serial port'],
    ['Error: the sky fell', 'cannot open the reader at /dev/mock'],
  ])('%s', async (message, told) => {
    const fails: SerialBinding = { list: async () => [], open: () => Promise.reject(new Error(message)) };
    const opening = openSerialPort({ path: PATH, binding: fails });
    await expect(opening).rejects.toThrow(ReaderLostError);
    await expect(opening).rejects.toThrow(told);
  });

  it('by the machine’s own binding, too', async () => {
    await expect(openSerialPort({ path: '/dev/no-such-reader' })).rejects.toThrow('no reader at');
    await expect(openSerialPort({ path: '/dev/null' })).rejects.toThrow('is no serial port');
  });
});
