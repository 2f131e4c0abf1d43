import { describeFinding, playSeed, shorten } from '../faults/lab/lab.ts';
import { setUpNetwork } from '../faults/lab/set-up.ts';
import { FoundError, type Soak } from './soak.ts';

/** Taps in one history. Longer ones find more, and take longer to be shortened. */
const TAPS_A_HISTORY = 150;
/** So long a history that breaks something is made shorter. */
const SHORTENING_MS = 10 * 60_000;

/** Whole networks, in which everything breaks that can: what must hold is looked after at every step (docs/fault-lab.md). */
export const networkSoak: Soak = {
  name: 'network',
  wholeMinutes: 60,
  async run({ seed: first, taps: wanted = Number.POSITIVE_INFINITY, isOver, monotonic }) {
    const setUp = await setUpNetwork('soak');
    let taps = 0;
    let sessions = 0;
    let histories = 0;
    try {
      while (taps < wanted && !isOver()) {
        // Each history has a seed of its own: what is found can be played again by itself.
        const seed = first + histories;
        const left = Math.min(TAPS_A_HISTORY, wanted - taps);
        const played = await playSeed(seed, left, { setUp, thoroughly: histories % 4 === 0 });
        if (played.broken !== undefined) {
          const end = monotonic() + SHORTENING_MS;
          const finding = await shorten(seed, played, { setUp, thoroughly: true }, () => monotonic() > end);
          throw new FoundError(describeFinding(finding), seed);
        }
        for (const count of played.outcomes.values()) taps += count;
        sessions += played.sessions;
        histories += 1;
      }
    } finally {
      setUp.remove();
    }
    const stopped =
      taps < wanted && wanted !== Number.POSITIVE_INFINITY ? `, and not ${wanted}: time was over` : '';
    return `${taps} taps in ${histories} histories${stopped}; ${sessions} sessions; all held that must`;
  },
};
