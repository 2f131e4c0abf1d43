import { formatAddress } from './address.ts';
import type { Clock } from './clock.ts';
import type { Address, ByteStream, Listener, Network } from './network.ts';
import { AddressInUseError, UnreachableError } from './network-errors.ts';
import { type Holding, type NextTransit, SimulatedStream, type Tampering } from './simulated-stream.ts';

export type { Holding, Tampering };

/** How the way to an address is. */
export interface Conditions {
  /** One way, in milliseconds. Infinity: nothing that is sent from now on ever arrives. */
  readonly latencyMs: number;
  /** At most this much more, drawn anew for all that is sent. */
  readonly jitterMs: number;
  /** The share of connections, 0 to 1, that are refused as if nothing listened. */
  readonly refuse: number;
  /** The share of sent chunks, 0 to 1, at which the connection breaks instead. */
  readonly cut: number;
}

/** Something that is sent over a connection, on its way. */
export interface Passing {
  /** The host that connected. */
  readonly from: string;
  /** The address that it connected to, `HOST:PORT`. */
  readonly to: string;
  /** Whether it goes to that address, or comes back from there. */
  readonly direction: 'there' | 'back';
}

/** What is done to something that passes, beside the conditions of its way. */
export type Mischief = Tampering | 'cut' | { readonly delayMs: number } | Holding;

const GOOD: Conditions = { latencyMs: 1, jitterMs: 0, refuse: 0, cut: 0 };
const FIRST_FREE_PORT = 49_152;
const ANY_HOST = '0.0.0.0';

/** A connection, as the network keeps it: its two ends share their fate. */
interface Link {
  readonly from: string;
  readonly to: string;
  readonly client: SimulatedStream;
}

/**
 * A network in memory. Latency and faults are set by address, also while it runs; chance comes from
 * `random` and time from `clock`, so the same seed gives the same run. What connects through the network
 * itself comes from 127.0.0.1, through `from(host)` from there.
 */
export class SimulatedNetwork implements Network {
  readonly #clock: Clock;
  readonly #random: (length: number) => Uint8Array;
  readonly #usual: Conditions;
  readonly #mischief: (passing: Passing) => Mischief | undefined;
  readonly #conditions = new Map<string, Conditions>();
  readonly #listeners = new Map<string, (stream: ByteStream) => void>();
  readonly #links = new Set<Link>();
  #nextPort = FIRST_FREE_PORT;

  constructor(options: {
    readonly clock: Clock;
    readonly random: (length: number) => Uint8Array;
    /** How the way to every address is that has no conditions of its own. */
    readonly usual?: Partial<Conditions>;
    /** Somebody on the line: asked for everything that is sent. */
    readonly mischief?: (passing: Passing) => Mischief | undefined;
  }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#usual = { ...GOOD, ...options.usual };
    this.#mischief = options.mischief ?? (() => undefined);
  }

  async listen(asked: Address, onConnection: (stream: ByteStream) => void): Promise<Listener> {
    const address = asked.port === 0 ? { host: asked.host, port: this.#freePort() } : asked;
    const key = formatAddress(address);
    if (this.#listeners.has(key)) {
      throw new AddressInUseError(`something listens on ${key} already: choose another address`);
    }
    this.#listeners.set(key, onConnection);
    return {
      address,
      close: async () => {
        if (this.#listeners.get(key) === onConnection) {
          this.#listeners.delete(key);
        }
      },
    };
  }

  connect(address: Address, options: { readonly timeoutMs: number }): Promise<ByteStream> {
    return this.#connect(address, options.timeoutMs, '127.0.0.1');
  }

  /** The same network as seen from another host: what connects through it comes from there. */
  from(host: string): Network {
    return {
      listen: (address, onConnection) => this.listen(address, onConnection),
      connect: (address, { timeoutMs }) => this.#connect(address, timeoutMs, host),
    };
  }

  /**
   * Changes the way to `address`, for open connections too. What is left out becomes as usual again.
   * @param from the way of this host alone
   */
  setConditions(address: Address, conditions: Partial<Conditions>, from?: string): void {
    this.#conditions.set(wayOf(formatAddress(address), from), { ...this.#usual, ...conditions });
  }

  /** Breaks every open connection to `address`, at both ends. @param from those of this host alone */
  cut(address: Address, from?: string): void {
    for (const link of this.#links) {
      if (link.to === formatAddress(address) && (from ?? link.from) === link.from) {
        link.client.cut();
      }
    }
  }

  /** How many connections stand. */
  get openConnections(): number {
    return this.#links.size;
  }

  #connect(address: Address, timeoutMs: number, fromHost: string): Promise<ByteStream> {
    const to = formatAddress(address);
    return new Promise((resolve, reject) => {
      let link: Link | undefined;
      const timer = this.#clock.after(timeoutMs, () => {
        link?.client.cut();
        reject(new UnreachableError(`no answer from ${to} within ${timeoutMs / 1000} s: check that it runs`));
      });
      const answer = (settle: () => void) =>
        this.#later(this.#delay(fromHost, to), () => {
          timer.cancel();
          settle();
        });
      this.#later(this.#delay(fromHost, to), () => {
        const accept = this.#refuses(fromHost, to) ? undefined : this.#listenerAt(address);
        if (accept === undefined) {
          answer(() => reject(new UnreachableError(`nothing listens at ${to}: check that it runs`)));
          return;
        }
        const ends = this.#join(address, fromHost);
        link = ends.link;
        accept(ends.server);
        answer(() => resolve(ends.link.client));
      });
    });
  }

  #join(address: Address, fromHost: string): { readonly link: Link; readonly server: SimulatedStream } {
    const to = formatAddress(address);
    const { host } = address;
    const transit = (direction: Passing['direction']) => () => this.#pass({ from: fromHost, to, direction });
    const ends = { clock: this.#clock };
    const client = new SimulatedStream({ ...ends, transit: transit('there'), remoteAddress: host });
    const server = new SimulatedStream({ ...ends, transit: transit('back'), remoteAddress: fromHost });
    SimulatedStream.join(client, server);
    const link = { from: fromHost, to, client };
    this.#links.add(link);
    const forgetWhenBothClosed = () => {
      if (client.closed && server.closed) {
        this.#links.delete(link);
      }
    };
    client.on('close', forgetWhenBothClosed);
    server.on('close', forgetWhenBothClosed);
    return { link, server };
  }

  #listenerAt(address: Address): ((stream: ByteStream) => void) | undefined {
    const everywhere = formatAddress({ host: ANY_HOST, port: address.port });
    return this.#listeners.get(formatAddress(address)) ?? this.#listeners.get(everywhere);
  }

  #freePort(): number {
    this.#nextPort += 1;
    return this.#nextPort - 1;
  }

  #pass(passing: Passing): ReturnType<NextTransit> {
    const { from, to } = passing;
    const mischief = this.#mischief(passing);
    if (mischief === 'cut' || this.#chance(this.#conditionsOf(from, to).cut)) return 'cut';
    if (typeof mischief === 'object' && 'hold' in mischief) return mischief;
    const delayMs = this.#delay(from, to);
    if (typeof mischief === 'object') return { delayMs: delayMs + mischief.delayMs };
    return { delayMs, tampering: mischief };
  }

  #conditionsOf(from: string, to: string): Conditions {
    return this.#conditions.get(wayOf(to, from)) ?? this.#conditions.get(wayOf(to)) ?? this.#usual;
  }

  #refuses(from: string, to: string): boolean {
    return this.#chance(this.#conditionsOf(from, to).refuse);
  }

  #delay(from: string, to: string): number {
    const { latencyMs, jitterMs } = this.#conditionsOf(from, to);
    return jitterMs === 0 ? latencyMs : latencyMs + jitterMs * this.#share();
  }

  /** What takes for ever is not waited for. */
  #later(ms: number, run: () => void): void {
    if (ms !== Infinity) this.#clock.after(ms, run);
  }

  #chance(share: number): boolean {
    return share > 0 && this.#share() < share;
  }

  /** Evenly drawn from 0 up to, and without, 1. */
  #share(): number {
    const bytes = this.#random(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) / 2 ** 32;
  }
}

function wayOf(to: string, from = ''): string {
  return `${from}>${to}`;
}
