import { Buffer } from 'node:buffer';
import type { CardeaCard } from '../../protocol/card-image.ts';
import { openWithPin, openWithRecoveryCode } from '../../protocol/card-secrets.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { type DataRequest, decodeAnswer, encodeRequest } from '../../protocol/data/messages.ts';
import type { DataMethod, DataParams, DataResult } from '../../protocol/data/methods.ts';
import { decodeBody, encodeBody, encodeFrame, FRAME, FrameDecoder, MAX_BODY } from '../../protocol/frames.ts';
import { decodeHello } from '../../protocol/hello.ts';
import { DeviceLogin, type Proof } from '../../protocol/login/device.ts';
import type { Challenge } from '../../protocol/login/messages.ts';
import { parsePin } from '../../protocol/pin.ts';
import { PinAttempt } from '../../protocol/pin-attempt.ts';
import type { Transport } from '../../protocol/transport.ts';
import type { Welcome } from '../../protocol/welcome.ts';
import { decodeWireError } from '../../protocol/wire-error.ts';
import type { Address, ByteStream, Network } from '../../runtime/network.ts';
import { systemRandom } from '../../runtime/random.ts';
import { fast } from '../support/fast.ts';

export const NO_BLINDED = new Uint8Array(32);

/** The hub sent an ERROR frame. */
export class HubSaidError extends Error {
  readonly code: number;
  readonly words: string;

  constructor(code: number, words: string) {
    super(`ERROR ${code}: ${words}`);
    this.code = code;
    this.words = words;
  }
}

export function attemptOf(pin: string): PinAttempt {
  return PinAttempt.make(fast, parsePin(pin), systemRandom);
}

export interface TestDeviceOptions {
  /** Of the hub; the site's where it is left out. */
  readonly hubId?: string;
  readonly primitives?: Primitives;
}

/** A connection to a hub, in steps that a test can stop, repeat or spoil. */
export class TestDevice {
  readonly stream: ByteStream;
  readonly #hubId: string;
  readonly #primitives: Primitives;
  readonly #decoder = new FrameDecoder({ maxBody: MAX_BODY });
  readonly #bodies: Uint8Array[] = [];
  #closed = false;
  #notify: () => void = () => {};
  #hello: Uint8Array = new Uint8Array(0);
  #login: DeviceLogin | undefined;
  transport: Transport | undefined;
  #id = 0;

  private constructor(stream: ByteStream, { hubId = 'hub-1', primitives = fast }: TestDeviceOptions) {
    this.stream = stream;
    this.#hubId = hubId;
    this.#primitives = primitives;
    stream.on('data', (chunk: Uint8Array) => {
      this.#bodies.push(...this.#decoder.push(new Uint8Array(chunk)));
      this.#notify();
    });
    stream.on('error', () => {});
    stream.on('close', () => {
      this.#closed = true;
      this.#notify();
    });
  }

  static async connect(
    network: Network,
    address: Address,
    options: TestDeviceOptions = {},
  ): Promise<TestDevice> {
    return new TestDevice(await network.connect(address, { timeoutMs: 5_000 }), options);
  }

  get helloBody(): Uint8Array {
    return this.#hello;
  }

  /** Takes the HELLO. */
  async hello(): Promise<void> {
    this.#hello = await this.receive();
  }

  /** The LOGIN body for a card. */
  loginBody(
    hubStatic: Uint8Array,
    request: { readonly uid: Uint8Array; readonly pinVersion: number; readonly blinded: Uint8Array },
  ): Uint8Array {
    decodeHello(this.#hello);
    this.#login = new DeviceLogin(this.#primitives, {
      hello: this.#hello,
      hubId: this.#hubId,
      hubStatic,
      random: systemRandom,
    });
    return this.#login.login(request);
  }

  async challenge(): Promise<Challenge> {
    const body = await this.receive();
    if (this.#login === undefined) throw new Error('no login');
    return this.#login.readChallenge(body);
  }

  proofBody(proof: Proof): Uint8Array {
    if (this.#login === undefined) throw new Error('no login');
    return this.#login.prove(proof);
  }

  async welcome(): Promise<Welcome> {
    const body = await this.receive();
    if (this.#login === undefined) throw new Error('no login');
    const { welcome, session } = this.#login.readWelcome(body);
    this.transport = session;
    return welcome;
  }

  async call<M extends DataMethod>(method: M, params: DataParams<M>): Promise<DataResult<M>> {
    const { transport } = this;
    if (transport === undefined) throw new Error('no session');
    const id = ++this.#id;
    this.send(encodeBody(FRAME.data, transport.seal(encodeRequest({ id, method, params } as DataRequest))));
    const answer = decodeAnswer(transport.open(decodeBody(FRAME.data, await this.receive())), { id, method });
    if ('error' in answer) throw new Error(answer.error.code);
    return answer.result;
  }

  send(body: Uint8Array): void {
    this.stream.write(encodeFrame(body));
  }

  sendRaw(bytes: Uint8Array): void {
    this.stream.write(Buffer.from(bytes));
  }

  /** The next body. @throws HubSaidError for an ERROR; Error when the hub closes */
  async receive(): Promise<Uint8Array> {
    while (this.#bodies.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
    }
    const body = this.#bodies.shift();
    if (body === undefined) throw new Error('closed');
    if (body[0] === FRAME.error) {
      const { code, text } = decodeWireError(body);
      throw new HubSaidError(code, text);
    }
    return body;
  }

  /** Resolves once the hub has closed. */
  async untilClosed(): Promise<void> {
    while (!this.#closed) {
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
    }
  }

  close(): void {
    this.stream.destroy();
  }
}

/** What a PIN, or the recovery code, opens. */
export async function proofWithPin(
  card: CardeaCard,
  attempt: PinAttempt,
  evaluated: Uint8Array,
): Promise<Proof> {
  const { cardKey, usk } = await openWithPin(fast, card, attempt, evaluated);
  return { cardKey, usk, terminalId: 'desk-1' };
}

export function proofWithCode(card: CardeaCard, code: Uint8Array): Proof {
  const { cardKey, usk } = openWithRecoveryCode(fast, card, code);
  return { cardKey, usk, terminalId: 'desk-1' };
}
