import type { RequestListener, ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import { Authority, type AuthorityKey, createAuthority } from '../../certs/authority.ts';
import { HttpsClient, type HttpsClientOptions } from '../../certs/https-client.ts';
import { type HttpsLimits, HttpsServer } from '../../certs/https-server.ts';
import {
  authorityExtensions,
  importSigningKey,
  issueCertificate,
  type Signer,
  subjectNameOf,
} from '../../certs/issue.ts';
import { newTlsKeyPair, publicKeyOf } from '../../certs/keys.ts';
import type { TlsIdentity } from '../../certs/tls-identity.ts';
import type { Address, ByteStream, Network } from '../../runtime/network.ts';
import { silentLog } from '../../runtime/pino-log.ts';
import { seededRandom, systemRandom } from '../../runtime/random.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';
import { SimulatedNetwork } from '../../runtime/simulated-network.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';

export const DAY = 24 * 60 * 60 * 1000;
export const LOOPBACK: Address = { host: '127.0.0.1', port: 0 };

export type TestSurroundings = Surroundings & { readonly clock: SimulatedClock };

/** Real sockets on loopback; time stands still until the test moves it. */
export function onLoopback(): TestSurroundings {
  const clock = new SimulatedClock();
  return { clock, network: tcpNetwork(clock), random: systemRandom, log: silentLog };
}

/** Sockets in memory, so that time can pass between two of their bytes. */
export function inMemory(): TestSurroundings & { readonly network: SimulatedNetwork } {
  const clock = new SimulatedClock();
  const network = new SimulatedNetwork({ clock, random: seededRandom('network') });
  return { clock, network, random: systemRandom, log: silentLog };
}

/** A network's authority, with what a test needs to misuse it. */
export interface TestAuthority {
  readonly key: AuthorityKey;
  readonly authority: Authority;
  readonly signer: Signer;
}

export async function newAuthority(now: number, name = 'Test network'): Promise<TestAuthority> {
  const random = seededRandom(name);
  const key = await createAuthority({ name, now, random });
  return { key, authority: await Authority.open(key, random), signer: await signerOf(key) };
}

export async function signerOf({ certificate, privateKey }: AuthorityKey): Promise<Signer> {
  return {
    name: subjectNameOf(certificate),
    key: await importSigningKey(privateKey),
    publicKey: publicKeyOf(privateKey),
  };
}

/** The key of a younger authority, certified by an older one (PROTOCOL 2.5). */
export async function bridgeTo(young: AuthorityKey, old: Signer, now: number): Promise<Uint8Array> {
  const publicKey = publicKeyOf(young.privateKey);
  return issueCertificate(
    old,
    {
      subject: subjectNameOf(young.certificate),
      publicKey,
      notBefore: now - DAY,
      notAfter: now + 30 * 365 * DAY,
      extensions: await authorityExtensions(publicKey),
    },
    systemRandom,
  );
}

/** The RC's, to be found at `host`. */
export function rcIdentity(authority: Authority, now: number, host = LOOPBACK.host): Promise<TlsIdentity> {
  const address = { host, port: 8440 };
  return identityFrom(authority, (publicKeySpki) =>
    authority.issueTls({ id: 'the-rc', role: 'server', address, publicKeySpki, now }),
  );
}

export function memberIdentity(authority: Authority, now: number, id = 'desk-1'): Promise<TlsIdentity> {
  return identityFrom(authority, (publicKeySpki) =>
    authority.issueTls({ id, role: 'client', publicKeySpki, now }),
  );
}

export async function identityFrom(
  authority: Authority,
  issue: (publicKeySpki: Uint8Array) => Promise<Uint8Array>,
): Promise<TlsIdentity> {
  const { privateKey, publicKey } = newTlsKeyPair();
  return { privateKey, certificate: await issue(publicKey), authorities: [authority.certificate] };
}

/** A server on a free port, closed when the test ends. */
export async function serve(
  world: TestSurroundings,
  identity: TlsIdentity,
  handler: RequestListener,
  limits: Partial<HttpsLimits> = {},
): Promise<{ readonly https: HttpsServer; readonly address: Address }> {
  const https = new HttpsServer({ surroundings: world, identity, limits });
  https.server.on('request', handler);
  const address = await https.listen(LOOPBACK);
  onTestFinished(() => world.clock.advanceUntil(https.close()));
  return { https, address };
}

/** A client that is closed when the test ends. */
export function caller(
  world: Surroundings,
  options: Omit<HttpsClientOptions, 'surroundings'> & { readonly network?: Network },
): HttpsClient {
  const { network = world.network, ...rest } = options;
  const client = new HttpsClient({ surroundings: { clock: world.clock, network }, ...rest });
  onTestFinished(() => client.close());
  return client;
}

/** A listener that speaks no HTTP, or does it badly. It is closed, with what it accepted, when the test ends. */
export async function listen(world: Surroundings, talk: (stream: ByteStream) => void): Promise<Address> {
  const streams: ByteStream[] = [];
  const listener = await world.network.listen(LOOPBACK, (stream) => {
    streams.push(stream);
    talk(stream);
  });
  onTestFinished(async () => {
    await listener.close();
    for (const stream of streams) stream.destroy();
  });
  return listener.address;
}

export function answerJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
