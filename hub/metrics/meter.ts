import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { currentListAge } from '../feed/list-age.ts';
import type { HubServices } from '../services.ts';
import type { LoginReport } from './login-course.ts';

/** What is counted, from whichever process: plain data, told without waiting for anything. */
export interface Meter {
  login(report: LoginReport): void;
  /** A try was taken, given back by a right PROOF, or asked for again by the same LOGIN. */
  tried(what: 'taken' | 'given-back' | 'repeated'): void;
}

const PREFIX = 'cardea_hub_';
/** From a cheap handshake step to a patient who types slowly, seconds. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The hub's counts, for Prometheus: one for all its processes, at the one that owns the folder. */
export class HubMeter implements Meter {
  readonly #registry = new Registry();
  readonly #logins;
  readonly #steps;
  readonly #tries;
  readonly #gauges = new Map<string, Gauge>();

  constructor() {
    const registers = [this.#registry];
    this.#logins = new Counter({
      name: `${PREFIX}logins_total`,
      help: 'Logins by suite and outcome',
      labelNames: ['suite', 'outcome'],
      registers,
    });
    this.#steps = new Histogram({
      name: `${PREFIX}login_step_seconds`,
      help: 'Time of a login by step; "typing" and "card" wait for the other side',
      labelNames: ['step'],
      buckets: BUCKETS,
      registers,
    });
    this.#tries = new Counter({
      name: `${PREFIX}tries_total`,
      help: 'Tries taken, given back by a right PIN, or asked for again by the same login',
      labelNames: ['what'],
      registers,
    });
    for (const what of ['taken', 'given-back', 'repeated']) this.#tries.inc({ what }, 0);
  }

  login({ suite, outcome, seconds }: LoginReport): void {
    this.#logins.inc({ suite, outcome });
    for (const [step, taken] of Object.entries(seconds)) this.#steps.observe({ step }, taken);
  }

  tried(what: 'taken' | 'given-back' | 'repeated'): void {
    this.#tries.inc({ what });
  }

  /** The text that Prometheus reads, with how the hub stands at this moment. @throws StoreError */
  async text(hub: HubServices): Promise<string> {
    for (const [name, help, value] of await standingOf(hub)) this.#gauge(name, help).set(value);
    return this.#registry.metrics();
  }

  #gauge(name: string, help: string): Gauge {
    const known = this.#gauges.get(name);
    if (known !== undefined) return known;
    const made = new Gauge({ name: `${PREFIX}${name}`, help, registers: [this.#registry] });
    this.#gauges.set(name, made);
    return made;
  }
}

type Measure = readonly [name: string, help: string, value: number];

async function standingOf(hub: HubServices): Promise<readonly Measure[]> {
  const { identity, policy, reporter, records, store, gate, sessions, reach, front } = hub;
  const { age } = await currentListAge(hub);
  const restored = await store.lists.rcRestore();
  const [head, told] = [await store.audit.head(), await store.auditOutbox.delivered()];
  const { workers } = front;
  const { rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return [
    [
      'list_age_seconds',
      'Age of the lists; NaN while it is not known',
      age.ageMs === null ? Number.NaN : age.ageMs / 1_000,
    ],
    ['list_age_limit_seconds', 'Age of the lists at which logins stop', policy.listAgeDays * 86_400],
    [
      'sync_lag_seconds',
      'How long the oldest report to the registration centre waits',
      reporter.lagMs / 1_000,
    ],
    [
      'audit_rows_untold',
      'Rows of the audit trail that the registration centre has not',
      head.number - told.number,
    ],
    ['rc_answers', '1 where the registration centre answered when it was last asked', Number(reach.answers)],
    [
      'rc_restored_seconds',
      'When the registration centre was last met restored from a backup, since the Unix epoch; 0 for never',
      (restored?.met ?? 0) / 1_000,
    ],
    ['queue_waiting', "Patients who wait in today's queue", await records.countWaiting()],
    ['records', 'Records kept', await store.records.count()],
    ['sessions', 'Open sessions', sessions.count],
    ['connections', 'Open connections', gate.connections],
    ['workers', 'Processes that serve terminals', workers === null ? 1 : workers.serving],
    [
      'certificate_expiry_seconds',
      "End of the hub's certificate, since the Unix epoch",
      identity.notAfter / 1_000,
    ],
    ['resident_memory_bytes', 'Resident memory of the process that owns the folder', rss],
    ['cpu_seconds', 'CPU time of the process that owns the folder', (user + system) / 1_000_000],
  ];
}
