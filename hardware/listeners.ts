/** One who listens, and may stop. */
export interface Subscription {
  /** The listener hears nothing more. */
  end(): void;
}

/** Who is told of something, for as long as they want to be. */
export class Listeners<Heard extends readonly unknown[]> {
  readonly #all = new Set<{ readonly listener: (...heard: Heard) => void }>();

  /** How many listen. */
  get count(): number {
    return this.#all.size;
  }

  add(listener: (...heard: Heard) => void): Subscription {
    const entry = { listener };
    this.#all.add(entry);
    return { end: () => void this.#all.delete(entry) };
  }

  tell(...heard: Heard): void {
    for (const { listener } of this.#all) listener(...heard);
  }
}
