import { describe, expect, it } from 'vitest';
import {
  HardwareError,
  ReaderClosedError,
  ReaderFailedError,
  ReaderLostError,
  ReaderSilentError,
} from '../../../hardware/errors.ts';
import type { Command } from '../../../hardware/pn532/command-machine.ts';
import { getFirmwareVersion, inDataExchange } from '../../../hardware/pn532/commands.ts';
import { Pn532 } from '../../../hardware/pn532/reader.ts';
import { SimulatedClock } from '../../../runtime/simulated-clock.ts';
import { bytes } from '../bytes.ts';
import { FakePort } from './fake-port.ts';

const ACK = '0000ff00ff00';
const NACK = '0000ffff0000';
const ERROR = '0000ff01ff7f8100';
const ASK_FIRMWARE = '0000ff02fed4022a00';
const FIRMWARE = '0000ff06fad50332010607e800';
const WRITE = inDataExchange(bytes('a2 04 01020304'), { repeatable: false });
const WRITE_FRAME = '0000ff09f7d44001a204010203043b00';
/** InDataExchange, status 00; the same with its DCS wrong. */
const DONE = '0000ff03fdd54100ea00';
const DAMAGED = '0000ff03fdd54100eb00';
/** READ of page 4, and of page 8. */
const READ_4 = inDataExchange(bytes('30 04'), { repeatable: false });
const READ_8 = inDataExchange(bytes('30 08'), { repeatable: false });

function chip() {
  const clock = new SimulatedClock();
  const port = new FakePort(clock);
  return { clock, port, pn532: new Pn532({ port, clock }) };
}

/** What becomes of `work`, once it is settled. */
function watch(work: Promise<unknown>): { settled: boolean; value?: unknown; error?: unknown } {
  const outcome: { settled: boolean; value?: unknown; error?: unknown } = { settled: false };
  work.then(
    (value) => Object.assign(outcome, { settled: true, value }),
    (error: unknown) => Object.assign(outcome, { settled: true, error }),
  );
  return outcome;
}

describe('the PN532', () => {
  it('is asked, acknowledges and answers', async () => {
    const { clock, port, pn532 } = chip();
    const firmware = watch(pn532.run(getFirmwareVersion));
    await clock.advance(1);
    expect(port.frames).toEqual([ASK_FIRMWARE]);
    port.say(ACK, FIRMWARE);
    await clock.advance(0);
    expect(firmware.value).toEqual(bytes('32010607'));
  });

  it('is asked one thing at a time, in order', async () => {
    const { clock, port, pn532 } = chip();
    const first = watch(pn532.run(getFirmwareVersion));
    const second = watch(pn532.run(WRITE));
    await clock.advance(50);
    expect(port.frames).toEqual([ASK_FIRMWARE]);
    port.say(ACK, FIRMWARE);
    await clock.advance(5);
    expect(port.frames).toEqual([ASK_FIRMWARE, WRITE_FRAME]);
    expect([first.settled, second.settled]).toEqual([true, false]);
    port.say(ACK, DONE);
    await clock.advance(0);
    expect(second.value).toEqual(bytes('00'));
  });

  it('gets 1 ms of rest after its last byte, before the next frame', async () => {
    const { clock, port, pn532 } = chip();
    const both = [watch(pn532.run(getFirmwareVersion)), watch(pn532.run(getFirmwareVersion))];
    await clock.advance(10);
    const answeredAt = clock.monotonic();
    port.say(ACK, FIRMWARE);
    await clock.advance(10);
    expect(port.written[1]?.at).toBeGreaterThanOrEqual(answeredAt + 1);
    expect(both[0]?.settled).toBe(true);
  });

  it('may answer byte by byte, with junk and more zeros before each frame', async () => {
    const { clock, port, pn532 } = chip();
    const firmware = watch(pn532.run(getFirmwareVersion));
    await clock.advance(1);
    const stream = `5500${'00'.repeat(9)}${ACK}ff${FIRMWARE}`;
    for (let at = 0; at < stream.length; at += 2) port.say(stream.slice(at, at + 2));
    await clock.advance(0);
    expect(firmware.value).toEqual(bytes('32010607'));
  });

  it('is asked again for a damaged answer, and only for the answer', async () => {
    const { clock, port, pn532 } = chip();
    const written = watch(pn532.run(WRITE));
    await clock.advance(1);
    port.say(ACK, DAMAGED);
    await clock.advance(5);
    port.say(DONE);
    await clock.advance(0);
    expect(port.frames).toEqual([WRITE_FRAME, NACK]);
    expect(written.value).toEqual(bytes('00'));
  });

  it('is never told to write twice', async () => {
    for (const answers of [[], [ACK], [ACK, DAMAGED], [ACK, DAMAGED, DAMAGED]]) {
      const { clock, port, pn532 } = chip();
      const written = watch(pn532.run(WRITE));
      await clock.advance(1);
      port.say(...answers);
      await clock.advance(60_000);
      expect(port.frames.filter((frame) => frame === WRITE_FRAME)).toHaveLength(1);
      expect(port.frames.at(-1)).toBe(ACK);
      expect(written.error).toBeInstanceOf(ReaderSilentError);
    }
  });

  it('is asked again where that does no harm, stopped and quiet first', async () => {
    const { clock, port, pn532 } = chip();
    const firmware = watch(pn532.run(getFirmwareVersion));
    await clock.advance(getFirmwareVersion.ackTimeoutMs + 50);
    expect(port.frames).toEqual([ASK_FIRMWARE, ACK, ASK_FIRMWARE]);
    port.say(ACK, FIRMWARE);
    await clock.advance(0);
    expect(firmware.value).toEqual(bytes('32010607'));
  });

  it('gives up on a chip that stays silent', async () => {
    const { clock, pn532 } = chip();
    const firmware = watch(pn532.run(getFirmwareVersion));
    await clock.advance(10_000);
    expect(firmware.error).toBeInstanceOf(ReaderSilentError);
  });

  it('says that a command was refused', async () => {
    const { clock, port, pn532 } = chip();
    const firmware = watch(pn532.run(getFirmwareVersion));
    await clock.advance(1);
    port.say(ACK, ERROR);
    await clock.advance(0);
    expect(firmware.error).toBeInstanceOf(ReaderFailedError);
    expect(port.frames).toEqual([ASK_FIRMWARE]);
  });

  it('never takes the late answer of one exchange for that of the next', async () => {
    const { clock, port, pn532 } = chip();
    const first = watch(pn532.run(READ_4));
    const second = watch(pn532.run(READ_8));
    await clock.advance(READ_4.ackTimeoutMs + 2);
    expect(first.error).toBeInstanceOf(ReaderSilentError);
    // Late: the chip had begun before it heard that it was to stop.
    port.say(ACK, DONE);
    await clock.advance(50);
    expect(port.frames).toHaveLength(3);
    expect(second.settled).toBe(false);
    port.say(ACK, '0000ff04fcd54100777300');
    await clock.advance(0);
    expect(second.value).toEqual(bytes('00 77'));
  });
});

/** How to bring a command into each state of the command machine. */
const STATES: readonly (readonly [string, readonly string[]])[] = [
  ['waits for its ACK', []],
  ['waits for its reply', [ACK]],
  ['waits for a damaged reply again', [ACK, DAMAGED]],
];

describe.each(STATES)('while a command %s', (_, said) => {
  async function inState(command: Command) {
    const it = chip();
    const running = watch(it.pn532.run(command));
    const queued = watch(it.pn532.run(getFirmwareVersion));
    await it.clock.advance(1);
    it.port.say(...said);
    await it.clock.advance(1);
    expect([running.settled, queued.settled]).toEqual([false, false]);
    return { ...it, running, queued };
  }

  it('the loss of the port ends it, and what waits behind it', async () => {
    const { clock, port, pn532, running, queued } = await inState(getFirmwareVersion);
    port.vanish();
    await clock.advance(0);
    expect(running.error).toBeInstanceOf(ReaderLostError);
    expect(queued.error).toBeInstanceOf(ReaderLostError);
    const later = watch(pn532.run(getFirmwareVersion));
    await clock.advance(0);
    expect(later.error).toBeInstanceOf(ReaderLostError);
    await clock.advance(60);
    expect(clock.pendingTimers).toBe(0);
  });

  it('closing ends it, and what waits behind it', async () => {
    const { clock, port, pn532, running, queued } = await inState(WRITE);
    const closed = watch(pn532.close());
    const closedAgain = watch(pn532.close());
    const later = watch(pn532.run(getFirmwareVersion));
    await clock.advance(100);
    for (const outcome of [running, queued, later]) expect(outcome.error).toBeInstanceOf(ReaderClosedError);
    expect([closed.settled, closedAgain.settled, port.isOpen]).toEqual([true, true, false]);
    expect(port.frames.at(-1)).toBe(ACK);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('at rest', () => {
  it('the loss of the port is told, once', async () => {
    const { clock, port, pn532 } = chip();
    let told = 0;
    pn532.onLost(() => {
      told += 1;
    });
    port.vanish();
    port.vanish();
    const later = watch(pn532.run(getFirmwareVersion));
    await clock.advance(0);
    expect(told).toBe(1);
    expect(later.error).toBeInstanceOf(HardwareError);
  });

  it('closing says farewell, and is no loss', async () => {
    const { clock, port, pn532 } = chip();
    let told = 0;
    pn532.onLost(() => {
      told += 1;
    });
    const closed = watch(pn532.close([getFirmwareVersion]));
    await clock.advance(1);
    port.say(ACK, FIRMWARE);
    await clock.advance(5);
    expect(closed.settled).toBe(true);
    expect(port.frames[0]).toBe(ASK_FIRMWARE);
    expect(told).toBe(0);
  });

  it('closing does not wait for a chip that is silent for longer than its tries', async () => {
    const { clock, port, pn532 } = chip();
    const closed = watch(pn532.close([getFirmwareVersion]));
    await clock.advance(1_000);
    expect([closed.settled, port.isOpen]).toEqual([true, false]);
  });
});
