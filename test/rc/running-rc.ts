import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { decodeJoinToken } from '../../certs/join-token.ts';
import { newTlsKeyPair } from '../../certs/keys.ts';
import { RcClient } from '../../certs/rc-client.ts';
import { loadTlsIdentity, type TlsIdentity } from '../../certs/tls-identity.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import type { JoinRequest, JoinResponse, TokenRequest } from '../../protocol/rc-api/join.ts';
import { initRc } from '../../rc/init.ts';
import { type RunningRc, type ServeOptions, serveRc } from '../../rc/serve.ts';
import { systemClock, type Timer } from '../../runtime/clock.ts';
import type { Log, LogFields } from '../../runtime/log.ts';
import type { Address } from '../../runtime/network.ts';
import { systemRandom } from '../../runtime/random.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';

export const NOW = Date.UTC(2027, 0, 15, 8);
export const LOOPBACK: Address = { host: '127.0.0.1', port: 0 };

/** A log that keeps its lines, as `level event {fields}`. */
export class KeptLog implements Log {
  readonly lines: string[] = [];
  debug = this.#keep('debug');
  info = this.#keep('info');
  warn = this.#keep('warn');
  error = this.#keep('error');

  #keep(level: string) {
    return (event: string, fields: LogFields = {}) => {
      this.lines.push(`${level} ${event} ${JSON.stringify(fields)}`);
    };
  }
}

/** A clock that stands still, and knows which timers wait. */
export class WatchedClock extends SimulatedClock {
  readonly #waiting = new Set<{ readonly ms: number }>();

  override after(ms: number, run: () => void): Timer {
    const entry = { ms };
    this.#waiting.add(entry);
    const timer = super.after(ms, () => {
      this.#waiting.delete(entry);
      run();
    });
    return {
      cancel: () => {
        this.#waiting.delete(entry);
        timer.cancel();
      },
    };
  }

  /** Resolves once `count` timers that were set for `ms` milliseconds wait. */
  async untilWaiting(ms: number, count: number): Promise<void> {
    while ([...this.#waiting].filter((entry) => entry.ms === ms).length !== count) await setImmediate();
  }
}

/** A registration centre on 127.0.0.1, with files of its own, at a time that stands still. */
export class TestRc {
  readonly folder: string;
  readonly clock: WatchedClock;
  readonly log = new KeptLog();
  readonly surroundings: Surroundings;
  readonly #clients: RcClient[] = [];
  #running: RunningRc | undefined;

  private constructor(folder: string, now: number) {
    this.folder = folder;
    this.clock = new WatchedClock(now);
    this.surroundings = {
      clock: this.clock,
      // Sockets are real, and so is the time they take.
      network: tcpNetwork(systemClock),
      random: systemRandom,
      log: this.log,
    };
  }

  /** Sets one up and serves it until the test ends. */
  static async start(): Promise<TestRc> {
    const rc = await TestRc.init();
    await rc.serve();
    return rc;
  }

  /** Sets one up, and does not serve it yet. @param now the real time where another process is to serve it */
  static async init(now = NOW): Promise<TestRc> {
    const above = mkdtempSync(join(tmpdir(), 'cardea-rc-'));
    const rc = new TestRc(join(above, 'rc'), now);
    onTestFinished(async () => {
      await rc.stop();
      rmSync(above, { recursive: true });
    });
    await initRc({ surroundings: rc.surroundings, folder: rc.folder, address: LOOPBACK });
    return rc;
  }

  get running(): RunningRc {
    if (this.#running === undefined) throw new Error('it does not serve');
    return this.#running;
  }

  async serve(options: Pick<ServeOptions, 'rateLimits'> = {}): Promise<void> {
    const { surroundings, folder } = this;
    this.#running = await serveRc({ surroundings, folder, listen: LOOPBACK, ...options });
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.close();
    await this.#running?.close();
    this.#running = undefined;
  }

  client(identity: TlsIdentity | { readonly authorities: readonly Uint8Array[] }): RcClient {
    const client = new RcClient({ surroundings: this.surroundings, rc: this.running.address, identity });
    this.#clients.push(client);
    return client;
  }

  adminIdentity(): Promise<TlsIdentity> {
    return loadTlsIdentity(this.folder, 'operator');
  }

  async admin(): Promise<RcClient> {
    return this.client(await this.adminIdentity());
  }

  /** A client that shows no certificate. */
  async stranger(): Promise<RcClient> {
    const { authorities } = await this.adminIdentity();
    return this.client({ authorities });
  }

  async mint(request: TokenRequest): Promise<string> {
    return (await (await this.admin()).mintToken(request)).token;
  }

  /** Lets a member in with a token and keys of its own. */
  async admit(request: TokenRequest): Promise<Member> {
    const joiner = new Joiner(await this.mint(request));
    const response = await (await this.stranger()).join(joiner.request);
    const identity = joiner.identity(response);
    return { response, identity, client: this.client(identity) };
  }

  admitHub(id: string): Promise<Member> {
    return this.admit({ kind: 'hub', id, location: 'Goa', address: `${id}.example:8441` });
  }
}

export interface Member {
  readonly response: JoinResponse;
  readonly identity: TlsIdentity;
  readonly client: RcClient;
}

/** Whoever redeems a token: its keys stay the same when it asks again. */
export class Joiner {
  readonly keys = newTlsKeyPair();
  readonly request: JoinRequest;

  constructor(token: string) {
    const { kind, secret } = decodeJoinToken(token);
    this.request = {
      kind,
      secret: toHex(secret),
      tlsKey: toHex(this.keys.publicKey),
      ...(kind === 'hub' && { hubKey: toHex(systemRandom(32)) }),
    };
  }

  identity(response: JoinResponse): TlsIdentity {
    return {
      privateKey: this.keys.privateKey,
      certificate: fromHex(response.tlsCertificate),
      authorities: response.authorities.map(fromHex),
    };
  }
}
