import { describe, expect, it } from 'vitest';
import type { BytePort } from '../../../hardware/byte-port.ts';
import { ReaderFailedError, ReaderLostError, ReaderSilentError } from '../../../hardware/errors.ts';
import { type StartedPn532, startPn532, stopPn532 } from '../../../hardware/pn532/start.ts';
import { describeFrame } from '../../../hardware/pn532/trace.ts';
import { commandOf, faults } from '../../../hardware/sim/faults.ts';
import { virtualReader } from '../../../hardware/sim/virtual-reader.ts';
import { SimulatedClock } from '../../../runtime/simulated-clock.ts';

const SET_SPEED = commandOf(0x10);
const DIAGNOSE = commandOf(0x00);

/** A virtual chip, and what the host sends to it when it is started. */
function rig(options: { speed?: number; paced?: boolean; maxReadSize?: number } = {}) {
  const clock = new SimulatedClock();
  const virtual = virtualReader({ clock, ...options });
  const sent: string[] = [];
  const start = async (speed?: number, wrap = (port: BytePort) => port): Promise<StartedPn532> =>
    startPn532({
      port: wrap(await virtual.open()),
      clock,
      speed,
      trace: (direction, frame) => {
        if (direction === 'to-chip') sent.push(describeFrame(direction, frame));
      },
    });
  return { clock, ...virtual, sent, start };
}

describe('starting a PN532', () => {
  it('wakes it and sets it up in the order that HARDWARE 2 gives', async () => {
    const { clock, chip, sent, start } = rig();
    expect(chip.state).toBe('asleep');
    const { firmware } = await clock.advanceUntil(start(115_200));
    expect(chip.state).toBe('normal');
    expect(firmware).toBe('PN532 1.6');
    expect(sent.map((line) => line.slice(0, 16))).toEqual([
      '> ACK',
      '> d4 14 01',
      '> d4 02',
      '> d4 00 00 55 aa',
      '> d4 12 14',
      '> d4 32 05 00 01',
      '> d4 32 01 01',
    ]);
  });

  it('raises the line to 921,600 bit/s, and leaves it at 115,200', async () => {
    const { clock, chip, start } = rig();
    const { pn532 } = await clock.advanceUntil(start());
    expect([chip.speed, pn532.speed]).toEqual([921_600, 921_600]);
    await clock.advanceUntil(stopPn532(pn532));
    expect(chip.speed).toBe(115_200);
  });

  it.each([921_600, 460_800, 230_400])('finds a chip that a crash left at %i bit/s', async (speed) => {
    const { clock, chip, start } = rig({ speed });
    const { pn532 } = await clock.advanceUntil(start());
    expect([chip.speed, pn532.speed]).toEqual([921_600, 921_600]);
  });

  it('finds a chip left at 921,600 bit/s and brings it down where no more than 115,200 is wanted', async () => {
    const { clock, chip, start } = rig({ speed: 921_600 });
    await clock.advanceUntil(start(115_200));
    expect(chip.speed).toBe(115_200);
  });

  it('stays at 115,200 bit/s with a chip that refuses another speed', async () => {
    const { clock, chip, start } = rig();
    chip.faults.inject(faults.errorFrame(), { which: SET_SPEED, times: 100 });
    const { pn532 } = await clock.advanceUntil(start());
    expect([chip.speed, pn532.speed]).toEqual([115_200, 115_200]);
  });

  it('stays at 115,200 bit/s with a port that knows no more', async () => {
    const { clock, chip, start } = rig();
    const slow = (port: BytePort): BytePort => ({
      ...facade(port),
      setSpeed: (baud) =>
        baud > 115_200 ? Promise.reject(new ReaderLostError('no such speed')) : port.setSpeed(baud),
    });
    const { pn532 } = await clock.advanceUntil(start(undefined, slow));
    expect([chip.speed, pn532.speed]).toEqual([115_200, 115_200]);
  });

  it('goes on at a speed where it answers when the test at the raised one fails', async () => {
    const { clock, chip, start } = rig();
    // The first test, at 115,200, is to succeed.
    chip.faults.inject(faults.flipReply(12, 0x01), { which: DIAGNOSE, nth: 2, times: 50 });
    const { pn532 } = await clock.advanceUntil(start());
    expect(pn532.speed).toBe(chip.speed);
  });

  it('tries again when the chip does not hear the first command', async () => {
    const { clock, chip, start } = rig();
    chip.faults.inject(faults.unheard());
    await clock.advanceUntil(start());
    expect(chip.state).toBe('normal');
  });

  it('waits for a first ACK that comes a second late, as on a Raspberry Pi', async () => {
    const { clock, chip, start } = rig();
    chip.faults.inject(faults.lateAck(1_000), { which: commandOf(0x14), times: 100 });
    await clock.advanceUntil(start());
    expect(chip.state).toBe('normal');
  });

  it('stops what ran before, and is not confused by what that left on the line', async () => {
    const { clock, chip, open, start } = rig();
    await clock.advanceUntil(start(115_200).then(({ pn532 }) => stopPn532(pn532)));
    // Another program asks for something that hangs, and dies.
    chip.faults.inject(faults.hang());
    const port = await open();
    await port.write(Uint8Array.of(0x00, 0x00, 0xff, 0x02, 0xfe, 0xd4, 0x02, 0x2a, 0x00));
    await port.close();
    chip.faults.inject(faults.junkBeforeAck(0x55, 0x00, 0xff, 0x10, 0xf0, 0xd5));
    await clock.advanceUntil(start(115_200));
    expect(chip.state).toBe('normal');
  });

  it('works byte by byte, and at the pace of a real line', async () => {
    const { clock, chip, start } = rig({ paced: true, maxReadSize: 1 });
    await clock.advanceUntil(start());
    expect(chip.speed).toBe(921_600);
  });

  it('gives up on a chip that stays silent, says what to check, and closes the port', async () => {
    const { clock, chip, port, start } = rig();
    chip.faults.inject(faults.unheard(), { times: 1_000 });
    const error = await clock.advanceUntil(start().catch((cause: unknown) => cause));
    expect(error).toBeInstanceOf(ReaderSilentError);
    expect(String(error)).toMatch(/switches.*RX and TX/);
    await expect(port.open()).resolves.toBeDefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it('refuses another chip', async () => {
    const { clock, chip, start } = rig();
    const pn533 = { respond: () => Uint8Array.of(0x03, 0x33, 0x02, 0x07, 0x07) };
    chip.faults.inject(pn533, { which: commandOf(0x02), times: 10 });
    await expect(clock.advanceUntil(start())).rejects.toThrow(ReaderFailedError);
  });

  it('refuses a line that garbles bytes', async () => {
    const { clock, chip, start } = rig();
    const garbling = {
      respond: (command: Uint8Array) => Uint8Array.of(0x01, ...command.slice(1).fill(0, 5)),
    };
    chip.faults.inject(garbling, { which: DIAGNOSE, times: 10 });
    await expect(clock.advanceUntil(start())).rejects.toThrow(ReaderSilentError);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('fails when the reader is unplugged at command %i', async (nth) => {
    const { clock, chip, port, start } = rig();
    chip.faults.inject({ before: () => port.unplug() }, { nth });
    await expect(clock.advanceUntil(start())).rejects.toThrow(ReaderLostError);
    await clock.advance(100);
    expect(clock.pendingTimers).toBe(0);
  });
});

/** The port's methods, to be replaced one by one. */
function facade(port: BytePort): BytePort {
  return {
    get speed() {
      return port.speed;
    },
    write: (data) => port.write(data),
    onData: (listener) => port.onData(listener),
    onClose: (listener) => port.onClose(listener),
    close: () => port.close(),
    setSpeed: (baud) => port.setSpeed(baud),
  };
}
