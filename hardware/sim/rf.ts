import { CardGoneError } from './card-memory.ts';
import type { Field } from './field.ts';
import { type CardAnswer, SILENT, type VirtualCard } from './virtual-card.ts';

/** One bit at 106 kbit/s, µs (HARDWARE 6). */
const BIT_US = 9.44;
/** The shortest time between reader's frame and card's answer, µs. */
const FRAME_DELAY_US = 91;
/** REQA and two cascade levels, for a UID of 7 bytes, µs. */
const ACTIVATION_US = 4_500;

/** Stands between reader and card; returns what the reader hears. */
export type Interference = (card: VirtualCard, run: () => CardAnswer) => CardAnswer;

/**
 * The chip's antenna: the field on or off, frames to the card that lies there and back, and how long they
 * would take in the air.
 */
export class Rf {
  /** How long the reader waits for an answer, ms: RFConfiguration item 02, fRetry. */
  timeoutMs = 51.2;
  /** What a fault does to the exchanges of the command that runs. */
  interference: Interference | null = null;
  readonly #field: Field;
  #on = false;
  #seen: VirtualCard | null = null;
  #elapsedUs = 0;

  constructor(field: Field) {
    this.#field = field;
  }

  get on(): boolean {
    return this.#on;
  }

  /** A card loses its power with the field, and starts anew when it comes on. */
  switch(on: boolean): void {
    if (on && !this.#on) this.#seen = null;
    this.#on = on;
  }

  /** Time on the air since this was last asked, ms. */
  takeElapsedMs(): number {
    const elapsed = this.#elapsedUs / 1000;
    this.#elapsedUs = 0;
    return elapsed;
  }

  /** One try at waking and selecting the card that lies there, if `wanted` says so of it. */
  activate(wanted: (card: VirtualCard) => boolean): VirtualCard | null {
    const card = this.#present();
    const answers = card !== null && whileThere(() => wanted(card) && card.activate(), false);
    if (!answers) {
      this.waitOut();
      return null;
    }
    this.#elapsedUs += ACTIVATION_US;
    return card;
  }

  /** `frame`, CRC_A and all, to `card`. Silence when that card is not there any more. */
  exchange(card: VirtualCard, frame: Uint8Array): CardAnswer {
    this.#elapsedUs += (9 * frame.length + 3) * BIT_US;
    const run = () => (this.#present() === card ? whileThere(() => card.receive(frame), SILENT) : SILENT);
    const answer = this.interference === null ? run() : this.interference(card, run);
    if (answer.kind === 'silent') {
      this.waitOut();
      return answer;
    }
    const bits = answer.kind === 'nibble' ? 4 : 9 * answer.bytes.length;
    this.#elapsedUs += FRAME_DELAY_US + (answer.workMs ?? 0) * 1000 + (bits + 2) * BIT_US;
    return answer;
  }

  /** A frame to whatever card lies there. */
  broadcast(frame: Uint8Array): CardAnswer {
    const card = this.#present();
    if (card !== null) return this.exchange(card, frame);
    this.waitOut();
    return SILENT;
  }

  /** HLTA, or S(DESELECT), which no card answers in a way that matters. */
  halt(card: VirtualCard): void {
    if (this.#present() === card) card.halt();
  }

  /** The time of a try that nothing answers. */
  waitOut(): void {
    this.#elapsedUs += this.timeoutMs * 1000;
  }

  #present(): VirtualCard | null {
    if (!this.#on) return null;
    const card = this.#field.card();
    if (card === this.#seen) return card;
    this.#seen = null;
    if (card === null) return null;
    this.#seen = whileThere(() => {
      card.powerUp();
      return card;
    }, null);
    return this.#seen;
  }
}

/** What `act` on a card comes to, or `gone` when the card's file vanishes meanwhile. */
function whileThere<T>(act: () => T, gone: T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof CardGoneError) return gone;
    throw error;
  }
}
