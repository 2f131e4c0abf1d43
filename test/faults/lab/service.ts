import { cpSync, rmSync } from 'node:fs';
import type { Log } from '../../../runtime/log.ts';
import type { Network } from '../../../runtime/network.ts';
import type { Surroundings } from '../../../runtime/surroundings.ts';
import { fillDisk, makeRoom } from './disks.ts';
import type { MachineClock } from './machine-clock.ts';
import { MortalNetwork } from './mortal-network.ts';

interface Serving {
  close(): Promise<void>;
}

/** What a service needs of the world that it is in. */
export interface ServiceWorld {
  readonly random: (length: number) => Uint8Array;
  /** The network as seen from `host`. */
  from(host: string): Network;
  logOf(name: string): Log;
  /** What must settle, whatever becomes of it. */
  mustSettle(what: string, promise: Promise<unknown>): void;
}

export interface ServiceOptions<S extends Serving> {
  readonly name: string;
  readonly host: string;
  readonly clock: MachineClock;
  /** What it serves at first; with each death it moves into a new one beside it. */
  readonly folder: string;
  readonly world: ServiceWorld;
  serve(surroundings: Surroundings, folder: string): Promise<S>;
  /** What a kill leaves of a folder: the copy of it, at that very instant. For a disk that forgets. */
  copy?: (from: string, to: string) => void;
  /** It was stopped or killed. */
  onEnd?: () => void;
}

/** One run of the program, until it is stopped or killed. */
interface Life<S> {
  readonly network: MortalNetwork;
  isDead: boolean;
  running: S | undefined;
  starting: Promise<void>;
}

/** A program that serves a folder, and can be killed at any instant and started again on what its disk holds. */
export class Service<S extends Serving> {
  readonly clock: MachineClock;
  readonly #options: ServiceOptions<S>;
  #folder: string;
  #lives = 0;
  #life: Life<S> | undefined;

  constructor(options: ServiceOptions<S>) {
    this.#options = options;
    this.clock = options.clock;
    this.#folder = options.folder;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Where its files are now. */
  get folder(): string {
    return this.#folder;
  }

  /** Undefined while it is not up. */
  get running(): S | undefined {
    return this.#life?.running;
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  /** Starts it unless it is up. Resolves when it serves, was killed on the way, or could not be started: it is down then. */
  async start(): Promise<void> {
    if (this.#life !== undefined) return this.#life.starting;
    const { name, host, clock, world } = this.#options;
    const network = new MortalNetwork(world.from(host));
    const life: Life<S> = { network, isDead: false, running: undefined, starting: Promise.resolve() };
    const log = mortal(world.logOf(name), () => life.isDead);
    const served = this.#options.serve({ clock, network, random: world.random, log }, this.#folder);
    world.mustSettle(`the start of ${name}`, served);
    this.#life = life;
    life.starting = served.then(
      (running) => {
        if (life.isDead) world.mustSettle(`the end of ${name}, killed at its start`, running.close());
        else life.running = running;
      },
      (cause: unknown) => {
        if (life.isDead) return;
        this.#life = undefined;
        network.kill();
        log.error('could not be started', { reason: cause instanceof Error ? cause.message : String(cause) });
      },
    );
    return life.starting;
  }

  /** Stops it in order, as SIGTERM does. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    await life.starting;
    if (this.#life !== life) return;
    this.#life = undefined;
    const closed = life.running?.close() ?? Promise.resolve();
    this.#options.world.mustSettle(`the stop of ${this.name}`, closed);
    await closed;
    life.isDead = true;
    life.network.kill();
    this.#options.onEnd?.();
  }

  /**
   * `kill -9`: from this instant on nothing that it does counts, and its files are what they are. In truth its
   * code runs on, in a folder that nobody looks into any more, until it has closed all that it opened.
   */
  kill(): void {
    const life = this.#life;
    if (life === undefined) return;
    const { name, folder, world, copy = copyFolder, onEnd } = this.#options;
    const old = this.#folder;
    this.#lives += 1;
    this.#folder = `${folder}.${this.#lives}`;
    copy(old, this.#folder);
    life.isDead = true;
    life.network.kill();
    this.#life = undefined;
    onEnd?.();
    const closed = life.starting
      .then(() => life.running?.close())
      .finally(() => rmSync(old, { recursive: true, force: true }));
    world.mustSettle(`the end of ${name}, killed`, closed);
  }

  fillDisk(): void {
    fillDisk(this.#folder);
  }

  makeRoom(): void {
    makeRoom(this.#folder);
  }
}

/** Sockets are no files, and what is shared in memory (`-shm`) is gone with the process: SQLite makes it anew. */
export function copyFolder(from: string, to: string): void {
  const filter = (path: string) => !/(\.sock|-shm)$/.test(path);
  cpSync(from, to, { recursive: true, preserveTimestamps: true, filter });
}

function mortal(log: Log, isDead: () => boolean): Log {
  const unless =
    (write: Log['info']): Log['info'] =>
    (event, fields) => {
      if (!isDead()) write(event, fields);
    };
  return {
    debug: unless(log.debug),
    info: unless(log.info),
    warn: unless(log.warn),
    error: unless(log.error),
  };
}
