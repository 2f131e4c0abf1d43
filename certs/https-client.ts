import { setMaxListeners } from 'node:events';
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { toHex } from '../protocol/bytes.ts';
import { formatAddress } from '../runtime/address.ts';
import { CardeaError, systemErrorCode } from '../runtime/errors.ts';
import type { Address } from '../runtime/network.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { certificateFingerprint } from './certificate.ts';
import { RcAnswerError, RcClientClosedError, RcUnreachableError } from './rc-errors.ts';
import { checkServer, shownChain } from './tls-chain.ts';
import { connectTls } from './tls-connect.ts';
import type { TlsIdentity } from './tls-identity.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 15_000;
/** A page of 5,000 changes of the feed has 3 MB. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const MAX_CONNECTIONS = 16;

/** Where the RC is and whom to believe there; with a key, also who calls. */
export interface HttpsClientOptions {
  readonly surroundings: Pick<Surroundings, 'clock' | 'network'>;
  readonly address: Address;
  readonly identity: TlsIdentity | { readonly authorities: readonly Uint8Array[] };
  /** Longest body of an answer, in bytes: 8 MiB when left out. */
  readonly maxAnswerBytes?: number;
  /** Told of each connection to a server whose authority is another than the first of `identity`'s: its SHA-256, hex. */
  readonly onOtherAuthority?: ((authority: string) => void) | undefined;
}

export interface HttpsRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** With its query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** A media type that is taken besides JSON, and wanted rather; its bytes are left as they come. */
  readonly inBytes?: string;
  /** From asking to the end of the answer: 15 s when left out. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpsAnswer {
  /** HTTP's. */
  readonly status: number;
  /** From JSON; a Uint8Array for an answer in bytes; undefined for one without a body. */
  readonly body: unknown;
}

/** A connection that was kept open had been closed by the other side before anything came back. */
class KeptConnectionLostError extends RcUnreachableError {}

/**
 * JSON over HTTP/1.1 over TLS 1.3, to the one server that holds a `serverAuth` certificate of this network
 * for this address. Connections are kept open between requests. Redirects are not followed.
 */
export class HttpsClient {
  readonly #options: HttpsClientOptions;
  #identity: HttpsClientOptions['identity'];
  #agent: VerifyingAgent;
  readonly #underWay = new Set<(reason: unknown) => void>();
  readonly #closing = new AbortController();

  constructor(options: HttpsClientOptions) {
    this.#options = options;
    this.#identity = options.identity;
    this.#agent = new VerifyingAgent(() => this.#open());
    // Every connection that is being made listens for the close; Node would take more than ten for a leak.
    setMaxListeners(0, this.#closing.signal);
  }

  /**
   * @throws RcUnreachableError, RcUntrustedError, RcAnswerError, RcClientClosedError
   * @throws the signal's reason once it is aborted
   */
  async request(request: HttpsRequest): Promise<HttpsAnswer> {
    try {
      return await this.#attempt(request);
    } catch (error) {
      // The RC may have closed a kept connection in the very moment it was used. What changes nothing when
      // it is done twice is asked again.
      const isRepeatable = request.method !== 'POST';
      if (!(error instanceof KeptConnectionLostError) || !isRepeatable) throw error;
      return await this.#attempt(request);
    }
  }

  /** Calls as `identity` on connections made from now on. A request that is under way keeps its own. */
  useIdentity(identity: TlsIdentity): void {
    this.#identity = identity;
    this.#agent.retire();
    this.#agent = new VerifyingAgent(() => this.#open());
  }

  /** Cuts every connection; whoever waits is told `rc-client-closed`. */
  close(): void {
    const reason = new RcClientClosedError('the client of the registration centre has been closed');
    this.#closing.abort(reason);
    for (const fail of [...this.#underWay]) fail(reason);
    this.#agent.destroy();
  }

  #attempt(asked: HttpsRequest): Promise<HttpsAnswer> {
    const { clock } = this.#options.surroundings;
    const { signal, timeoutMs = ANSWER_TIMEOUT_MS } = asked;
    return new Promise((resolve, reject) => {
      this.#closing.signal.throwIfAborted();
      signal?.throwIfAborted();
      const request = this.#start(asked);
      const settle = () => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        this.#underWay.delete(fail);
      };
      const fail = (reason: unknown) => {
        settle();
        reject(reason);
        request.destroy();
      };
      const onAbort = () => fail(signal?.reason);
      const timer = clock.after(timeoutMs, () =>
        fail(this.#unreachable(`has not answered in ${timeoutMs / 1000} s`)),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#underWay.add(fail);
      request.on('error', (cause) => fail(this.#failure(request, cause)));
      request.on('response', (response) => {
        this.#read(response, asked.inBytes).then((answer) => {
          settle();
          resolve(answer);
        }, fail);
      });
    });
  }

  #start({ method, path, body, inBytes }: HttpsRequest): ClientRequest {
    const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const request = httpRequest({
      ...this.#options.address,
      agent: this.#agent,
      method,
      path,
      headers: {
        accept: [inBytes, 'application/json', 'application/problem+json'].filter(Boolean).join(', '),
        ...(content && { 'content-type': 'application/json', 'content-length': content.length }),
      },
    });
    request.end(content);
    return request;
  }

  async #read(response: IncomingMessage, inBytes?: string): Promise<HttpsAnswer> {
    const limit = this.#options.maxAnswerBytes ?? MAX_ANSWER_BYTES;
    const chunks: Uint8Array[] = [];
    let length = 0;
    try {
      for await (const chunk of response as AsyncIterable<Uint8Array>) {
        length += chunk.length;
        if (length > limit)
          throw new RcAnswerError(`the registration centre's answer has more than ${limit} bytes`);
        chunks.push(chunk);
      }
    } catch (cause) {
      if (cause instanceof RcAnswerError) throw cause;
      throw this.#unreachable('closed the connection in the middle of its answer', cause);
    }
    const status = response.statusCode ?? 0;
    const type = response.headers['content-type'];
    if (length === 0) return { status, body: undefined };
    const bytes = joined(chunks, length);
    return { status, body: inBytes !== undefined && type === inBytes ? bytes : parseJson(type, bytes) };
  }

  async #open(): Promise<TLSSocket> {
    const { surroundings, address } = this.#options;
    const identity = this.#identity;
    const socket = await connectTls(surroundings, address, {
      timeoutMs: CONNECT_TIMEOUT_MS,
      identity: 'privateKey' in identity ? identity : undefined,
      signal: this.#closing.signal,
    });
    try {
      const now = surroundings.clock.now();
      const newest = checkServer(shownChain(socket), { address, authorities: identity.authorities, now });
      this.#compareAuthority(newest.der, identity.authorities);
      return socket;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  #compareAuthority(newest: Uint8Array, [known]: readonly Uint8Array[]): void {
    if (known === undefined || Buffer.from(newest).equals(known)) return;
    this.#options.onOtherAuthority?.(toHex(certificateFingerprint(newest)));
  }

  #failure(request: ClientRequest, cause: Error): CardeaError {
    if (cause instanceof CardeaError) return cause;
    if (systemErrorCode(cause)?.startsWith('HPE_')) {
      return new RcAnswerError("the registration centre's answer is not HTTP: check the address", { cause });
    }
    const message = this.#unreachable('closed the connection before it answered', cause).message;
    return request.reusedSocket
      ? new KeptConnectionLostError(message, { cause })
      : new RcUnreachableError(message, { cause });
  }

  #unreachable(what: string, cause?: unknown): RcUnreachableError {
    const at = formatAddress(this.#options.address);
    return new RcUnreachableError(`the registration centre at ${at} ${what}: try again`, { cause });
  }
}

/** Keeps connections, and gets new ones from `open`, which resolves only with what may be spoken to. */
class VerifyingAgent extends Agent {
  readonly #open: () => Promise<Duplex>;

  constructor(open: () => Promise<Duplex>) {
    super({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
    this.#open = open;
  }

  /** Keeps no connection any longer than the request on it. */
  retire(): void {
    this.maxFreeSockets = 0;
    for (const socket of Object.values(this.freeSockets).flat()) socket?.destroy();
  }

  override createConnection(
    _options: unknown,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    this.#open().then(
      (stream) => callback?.(null, stream),
      (error: Error) => callback?.(error, undefined as never),
    );
    return undefined;
  }
}

/** Never a Buffer, whose `slice` would alias where others copy. */
function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function parseJson(contentType: string | undefined, bytes: Uint8Array): unknown {
  if (!/^application\/(?:problem\+)?json(?:;|$)/.test(contentType ?? '')) {
    throw new RcAnswerError(
      'the registration centre answers with something other than JSON: check the address',
    );
  }
  try {
    return JSON.parse(Buffer.from(bytes.buffer).toString('utf8'));
  } catch (cause) {
    throw new RcAnswerError("the registration centre's answer is not JSON: check the address", { cause });
  }
}
