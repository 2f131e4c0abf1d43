import { SerialPortStream } from '@serialport/stream';
import { describe, expect, it } from 'vitest';
import type { BytePort } from '../../../hardware/byte-port.ts';
import { ReaderLostError } from '../../../hardware/errors.ts';
import { virtualReader } from '../../../hardware/sim/virtual-reader.ts';
import { SimulatedClock } from '../../../runtime/simulated-clock.ts';
import { ACK, commandFrame, hex, WAKE } from './host.ts';

const VERSION = `${ACK}0000ff06fad50332010607e800`;

/** Collects what a port receives. */
function listen(port: BytePort) {
  const chunks: string[] = [];
  let heard = () => {};
  port.onData((chunk) => {
    chunks.push(hex(chunk));
    heard();
  });
  return {
    chunks,
    /** Resolves once `text` has come, in however many pieces. */
    until: (text: string) =>
      new Promise<void>((resolve) => {
        heard = () => {
          if (chunks.join('') === text) resolve();
        };
        heard();
      }),
  };
}

describe('a mock port with a virtual chip behind it', () => {
  it('is a serial port: bytes go to the chip, and its bytes come back', async () => {
    const { open, chip } = virtualReader({ clock: new SimulatedClock() });
    const port = await open();
    const heard = listen(port);
    await port.write(WAKE);
    await port.write(commandFrame('02'));
    await heard.until(VERSION);
    expect(chip.state).toBe('lowVbat');
    await port.close();
  });

  it('delivers byte by byte when told so', async () => {
    const { open } = virtualReader({ clock: new SimulatedClock(), maxReadSize: 1 });
    const port = await open();
    const heard = listen(port);
    await port.write(WAKE);
    await port.write(commandFrame('02'));
    await heard.until(VERSION);
    expect(heard.chunks.every((chunk) => chunk.length === 2)).toBe(true);
    await port.close();
  });

  it('is there for one program at a time', async () => {
    const { open } = virtualReader({ clock: new SimulatedClock() });
    const port = await open();
    await expect(open()).rejects.toThrow(ReaderLostError);
    await port.close();
    await (await open()).close();
  });

  it('is listed while it is plugged in', async () => {
    const { port } = virtualReader({ clock: new SimulatedClock() });
    expect((await port.binding.list()).map(({ path }) => path)).toEqual([port.path]);
    port.unplug();
    expect(await port.binding.list()).toEqual([]);
  });

  it('closes with an error when it is pulled out, as serialport reports a lost device', async () => {
    const { port } = virtualReader({ clock: new SimulatedClock() });
    const stream = new SerialPortStream({ binding: port.binding, path: port.path, baudRate: 115_200 });
    stream.resume();
    await new Promise((resolve) => stream.once('open', resolve));
    const closed = new Promise<unknown>((resolve) => stream.once('close', resolve));
    port.unplug();
    expect(await closed).toMatchObject({ disconnected: true });
  });

  it('cannot be opened while it is out; plugged in again, its chip has powered up anew', async () => {
    const { port, open, chip } = virtualReader({ clock: new SimulatedClock(), speed: 921_600 });
    const first = await open();
    const lost = new Promise<void>((resolve) => first.onClose(resolve));
    await first.write(WAKE);
    port.unplug();
    await lost;
    await expect(first.write(WAKE)).rejects.toThrow(ReaderLostError);
    await expect(open()).rejects.toThrow(ReaderLostError);
    port.plugIn();
    expect(chip.speed).toBe(115_200);
    expect(chip.state).toBe('asleep');
    const second = await open();
    const heard = listen(second);
    await second.write(WAKE);
    await second.write(commandFrame('02'));
    await heard.until(VERSION);
    await second.close();
  });

  it('can be pulled out while a write is under way, and while nobody has it open', async () => {
    const { port, open } = virtualReader({ clock: new SimulatedClock() });
    port.unplug();
    port.plugIn();
    const opened = await open();
    const write = opened.write(WAKE);
    port.unplug();
    await expect(write).rejects.toThrow(ReaderLostError);
    port.plugIn();
    await (await open()).close();
  });

  it('loses what the chip sends while nobody has it open', async () => {
    const { open, chip } = virtualReader({ clock: new SimulatedClock() });
    const first = await open();
    await first.write(WAKE);
    await first.close();
    chip.receive(commandFrame('02'));
    const second = await open();
    const heard = listen(second);
    await second.write(commandFrame('02'));
    await heard.until(VERSION);
    await second.close();
  });

  it('tells the chip at which speed the host listens', async () => {
    const { open, chip } = virtualReader({ clock: new SimulatedClock() });
    const port = await open();
    const heard = listen(port);
    await port.write(WAKE);
    await port.write(commandFrame('10 07'));
    await heard.until(`${ACK}0000ff02fed5111a00`);
    await port.write(Uint8Array.from(Buffer.from(ACK, 'hex')));
    expect(chip.speed).toBe(921_600);
    await port.setSpeed(921_600);
    await port.write(commandFrame('02'));
    await heard.until(`${ACK}0000ff02fed5111a00${VERSION}`);
    await port.close();
  });
});
