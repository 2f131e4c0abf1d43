import type { HardwareClock } from '../clock.ts';
import type { BoardParts } from './board-parts.ts';
import { lightAt, type Note, type SignPattern } from './sign-patterns.ts';

/** Plays the light and the sound of signs on the parts of a panel. */
export class SignPlayer {
  readonly #clock: HardwareClock;
  readonly #parts: Pick<BoardParts, 'light' | 'tone' | 'quiet'>;
  #lightTimer: { cancel(): void } | undefined;
  #soundTimer: { cancel(): void } | undefined;

  constructor(clock: HardwareClock, parts: Pick<BoardParts, 'light' | 'tone' | 'quiet'>) {
    this.#clock = clock;
    this.#parts = parts;
  }

  /** From now on the light is this pattern's. */
  light(pattern: SignPattern): void {
    this.#lightTimer?.cancel();
    const began = this.#clock.monotonic();
    const shine = () => {
      const { colour, forMs } = lightAt(pattern, this.#clock.monotonic() - began);
      this.#parts.light(colour);
      this.#lightTimer = forMs === undefined ? undefined : this.#clock.after(forMs, shine);
    };
    shine();
  }

  /** Plays `notes` once, in place of what sounds now; none leave that to its end. */
  sound(notes: readonly Note[]): void {
    if (notes.length > 0) this.#play(notes);
  }

  stop(): void {
    this.#lightTimer?.cancel();
    this.#soundTimer?.cancel();
  }

  #play([note, ...rest]: readonly Note[]): void {
    this.#soundTimer?.cancel();
    if (note === undefined || note.pitch === 'rest') this.#parts.quiet();
    else this.#parts.tone(note.pitch);
    this.#soundTimer = note && this.#clock.after(note.milliseconds, () => this.#play(rest));
  }
}
