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
  /** What was said in it. */
  readonly said: readonly string[];
}

/** Of what was said, so many lines are shown. */
const LAST_LINES = 40;

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
  found: Played & { readonly history: History },
  options: Omit<PlayOptions, 'seed'>,
  isOver: () => boolean,
): Promise<Finding> {
  const { broken, acts } = found;
  if (broken === undefined) throw new Error('nothing is broken in this history');
  let last = { broken, said: found.said };
  const fails = async (tried: History) => {
    const played = await play(tried, { ...options, seed: String(seed) });
    if (played.broken?.invariant !== broken.invariant) return false;
    last = { broken: played.broken, said: played.said };
    return true;
  };
  const upToThere = found.history.slice(0, acts);
  const shortest = await shrink(upToThere, fails, isOver);
  const history = await simplify(shortest, simplerActs, fails, isOver);
  return { seed, history, ...last };
}

/** A tap with one trouble less, or without any. */
function simplerActs(act: Act): readonly Act[] {
  if (act.what !== 'tap' || act.troubles.length === 0) return [];
  const { troubles } = act;
  const less = troubles.map((_, index) => ({ ...act, troubles: troubles.filter((_, i) => i !== index) }));
  return [{ ...act, troubles: [] }, ...less];
}

/** For people: what broke, and how to get there. */
export function describeFinding({ seed, broken, history, said }: Finding): string {
  return [
    broken.message,
    `seed ${seed}; the shortest history found has ${history.length} acts:`,
    ...history.map(describeAct),
    'in which was said last:',
    ...said.slice(-LAST_LINES),
  ].join('\n');
}
