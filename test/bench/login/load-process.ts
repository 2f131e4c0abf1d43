import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { fromHex } from '../../../protocol/bytes.ts';
import { serverPrimitives } from '../../../protocol/crypto/fastest.ts';
import { encodeFrame, FRAME, FrameDecoder, MAX_BODY } from '../../../protocol/frames.ts';
import { DeviceLogin } from '../../../protocol/login/device.ts';
import { decodeWireError, WIRE_ERROR } from '../../../protocol/wire-error.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { answerParent } from './child.ts';
import { type BenchKey, benchKeys, keyOf, uidOf } from './population.ts';

// The clients: a process of its own, whose processor time does not count.

const HOST = '127.0.0.1';
/** So many different blinded PINs: a card that repeats its last one takes no new try. */
const BLINDED = 1_009;
/** Steps through the cards as if at random, each equally often: prime to every power of ten. */
const STRIDE = 618_033;
/** So often a login comes again where the hub is busy, and after so long. */
const BUSY_MAX = 100;
const BUSY_MS = 50;

const p = await serverPrimitives();
const pool = Array.from({ length: BLINDED }, () => p.deriveElement(systemRandom(64)));

export interface LogInLoad {
  readonly port: number;
  readonly hubId: string;
  /** Hex. */
  readonly hubStatic: string;
  /** How many cards there are. */
  readonly cards: number;
  /** So many were made before. */
  readonly first: number;
  readonly count: number;
  /** How many at once. */
  readonly clients: number;
}

export interface HandshakeLoad {
  readonly port: number;
  readonly ca: string;
  readonly key: string;
  readonly cert: string;
  readonly count: number;
  readonly clients: number;
}

/** How long it took, ms. */
export interface Took {
  readonly ms: number;
}

const idle: Socket[] = [];

const methods = {
  /** Complete logins, a new connection each, to the WELCOME opened. */
  async logIn({ port, hubId, hubStatic, cards, first, count, clients }: LogInLoad): Promise<Took> {
    const keys = await benchKeys(hubId);
    const hub = { port, hubId, hubStatic: fromHex(hubStatic), keys };
    return inParallel(count, clients, (index) => logIn(hub, first + index, cards));
  },

  /** Complete mutual TLS 1.3 handshakes, a new connection each, no resumption. */
  handshake({ port, count, clients, ...identity }: HandshakeLoad): Promise<Took> {
    const secureContext = createSecureContext(identity);
    return inParallel(count, clients, () => handshake(port, secureContext));
  },

  /** Opens connections that say nothing, from several addresses, and keeps them. */
  async idle({ port, count }: { readonly port: number; readonly count: number }): Promise<Took> {
    return inParallel(count, 64, async (index) => {
      const localAddress = `127.0.${1 + Math.floor(index / 400)}.1`;
      const socket = await open({ port, host: HOST, localAddress });
      await new Promise((resolve) => socket.once('data', resolve));
      idle.push(socket);
    });
  },

  /** Of those, how many are open still. */
  idleLeft: (_: null) => idle.filter((socket) => !socket.destroyed).length,

  endIdle(_: null) {
    for (const socket of idle.splice(0)) socket.destroy();
  },
};

export type Load = typeof methods;

async function inParallel(
  count: number,
  clients: number,
  act: (index: number) => Promise<void>,
): Promise<Took> {
  let next = 0;
  const before = performance.now();
  const client = async () => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { ms: performance.now() - before };
}

interface Hub {
  readonly port: number;
  readonly hubId: string;
  readonly hubStatic: Uint8Array;
  readonly keys: readonly BenchKey[];
}

/** A hub that has too much to do says so, and a terminal comes again. */
async function logIn(hub: Hub, number: number, cards: number): Promise<void> {
  for (let times = 1; ; times++) {
    try {
      return await logInOnce(hub, number, cards);
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== WIRE_ERROR.busy || times === BUSY_MAX) throw error;
      await delay(BUSY_MS);
    }
  }
}

async function logInOnce(
  { port, hubId, hubStatic, keys }: Hub,
  number: number,
  cards: number,
): Promise<void> {
  const index = (number * STRIDE) % cards;
  const blinded = pool[number % BLINDED] ?? new Uint8Array(0);
  const { cardKey, usk } = keyOf(keys, index);
  const socket = await open({ port, host: HOST });
  try {
    const bodies = new Bodies(socket);
    const login = new DeviceLogin(p, { hello: await bodies.next(), hubId, hubStatic, random: systemRandom });
    socket.write(encodeFrame(login.login({ uid: uidOf(index), pinVersion: 1, blinded })));
    const { status } = login.readChallenge(await bodies.next());
    if (status !== 0) throw new Error(`the hub answered with status ${status}`);
    socket.write(encodeFrame(login.prove({ cardKey, usk, terminalId: 'desk-1' })));
    login.readWelcome(await bodies.next()).session.wipe();
  } finally {
    socket.destroy();
  }
}

/** To the server's ticket, which it sends once it has checked the client. */
function handshake(port: number, secureContext: ReturnType<typeof createSecureContext>): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      port,
      host: HOST,
      servername: 'bench',
      secureContext,
      minVersion: 'TLSv1.3',
    });
    socket.once('error', reject);
    socket.once('session', () => {
      socket.destroy();
      if (socket.isSessionReused()) reject(new Error('a session was resumed'));
      else resolve();
    });
  });
}

function open(options: NetConnectOpts): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...options, noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}

/** What a hub says before it closes. */
class HubError extends Error {
  readonly code: number;

  constructor(body: Uint8Array) {
    const { code, text } = decodeWireError(body);
    super(`the hub answered with error ${code}: ${text}`);
    this.code = code;
  }
}

/** A socket as bodies of frames, one reader. */
class Bodies {
  readonly #decoder = new FrameDecoder({ maxBody: MAX_BODY });
  readonly #arrived: Uint8Array[] = [];
  #isOver = false;
  #wake = () => {};

  constructor(socket: Socket) {
    socket.on('data', (chunk) => {
      this.#arrived.push(...this.#decoder.push(chunk));
      this.#wake();
    });
    socket.on('close', () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  /** @throws HubError; Error when the hub has closed without one */
  async next(): Promise<Uint8Array> {
    for (;;) {
      const body = this.#arrived.shift();
      if (body?.[0] === FRAME.error) throw new HubError(body);
      if (body !== undefined) return body;
      if (this.#isOver) throw new Error('the hub has closed the connection');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

answerParent(methods);
