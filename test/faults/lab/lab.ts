import { SeededRandom } from '../../soak/seeded-random.ts';
import type { BrokenInvariantError } from './broken.ts';
import { drawHistory } from './draw.ts';
import { type Act, describeAct, type History } from './history.ts';
import { type Played, type PlayOptions, play } from './play.ts';
import { shrink, simplify } from './shrink.ts';

/** A history after which something did not hold that must. */
export interface Finding {
  readonly seed: number;
  readonly broken: BrokenInvariantError;
  /** The shortest that was found with the same end. */
  readonly history: History;
}

/** Plays the history of a seed. */
export function playSeed(
  seed: number,
  taps: number,
  options: Omit<PlayOptions, 'seed'>,
): Promise<Played & { readonly history: History }> {
  const history = drawHistory(new SeededRandom(seed), taps);
  return play(history, { ...options, seed: String(seed) }).then((played) => ({ ...played, history }));
}

/**
 * The shortest history that breaks the same invariant, played with the same seed.
 * @param isOver it has looked long enough
 */
export async function shorten(
  seed: number,
  { history, broken, acts }: Pick<Played, 'broken' | 'acts'> & { readonly history: History },
  options: Omit<PlayOptions, 'seed'>,
  isOver: () => boolean,
): Promise<Finding> {
  if (broken === undefined) throw new Error('nothing is broken in this history');
  let last = broken;
  const fails = async (tried: History) => {
    const played = await play(tried, { ...options, seed: String(seed) });
    if (played.broken?.invariant !== broken.invariant) return false;
    last = played.broken;
    return true;
  };
  const upToThere = history.slice(0, acts);
  const shortest = await shrink(upToThere, fails, isOver);
  return { seed, history: await simplify(shortest, simplerActs, fails, isOver), broken: last };
}

/** A tap with one trouble less, or without any. */
function simplerActs(act: Act): readonly Act[] {
  if (act.what !== 'tap' || act.troubles.length === 0) return [];
  const { troubles } = act;
  const less = troubles.map((_, index) => ({ ...act, troubles: troubles.filter((_, i) => i !== index) }));
  return [{ ...act, troubles: [] }, ...less];
}

/** For people: what broke, and how to get there. */
export function describeFinding({ seed, broken, history }: Finding): string {
  return [
    broken.message,
    `seed ${seed}; the shortest history found has ${history.length} acts:`,
    ...history.map(describeAct),
  ].join('\n');
}
