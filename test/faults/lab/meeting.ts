import type { Holding } from '../../../runtime/simulated-network.ts';

/** Which of two things arrives first. */
export type First = 'news' | 'patient';

/**
 * Two things arrive at a hub in the same moment, some turns of the event loop apart: news from the registration centre,
 * which is kept until then, and what a patient sends. By themselves they never would: between two things that arrive
 * on the simulated network everything settles.
 */
export class Meeting {
  readonly #turns: number;
  readonly #first: First;
  readonly #inTurns: (turns: number, run: () => void) => void;
  readonly #kept: (() => void)[] = [];
  readonly #now: () => number;
  #endedAt: number | undefined;

  constructor(options: {
    readonly turns: number;
    readonly first: First;
    /** By a clock that stands still while anything goes on. */
    readonly now: () => number;
    readonly inTurns: (turns: number, run: () => void) => void;
  }) {
    this.#turns = options.turns;
    this.#first = options.first;
    this.#now = options.now;
    this.#inTurns = options.inTurns;
  }

  /** Its moment has passed, and news goes its usual way again. */
  get isOver(): boolean {
    return this.#endedAt !== undefined && this.#now() > this.#endedAt;
  }

  /** What is done to the news on its way. It comes in several pieces: the others follow the first at once. */
  readonly news: Holding = {
    hold: (arrive) => {
      if (this.#endedAt !== undefined) this.#inTurns(1, arrive);
      else this.#kept.push(arrive);
    },
  };

  /** What is done to that which the patient sends. */
  readonly patient: Holding = {
    hold: (arrive) => {
      const [news, patient] = [() => this.end(), arrive];
      const [first, second] = this.#first === 'news' ? [news, patient] : [patient, news];
      // Not within the call that sends it.
      this.#inTurns(1, () => {
        first();
        this.#inTurns(this.#turns, second);
      });
    },
  };

  /** Nothing is kept any more. */
  end(): void {
    this.#endedAt ??= this.#now();
    for (const arrive of this.#kept.splice(0)) arrive();
  }
}
