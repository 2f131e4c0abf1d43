import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { TurnedAwayError } from '../errors.ts';
import type { HubServices } from '../services.ts';

const DAY_MS = 86_400_000;

/** Default limit on the age of the lists (PROTOCOL 2.5). */
export const LIST_AGE_LIMIT_DAYS = 7;

/**
 * By so much the hub's clock may be behind the RC's. Two machines never agree to the millisecond, and a
 * page is read at once: without this every hub a little slow would refuse its patients.
 */
const CLOCK_TOLERANCE_MS = 60_000;

/** How old a hub's lists are, and whether it may log anyone in by them (PROTOCOL 2.5, age of the lists). */
export type ListAge =
  | { readonly state: 'fresh' | 'old' | 'too-old'; readonly ageMs: number }
  | { readonly state: 'never-heard' | 'clock-behind'; readonly ageMs: null };

/**
 * @param heard the RC's clock at the last page, ms; null before the first
 * @param now the hub's clock, ms
 */
export function listAge(heard: number | null, now: number, limitDays: number): ListAge {
  if (heard === null) return { state: 'never-heard', ageMs: null };
  if (now < heard - CLOCK_TOLERANCE_MS) return { state: 'clock-behind', ageMs: null };
  const ageMs = Math.max(0, now - heard);
  const limitMs = limitDays * DAY_MS;
  if (ageMs > limitMs) return { state: 'too-old', ageMs };
  return { state: ageMs > limitMs / 2 ? 'old' : 'fresh', ageMs };
}

/** Whether logins are accepted. */
export function mayLogIn(age: ListAge): boolean {
  return age.state === 'fresh' || age.state === 'old';
}

/** One sentence for the clinic's IT: what is the matter and what to do; null while all is well. */
export function describeListAge(age: ListAge, limitDays: number): string | null {
  switch (age.state) {
    case 'fresh':
      return null;
    case 'old':
      return `the lists are ${days(age.ageMs)} old; at ${limitDays} days logins stop: restore the connection to the registration centre`;
    case 'too-old':
      return `the lists are older than ${limitDays} days, so logins are refused: restore the connection to the registration centre`;
    case 'never-heard':
      return 'the hub has not read its lists yet, so logins are refused: check that it reaches the registration centre';
    case 'clock-behind':
      return "the hub's clock is before its last contact with the registration centre, so logins are refused: set the clock";
  }
}

function days(ms: number | null): string {
  return `${((ms ?? 0) / DAY_MS).toFixed(1)} days`;
}

/** How old this hub's lists are now, and what to say of it. */
export async function currentListAge({
  store,
  surroundings,
  policy,
}: Pick<HubServices, 'store' | 'surroundings' | 'policy'>): Promise<{
  readonly age: ListAge;
  readonly words: string | null;
}> {
  const position = await store.lists.position();
  const age = listAge(position?.heard ?? null, surroundings.clock.now(), policy.listAgeDays);
  return { age, words: describeListAge(age, policy.listAgeDays) };
}

/**
 * Logins stop where the lists are too old (PROTOCOL 2.5, age of the lists); nothing is wrong with the card.
 * @throws TurnedAwayError
 */
export async function checkLists(hub: Pick<HubServices, 'store' | 'surroundings' | 'policy'>): Promise<void> {
  const { age, words } = await currentListAge(hub);
  if (!mayLogIn(age)) {
    throw new TurnedAwayError(WIRE_ERROR.busy, 'the lists are too old', words ?? age.state);
  }
}
