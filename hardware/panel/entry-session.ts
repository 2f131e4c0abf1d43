import type { HardwareClock } from '../clock.ts';
import {
  beginEntry,
  type EntryInput,
  type EntryOutcome,
  type EntryRules,
  type EntryState,
  editEntry,
  type KeyEffect,
  nextMoment,
} from './key-entry.ts';

/** Who shows an entry, and lets it be heard. */
export interface EntryListener {
  changed(state: EntryState): void;
  heard(effect: KeyEffect): void;
}

/** One entry at the keypad: feeds keys and time to `editEntry` until it is over. */
export class EntrySession {
  readonly #clock: HardwareClock;
  readonly #rules: EntryRules;
  readonly #listener: EntryListener;
  #state: EntryState;
  #timer: { cancel(): void } | undefined;
  #settle: (outcome: EntryOutcome | undefined) => void = () => {};
  #over = false;
  /** Undefined when the entry was given up. */
  readonly outcome: Promise<EntryOutcome | undefined>;

  constructor(clock: HardwareClock, rules: EntryRules, listener: EntryListener) {
    this.#clock = clock;
    this.#rules = rules;
    this.#listener = listener;
    this.#state = beginEntry(clock.monotonic());
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#wait();
  }

  get state(): EntryState {
    return this.#state;
  }

  input(input: EntryInput): void {
    if (this.#over) return;
    const { state, effect, outcome } = editEntry(this.#state, input, this.#clock.monotonic(), this.#rules);
    this.#state = state;
    this.#listener.heard(effect);
    if (outcome !== undefined) {
      this.#end(outcome);
      return;
    }
    this.#listener.changed(state);
    this.#wait();
  }

  /** Ends the entry with nothing entered. */
  giveUp(): void {
    if (!this.#over) this.#end(undefined);
  }

  #wait(): void {
    this.#timer?.cancel();
    const moment = nextMoment(this.#state, this.#rules);
    if (moment === undefined) return;
    const ms = moment - this.#clock.monotonic();
    this.#timer = this.#clock.after(ms, () => this.input({ type: 'time' }));
  }

  #end(outcome: EntryOutcome | undefined): void {
    this.#over = true;
    this.#timer?.cancel();
    // Nothing of a secret stays here.
    this.#state = beginEntry(this.#clock.monotonic());
    this.#settle(outcome);
  }
}
