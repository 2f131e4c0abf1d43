import { describe, expect, it } from 'vitest';
import { PIN_MODE, VirtualBoard, type VirtualI2cDevice } from '../../../hardware/sim/virtual-board.ts';
import { VirtualDisplay } from '../../../hardware/sim/virtual-display.ts';
import { VirtualKeypad } from '../../../hardware/sim/virtual-keypad.ts';
import { SimulatedClock } from '../../../runtime/simulated-clock.ts';

const VERSION = [0xf9, 2, 5];
const CONFIGURE_I2C = [0xf0, 0x78, 0, 0, 0xf7];

interface Options {
  readonly i2c?: ReadonlyMap<number, VirtualI2cDevice>;
  readonly speed?: number;
}

/** A board that runs, and what it sends. */
async function startedBoard({ speed = 57_600, ...options }: Options = {}) {
  const clock = new SimulatedClock();
  const board = new VirtualBoard({ ...options, clock });
  let sent: number[] = [];
  board.onBytes((bytes) => sent.push(...bytes));
  board.setHostSpeed(speed);
  await clock.advance(2_000);
  return {
    clock,
    board,
    /** What the board has sent since the last look. */
    sent(): number[] {
      const now = sent;
      sent = [];
      return now;
    },
    receive: (...bytes: number[]) => board.receive(Uint8Array.from(bytes)),
  };
}

describe('a virtual board', () => {
  it('says version and firmware once its boot loader is through, and nothing before', async () => {
    const clock = new SimulatedClock();
    const board = new VirtualBoard({ clock });
    const sent: number[] = [];
    board.onBytes((bytes) => sent.push(...bytes));
    board.setHostSpeed(57_600);
    await clock.advance(1_499);
    board.receive(Uint8Array.of(0xf9));
    expect(sent).toEqual([]);
    await clock.advance(1);
    expect(sent.slice(0, 7)).toEqual([...VERSION, 0xf0, 0x79, 2, 5]);
    expect(String.fromCharCode(...sent.slice(7, -1).filter((_, index) => index % 2 === 0))).toBe(
      'StandardFirmata.ino',
    );
  });

  it('says nothing that is understood at another speed, and understands nothing', async () => {
    const { sent, receive } = await startedBoard({ speed: 9_600 });
    receive(0xf9);
    expect(sent()).toEqual([]);
  });

  it('answers whole messages, however they are cut', async () => {
    const { board, sent } = await startedBoard();
    sent();
    for (const byte of [0xf0, 0x69, 0xf7, 0xf9]) board.receive(Uint8Array.of(byte));
    expect(sent()).toEqual([0xf0, 0x6a, ...Array(14).fill(127), 0, 1, 2, 3, 4, 5, 0xf7, ...VERSION]);
  });

  it('takes up with the next message after one that was cut off', async () => {
    const { sent, receive } = await startedBoard();
    sent();
    receive(0xf0, 0x76, 0x27, 0xe0, 0xf9, 0x12);
    expect(sent()).toEqual(VERSION);
  });

  it('dims only a pin that is set to PWM, and switches only one that is an output', async () => {
    const { board, receive } = await startedBoard();
    receive(0xe9, 0x7f, 0x01);
    expect(board.pins[9]).toEqual({ mode: PIN_MODE.output, value: 0 });
    receive(0xf4, 9, PIN_MODE.pwm, 0xe9, 0x7f, 0x01, 0x91, 0x00, 0x00);
    expect(board.pins[9]).toEqual({ mode: PIN_MODE.pwm, value: 255 });
    receive(0x90, 0x08, 0x00);
    expect(board.pins[3]).toEqual({ mode: PIN_MODE.output, value: 1 });
  });

  it('knows no I2C before it is configured', async () => {
    const display = new VirtualDisplay({ columns: 16, rows: 2 });
    const { receive } = await startedBoard({ i2c: new Map([[0x27, display]]) });
    receive(0xf0, 0x76, 0x27, 0x00, 0x08, 0x00, 0xf7);
    expect(display.lit).toBe(false);
    receive(...CONFIGURE_I2C, 0xf0, 0x76, 0x27, 0x00, 0x08, 0x00, 0xf7);
    expect(display.lit).toBe(true);
  });

  it('reads a device every 19 ms until it is told to stop, or reset', async () => {
    const keypad = new VirtualKeypad();
    const { clock, sent, receive } = await startedBoard({ i2c: new Map([[0x5a, keypad]]) });
    const read = [0xf0, 0x76, 0x5a, 0x10, 0x00, 0x00, 0x02, 0x00, 0xf7];
    const electrodesOn = [0xf0, 0x76, 0x5a, 0x00, 0x5e, 0x00, 0x0c, 0x00, 0xf7];
    receive(...CONFIGURE_I2C, ...electrodesOn, ...read);
    keypad.press('#');
    sent();
    await clock.advance(38);
    const reply = [0xf0, 0x77, 0x5a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x00, 0xf7];
    expect(sent()).toEqual([...reply, ...reply]);
    receive(0xf0, 0x76, 0x5a, 0x18, 0xf7);
    await clock.advance(100);
    expect(sent()).toEqual([]);
    receive(...read, 0xff);
    await clock.advance(100);
    expect(sent()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('says that a device which is not there gave too few bytes', async () => {
    const { clock, sent, receive } = await startedBoard();
    receive(...CONFIGURE_I2C, 0xf0, 0x76, 0x5a, 0x10, 0x00, 0x00, 0x02, 0x00, 0xf7);
    sent();
    await clock.advance(19);
    const said = sent();
    expect(said.slice(0, 2)).toEqual([0xf0, 0x71]);
    expect(String.fromCharCode(...said.slice(2).filter((_, index) => index % 2 === 0))).toContain(
      'I2C: Too few bytes received',
    );
  });

  it('answers nothing while it hangs, and starts anew when it is opened again', async () => {
    const { board, clock, sent, receive } = await startedBoard();
    board.hang();
    sent();
    receive(0xf9);
    expect(sent()).toEqual([]);
    board.setHostSpeed(57_600);
    await clock.advance(1_500);
    expect(sent().slice(0, 3)).toEqual(VERSION);
  });
});

describe('a virtual keypad', () => {
  it('tells no touch before its electrodes are switched on, nor after a soft reset', () => {
    const keypad = new VirtualKeypad();
    keypad.press('1');
    expect([...keypad.read(0, 2)]).toEqual([0, 0]);
    keypad.write(Uint8Array.of(0x5e, 0x0c));
    expect([...keypad.read(0, 2)]).toEqual([1, 0]);
    keypad.write(Uint8Array.of(0x80, 0x63));
    expect([...keypad.read(0, 2)]).toEqual([0, 0]);
  });

  it('has no other keys than its twelve', () => {
    expect(() => new VirtualKeypad().press('A')).toThrow(RangeError);
  });
});
