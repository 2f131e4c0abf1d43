import type { SeededRandom } from './seeded-random.ts';

/** What a soak is run with. */
export interface SoakContext {
  readonly seed: number;
  /** How many taps are wanted, of a soak that counts them; undefined: as many as there is time for. */
  readonly taps: number | undefined;
  /** Milliseconds from an arbitrary start. */
  readonly monotonic: () => number;
  /** All that is left to chance is drawn from here: the same seed goes the same way. */
  readonly random: SeededRandom;
  /** True as soon as the time of this soak is over. */
  readonly isOver: () => boolean;
  /** Milliseconds until then. */
  readonly leftMs: () => number;
  /** Says how it goes on, a line at a time. */
  readonly tell: (line: string) => void;
}

/** The long form of a fault test: it goes on until its time is over, and throws when something is found. */
export interface Soak {
  readonly name: string;
  /** How long its whole form is, where it has no end of its own. */
  readonly wholeMinutes?: number;
  /** @returns what was done, in one line */
  run(context: SoakContext): Promise<string>;
}

/** What a soak found, where another seed than its own leads there sooner. */
export class FoundError extends Error {
  readonly seed: number;

  constructor(what: string, seed: number) {
    super(what);
    this.seed = seed;
  }
}

/** Something was found; the message says how to see it again. */
export class SoakFailedError extends Error {}

export interface SoakPlan {
  /** Names of the soaks that are wanted; none: all. */
  readonly names: readonly string[];
  readonly seed: number;
  readonly taps?: number | undefined;
  /** Of all soaks together; each gets its share of what is left. `whole`: each goes to its end. */
  readonly minutes: number | 'whole';
}

/**
 * Runs soaks, one after another, within a time.
 *
 * @param random makes the random numbers of one soak from the seed
 * @throws SoakFailedError at the first that finds something; RangeError for a name that no soak has
 */
export async function runSoaks(
  soaks: readonly Soak[],
  { names, seed, minutes, taps }: SoakPlan,
  world: {
    readonly monotonic: () => number;
    readonly random: (seed: number) => SeededRandom;
    readonly tell: (line: string) => void;
  },
): Promise<void> {
  const known = soaks.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new RangeError(`there is no soak ${unknown.join(', ')}: there are ${known.join(', ')}`);
  }
  const wanted = soaks.filter(({ name }) => names.length === 0 || names.includes(name));
  const began = world.monotonic();
  world.tell(`seed ${seed}`);
  for (const [index, soak] of wanted.entries()) {
    const now = world.monotonic();
    const until =
      minutes === 'whole'
        ? now + (soak.wholeMinutes ?? Number.POSITIVE_INFINITY) * 60_000
        : now + (began + minutes * 60_000 - now) / (wanted.length - index);
    const leftMs = () => Math.max(0, until - world.monotonic());
    const tell = (line: string) => world.tell(`${soak.name}: ${line}`);
    try {
      const done = await soak.run({
        seed,
        taps,
        random: world.random(seed),
        isOver: () => leftMs() === 0,
        leftMs,
        monotonic: world.monotonic,
        tell,
      });
      tell(`${done}; ${((world.monotonic() - now) / 60_000).toFixed(1)} minutes`);
    } catch (cause) {
      const what = cause instanceof Error ? cause.message : String(cause);
      const again = cause instanceof FoundError ? cause.seed : seed;
      throw new SoakFailedError(
        `${soak.name} found: ${what}; see it again with "npm run soak -- ${soak.name} --seed ${again}"`,
        { cause },
      );
    }
  }
}
