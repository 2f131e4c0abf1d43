import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers';
import { RcClient } from '../../../certs/rc-client.ts';
import type { TlsIdentity } from '../../../certs/tls-identity.ts';
import { type CardReader, openCardReader } from '../../../hardware/card-reader.ts';
import { type VirtualReader, virtualReader } from '../../../hardware/sim/virtual-reader.ts';
import { type RunningHub, serveHub } from '../../../hub/serve.ts';
import { type RunningRc, serveRc } from '../../../rc/serve.ts';
import { formatAddress } from '../../../runtime/address.ts';
import type { Log, LogFields } from '../../../runtime/log.ts';
import type { Network } from '../../../runtime/network.ts';
import { seededRandom } from '../../../runtime/random.ts';
import { SimulatedClock } from '../../../runtime/simulated-clock.ts';
import {
  type Holding,
  type Mischief,
  type Passing,
  SimulatedNetwork,
} from '../../../runtime/simulated-network.ts';
import type { Surroundings } from '../../../runtime/surroundings.ts';
import { Blows } from './blows.ts';
import { textOf } from './broken.ts';
import type { LabCard } from './card.ts';
import { watchStores } from './disks.ts';
import {
  HUBS,
  type HubId,
  type Service as ServiceId,
  TERMINALS,
  type TerminalId,
  WORKERS,
} from './history.ts';
import { HubWorkers } from './hub-workers.ts';
import { Ledger } from './ledger.ts';
import { MachineClock } from './machine-clock.ts';
import type { Meeting } from './meeting.ts';
import { need } from './need.ts';
import { areOtherThreadsBusy, watchWebcrypto } from './other-threads.ts';
import { hubAddress, OFFICE_HOST, RC_ADDRESS, terminalHost } from './places.ts';
import { Service } from './service.ts';
import { LabTerminal, type TerminalWorld } from './terminal.ts';

const MINUTE_MS = 60_000;
/** By the simulated clock. What has not settled by then never will. */
const SETTLES_WITHIN_MS = 20 * MINUTE_MS;

export interface WorldOptions {
  /** Everything lives below it. */
  readonly folder: string;
  /** When it begins, ms since the Unix epoch. */
  readonly start: number;
  /** Decides every key, every delay and every share. */
  readonly seed: string;
  /** As `ServiceOptions.copy`, for a hub's disk. */
  readonly copyHub?: (from: string, to: string) => void;
}

/** A whole network in one process, in which all that can break may: RC, hubs, terminals, cards, lines, clocks. */
export class FaultWorld implements TerminalWorld {
  readonly clock: SimulatedClock;
  readonly network: SimulatedNetwork;
  readonly random: (length: number) => Uint8Array;
  readonly ledger = new Ledger();
  readonly cards = new Map<number, LabCard>();
  readonly rc: Service<RunningRc>;
  readonly hubs: ReadonlyMap<HubId, Service<RunningHub>>;
  readonly terminals: ReadonlyMap<TerminalId, LabTerminal>;
  /** The registrar's desk. */
  readonly desk: VirtualReader & { readonly field: { put(card: LabCard['tag']): void; take(): void } };
  readonly deskReader: CardReader;
  /** All that was logged, shown and thrown, by whom; each with when, in seconds. */
  readonly said: string[] = [];
  /** Every PIN that anybody typed. */
  readonly pins = new Set<string>();
  /** What befalls its parts. */
  readonly blows = new Blows(this);
  readonly #unsettled = new Map<Promise<unknown>, string>();
  readonly #onTap = new Map<TerminalId, number>();
  readonly #meetings = new Map<HubId, Meeting>();
  readonly #workers = new Map<HubId, HubWorkers>();
  readonly #options: WorldOptions;
  #operator: RcClient | undefined;

  constructor(options: WorldOptions) {
    const { folder, start, seed } = options;
    watchStores();
    watchWebcrypto();
    this.#options = options;
    this.clock = new SimulatedClock(start, { isBusy: areOtherThreadsBusy });
    this.random = seededRandom(`${seed} keys`);
    this.network = new SimulatedNetwork({
      clock: this.clock,
      random: seededRandom(`${seed} network`),
      mischief: (passing) => this.#mischief(passing),
    });
    mkdirSync(folder, { recursive: true });
    const shared = { world: this };
    this.rc = new Service({
      ...shared,
      name: 'rc',
      host: RC_ADDRESS.host,
      clock: new MachineClock(this.clock),
      folder: join(folder, 'rc'),
      serve: (surroundings, at) => serveRc({ surroundings, folder: at, listen: RC_ADDRESS }),
    });
    for (const id of HUBS) {
      if (WORKERS[id] === undefined) continue;
      this.#workers.set(id, new HubWorkers((session) => this.ledger.overAtHub(id, session, this.elapsed)));
    }
    this.hubs = new Map(
      HUBS.map((id) => [
        id,
        new Service({
          ...shared,
          name: id,
          host: hubAddress(id).host,
          clock: new MachineClock(this.clock),
          folder: join(folder, id),
          serve: async (surroundings, at) => {
            const startWorker = await this.workers(id)?.begin(surroundings);
            return serveHub({
              surroundings,
              folder: at,
              listen: hubAddress(id),
              policy: { timeZone: 'Asia/Kolkata' },
              ...(startWorker && { startWorker, workers: WORKERS[id] }),
            });
          },
          onEnd: () => this.ledger.endedAtHub(id),
          ...(options.copyHub && { copy: options.copyHub }),
        }),
      ]),
    );
    this.terminals = new Map(
      TERMINALS.map((id) => [
        id,
        new LabTerminal({
          ...shared,
          id,
          host: terminalHost(id),
          clock: new MachineClock(this.clock),
          folder: join(folder, id),
        }),
      ]),
    );
    this.desk = virtualReader({ clock: this.clock });
    this.deskReader = openCardReader({ open: this.desk.open, clock: this.clock });
  }

  get folder(): string {
    return this.#options.folder;
  }

  /** Milliseconds since it began. */
  get elapsed(): number {
    return this.clock.monotonic();
  }

  get services(): readonly Service<RunningRc | RunningHub>[] {
    return [this.rc, ...this.hubs.values()] as Service<RunningRc | RunningHub>[];
  }

  service(id: ServiceId): Service<RunningRc> | Service<RunningHub> {
    return id === 'rc' ? this.rc : this.hub(id);
  }

  hub(id: HubId): Service<RunningHub> {
    return need(this.hubs.get(id), id);
  }

  /** Undefined where the hub serves by itself. */
  workers(id: HubId): HubWorkers | undefined {
    return this.#workers.get(id);
  }

  terminal(id: TerminalId): LabTerminal {
    return need(this.terminals.get(id), id);
  }

  card(number: number): LabCard | undefined {
    return this.cards.get(number);
  }

  /** The office's machine. */
  get office(): Surroundings {
    return {
      clock: this.clock,
      network: this.network.from(OFFICE_HOST),
      random: this.random,
      log: this.logOf('office'),
    };
  }

  /** The first operator, at the office. */
  get operator(): RcClient {
    return need(this.#operator, 'operator');
  }

  beOperator(identity: TlsIdentity): void {
    this.#operator = new RcClient({ surroundings: this.office, rc: RC_ADDRESS, identity });
  }

  from(host: string): Network {
    return this.network.from(host);
  }

  logOf(name: string): Log {
    const keep =
      (level: string) =>
      (event: string, fields: LogFields = {}) => {
        this.say(name, `${level} ${event} ${JSON.stringify(fields)}`);
        this.#heardFrom(name, event, fields);
      };
    return { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
  }

  /** Keeps what somebody said, for whoever looks for what should not be said, or what happened. */
  say(name: string, line: string): void {
    this.said.push(`${(this.elapsed / 1_000).toFixed(3)} ${name} ${line}`);
  }

  mustSettle(what: string, promise: Promise<unknown>): void {
    this.#unsettled.set(promise, what);
    const timer = this.clock.after(SETTLES_WITHIN_MS, () => {
      this.#unsettled.delete(promise);
      this.ledger.breaks(
        'settles',
        `${what} has not settled within ${SETTLES_WITHIN_MS / MINUTE_MS} minutes`,
      );
    });
    const settled = () => {
      timer.cancel();
      this.#unsettled.delete(promise);
    };
    promise.then(settled, (cause: unknown) => {
      settled();
      this.say('office', `${what}: ${textOf(cause)}`);
    });
  }

  /** What is still under way. */
  get unsettled(): readonly Promise<unknown>[] {
    return [...this.#unsettled.keys()];
  }

  inTurns(turns: number, run: () => void): void {
    if (turns === 0) run();
    else setImmediate(() => this.inTurns(turns - 1, run));
  }

  keepNews(hub: HubId, meeting: Meeting): void {
    this.#meetings.get(hub)?.end();
    this.#meetings.set(hub, meeting);
  }

  /** A tap begins: what hubs say of that terminal is about this card. */
  tapBegins(terminal: TerminalId, card: number): void {
    this.#onTap.set(terminal, card);
  }

  /** Stops all that runs. */
  async close(): Promise<void> {
    this.#operator?.close();
    for (const service of [...this.hubs.values(), this.rc]) await this.clock.advanceUntil(service.stop());
    for (const terminal of this.terminals.values()) await this.clock.advanceUntil(terminal.close());
    await this.clock.advanceUntil(this.deskReader.close());
  }

  /** Ends all that runs, whatever state it is in: nothing of it is to be left for the next world. */
  async abandon(): Promise<void> {
    this.#operator?.close();
    this.blows.killAll();
    const closed = this.deskReader.close();
    // What hangs is left behind: it has been told of already, or is what broke.
    await this.clock.advance(2 * SETTLES_WITHIN_MS).catch(() => undefined);
    await Promise.race([closed, new Promise((resolve) => setImmediate(resolve))]);
  }

  #mischief({ from, to, direction }: Passing): Mischief | undefined {
    const toHost = to.slice(0, to.lastIndexOf(':'));
    if (this.blows.isDark(from) || this.blows.isDark(toHost)) return { delayMs: Number.POSITIVE_INFINITY };
    if (to === formatAddress(RC_ADDRESS)) return direction === 'back' ? this.#keptFor(from) : undefined;
    return [...this.terminals.values()].find(({ host }) => host === from)?.piece();
  }

  /** What the registration centre sends to a hub that is to hear of it later. */
  #keptFor(host: string): Holding | undefined {
    const hub = HUBS.find((id) => hubAddress(id).host === host);
    const meeting = hub && this.#meetings.get(hub);
    return meeting === undefined || meeting.isOver ? undefined : meeting.news;
  }

  #heardFrom(name: string, event: string, fields: LogFields): void {
    const hub = HUBS.find((id) => id === name);
    if (hub === undefined) return;
    if (event === 'login') this.#openedAt(hub, fields);
    if (event === 'session over') this.ledger.overAtHub(hub, String(fields['session']), this.elapsed);
    if (event === 'lists updated') void this.hearHow(hub);
  }

  #openedAt(hub: HubId, { terminal, session, recovery }: LogFields): void {
    const card = TERMINALS.filter((id) => id === terminal).map((id) => this.#onTap.get(id))[0];
    this.ledger.openedAtHub(hub, String(session));
    if (card === undefined) {
      this.ledger.breaks('session-keys', `${hub} opened a session at ${String(terminal)}, where nobody taps`);
      return;
    }
    this.ledger.livesAtHub(hub, String(session), card, this.elapsed);
    if (recovery === false) this.ledger.rightLogin(hub, card);
  }

  /** Asks a hub how far it has read the feed. */
  async hearHow(hub: HubId): Promise<void> {
    const status = await this.hub(hub)
      .running?.status()
      .catch(() => undefined);
    const cursor = status?.lists.cursor;
    if (cursor !== null && cursor !== undefined) this.ledger.heard(hub, cursor, this.elapsed);
  }
}
