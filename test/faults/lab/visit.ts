import type { Sign } from '../../../hardware/panel/panel.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { LabCard } from './card.ts';

/** Until a hand has moved. */
export const HAND_MS = 1_000;

/** A patient's hand, with the card. */
export class Visit {
  readonly #clock: Clock;
  readonly #field: { put(card: LabCard['tag']): void; take(): void };
  readonly #card: LabCard;
  readonly #takesEarly: boolean;
  #lies = false;
  #isOver = false;

  /** @param options.takesEarly takes the card as soon as the terminal says that it may be taken */
  constructor(options: {
    readonly clock: Clock;
    readonly field: { put(card: LabCard['tag']): void; take(): void };
    readonly card: LabCard;
    readonly takesEarly: boolean;
  }) {
    this.#clock = options.clock;
    this.#field = options.field;
    this.#card = options.card;
    this.#takesEarly = options.takesEarly;
  }

  lay(): void {
    if (this.#isOver || this.#lies) return;
    this.#lies = true;
    this.#field.put(this.#card.tag);
  }

  /** Takes it away. @param backMs until it is laid back; null: it is not, unless the terminal asks for it */
  take(backMs: number | null): void {
    if (!this.#lies) return;
    this.#lies = false;
    this.#field.take();
    if (backMs !== null) this.#clock.after(backMs, () => this.lay());
  }

  takeForGood(): void {
    this.take(null);
    this.#isOver = true;
  }

  /** Does as the terminal says. */
  readonly onShow = (sign: Sign): void => {
    if (sign === 'take-card' && this.#takesEarly) this.#clock.after(HAND_MS, () => this.take(null));
    if (sign === 'attention') this.#clock.after(2 * HAND_MS, () => this.lay());
  };
}
