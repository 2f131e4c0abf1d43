import type { Address, Listener } from '../runtime/network.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { Connections } from './connections.ts';
import { Load } from './load.ts';
import type { HubServices } from './services.ts';
import { type SessionDirectory, Sessions } from './session/sessions.ts';

/** How the workers of a hub stand. */
export interface WorkersStanding {
  /** How many there are to be. */
  readonly wanted: number;
  /** How many serve. */
  readonly serving: number;
  /** How many are there and do not answer: whoever comes to one of them waits in vain. */
  readonly silent: number;
}

/** What faces the terminals: this process, or workers of it. */
export interface Front {
  readonly sessions: SessionDirectory;
  /** Null where this process serves by itself. */
  readonly workers: WorkersStanding | null;
  /** Takes connections from now on. @returns the real address @throws AddressInUseError, NetworkError */
  open(services: HubServices, listen: Address): Promise<Address>;
  /** Accepts nothing more and ends what is open; resolves when what each connection took is settled. */
  close(): Promise<void>;
}

/** Terminals are served by this process. */
export class OwnFront implements Front {
  readonly sessions = new Sessions();
  readonly workers = null;
  readonly #network: Surroundings['network'];
  #listener: Listener | undefined;
  #connections: Connections | undefined;

  constructor({ network }: Pick<Surroundings, 'network'>) {
    this.#network = network;
  }

  async open(services: HubServices, listen: Address): Promise<Address> {
    const load = new Load(services.surroundings.clock);
    const connections = new Connections({ ...services, sessions: this.sessions, load });
    this.#connections = connections;
    this.#listener = await this.#network.listen(listen, (stream) => connections.serve(stream));
    return this.#listener.address;
  }

  async close(): Promise<void> {
    await this.#listener?.close();
    await this.#connections?.close();
  }
}
