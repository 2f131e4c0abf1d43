import { FRAME } from '../../protocol/frames.ts';
import { decodeWireError } from '../../protocol/wire-error.ts';
import { CardeaError } from '../../runtime/errors.ts';
import type { Address } from '../../runtime/network.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { currentListAge, type ListAge, mayLogIn } from '../feed/list-age.ts';
import type { WorkersStanding } from '../front.ts';
import type { HubServices } from '../services.ts';
import { Wire } from '../wire.ts';

/** Why no login would be taken now. `cause` is stable; `words` are for the clinic's IT. */
export interface Cause {
  readonly cause: string;
  readonly words: string;
}

/** What is known of a hub where a login would be tried. */
export interface HealthFacts {
  readonly age: ListAge;
  /** What `describeListAge` says of it. */
  readonly ageWords: string | null;
  /** ms since the Unix epoch. */
  readonly now: number;
  readonly certificateEnds: number;
  /** Null where the one process serves by itself. */
  readonly workers: Pick<WorkersStanding, 'serving' | 'silent'> | null;
  /** What a write to the store failed with; null where it did not. */
  readonly storeFailure: { readonly code: string; readonly message: string } | null;
  /** What the hub's own door said to a stranger: why there was no HELLO. Null where there was, or nobody knocked. */
  readonly noHello: string | null;
}

/** Every cause for which logins fail; none while they do not. */
export function judgeHealth(facts: HealthFacts): readonly Cause[] {
  const causes: Cause[] = [];
  if (!mayLogIn(facts.age)) {
    causes.push({ cause: `lists-${facts.age.state}`, words: facts.ageWords ?? facts.age.state });
  }
  if (facts.now > facts.certificateEnds) {
    causes.push({
      cause: 'certificate-over',
      words:
        "the hub's certificate has ended, so terminals refuse this hub: restore the connection to the registration centre, or the clock",
    });
  }
  if (facts.workers?.serving === 0) {
    causes.push({ cause: 'no-worker', words: 'no worker serves terminals: the log says why they ended' });
  } else if (facts.workers !== null && facts.workers.silent > 0) {
    causes.push({
      cause: 'worker-silent',
      words:
        'a worker does not answer, and whoever comes to it waits in vain: it is ended within 20 s, and another takes its place',
    });
  }
  if (facts.storeFailure !== null) {
    causes.push({ cause: facts.storeFailure.code, words: facts.storeFailure.message });
  }
  // What keeps the door shut is said above already, where it is known.
  if (facts.noHello !== null && causes.length === 0) {
    causes.push({ cause: 'no-hello', words: `the hub does not greet terminals: ${facts.noHello}` });
  }
  return causes;
}

/** Looks at everything that a login needs, by doing it: writes to the store, and, with `knockAt`, calls at the hub's own address. */
export async function examineHealth(hub: HubServices, knockAt?: Address): Promise<readonly Cause[]> {
  const { identity, surroundings, front } = hub;
  const storeFailure = await failureOf(() => hub.store.probe());
  const list = await currentListAge(hub).catch(() => null);
  const noHello = knockAt === undefined ? null : await knock(surroundings, knockAt);
  return judgeHealth({
    age: list?.age ?? { state: 'never-heard', ageMs: null },
    ageWords: list?.words ?? null,
    now: surroundings.clock.now(),
    certificateEnds: identity.notAfter,
    workers: front.workers,
    storeFailure,
    noHello,
  });
}

const CONNECT_MS = 2_000;
const HELLO_MS = 5_000;
const ANY = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/** As a terminal would. @returns why there was no HELLO; null where there was */
async function knock({ network, clock }: Surroundings, { host, port }: Address): Promise<string | null> {
  try {
    const stream = await network.connect({ host: ANY.get(host) ?? host, port }, { timeoutMs: CONNECT_MS });
    const wire = new Wire(stream, clock);
    wire.openWide();
    try {
      const body = await wire.receive(HELLO_MS);
      return body[0] === FRAME.hello ? null : decodeWireError(body).text;
    } finally {
      wire.destroy();
    }
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

async function failureOf(act: () => Promise<void>): Promise<HealthFacts['storeFailure']> {
  try {
    await act();
    return null;
  } catch (cause) {
    if (cause instanceof CardeaError) return { code: cause.code, message: cause.message };
    return { code: 'store-failed', message: cause instanceof Error ? cause.message : String(cause) };
  }
}
