import { hubRenewalDue, isHubFresh, renewHubIdentity } from '../../certs/hub-renewal.ts';
import type { RcClient } from '../../certs/rc-client.ts';
import { isSuperseded, refreshTlsIdentity, tlsRenewalDue } from '../../certs/renewal.ts';
import type { TlsIdentity } from '../../certs/tls-identity.ts';
import { sleep } from '../../runtime/clock.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { Backoff } from '../feed/reach.ts';
import { certificateWarning } from '../status.ts';
import type { CurrentIdentity } from './current-identity.ts';

/** The longest that is slept before it is looked again what is due: a machine's clock may jump. */
const LOOK_EVERY_MS = 60 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface RenewalOptions {
  readonly surroundings: Surroundings;
  /** The hub's data folder. */
  readonly folder: string;
  readonly client: Pick<RcClient, 'renew' | 'useIdentity'>;
  /** With which `client` calls. */
  readonly tls: TlsIdentity;
  readonly identity: CurrentIdentity;
}

/**
 * Renews the hub's certificates while it serves (PROTOCOL 2.1, 2.6): the X25519 one daily with a new key pair,
 * the TLS one at two thirds of its life. What fails is tried again, after a minute at the longest.
 */
export class Renewal {
  readonly #options: RenewalOptions;
  readonly #stop = new AbortController();
  readonly #backoff: Backoff;
  readonly #running: Promise<void>;
  /** What failed when it was last tried. */
  readonly #failing = new Set<string>();
  #tls: TlsIdentity;
  #warnedAt = Number.NEGATIVE_INFINITY;
  /** SHA-256 of the network's newest authority, in hex, as the registration centre last said. */
  #authority: string | undefined;
  #wake = new AbortController();

  constructor(options: RenewalOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.surroundings);
    this.#tls = options.tls;
    this.#running = this.#run(this.#stop.signal);
  }

  /** The network's newest authority: certificates by another are renewed at once (PROTOCOL 2.5). */
  authorityIs(fingerprint: string): void {
    if (fingerprint === this.#authority) return;
    this.#authority = fingerprint;
    this.#wake.abort();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // The hub's first: terminals refuse it the day that it ends, and an expired TLS one can ask for it, too.
      this.#wake = new AbortController();
      await this.#attempt("the hub's certificate", () => this.#renewHub(signal));
      await this.#attempt("the hub's TLS certificate", () => this.#renewTls(signal));
      if (signal.aborted) return;
      this.#warn();
      await this.#pause(AbortSignal.any([signal, this.#wake.signal])).catch(() => {});
    }
  }

  async #renewHub(signal: AbortSignal): Promise<void> {
    const { surroundings, folder, client, identity } = this.#options;
    const isFresh = isHubFresh(identity.current, surroundings.clock.now());
    if (isFresh && !isSuperseded(identity.current.chain.slice(1), this.#authority)) return;
    identity.replace(await renewHubIdentity(identity.current, { surroundings, client, folder, signal }));
    surroundings.log.info("the hub's certificate was renewed, with a new key");
  }

  async #renewTls(signal: AbortSignal): Promise<void> {
    const { surroundings, folder, client } = this.#options;
    const { clock, log } = surroundings;
    const before = this.#tls;
    this.#tls = await refreshTlsIdentity(before, {
      clock,
      client,
      folder,
      signal,
      authority: this.#authority,
    });
    if (this.#tls !== before) log.info("the hub's TLS certificate was renewed, with a new key");
  }

  async #attempt(what: string, renew: () => Promise<void>): Promise<void> {
    const { log } = this.#options.surroundings;
    try {
      await renew();
      this.#failing.delete(what);
    } catch (cause) {
      if (this.#stop.signal.aborted) return;
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (this.#failing.has(what)) log.debug(`${what} is still not renewed`, { reason });
      else log.warn(`${what} was not renewed`, { reason });
      this.#failing.add(what);
    }
  }

  /** Says once a day that the end is near. */
  #warn(): void {
    const { surroundings, identity } = this.#options;
    const now = surroundings.clock.now();
    const warning = certificateWarning(identity.notAfter, now);
    if (warning === null || Math.abs(now - this.#warnedAt) < DAY_MS) return;
    this.#warnedAt = now;
    surroundings.log.warn(warning);
  }

  #pause(signal: AbortSignal): Promise<void> {
    if (this.#failing.size > 0) return this.#backoff.pause(signal);
    this.#backoff.reset();
    const { surroundings, identity } = this.#options;
    const due = Math.min(hubRenewalDue(identity.current), tlsRenewalDue(this.#tls.certificate));
    const untilDue = due - surroundings.clock.now();
    // Due again at once: the registration centre's clock is far behind. More often would change nothing.
    const wait = untilDue > 0 ? Math.min(untilDue, LOOK_EVERY_MS) : LOOK_EVERY_MS;
    return sleep(surroundings.clock, wait, signal);
  }
}
