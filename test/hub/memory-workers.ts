import type { StartWorker, ToWorker, WorkerProcess } from '../../hub/workers/messages.ts';
import { serveWorker } from '../../hub/workers/serve-worker.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Address, ByteStream, Listener, Network } from '../../runtime/network.ts';
import { silentLog } from '../../runtime/pino-log.ts';
import { systemRandom } from '../../runtime/random.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { fast } from '../support/fast.ts';

/** A port that the workers of one process share as processes do: whoever's turn it is gets the next connection. */
class SharedPort {
  readonly #takers: ((stream: ByteStream) => void)[] = [];
  readonly #network: Network;
  #listener: Promise<Listener> | undefined;
  #turn = 0;

  constructor(network: Network) {
    this.#network = network;
  }

  async listen(address: Address, take: (stream: ByteStream) => void): Promise<Listener> {
    this.#takers.push(take);
    this.#listener ??= this.#network.listen(address, (stream) => this.#deal(stream));
    const listener = await this.#listener;
    const leave = async () => {
      const at = this.#takers.indexOf(take);
      if (at >= 0) this.#takers.splice(at, 1);
      if (this.#takers.length > 0) return;
      this.#listener = undefined;
      await listener.close();
    };
    return { address: listener.address, close: leave };
  }

  #deal(stream: ByteStream): void {
    this.#turn += 1;
    const take = this.#takers[this.#turn % this.#takers.length];
    if (take === undefined) stream.destroy();
    else take(stream);
  }
}

export interface MemoryWorkersOptions extends Pick<Surroundings, 'clock' | 'network'> {
  readonly random?: Surroundings['random'];
  readonly primitives?: Primitives;
  /** What a new worker logs to, for as long as it lives; nowhere, where it is left out. */
  readonly logFor?: (worker: MemoryWorker) => Log;
}

/** Workers that run in the test's own process, over what they run over in life: copies of messages, a shared port. */
export class MemoryWorkers {
  readonly alive: MemoryWorker[] = [];
  /** Who got the last connection. */
  latest: MemoryWorker | undefined;
  readonly #options: MemoryWorkersOptions;
  readonly #port: SharedPort;

  constructor(options: MemoryWorkersOptions) {
    this.#options = options;
    this.#port = new SharedPort(options.network);
  }

  readonly start: StartWorker = () => {
    const worker = new MemoryWorker(this.#options, this.#port, () => {
      this.latest = worker;
    });
    this.alive.push(worker);
    worker.onExit(() => this.alive.splice(this.alive.indexOf(worker), 1));
    return worker;
  };
}

export class MemoryWorker implements WorkerProcess {
  readonly #streams = new Set<ByteStream>();
  readonly #exits: ((how: string) => void)[] = [];
  #takeAtHub: Parameters<WorkerProcess['onMessage']>[0] = () => {};
  #takeHere: (message: ToWorker) => void = () => {};
  #listener: Listener | undefined;
  readonly #timers = new Set<Timer>();
  #isAlive = true;
  #hangs = false;

  constructor(
    {
      clock,
      network,
      random = systemRandom,
      primitives = fast,
      logFor = () => silentLog,
    }: MemoryWorkersOptions,
    port: SharedPort,
    onConnected: () => void,
  ) {
    const listen: Network['listen'] = async (address, onConnection) => {
      this.#listener = await port.listen(address, (stream) => {
        onConnected();
        if (!this.#isAlive) {
          stream.destroy();
          return;
        }
        this.#streams.add(stream);
        if (!this.#hangs) onConnection(stream);
      });
      // Killed before it listened.
      if (!this.#isAlive) await this.#listener.close();
      return this.#listener;
    };
    const surroundings: Surroundings = {
      clock: this.#mortal(clock),
      random,
      log: this.#untilItEnds(logFor(this)),
      network: { listen, connect: (address, options) => network.connect(address, options) },
    };
    void serveWorker({
      hub: {
        post: (message) => this.#deliver(message, (copy) => this.#takeAtHub(copy)),
        onMessage: (take) => {
          this.#takeHere = take;
        },
      },
      primitives,
      surroundingsFor: () => surroundings,
    }).then(() => this.#exit('in order'));
  }

  /** From now on it does nothing at all, as one in an endless loop. */
  hang(): void {
    this.#hangs = true;
  }

  post(message: ToWorker): void {
    this.#deliver(message, (copy) => {
      if (!this.#hangs) this.#takeHere(copy);
    });
  }

  onMessage: WorkerProcess['onMessage'] = (take) => {
    this.#takeAtHub = take;
  };

  onExit: WorkerProcess['onExit'] = (take) => {
    this.#exits.push(take);
  };

  /** Ends it as `kill -9` does: what it has open is cut, and nothing more is heard of it. */
  kill(): void {
    this.#exit('by SIGKILL');
  }

  #exit(how: string): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    void this.#listener?.close();
    for (const stream of this.#streams) stream.destroy();
    for (const timer of this.#timers) timer.cancel();
    for (const take of this.#exits) take(how);
  }

  /** What it waits for ends with it. */
  #mortal(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (ms, run) => {
        if (!this.#isAlive) return { cancel: () => {} };
        const timer = clock.after(ms, () => {
          this.#timers.delete(timer);
          run();
        });
        this.#timers.add(timer);
        return {
          cancel: () => {
            this.#timers.delete(timer);
            timer.cancel();
          },
        };
      },
    };
  }

  #untilItEnds(log: Log): Log {
    const write =
      (level: keyof Log): Log['info'] =>
      (event, fields) => {
        if (this.#isAlive) log[level](event, fields);
      };
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  }

  #deliver<T>(message: T, take: (copy: T) => void): void {
    const copy = structuredClone(message);
    setImmediate(() => {
      if (this.#isAlive) take(copy);
    });
  }
}
