import type { Authority } from '../certs/authority.ts';
import { parseCertificate } from '../certs/certificate.ts';
import type { HttpsServer } from '../certs/https-server.ts';
import type { TlsIdentity } from '../certs/tls-identity.ts';
import { sleep } from '../runtime/clock.ts';
import type { Address } from '../runtime/network.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { currentServerIdentity } from './server-identity.ts';

/** How often it is looked whether the certificate is due: a machine's clock may jump, or the machine sleep. */
const LOOK_EVERY_MS = 60 * 60 * 1000;

/** Keeps the registration centre's own TLS certificate young while it serves (PROTOCOL 2.6). */
export class ServerRenewal {
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #identity: TlsIdentity;

  constructor(options: {
    readonly surroundings: Pick<Surroundings, 'clock' | 'log'>;
    /** The registration centre's data folder. */
    readonly folder: string;
    readonly authority: Authority;
    /** How others reach it. */
    readonly address: Address;
    /** What it shows at the start. */
    readonly identity: TlsIdentity;
    /** Shows the new one from then on. */
    readonly https: Pick<HttpsServer, 'renew'>;
  }) {
    this.#identity = options.identity;
    const { surroundings, folder, authority, address, https } = options;
    this.#running = this.#run(surroundings, async (now) => {
      const identity = await currentServerIdentity(folder, authority, address, now);
      if (Buffer.from(identity.certificate).equals(this.#identity.certificate)) return;
      this.#identity = identity;
      https.renew(identity);
      surroundings.log.info("the registration centre's own certificate was renewed");
    });
  }

  /** When the certificate that is shown ends. */
  get certificateEnds(): number {
    return parseCertificate(this.#identity.certificate).notAfter;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(
    { clock, log }: Pick<Surroundings, 'clock' | 'log'>,
    look: (now: number) => Promise<void>,
  ): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      await sleep(clock, LOOK_EVERY_MS, signal).catch(() => {});
      if (signal.aborted) return;
      try {
        await look(clock.now());
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        log.error("the registration centre's own certificate was not renewed", { reason });
      }
    }
  }
}
