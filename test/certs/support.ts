import type { RequestListener, ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import { Authority, createAuthority } from '../../certs/authority.ts';
import { HttpsClient, type HttpsClientOptions } from '../../certs/https-client.ts';
import { type HttpsLimits, HttpsServer } from '../../certs/https-server.ts';
import { newTlsKeyPair } from '../../certs/keys.ts';
import type { TlsIdentity } from '../../certs/tls-identity.ts';
import type { Address, ByteStream, Network } from '../../runtime/network.ts';
import { silentLog } from '../../runtime/pino-log.ts';
import { seededRandom, systemRandom } from '../../runtime/random.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';

export const DAY = 24 * 60 * 60 * 1000;
export const LOOPBACK: Address = { host: '127.0.0.1', port: 0 };

export type TestSurroundings = Surroundings & { readonly clock: SimulatedClock };

/** Real sockets on loopback; time stands still until the test moves it. */
export function surroundings(): TestSurroundings {
  const clock = new SimulatedClock();
  return { clock, network: tcpNetwork(clock), random: systemRandom, log: silentLog };
}

export function newAuthority(now: number, name = 'Test network'): Promise<Authority> {
  const random = seededRandom(name);
  return createAuthority({ name, now, random }).then((key) => Authority.open(key, random));
}

export async function serverIdentity(
  authority: Authority,
  now: number,
  host = LOOPBACK.host,
): Promise<TlsIdentity> {
  const { privateKey, publicKey } = newTlsKeyPair();
  const certificate = await authority.issueTls({
    id: 'the-rc',
    role: 'server',
    address: { host, port: 8440 },
    publicKeySpki: publicKey,
    now,
  });
  return { privateKey, certificate, authorities: [authority.certificate] };
}

export async function clientIdentity(authority: Authority, now: number, id = 'desk-1'): Promise<TlsIdentity> {
  const { privateKey, publicKey } = newTlsKeyPair();
  const certificate = await authority.issueTls({ id, role: 'client', publicKeySpki: publicKey, now });
  return { privateKey, certificate, authorities: [authority.certificate] };
}

/** A server on loopback that is closed when the test ends. */
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
export function call(world: Surroundings, options: Omit<HttpsClientOptions, 'surroundings'>): HttpsClient {
  const client = new HttpsClient({ surroundings: world, ...options });
  onTestFinished(() => client.close());
  return client;
}

export function answerJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A network that counts connections and the bytes that callers sent over them, after TLS took its part. */
export function watched(network: Network): Network & { readonly streams: ByteStream[] } {
  const streams: ByteStream[] = [];
  return {
    streams,
    listen: (address, onConnection) => network.listen(address, onConnection),
    connect: async (address, options) => {
      const stream = await network.connect(address, options);
      streams.push(stream);
      return stream;
    },
  };
}
