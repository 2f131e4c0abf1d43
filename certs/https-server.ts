import { constants } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { toHex } from '../protocol/bytes.ts';
import type { Address, ByteStream, Listener } from '../runtime/network.ts';
import { plainAddress, sourceOf, Tally } from '../runtime/source.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { type Certificate, CertificateError, certificateFingerprint } from './certificate.ts';
import { encodePem } from './pem.ts';
import { type ConnectionLimits, ServerConnection } from './server-connection.ts';
import { checkTlsChain, shownChain } from './tls-chain.ts';
import type { TlsIdentity } from './tls-identity.ts';

export interface HttpsLimits extends ConnectionLimits {
  /** From `close` until requests under way are cut, in milliseconds. */
  readonly closingMs: number;
  /** Connections at a time; more are cut at once. */
  readonly connections: number;
  /**
   * Of those, from one address by callers who have not shown a certificate of this network, so that nobody
   * from outside can take the places of its members.
   */
  readonly strangersPerAddress: number;
}

const LIMITS: HttpsLimits = {
  handshakeMs: 10_000,
  idleMs: 75_000,
  servingMs: 120_000,
  closingMs: 5_000,
  connections: 2_000,
  strangersPerAddress: 200,
};

/** The certificate that a caller showed, and has proved to hold the key of. */
export interface Caller {
  /** SHA-256 of its DER, 32 bytes. */
  readonly fingerprint: Uint8Array;
  /** A `clientAuth` certificate of this network, in date or not. */
  readonly trusted: boolean;
  /** `trusted`, and in date at the time of asking. */
  readonly authorized: boolean;
  /** When the certificate ends, in milliseconds since the Unix epoch; 0 where it is not `trusted`. */
  readonly notAfter: number;
}

const callers = new WeakMap<object, () => Caller>();
const addresses = new WeakMap<object, string>();

/**
 * Who is at the other end of a request's socket (`request.socket`); undefined for one who showed no
 * certificate. What the caller may do is the registry's to say, by the fingerprint (PROTOCOL 2.1).
 */
export function callerFingerprint(socket: object): Caller | undefined {
  return callers.get(socket)?.();
}

/** The network address at the other end of a request's socket; null where it has none. */
export function callerAddress(socket: object): string | null {
  return addresses.get(socket) ?? null;
}

/**
 * HTTP/1.1 over TLS 1.3 over a `Network`. It shows its authorities with its certificate (whoever joins needs
 * them), asks callers for theirs and lets everybody in: which request needs which caller, its handler decides.
 */
export class HttpsServer {
  /** For a handler: `on('request')`, or fastify's `serverFactory`. It is not to be told to listen. */
  readonly server: Server = createServer();
  readonly #surroundings: Pick<Surroundings, 'clock' | 'network'>;
  readonly #limits: HttpsLimits;
  /** By their sockets. */
  readonly #connections = new Map<object, ServerConnection>();
  readonly #strangers = new Tally();
  #identity: TlsIdentity;
  #context: SecureContext;
  #listener: Listener | undefined;
  #closing: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(options: {
    readonly surroundings: Pick<Surroundings, 'clock' | 'network'>;
    readonly identity: TlsIdentity;
    readonly limits?: Partial<HttpsLimits>;
  }) {
    this.#surroundings = options.surroundings;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#identity = options.identity;
    this.#context = contextOf(options.identity);
    // Connections have limits of their own, by the clock that was passed in.
    this.server.keepAliveTimeout = 0;
    this.server.headersTimeout = 0;
    this.server.requestTimeout = 0;
    this.server.on('request', (request, response) => this.#connections.get(request.socket)?.serve(response));
  }

  /** @returns the real address @throws AddressInUseError, NetworkError */
  async listen(address: Address): Promise<Address> {
    this.#listener = await this.#surroundings.network.listen(address, (stream) => this.#accept(stream));
    return this.#listener.address;
  }

  /** How many connections stand. */
  get connections(): number {
    return this.#connections.size;
  }

  /**
   * Cuts every connection whose caller showed one of these certificates: whoever is answered on it hears nothing more.
   *
   * @param fingerprints SHA-256 of their DER, 32 bytes
   * @returns how many there were
   */
  cut(fingerprints: readonly Uint8Array[]): number {
    const gone = new Set(fingerprints.map(toHex));
    const cut = [...this.#connections.values()].filter(({ socket }) => {
      const shown = callerFingerprint(socket)?.fingerprint;
      return shown !== undefined && gone.has(toHex(shown));
    });
    for (const connection of cut) connection.destroy();
    return cut.length;
  }

  /** Shows another identity, a renewed one, on every connection from now on. */
  renew(identity: TlsIdentity): void {
    this.#identity = identity;
    this.#context = contextOf(identity);
  }

  /** Accepts nothing more, lets requests under way be answered for a while, and cuts what is left. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#listener?.close();
    const emptied = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const connection of [...this.#connections.values()]) connection.close();
    if (this.#connections.size === 0) return;
    const cut = this.#surroundings.clock.after(this.#limits.closingMs, () => {
      for (const connection of [...this.#connections.values()]) connection.destroy();
    });
    await emptied;
    cut.cancel();
  }

  #accept(stream: ByteStream): void {
    const source = sourceOf(stream.remoteAddress);
    const isFull =
      this.#connections.size >= this.#limits.connections ||
      this.#strangers.count(source) >= this.#limits.strangersPerAddress;
    if (this.#closing !== undefined || isFull) {
      stream.destroy();
      return;
    }
    this.#strangers.add(source);
    let isStranger = true;
    const countNoMore = () => {
      if (isStranger) this.#strangers.remove(source);
      isStranger = false;
    };
    const connection = new ServerConnection(stream, {
      context: this.#context,
      clock: this.#surroundings.clock,
      limits: this.#limits,
      onSecure: ({ socket }) => {
        if (this.#noteCaller(socket)) countNoMore();
        this.server.emit('connection', socket);
      },
      onClose: ({ socket }) => {
        countNoMore();
        this.#connections.delete(socket);
        if (this.#connections.size === 0) this.#onEmpty?.();
      },
    });
    this.#connections.set(connection.socket, connection);
    if (stream.remoteAddress !== undefined)
      addresses.set(connection.socket, plainAddress(stream.remoteAddress));
  }

  /** @returns whether it is a member of this network */
  #noteCaller(socket: TLSSocket): boolean {
    const [certificate] = shownChain(socket);
    if (certificate === undefined) return false;
    const fingerprint = certificateFingerprint(certificate);
    const path = this.#pathOf(certificate);
    const notBefore = Math.max(...path.map((each) => each.notBefore));
    const notAfter = Math.min(...path.map((each) => each.notAfter));
    const trusted = path.length > 0;
    callers.set(socket, () => {
      const now = this.#surroundings.clock.now();
      const authorized = trusted && notBefore <= now && now <= notAfter;
      return { fingerprint, trusted, authorized, notAfter: trusted ? notAfter : 0 };
    });
    return trusted;
  }

  #pathOf(certificate: Uint8Array): readonly Certificate[] {
    try {
      return checkTlsChain([certificate], this.#identity.authorities, 'clientAuth');
    } catch (error) {
      if (error instanceof CertificateError) return [];
      throw error;
    }
  }
}

function contextOf({ privateKey, certificate, authorities }: TlsIdentity): SecureContext {
  const pem = (der: Uint8Array) => encodePem('CERTIFICATE', der);
  return createSecureContext({
    minVersion: 'TLSv1.3',
    key: encodePem('PRIVATE KEY', privateKey),
    cert: [certificate, ...authorities].map(pem).join(''),
    // Named to callers, so that they choose the right certificate.
    ca: authorities.map(pem),
    // A resumed session would skip the caller's proof.
    secureOptions: constants.SSL_OP_NO_TICKET,
  });
}
