import type { Primitives } from '../../protocol/crypto/primitives.ts';
import type { Listener } from '../../runtime/network.ts';
import type { LogLevel } from '../../runtime/pino-log.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { Connections } from '../connections.ts';
import { Load } from '../load.ts';
import { CurrentIdentity } from '../renewal/current-identity.ts';
import { Sessions } from '../session/sessions.ts';
import { encodeFailure } from './failures.ts';
import type { FromWorker, HubProcess, WorkerConfig } from './messages.ts';
import { Remote, remoteServices } from './remote.ts';

export interface WorkerOptions {
  /** The hub's own process. */
  readonly hub: HubProcess;
  readonly primitives: Primitives;
  readonly surroundingsFor: (level: LogLevel) => Surroundings;
}

/** Serves terminals in a worker until the hub's own process says stop; what a worker takes is settled there. */
export async function serveWorker({ hub, primitives, surroundingsFor }: WorkerOptions): Promise<void> {
  const post = (message: FromWorker) => hub.post(message);
  const remote = new Remote((calls) => post({ kind: 'calls', calls }));
  let worker: Worker | undefined;
  await new Promise<void>((stopped) => {
    hub.onMessage((message) => {
      switch (message.kind) {
        case 'start':
          worker = new Worker(remote, { primitives, surroundings: surroundingsFor(message.config.logLevel) });
          void worker.open(message.config).then(post);
          break;
        case 'answers':
          remote.take(message.answers);
          break;
        case 'identity':
          worker?.identity?.replace(message.identity);
          break;
        case 'revoked':
          worker?.sessions.endRevoked(message.uids);
          break;
        case 'alive?':
          post({ kind: 'alive' });
          break;
        case 'stop':
          void (worker?.close() ?? Promise.resolve()).then(stopped);
          break;
      }
    });
    post({ kind: 'ready' });
  });
  remote.flush();
  post({ kind: 'stopped' });
}

class Worker {
  readonly sessions = new Sessions();
  identity: CurrentIdentity | undefined;
  readonly #remote: Remote;
  readonly #world: { readonly primitives: Primitives; readonly surroundings: Surroundings };
  #connections: Connections | undefined;
  #listener: Listener | undefined;

  constructor(
    remote: Remote,
    world: { readonly primitives: Primitives; readonly surroundings: Surroundings },
  ) {
    this.#remote = remote;
    this.#world = world;
  }

  /** Never rejects. @returns what the hub's own process is to know */
  async open({ listen, policy, identity, limbasiya }: WorkerConfig): Promise<FromWorker> {
    const { network, clock } = this.#world.surroundings;
    this.identity = new CurrentIdentity(identity, clock);
    const connections = new Connections({
      ...remoteServices(this.#remote, limbasiya),
      ...this.#world,
      policy,
      identity: this.identity,
      sessions: this.sessions,
      load: new Load(clock),
    });
    this.#connections = connections;
    try {
      this.#listener = await network.listen(listen, (stream) => connections.serve(stream));
      return { kind: 'listening', address: this.#listener.address };
    } catch (cause) {
      return { kind: 'not-listening', failure: encodeFailure(cause) };
    }
  }

  /** Ends what is open, and wipes the key. */
  async close(): Promise<void> {
    await this.#listener?.close();
    await this.#connections?.close();
    this.identity?.close();
  }
}
