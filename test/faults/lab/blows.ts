import type { Timer } from '../../../runtime/clock.ts';
import type { SimulatedClock } from '../../../runtime/simulated-clock.ts';
import type { Conditions, SimulatedNetwork } from '../../../runtime/simulated-network.ts';
import {
  type Blow,
  HUBS,
  type HubId,
  type LineTrouble,
  type Machine,
  type Service as ServiceId,
  TERMINALS,
  type TerminalId,
} from './history.ts';
import type { HubWorkers } from './hub-workers.ts';
import type { MachineClock } from './machine-clock.ts';
import { addressOf, hostOf, isTerminal } from './places.ts';
import type { Service } from './service.ts';
import type { LabTerminal } from './terminal.ts';

/** By the simulated clock. */
const STARTS_WITHIN_MS = 20 * 60_000;

const MACHINES: readonly Machine[] = ['rc', ...HUBS, ...TERMINALS];

const LINES: Readonly<Record<LineTrouble['state'], Partial<Conditions>>> = {
  down: { refuse: 1, cut: 1 },
  silent: { latencyMs: Number.POSITIVE_INFINITY },
  flaky: { refuse: 0.3, cut: 0.1, jitterMs: 50 },
  slow: { latencyMs: 150, jitterMs: 250 },
  'very-slow': { latencyMs: 2_000, jitterMs: 2_500 },
};

type AnyService = Pick<
  Service<{ close(): Promise<void> }>,
  'clock' | 'kill' | 'start' | 'fillDisk' | 'makeRoom'
>;

/** What can be struck. */
interface Parts {
  readonly clock: SimulatedClock;
  readonly network: SimulatedNetwork;
  readonly services: readonly AnyService[];
  readonly terminals: ReadonlyMap<TerminalId, LabTerminal>;
  service(id: ServiceId): AnyService;
  workers(id: HubId): HubWorkers | undefined;
  terminal(id: TerminalId): LabTerminal;
}

/** What befalls the parts of a world, each until its time is over. */
export class Blows {
  readonly #parts: Parts;
  /** Hosts at which everything that is sent gets lost. */
  readonly #dark = new Set<string>();
  /** What is to be mended, and when. */
  readonly #mending = new Set<Timer>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  isDark(host: string): boolean {
    return this.#dark.has(host);
  }

  /** Something befalls a part, and is mended when its time is over. */
  strike(blow: Blow): void {
    const mendIn = (ms: number, mend: () => void) => {
      const timer = this.#parts.clock.after(ms, () => {
        this.#mending.delete(timer);
        mend();
      });
      this.#mending.add(timer);
    };
    switch (blow.what) {
      case 'kill':
        this.#kill(blow.who);
        mendIn(blow.ms, () => this.#start(blow.who));
        return;
      case 'dark': {
        const { host } = addressOf(blow.who);
        this.#dark.add(host);
        this.#kill(blow.who);
        mendIn(blow.ms, () => {
          this.#dark.delete(host);
          this.#start(blow.who);
        });
        return;
      }
      case 'kill-worker':
        this.#parts.workers(blow.who)?.kill(blow.nth);
        return;
      case 'power-cut': {
        for (const machine of MACHINES) this.#kill(machine);
        mendIn(blow.ms, () => {
          for (const machine of MACHINES) this.#start(machine);
        });
        return;
      }
      case 'line': {
        const from = hostOf(blow.from);
        const to = addressOf(blow.to);
        this.#parts.network.setConditions(to, LINES[blow.state], from);
        if (blow.state === 'down') this.#parts.network.cut(to, from);
        mendIn(blow.ms, () => this.#parts.network.setConditions(to, {}, from));
        return;
      }
      case 'clock': {
        const clock = this.#clockOf(blow.whose);
        clock.jump(blow.by);
        mendIn(blow.ms, () => clock.setRight());
        return;
      }
      case 'disk-full': {
        const service = this.#parts.service(blow.whose);
        service.fillDisk();
        mendIn(blow.ms, () => service.makeRoom());
        return;
      }
    }
  }

  /** Everything is as it should be again: all lines, clocks and disks; all that was down is up. */
  async mend(): Promise<void> {
    for (const timer of this.#mending) timer.cancel();
    this.#mending.clear();
    this.#dark.clear();
    for (const from of ['office', ...HUBS, ...TERMINALS] as const) {
      for (const to of ['rc', ...HUBS] as const) {
        this.#parts.network.setConditions(addressOf(to), {}, hostOf(from));
      }
    }
    for (const service of this.#parts.services) {
      service.clock.setRight();
      service.makeRoom();
    }
    for (const terminal of this.#parts.terminals.values()) {
      terminal.clock.setRight();
      terminal.start();
    }
    for (const service of this.#parts.services)
      await this.#parts.clock.advanceUntil(service.start(), STARTS_WITHIN_MS);
  }

  /** Nothing is mended any more, and everything that runs is killed. */
  killAll(): void {
    for (const timer of this.#mending) timer.cancel();
    for (const machine of MACHINES) this.#kill(machine);
  }

  #kill(machine: Machine): void {
    if (isTerminal(machine)) this.#parts.terminal(machine).kill();
    else this.#parts.service(machine).kill();
  }

  #start(machine: Machine): void {
    if (isTerminal(machine)) this.#parts.terminal(machine).start();
    else void this.#parts.service(machine).start();
  }

  #clockOf(machine: Machine): MachineClock {
    return isTerminal(machine) ? this.#parts.terminal(machine).clock : this.#parts.service(machine).clock;
  }
}
