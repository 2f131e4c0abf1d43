import type { VerifiedHub } from '../certs/hub-chain.ts';
import { SUITE, type SuiteId } from '../protocol/constants.ts';
import { UnsupportedError } from '../protocol/errors.ts';
import { encodeFrame, FRAME, FrameDecoder, MAX_BODY } from '../protocol/frames.ts';
import { decodeHello } from '../protocol/hello.ts';
import { decodeWireError, WIRE_ERROR } from '../protocol/wire-error.ts';
import type { Timer } from '../runtime/clock.ts';
import type { Address, ByteStream } from '../runtime/network.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { HubLostError, HubRefusedError, HubUnreachableError, HubUntrustedError } from './errors.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** A hub answers within milliseconds; one that asks the RC first within seconds. */
const ANSWER_TIMEOUT_MS = 15_000;
/** A hub speaks when spoken to: more than this unasked is no hub. */
const WAITING_BODIES_MAX = 4;

/** Decides whether the chain that a hub shows, its own certificate first, can be trusted. Throws if not. */
export type TrustHub = (chain: readonly Uint8Array[]) => VerifiedHub;

/**
 * A connection to a hub that has shown a certificate worth trusting. It carries bodies of frames; what
 * they mean is the handshake's and the session's.
 */
export class HubLink {
  readonly hello: Uint8Array;
  readonly hub: VerifiedHub;
  readonly #bodies: Bodies;

  private constructor(hello: Uint8Array, hub: VerifiedHub, bodies: Bodies) {
    this.hello = hello;
    this.hub = hub;
    this.#bodies = bodies;
  }

  /**
   * Connects, takes the HELLO, and checks that the hub speaks `suite` and the chain in it (PROTOCOL 2.5, what the device checks before
   * LOGIN). Nothing has been sent when it resolves.
   * @throws HubUnreachableError, HubLostError, HubUntrustedError, HubRefusedError
   */
  static async call(
    { clock, network }: Surroundings,
    address: Address,
    trust: TrustHub,
    suite: SuiteId = SUITE.cardea1,
  ): Promise<HubLink> {
    let stream: ByteStream;
    try {
      stream = await network.connect(address, { timeoutMs: CONNECT_TIMEOUT_MS });
    } catch (cause) {
      throw new HubUnreachableError(
        `no hub answers at ${address.host}:${address.port}: is it running, and is the address right?`,
        { cause },
      );
    }
    const bodies = new Bodies(stream, clock);
    try {
      const body = await bodies.next(ANSWER_TIMEOUT_MS);
      const { suites, certificates } = decodeHello(body);
      if (!suites.includes(suite)) throw new UnsupportedError(`the hub takes no cards of suite ${suite}`);
      return new HubLink(body, trust(certificates), bodies);
    } catch (cause) {
      bodies.close();
      if (cause instanceof HubLostError || cause instanceof HubRefusedError) throw cause;
      if (cause instanceof UnsupportedError) throw new HubRefusedError(cause.message, WIRE_ERROR.unsupported);
      const what = cause instanceof Error ? cause.message : 'its HELLO makes no sense';
      throw new HubUntrustedError(`the hub at ${address.host}:${address.port} is not trusted: ${what}`, {
        cause,
      });
    }
  }

  /** @throws HubLostError */
  send(body: Uint8Array): void {
    this.#bodies.send(body);
  }

  /** The next body. @throws HubLostError, also when it takes too long; HubRefusedError for an ERROR frame */
  receive(patienceMs = ANSWER_TIMEOUT_MS): Promise<Uint8Array> {
    return this.#bodies.next(patienceMs);
  }

  close(): void {
    this.#bodies.close();
  }
}

/** A byte stream as bodies of frames: one reader, who waits with a limit. */
class Bodies {
  readonly #stream: ByteStream;
  readonly #clock: Surroundings['clock'];
  readonly #decoder = new FrameDecoder({ maxBody: MAX_BODY });
  readonly #arrived: Uint8Array[] = [];
  #waiter: { resolve(body: Uint8Array): void; reject(reason: Error): void; timer: Timer } | undefined;
  #ended: Error | undefined;

  constructor(stream: ByteStream, clock: Surroundings['clock']) {
    this.#stream = stream;
    this.#clock = clock;
    stream.on('data', (chunk: Uint8Array) => this.#take(chunk));
    stream.on('error', (cause) => this.#end(new HubLostError('the connection to the hub broke', { cause })));
    stream.on('close', () => this.#end(new HubLostError('the hub closed the connection')));
  }

  send(body: Uint8Array): void {
    if (this.#ended !== undefined) throw this.#ended;
    this.#stream.write(encodeFrame(body));
  }

  async next(patienceMs: number): Promise<Uint8Array> {
    const body = this.#arrived.shift() ?? (await this.#wait(patienceMs));
    if (body[0] !== FRAME.error) return body;
    const { code, text } = decodeWireError(body);
    this.close();
    throw new HubRefusedError(`the hub refused: ${text || 'it gave no reason'}`, code, text);
  }

  close(): void {
    this.#end(new HubLostError('the connection to the hub was closed'));
  }

  #wait(patienceMs: number): Promise<Uint8Array> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(patienceMs, () => {
        this.#end(new HubLostError(`the hub did not answer within ${patienceMs / 1000} s`));
      });
      this.#waiter = { resolve, reject, timer };
    });
  }

  #take(chunk: Uint8Array): void {
    try {
      this.#arrived.push(...this.#decoder.push(chunk));
    } catch (cause) {
      this.#end(new HubLostError('what the hub sent is no frame', { cause }));
      return;
    }
    if (this.#arrived.length > WAITING_BODIES_MAX) {
      this.#end(new HubLostError('the hub sent more than was asked for'));
      return;
    }
    const waiter = this.#waiter;
    const body = waiter === undefined ? undefined : this.#arrived.shift();
    if (waiter === undefined || body === undefined) return;
    this.#waiter = undefined;
    waiter.timer.cancel();
    waiter.resolve(body);
  }

  #end(reason: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#waiter?.timer.cancel();
    this.#waiter?.reject(reason);
    this.#waiter = undefined;
    this.#stream.destroy();
  }
}
