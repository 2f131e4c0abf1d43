import { parseCertificate } from '../certs/certificate.ts';
import type { HttpsServer } from '../certs/https-server.ts';
import type { TlsIdentity } from '../certs/tls-identity.ts';
import { sleep } from '../runtime/clock.ts';
import type { Address } from '../runtime/network.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { checkClock } from './clock-check.ts';
import type { NetworkAuthority } from './network-authority.ts';
import { currentServerIdentity } from './server-identity.ts';

/** How often it is looked whether the certificate is due: a machine's clock may jump, or the machine sleep. */
const LOOK_EVERY_MS = 60 * 60 * 1000;

export interface ServerRenewalOptions {
  readonly surroundings: Pick<Surroundings, 'clock' | 'log'>;
  /** The registration centre's data folder. */
  readonly folder: string;
  readonly authority: NetworkAuthority;
  /** How others reach it. */
  readonly address: Address;
  /** What it shows at the start. */
  readonly identity: TlsIdentity;
  /** Shows the new one from then on. */
  readonly https: Pick<HttpsServer, 'renew'>;
}

/** Keeps the registration centre's own TLS certificate young while it serves (PROTOCOL 2.6). */
export class ServerRenewal {
  readonly #stop = new AbortController();
  readonly #options: ServerRenewalOptions;
  readonly #running: Promise<void>;
  #identity: TlsIdentity;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: ServerRenewalOptions) {
    this.#options = options;
    this.#identity = options.identity;
    this.#running = this.#run(options.surroundings);
  }

  /** Renews the certificate where it is due, or of an earlier authority. @throws FileError */
  look(): Promise<void> {
    const look = this.#looking.then(() => this.#look());
    this.#looking = look.catch(() => {});
    return look;
  }

  /** When the certificate that is shown ends. */
  get certificateEnds(): number {
    return parseCertificate(this.#identity.certificate).notAfter;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #look(): Promise<void> {
    const { surroundings, folder, authority, address, https } = this.#options;
    const now = surroundings.clock.now();
    checkClock(authority.current.certificate, now);
    const identity = await currentServerIdentity(folder, authority, address, now);
    if (Buffer.from(identity.certificate).equals(this.#identity.certificate)) return;
    this.#identity = identity;
    https.renew(identity);
    surroundings.log.info("the registration centre's own certificate was renewed");
  }

  async #run({ clock, log }: Pick<Surroundings, 'clock' | 'log'>): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      await sleep(clock, LOOK_EVERY_MS, signal).catch(() => {});
      if (signal.aborted) return;
      try {
        await this.look();
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        log.error("the registration centre's own certificate was not renewed", { reason });
      }
    }
  }
}
