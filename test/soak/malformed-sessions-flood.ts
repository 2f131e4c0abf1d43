import { setTimeout as delay } from 'node:timers/promises';
import type { BenchPatients } from './bench-patients.ts';
import { ENDINGS, MalformedSession, REFUSALS, Witness } from './malformed-sessions.ts';
import { type Memory, MemoryLooks } from './memory-looks.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Sessions that are spoilt at once. */
const SPOILERS = 12;
/** Sessions beside them. */
const WITNESSES = 4;
/** How long one waits between two questions. */
const WITNESS_EVERY_MS = 100;
/** Messages in a session before the one that ends it, at most. */
const MESSAGES_A_SESSION = 60;

export interface FloodedSessions extends Memory {
  readonly messages: number;
  readonly sessions: number;
  /** How often a witness asked for something. */
  readonly looks: number;
  readonly ms: number;
}

/**
 * Sends `count` malformed messages in sessions, each of a random kind, the last of each session one that ends it; or
 * as many as there are until `isOver`. After each session the same patient logs in again, and others ask for
 * something in sessions of their own.
 *
 * @param pid of the hub, whose memory is looked at
 * @throws SessionFoundError and what a login throws: something was not as it should be
 */
export async function floodSessions(
  pid: number,
  patients: BenchPatients,
  {
    count,
    random,
    isOver,
  }: { readonly count: number; readonly random: SeededRandom; readonly isOver: () => boolean },
): Promise<FloodedSessions> {
  const began = performance.now();
  const memory = await MemoryLooks.begin(pid, count);
  let messages = 0;
  let sessions = 0;
  let looks = 0;
  const witnesses = Array.from({ length: WITNESSES }, (_, index) => {
    let logins = 0;
    return new Witness(() => patients.logIn(index, logins++));
  });
  const sent = () => memory.sent(messages++);
  const spoiler = async (number: number) => {
    for (let round = 0; messages < count && !isOver(); round++) {
      // Twice the same patient, one after the other: the second time it is the login after a spoilt session.
      const index = WITNESSES + ((Math.floor(round / 2) * SPOILERS + number) % (patients.count - WITNESSES));
      const session = await MalformedSession.begin(await patients.logIn(index, sessions), random);
      sessions += 1;
      for (let left = random.between(0, MESSAGES_A_SESSION); left > 0; left--) {
        await session.refuse(...random.oneOf(REFUSALS));
        await sent();
      }
      await session.end(random.oneOf(ENDINGS));
      await sent();
    }
  };
  const watch = async (witness: Witness) => {
    while (messages < count && !isOver()) {
      await witness.look();
      looks += 1;
      await delay(WITNESS_EVERY_MS);
    }
    await witness.leave();
  };
  await Promise.all([
    ...Array.from({ length: SPOILERS }, (_, number) => spoiler(number)),
    ...witnesses.map(watch),
  ]);
  return { messages, sessions, looks, ms: performance.now() - began, ...memory.memory };
}
