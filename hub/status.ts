import { z } from 'zod';
import { formatAddress } from '../runtime/address.ts';
import { anchorText } from '../runtime/audit/chain.ts';
import type { Address } from '../runtime/network.ts';
import { currentListAge } from './feed/list-age.ts';
import { type Cause, examineHealth } from './health/health.ts';
import { WHAT_IT_MEANS } from './limbasiya/service.ts';
import type { HubServices } from './services.ts';
import type { RcRestore } from './store/feed.ts';

/** How a hub stands, as `cardea-hub status` prints it. Times in ms since the Unix epoch. */
export const hubStatus = z.object({
  id: z.string(),
  location: z.string(),
  /** Where it listens. */
  address: z.string(),
  /** Where terminals are told to find it. */
  announced: z.string(),
  /** Whether a login would be accepted. */
  takesLogins: z.boolean(),
  /** Why not. */
  failing: z.array(z.object({ cause: z.string(), words: z.string() })),
  /** Where health and metrics are asked for; null where nowhere. */
  health: z.string().nullable(),
  /** Why they cannot be asked for where they should; else null. */
  healthProblem: z.string().nullable(),
  /** Who waits in today's queue, and how many records there are. */
  waiting: z.int(),
  records: z.int(),
  /** How long the oldest report to the registration centre waits. */
  syncLagSeconds: z.int(),
  lists: z.object({
    state: z.enum(['fresh', 'old', 'too-old', 'never-heard', 'clock-behind']),
    ageSeconds: z.int().nullable(),
    limitDays: z.number(),
    cursor: z.int().nullable(),
  }),
  /** The registration centre, and whether it answered when it was last asked. */
  rc: z.object({
    address: z.string(),
    answers: z.boolean(),
    /** When this hub met it restored from a backup, and whether it knows all by now that is held here. */
    restored: z.object({ met: z.int(), settled: z.boolean() }).nullable(),
  }),
  cards: z.int(),
  sessions: z.int(),
  connections: z.int(),
  /** Processes that serve terminals, how many there are to be, and how many hang; null where the one process does all. */
  workers: z.object({ wanted: z.int(), serving: z.int(), silent: z.int() }).nullable(),
  certificateEnds: z.int(),
  /** Where limbasiya-2021 is allowed: how many cards its list has, and what it means; else null. */
  limbasiya: z.object({ cards: z.int(), means: z.string() }).nullable(),
  /** The audit trail: how many rows it has, its anchor, to be written down, and up to which row the RC has it. */
  audit: z.object({ rows: z.int(), anchor: z.string(), delivered: z.int() }),
  /** Sentences for the clinic's IT; empty while all is well. */
  warnings: z.array(z.string()),
});
export type HubStatus = z.infer<typeof hubStatus>;

/** Where a hub is and whom it follows. */
export interface HubPlace {
  readonly address: Address;
  readonly announced: string;
  readonly rc: Address;
  readonly health: Address | null;
  readonly healthProblem: string | null;
}

const DAY_MS = 86_400_000;

export async function statusOf(hub: HubServices, place: HubPlace): Promise<HubStatus> {
  const { identity, store, policy, surroundings } = hub;
  const { age, words } = await currentListAge(hub);
  const position = await store.lists.position();
  const failing = await examineHealth(hub);
  const { workers } = hub.front;
  const restored = await store.lists.rcRestore();
  const audit = await store.audit.head();
  const delivered = await store.auditOutbox.delivered();
  const certificate = certificateWarning(identity.notAfter, surroundings.clock.now());
  return {
    id: identity.hubId,
    location: identity.location,
    address: formatAddress(place.address),
    announced: place.announced,
    takesLogins: failing.length === 0,
    failing: failing.map((one) => ({ ...one })),
    lists: {
      state: age.state,
      ageSeconds: age.ageMs === null ? null : Math.floor(age.ageMs / 1_000),
      limitDays: policy.listAgeDays,
      cursor: position?.cursor ?? null,
    },
    rc: { address: formatAddress(place.rc), answers: hub.reach.answers, restored },
    cards: await store.countCards(),
    health: place.health && formatAddress(place.health),
    healthProblem: place.healthProblem,
    waiting: await hub.records.countWaiting(),
    records: await store.records.count(),
    syncLagSeconds: Math.floor(hub.reporter.lagMs / 1_000),
    sessions: hub.sessions.count,
    connections: hub.gate.connections,
    workers: workers && { ...workers },
    certificateEnds: identity.notAfter,
    limbasiya: hub.limbasiya && { cards: await hub.limbasiya.countPatients(), means: WHAT_IT_MEANS },
    audit: { rows: audit.number, anchor: anchorText(audit), delivered: delivered.number },
    warnings: warningsOf(
      [words, certificate, workersWarning(workers), place.healthProblem, restoreWarning(restored)],
      failing,
    ),
  };
}

/** What fails is said first, and nothing twice. */
function warningsOf(others: readonly (string | null)[], failing: readonly Cause[]): string[] {
  const all = [...failing.map(({ words }) => words), ...others];
  return [...new Set(all.filter((warning) => warning !== null))];
}

/** Terminals refuse a hub whose certificate is over; it is said three days ahead. Null while all is well. */
export function certificateWarning(notAfter: number, now: number): string | null {
  const days = (notAfter - now) / DAY_MS;
  if (days > 3) return null;
  const when = days < 0 ? 'has ended, so terminals refuse this hub' : `ends in ${days.toFixed(1)} days`;
  return `the hub's certificate ${when}; it is renewed daily: restore the connection to the registration centre`;
}

function workersWarning(workers: HubStatus['workers']): string | null {
  if (workers === null || workers.serving === workers.wanted) return null;
  return `${workers.serving} of ${workers.wanted} workers serve: the log says why the others ended; they are started anew`;
}

function restoreWarning(restored: RcRestore | null): string | null {
  if (restored === null || restored.settled) return null;
  return 'the registration centre was restored from a backup: this hub reads its lists anew, and tells it all that it holds';
}
