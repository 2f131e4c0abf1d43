import { Authority, createAuthority } from '../../../certs/authority.ts';
import { newTlsKeyPair } from '../../../certs/keys.ts';
import { encodePem } from '../../../certs/pem.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { cpuMs } from '../process-costs.ts';
import { Child } from './child.ts';
import type { TlsServer } from './tls-process.ts';

/** What hubs are measured against: a mutual TLS 1.3 server on `node:tls`, P-256, in a process of its own. */
export class MutualTlsServer {
  readonly #child: Child<TlsServer>;
  readonly #port: number;
  readonly #client: Identity;

  private constructor(child: Child<TlsServer>, port: number, client: Identity) {
    this.#child = child;
    this.#port = port;
    this.#client = client;
  }

  static async start(): Promise<MutualTlsServer> {
    const { server, client } = await identities();
    const child = new Child<TlsServer>('./tls-process.ts');
    try {
      const { port } = await child.call('listen', server);
      return new MutualTlsServer(child, port, client);
    } catch (error) {
      await child.stop();
      throw error;
    }
  }

  /** A load of so many handshakes from so many clients at once. */
  handshakes(count: number, clients: number) {
    return { port: this.#port, ...this.#client, count, clients };
  }

  cpuMs(): Promise<number> {
    return cpuMs(this.#child.pid);
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}

interface Identity {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

async function identities(): Promise<{ readonly server: Identity; readonly client: Identity }> {
  const now = Date.now();
  const authority = await Authority.open(
    await createAuthority({ name: 'Bench network', now, random: systemRandom }),
    systemRandom,
  );
  const ca = encodePem('CERTIFICATE', authority.certificate);
  const issue = async (
    role: { role: 'client' } | { role: 'server'; address: { host: string; port: number } },
  ) => {
    const pair = newTlsKeyPair();
    const cert = await authority.issueTls({ id: 'bench', publicKeySpki: pair.publicKey, now, ...role });
    return { key: encodePem('PRIVATE KEY', pair.privateKey), cert: encodePem('CERTIFICATE', cert), ca };
  };
  return {
    server: await issue({ role: 'server', address: { host: 'bench', port: 1 } }),
    client: await issue({ role: 'client' }),
  };
}
