import { wipe } from '../../../protocol/bytes.ts';
import { decodeBody, FRAME } from '../../../protocol/frames.ts';
import { loginPrologue } from '../../../protocol/login/messages.ts';
import { XKpsk3 } from '../../../protocol/noise/patterns.ts';
import { SymmetricState } from '../../../protocol/noise/symmetric-state.ts';
import { fast } from '../../support/fast.ts';
import { attempt } from '../lab.ts';
import type { Recorded } from './cardea.ts';

const KEY = 32;
const SEALED_KEY = 48;

/** What somebody who recorded a login knows besides. */
export interface Knowledge {
  /** Private X25519 keys, whoever's they are. */
  readonly privateKeys: readonly Uint8Array[];
  /** Public ones, besides those that stand in the messages. */
  readonly publicKeys: readonly Uint8Array[];
  /** Every `psk` they may try. */
  readonly psks: readonly Uint8Array[];
  /** Of the hub; it stands in its certificate. */
  readonly hubStatic: Uint8Array;
}

/** How far a recorded login could be opened. */
export interface Opened {
  /** Payload of the LOGIN: who it is. */
  readonly login?: Uint8Array;
  readonly challenge?: Uint8Array;
  /** The card's static key. */
  readonly cardStatic?: Uint8Array;
  /** The first message of the session. */
  readonly welcome?: Uint8Array;
}

/**
 * Opens as much of a recorded `cardea-1` login as can be opened with what is known: every Diffie-Hellman value
 * that can be computed is tried in every place where the handshake takes one (Noise, 7.5), and every `psk`.
 */
export function openRecorded(recorded: Recorded, known: Knowledge): Opened {
  const login = messageOf(FRAME.login, recorded.login);
  const challenge = messageOf(FRAME.challenge, recorded.challenge);
  const proof = messageOf(FRAME.proof, recorded.proof);
  const welcome = decodeBody(FRAME.welcome, recorded.welcome);
  const [deviceEphemeral, hubEphemeral] = [login.subarray(0, KEY), challenge.subarray(0, KEY)];
  const secrets = sharedSecrets(known, [deviceEphemeral, hubEphemeral, known.hubStatic]);
  let best: Opened = {};
  const keep = (opened: Opened) => {
    if (Object.keys(opened).length > Object.keys(best).length) best = opened;
  };
  for (const es of secrets) {
    const first = attempt(() => {
      const state = begin(recorded.hello, known.hubStatic);
      mixEphemeral(state, deviceEphemeral);
      state.mixKey(es);
      return { state, payload: state.decryptAndHash(login.subarray(KEY)) };
    });
    if (first === undefined) continue;
    keep({ login: first.payload });
    for (const ee of secrets) {
      const opened = openFrom({ es, ee, secrets }, { recorded, known, login, challenge, proof, welcome });
      if (opened !== undefined) keep({ login: first.payload, ...opened });
    }
  }
  return best;
}

interface Messages {
  readonly recorded: Recorded;
  readonly known: Knowledge;
  readonly login: Uint8Array;
  readonly challenge: Uint8Array;
  readonly proof: Uint8Array;
  readonly welcome: Uint8Array;
}

/** The handshake read with these keys, from the CHALLENGE on. */
function openFrom(
  { es, ee, secrets }: { es: Uint8Array; ee: Uint8Array; secrets: readonly Uint8Array[] },
  messages: Messages,
): Opened | undefined {
  const replayed = () => {
    const state = begin(messages.recorded.hello, messages.known.hubStatic);
    mixEphemeral(state, messages.login.subarray(0, KEY));
    state.mixKey(es);
    state.decryptAndHash(messages.login.subarray(KEY));
    mixEphemeral(state, messages.challenge.subarray(0, KEY));
    state.mixKey(ee);
    const challenge = state.decryptAndHash(messages.challenge.subarray(KEY));
    const cardStatic = state.decryptAndHash(messages.proof.subarray(0, SEALED_KEY));
    return { state, challenge, cardStatic };
  };
  const second = attempt(replayed);
  if (second === undefined) return undefined;
  const { challenge, cardStatic } = second;
  // With the card's public key now known, more can be computed.
  const more = [...secrets, ...sharedSecrets(messages.known, [cardStatic])];
  for (const se of more) {
    for (const psk of messages.known.psks) {
      const welcome = attempt(() => {
        const { state } = replayed();
        state.mixKey(se);
        state.mixKeyAndHash(psk);
        state.decryptAndHash(messages.proof.subarray(SEALED_KEY));
        const [, hubToDevice] = state.split();
        return hubToDevice.decryptWithAd(new Uint8Array(0), messages.welcome);
      });
      if (welcome !== undefined) return { challenge, cardStatic, welcome };
    }
  }
  return { challenge, cardStatic };
}

function begin(hello: Uint8Array, hubStatic: Uint8Array): SymmetricState {
  const state = new SymmetricState(fast, XKpsk3.protocolName);
  state.mixHash(loginPrologue(hello));
  state.mixHash(hubStatic);
  return state;
}

function mixEphemeral(state: SymmetricState, publicKey: Uint8Array): void {
  state.mixHash(publicKey);
  state.mixKey(publicKey);
}

function sharedSecrets({ privateKeys, publicKeys }: Knowledge, more: readonly Uint8Array[]): Uint8Array[] {
  return privateKeys.flatMap((mine) => [...more, ...publicKeys].map((theirs) => fast.x25519(mine, theirs)));
}

/** A suite's message: behind the type byte and the suite's. */
function messageOf(type: typeof FRAME.login | typeof FRAME.challenge | typeof FRAME.proof, body: Uint8Array) {
  return decodeBody(type, body).subarray(1);
}

/** The private keys that a party draws for one handshake, remembered: an adversary who sees its memory. */
export class LeakingRandom {
  readonly drawn: Uint8Array[] = [];
  readonly #random: (length: number) => Uint8Array;

  constructor(random: (length: number) => Uint8Array) {
    this.#random = random;
  }

  readonly random = (length: number): Uint8Array => {
    const bytes = this.#random(length);
    this.drawn.push(bytes.slice());
    return bytes;
  };

  wipe(): void {
    wipe(...this.drawn);
  }
}
