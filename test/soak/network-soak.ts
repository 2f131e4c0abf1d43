import { describeFinding, playSeed, shorten } from '../faults/lab/lab.ts';
import { setUpNetwork } from '../faults/lab/set-up.ts';
import { FoundError, type Soak } from './soak.ts';

/** What is played where nobody says how much, and there is time. */
const TAPS = 10_000;
/** Taps in one history. Longer ones find more, and take longer to be shortened. */
const TAPS_A_HISTORY = 150;
/** So long a history that breaks something is made shorter. */
const SHORTENING_MS = 10 * 60_000;
const TELL_EVERY = 1_000;

/** Whole networks, in which everything breaks that can: what must hold is looked after at every step (docs/fault-lab.md). */
export const networkSoak: Soak = {
  name: 'network',
  async run({ seed: first, taps: wanted = TAPS, isOver, monotonic, tell }) {
    const setUp = await setUpNetwork('soak');
    let taps = 0;
    let sessions = 0;
    let histories = 0;
    const soFar = () => `${taps} taps in ${histories} histories, ${sessions} sessions`;
    try {
      while (taps < wanted && !isOver()) {
        // Each history has a seed of its own: what is found can be played again by itself.
        const seed = first + histories;
        const left = Math.min(TAPS_A_HISTORY, wanted - taps);
        const played = await playSeed(seed, left, { setUp, thoroughly: histories % 4 === 0 });
        if (played.broken !== undefined) {
          tell(
            `after ${soFar()}, seed ${seed} breaks "${played.broken.invariant}"; looking for a shorter way there`,
          );
          const end = monotonic() + SHORTENING_MS;
          const finding = await shorten(seed, played, { setUp, thoroughly: true }, () => monotonic() > end);
          throw new FoundError(describeFinding(finding), seed);
        }
        const before = taps;
        for (const count of played.outcomes.values()) taps += count;
        sessions += played.sessions;
        histories += 1;
        if (Math.floor(taps / TELL_EVERY) > Math.floor(before / TELL_EVERY) && taps < wanted) tell(soFar());
      }
    } finally {
      setUp.remove();
    }
    return `${soFar()}; all held that must`;
  },
};
