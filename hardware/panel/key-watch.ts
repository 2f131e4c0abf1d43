import type { Keypad } from 'johnny-five';
import type { HardwareClock } from '../clock.ts';
import type { Key, KeyInput } from './key-entry.ts';

/** The board reads the keypad every 19 ms. */
const LOOK_EVERY_MS = 20;

/**
 * Which keys went up and down between two answers of a keypad: a bit for each touched electrode, above them
 * other states of the chip.
 */
export function keyEdges(before: number, now: number, keys: readonly Key[]): KeyInput[] {
  const changed = (from: number, to: number, type: KeyInput['type']): KeyInput[] =>
    keys.filter((_, electrode) => ((to & ~from) >> electrode) & 1).map((key) => ({ type, key }));
  return [...changed(now, before, 'up'), ...changed(before, now, 'down')];
}

/**
 * Watches a keypad's keys. It looks at the chip's latest answer rather than hear johnny-five's events: those
 * come by the process's own time, and of a key that goes down in the moment in which another goes up they
 * tell the second alone.
 */
export class KeyWatch {
  readonly #clock: HardwareClock;
  readonly #pad: Pick<Keypad, 'value'>;
  readonly #keys: readonly Key[];
  readonly #listener: (input: KeyInput) => void;
  #touched = 0;
  #timer: { cancel(): void };

  /** `keys`: those at the electrodes from 0 on. */
  constructor(
    clock: HardwareClock,
    pad: Pick<Keypad, 'value'>,
    keys: readonly Key[],
    listener: (input: KeyInput) => void,
  ) {
    this.#clock = clock;
    this.#pad = pad;
    this.#keys = keys;
    this.#listener = listener;
    this.#timer = this.#look();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #look(): { cancel(): void } {
    return this.#clock.after(LOOK_EVERY_MS, () => {
      const before = this.#touched;
      this.#touched = this.#pad.value ?? 0;
      this.#timer = this.#look();
      for (const input of keyEdges(before, this.#touched, this.#keys)) this.#listener(input);
    });
  }
}
