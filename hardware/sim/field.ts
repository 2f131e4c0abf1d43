import type { VirtualCard } from './virtual-card.ts';

/** The place in front of the antenna. */
export interface Field {
  /** The card that lies there at this moment; the same object for as long as it does. */
  card(): VirtualCard | null;
}

/** A field in which a test, or somebody at a prompt, lays cards and takes them away. */
export class HandField implements Field {
  #card: VirtualCard | null = null;

  card(): VirtualCard | null {
    return this.#card;
  }

  /** Lays `card` there; one that lay there before is taken away. */
  put(card: VirtualCard): void {
    card.powerUp();
    this.#card = card;
  }

  take(): void {
    this.#card = null;
  }
}
