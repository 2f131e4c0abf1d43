/** What a hub puts up with (PROTOCOL 2.5, bounds; what the protocol leaves open is chosen here). */
export const LIMITS = {
  /** From HELLO to LOGIN: a device that waits for a PIN longer connects anew. */
  loginMs: 60_000,
  /** From LOGIN to PROOF. */
  proofMs: 5_000,
  /** For the other side to take what is sent to it, or to close after we have. */
  writeMs: 5_000,
  loginsPerCard: 30,
  wrongTriesPerAddress: 20,
  /** The window of the two above. */
  hourMs: 3_600_000,
  /** Of one turn of the event loop, after which whoever comes new is told to come again. */
  turnMs: 250,
  connections: 4_096,
  /** Connections from one address that are not logged in. */
  handshakesPerAddress: 512,
  /** The longest body before WELCOME: a LOGIN has 100 bytes, an ERROR at most 202. */
  bodyBeforeWelcome: 1_024,
  /** Questions to the RC about cards that are not known here (PROTOCOL 2.6). */
  questionsPerSecond: 5,
  sameQuestionMs: 60_000,
  /** New Observations of one patient an hour. */
  observationsPerPatient: 60,
  /** So far ahead of the hub's clock a measurement may be. */
  aheadMs: 60_000,
  /** How long a login waits for the RC before the hub goes by what it knows. */
  questionMs: 2_000,
} as const;

/** The most keys that one counter remembers. */
const KEYS_MAX = 20_000;

/**
 * Counts events by key within a window that slides. Forgets the keys that were quiet the longest when there
 * are too many, so its memory is bounded. `now` is monotonic, ms.
 */
export class SlidingCounter {
  readonly #max: number;
  readonly #windowMs: number;
  readonly #keysMax: number;
  /** Times of the events, the oldest first; keys in the order of their last event. */
  readonly #events = new Map<string, number[]>();

  constructor({ max, windowMs, keysMax = KEYS_MAX }: { max: number; windowMs: number; keysMax?: number }) {
    this.#max = max;
    this.#windowMs = windowMs;
    this.#keysMax = keysMax;
  }

  /** Counts an event of `key`, unless the window is full. @returns whether there was room */
  take(key: string, now: number): boolean {
    const events = (this.#events.get(key) ?? []).filter((time) => time > now - this.#windowMs);
    const hasRoom = events.length < this.#max;
    if (hasRoom) events.push(now);
    this.#events.delete(key);
    this.#events.set(key, events);
    if (this.#events.size > this.#keysMax) this.#forgetQuietest();
    return hasRoom;
  }

  /** Takes back the latest event of `key`. */
  giveBack(key: string): void {
    const events = this.#events.get(key);
    events?.pop();
    if (events?.length === 0) this.#events.delete(key);
  }

  #forgetQuietest(): void {
    const [quietest] = this.#events.keys();
    if (quietest !== undefined) this.#events.delete(quietest);
  }
}
