import type { Address } from '../../runtime/network.ts';
import { AddressInUseError, NetworkError } from '../../runtime/network-errors.ts';
import type { LogLevel } from '../../runtime/pino-log.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { Backoff } from '../feed/reach.ts';
import type { Front, WorkersStanding } from '../front.ts';
import { Load } from '../load.ts';
import type { HubServices } from '../services.ts';
import type { SessionDirectory } from '../session/sessions.ts';
import { decodeFailure } from './failures.ts';
import type { Failure, FromWorker, StartWorker, ToWorker, WorkerProcess } from './messages.ts';
import { Pulse } from './pulse.ts';
import { Switchboard } from './switchboard.ts';

/** A worker that has served for so long had no trouble in starting. */
const SOUND_MS = 60_000;
/** How long workers may take to end what is open when the hub stops. */
const STOP_MS = 15_000;

export interface WorkerPoolOptions {
  readonly surroundings: Surroundings;
  /** How many, at least 1. */
  readonly count: number;
  readonly start: StartWorker;
  readonly logLevel: LogLevel;
}

/**
 * Terminals are served by workers, processes of their own that share the port, while this one decides, counts and
 * keeps (docs/adr). One that dies takes its connections with it and nothing else: what it had open is settled as
 * after a restart, and another takes its place. One that hangs is ended.
 */
export class WorkerPool implements Front {
  readonly #options: WorkerPoolOptions;
  /** Of this process, which all workers ask. */
  readonly #load: Load;
  readonly #running = new Set<RunningWorker>();
  readonly #stop = new AbortController();
  #places: Promise<void>[] = [];
  /** What workers are told to listen on: all must say the same to share a port, also where it is any. */
  #listen: Address | undefined;
  #address: Address | undefined;

  readonly sessions: SessionDirectory;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#load = new Load(options.surroundings.clock);
    const running = this.#running;
    this.sessions = {
      get count() {
        return [...running].reduce((sum, worker) => sum + worker.sessions, 0);
      },
      endRevoked: (uids) => {
        if (uids.length > 0) this.#tellAll({ kind: 'revoked', uids });
      },
    };
  }

  get workers(): WorkersStanding {
    const listening = [...this.#running].filter((worker) => worker.isServing);
    const silent = listening.filter((worker) => worker.isSilent).length;
    return { wanted: this.#options.count, serving: listening.length - silent, silent };
  }

  async open(services: HubServices, listen: Address): Promise<Address> {
    services.identity.onReplaced((identity) => this.#tellAll({ kind: 'identity', identity }));
    this.#listen = listen;
    // The first alone: where it cannot listen, nobody can.
    const first = this.#start(services, listen);
    const address = await first.listening;
    this.#address = address;
    const others = Array.from({ length: this.#options.count - 1 }, () => this.#start(services, listen));
    this.#places = [first, ...others].map((worker) => this.#keepPlace(services, worker));
    await Promise.all(others.map((worker) => worker.listening));
    return address;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#tellAll({ kind: 'stop' });
    const { clock, log } = this.#options.surroundings;
    const timer = clock.after(STOP_MS, () => {
      log.warn('workers that did not stop were ended', { workers: this.#running.size });
      for (const worker of this.#running) worker.kill();
    });
    await Promise.all([...this.#running].map((worker) => worker.gone));
    await Promise.all(this.#places);
    timer.cancel();
  }

  #start(services: HubServices, listen: Address): RunningWorker {
    const { start, logLevel } = this.#options;
    const worker = new RunningWorker(start(), services, this.#load, {
      listen,
      logLevel,
      policy: services.policy,
      limbasiya: services.limbasiya?.self ?? null,
    });
    this.#running.add(worker);
    void worker.gone.then(() => this.#running.delete(worker));
    return worker;
  }

  #startAnew(services: HubServices): RunningWorker {
    // The port was let go with the last one who had it: whoever comes next asks for the same.
    if (this.#running.size === 0) this.#listen = this.#address;
    if (this.#listen === undefined) throw new Error('the workers are not open');
    return this.#start(services, this.#listen);
  }

  /** Has a worker serve in this place until the hub stops. Never rejects. */
  async #keepPlace(services: HubServices, first: RunningWorker): Promise<void> {
    const { surroundings } = this.#options;
    const { clock, log } = surroundings;
    const backoff = new Backoff(surroundings);
    for (let worker = first; ; worker = this.#startAnew(services)) {
      const began = clock.monotonic();
      const reason = await worker.listening.then(
        () => worker.gone,
        (cause) => (cause instanceof Error ? cause.message : String(cause)),
      );
      if (this.#stop.signal.aborted) return;
      log.error('a worker ended, and another takes its place', { reason });
      if (clock.monotonic() - began >= SOUND_MS) backoff.reset();
      await backoff.pause(this.#stop.signal).catch(() => {});
      if (this.#stop.signal.aborted) return;
    }
  }

  #tellAll(message: ToWorker): void {
    for (const worker of this.#running) worker.post(message);
  }
}

type Orders = Omit<Extract<ToWorker, { readonly kind: 'start' }>['config'], 'identity'>;

/** One worker, from its start to its end. */
class RunningWorker {
  /** Resolves with the real address; rejects where it cannot listen, or is gone before it does. */
  readonly listening: Promise<Address>;
  /** Resolves with how it went, once all that it had open is settled. Never rejects. */
  readonly gone: Promise<string>;
  isServing = false;
  readonly #process: WorkerProcess;
  readonly #switchboard: Switchboard;
  readonly #pulse: Pulse;
  readonly #services: HubServices;
  readonly #orders: Orders;
  #listen: { readonly yes: (address: Address) => void; readonly no: (cause: Error) => void } | undefined;

  constructor(process: WorkerProcess, services: HubServices, load: Load, orders: Orders) {
    this.#process = process;
    this.#services = services;
    this.#orders = orders;
    this.#switchboard = new Switchboard(services, load, (answers) => this.post({ kind: 'answers', answers }));
    this.listening = new Promise((yes, no) => {
      this.#listen = { yes, no };
    });
    // Whoever waits for it hears of it; where nobody does, it is in `gone`.
    this.listening.catch(() => {});
    process.onMessage((message) => this.#take(message));
    this.#pulse = new Pulse(
      services.surroundings.clock,
      () => this.post({ kind: 'alive?' }),
      () => this.#hangs(),
    );
    this.gone = new Promise((resolve) => process.onExit((how) => void this.#end(how).then(resolve)));
  }

  get sessions(): number {
    return this.#switchboard.sessions;
  }

  /** It is there, and does not answer. */
  get isSilent(): boolean {
    return this.#pulse.isSilent;
  }

  post(message: ToWorker): void {
    this.#process.post(message);
  }

  kill(): void {
    this.#process.kill();
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case 'ready': {
        const identity = this.#services.identity.current;
        this.post({ kind: 'start', config: { ...this.#orders, identity } });
        break;
      }
      case 'listening':
        this.isServing = true;
        this.#pulse.started();
        this.#listen?.yes(message.address);
        break;
      case 'not-listening':
        this.#listen?.no(listenError(message.failure));
        this.kill();
        break;
      case 'calls':
        this.#switchboard.take(message.calls);
        break;
      case 'alive':
        this.#pulse.answered();
        break;
      case 'stopped':
        this.isServing = false;
        break;
    }
  }

  #hangs(): void {
    this.#services.surroundings.log.error('a worker does not answer, and is ended');
    this.kill();
  }

  async #end(how: string): Promise<string> {
    this.isServing = false;
    this.#pulse.stop();
    this.#listen?.no(new NetworkError(`a worker ended before it listened: ${how}`));
    try {
      await this.#switchboard.settle();
      return how;
    } catch (cause) {
      // The disk is full, for one: `openHubStore` settles what is still open at the next start.
      return `${how}; what it had open is not settled: ${cause instanceof Error ? cause.message : String(cause)}`;
    }
  }
}

function listenError(failure: Failure): Error {
  const cause = decodeFailure(failure);
  if (cause.code === 'address-in-use') return new AddressInUseError(cause.message);
  return cause.code === 'network' ? new NetworkError(cause.message) : cause;
}
