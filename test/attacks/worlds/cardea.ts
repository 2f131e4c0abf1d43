import { Authority, createAuthority } from '../../../certs/authority.ts';
import { type Random, toHex } from '../../../protocol/bytes.ts';
import type { CardeaCard } from '../../../protocol/card-image.ts';
import { openWithPin } from '../../../protocol/card-secrets.ts';
import { SUITE } from '../../../protocol/constants.ts';
import { AuthenticationError } from '../../../protocol/errors.ts';
import { decodeBody, encodeBody, FRAME } from '../../../protocol/frames.ts';
import { encodeHello } from '../../../protocol/hello.ts';
import { deriveOprfKey, type KeyPair } from '../../../protocol/keys.ts';
import { DeviceLogin } from '../../../protocol/login/device.ts';
import { type ExpectedCard, HubLogin } from '../../../protocol/login/hub.ts';
import {
  encodeLoginBody,
  encodeLoginRequest,
  encodeTerminalId,
  type LoginRequest,
  loginPrologue,
  STATUS,
} from '../../../protocol/login/messages.ts';
import { HandshakeState } from '../../../protocol/noise/handshake-state.ts';
import { XKpsk3 } from '../../../protocol/noise/patterns.ts';
import { evaluate } from '../../../protocol/oprf.ts';
import { parsePin } from '../../../protocol/pin.ts';
import { PinAttempt } from '../../../protocol/pin-attempt.ts';
import {
  beginRegistration,
  type HubCardSecrets,
  hubCardSecrets,
  makeCard,
} from '../../../protocol/registration.ts';
import type { Transport } from '../../../protocol/transport.ts';
import { encodeWelcome } from '../../../protocol/welcome.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';
import { attempt } from '../lab.ts';

const NOW = Date.UTC(2026, 0, 1);

/** What a hub holds of one card (PROTOCOL 2.1): its row in the hub's database. */
export interface HubRow extends HubCardSecrets {
  readonly uid: Uint8Array;
  readonly cs: Uint8Array;
  readonly rs: Uint8Array;
  readonly pinVersion: number;
}

/** A patient of this network, and what is on the card. */
export interface CardeaPatient {
  readonly pin: string;
  readonly recoveryCode: Uint8Array;
  readonly card: CardeaCard;
  readonly patientId: Uint8Array;
}

/** What goes over the public channel in one login, each with its type byte. */
export interface Recorded {
  readonly hello: Uint8Array;
  readonly login: Uint8Array;
  readonly challenge: Uint8Array;
  readonly proof: Uint8Array;
  readonly welcome: Uint8Array;
}

/** A network under `cardea-1`, of the product's own functions. Each party has what PROTOCOL 2.1 gives it. */
export class CardeaNetwork {
  readonly K_RC = systemRandom(32);
  readonly authority: Authority;
  readonly hubs: readonly CardeaHub[];

  private constructor(authority: Authority, hubs: readonly CardeaHub[]) {
    this.authority = authority;
    this.hubs = hubs;
  }

  static async open(ids: readonly string[] = ['goa-01', 'pune-02', 'delhi-03']): Promise<CardeaNetwork> {
    const made = await createAuthority({ name: 'Cardea', now: NOW, random: systemRandom });
    const authority = await Authority.open(made, systemRandom);
    const hubs = await Promise.all(ids.map((id) => CardeaHub.join(id, authority)));
    return new CardeaNetwork(authority, hubs);
  }

  /** The hub that joined as number `index`. */
  hub(index: number): CardeaHub {
    const hub = this.hubs[index];
    if (hub === undefined) throw new RangeError(`there is no hub ${index}`);
    return hub;
  }

  /** PROTOCOL 2.4; every hub hears of the card from the feed. */
  async register(pin: string, logN = 0): Promise<CardeaPatient> {
    const attempt = attemptOf(pin);
    const patientId = systemRandom(16);
    const { blinded } = attempt;
    const begun = beginRegistration(fast, { masterKey: this.K_RC, blinded, random: systemRandom });
    const { image, cs, rs, recoveryCode } = await makeCard(fast, {
      ...begun,
      keyId: 0,
      caPin: this.authority.caPin,
      attempt,
      logN,
      random: systemRandom,
      recovery: true,
    });
    if (rs === null || recoveryCode === null) throw new Error('the card has no recovery code');
    const { uid } = image;
    for (const hub of this.hubs) {
      const of = { masterKey: this.K_RC, masterKey0: this.K_RC, uid, patientId, hubId: hub.id };
      hub.rows.set(toHex(uid), { ...hubCardSecrets(fast, of), uid, cs, rs, pinVersion: 1 });
    }
    return { pin, recoveryCode, card: image, patientId };
  }
}

/** A hub of the network: its certified key, and its own row of each card. */
export class CardeaHub {
  readonly id: string;
  readonly keyPair: KeyPair;
  readonly chain: readonly Uint8Array[];
  readonly rows = new Map<string, HubRow>();

  private constructor(id: string, keyPair: KeyPair, chain: readonly Uint8Array[]) {
    this.id = id;
    this.keyPair = keyPair;
    this.chain = chain;
  }

  static async join(id: string, authority: Authority): Promise<CardeaHub> {
    const privateKey = systemRandom(32);
    const keyPair = { privateKey, publicKey: fast.x25519Public(privateKey) };
    const address = { host: '10.8.0.1', port: 8441 };
    const { publicKey } = keyPair;
    const certificate = await authority.issueHub({ id, location: 'Goa', address, publicKey, now: NOW });
    return new CardeaHub(id, keyPair, [certificate, authority.certificate]);
  }

  /** What it says on a new connection. */
  hello(nonce = systemRandom(32)): Uint8Array {
    return encodeHello({ nonce, suites: [SUITE.cardea1], certificates: this.chain });
  }

  row({ card }: CardeaPatient): HubRow {
    const row = this.rows.get(toHex(card.uid));
    if (row === undefined) throw new Error('the hub does not know this card');
    return row;
  }

  /**
   * PROTOCOL 2.5, handshake, 2: the answer to a LOGIN, and what is still to come. Tries are the real hub's to
   * count, see `clinic.ts`.
   * @throws MalformedError, AuthenticationError for what is none of its own
   */
  answer(hello: Uint8Array, login: Uint8Array, random: Random = systemRandom) {
    const handshake = new HubLogin(fast, { hello, hubStatic: this.keyPair, random });
    const { uid, pinVersion, blinded, recovery } = handshake.readLogin(login);
    const row = this.rows.get(toHex(uid));
    if (row === undefined || pinVersion < row.pinVersion) {
      const status = row === undefined ? STATUS.unknown : STATUS.superseded;
      return { uid, challenge: handshake.refuse(status), readProof: refusing };
    }
    const challenge = recovery
      ? handshake.challenge()
      : handshake.challenge({ attemptsLeft: 4, evaluated: evaluationOf(row, pinVersion, blinded) });
    const expected: ExpectedCard = { psk: row.psk, expectedStatics: [recovery ? row.rs : row.cs] };
    return { uid, challenge, readProof: (proof: Uint8Array) => handshake.readProof(proof, expected) };
  }
}

function refusing(): never {
  throw new AuthenticationError('the hub has refused this card');
}

/** The one evaluation that a hub gives for a counted try. */
export function evaluationOf(
  { oprfSeed }: Pick<HubRow, 'oprfSeed'>,
  pinVersion: number,
  blinded: Uint8Array,
): Uint8Array {
  return evaluate(fast, deriveOprfKey(fast, oprfSeed, pinVersion), blinded);
}

export function attemptOf(pin: string): PinAttempt {
  return PinAttempt.make(fast, parsePin(pin), systemRandom);
}

/** The WELCOME body with which a session begins. */
export function sealWelcome(session: Transport): Uint8Array {
  const welcome = { sessionId: systemRandom(16), validitySeconds: 600, failed: 0, location: 'Goa' };
  return encodeBody(FRAME.welcome, session.seal(encodeWelcome(welcome)));
}

export interface LoggedIn {
  readonly recorded: Recorded;
  readonly atDevice: Transport;
  readonly atHub: Transport;
}

/** One honest login at `hub`: both ends of the session, and what a listener heard. */
export async function logIn(
  { card, pin }: CardeaPatient,
  hub: CardeaHub,
  { deviceRandom = systemRandom, hubRandom = systemRandom } = {},
): Promise<LoggedIn> {
  const hello = hub.hello();
  const hubStatic = hub.keyPair.publicKey;
  const device = new DeviceLogin(fast, { hello, hubId: hub.id, hubStatic, random: deviceRandom });
  const typed = attemptOf(pin);
  const { uid, pinVersion } = card;
  const login = device.login({ uid, pinVersion, blinded: typed.blinded });
  const { challenge, readProof } = hub.answer(hello, login, hubRandom);
  const { evaluated } = device.readChallenge(challenge);
  const { cardKey, usk } = await openWithPin(fast, card, typed, evaluated);
  const proof = device.prove({ cardKey, usk, terminalId: 'desk-1' });
  const { session: atHub } = readProof(proof);
  const welcome = sealWelcome(atHub);
  const { session: atDevice } = device.readWelcome(welcome);
  return { recorded: { hello, login, challenge, proof, welcome }, atDevice, atHub };
}

/**
 * A login by hand, up to the PROOF, by who has no card: with a key pair and a psk of the caller's choosing.
 * @returns whether the hub took it
 */
export function isForgeryAccepted(
  hub: CardeaHub,
  request: LoginRequest,
  { cardKey, psk }: { readonly cardKey: KeyPair; readonly psk: Uint8Array },
): boolean {
  const hello = hub.hello();
  const handshake = new HandshakeState(fast, {
    pattern: XKpsk3,
    role: 'initiator',
    prologue: loginPrologue(hello),
    rs: hub.keyPair.publicKey,
    random: systemRandom,
  });
  const login = encodeLoginBody(FRAME.login, handshake.writeMessage(encodeLoginRequest(request)));
  const { challenge, readProof } = hub.answer(hello, login);
  handshake.readMessage(decodeBody(FRAME.challenge, challenge).subarray(1));
  handshake.provideStatic(cardKey);
  handshake.providePsk(psk);
  const proof = encodeLoginBody(FRAME.proof, handshake.writeMessage(encodeTerminalId('')));
  return attempt(() => readProof(proof)) !== undefined;
}
