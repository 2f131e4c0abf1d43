import { fromHex, toHex } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { encodeBody, FRAME } from '../../protocol/frames.ts';
import type { KeyPair } from '../../protocol/keys.ts';
import { DeviceLogin } from '../../protocol/login/device.ts';
import { HubLogin } from '../../protocol/login/hub.ts';
import type { Transport } from '../../protocol/transport.ts';
import { encodeWelcome } from '../../protocol/welcome.ts';
import { fixedRandom, Recorder, readVectors } from './support.ts';

/** One login of vectors/cardea-1.json. */
export interface LoginCase {
  readonly keys: {
    readonly hub_id: string;
    readonly uid: string;
    readonly usk: string;
    readonly psk: string;
    readonly pin_version: number;
  };
  readonly boxes: { readonly card_private: string };
  readonly login: {
    readonly hub_private: string;
    readonly device_ephemeral: string;
    readonly hub_ephemeral: string;
    readonly blinded: string;
    readonly evaluated: string;
    readonly attempts_left: number;
    readonly terminal_id: string;
    readonly hello: string;
    readonly login: string;
    readonly challenge: string;
    readonly proof: string;
    readonly handshake_hash: string;
    readonly device_to_hub: string;
    readonly hub_to_device: string;
    readonly session_id: string;
    readonly vt_s: number;
    readonly failed: number;
    readonly location: string;
    readonly welcome: string;
    readonly first_data_plain: string;
    readonly first_data: string;
  };
}

export const { cases } = readVectors<{ readonly cases: readonly LoginCase[] }>('cardea-1.json');

export function keyPair(privateKey: Uint8Array): KeyPair {
  return { privateKey, publicKey: noble.x25519Public(privateKey) };
}

/** What both sides put in, which a test may change before it starts. */
export function inputsOf({ keys, boxes, login }: LoginCase) {
  const cardKey = keyPair(fromHex(boxes.card_private));
  const hubStatic = keyPair(fromHex(login.hub_private));
  return {
    deviceHello: fromHex(login.hello),
    hubHello: fromHex(login.hello),
    hubId: keys.hub_id,
    hubStatic,
    knownHubStatic: hubStatic.publicKey,
    deviceEphemeral: login.device_ephemeral,
    hubEphemeral: login.hub_ephemeral,
    request: { uid: fromHex(keys.uid), pinVersion: keys.pin_version, blinded: fromHex(login.blinded) },
    answer: { attemptsLeft: login.attempts_left, evaluated: fromHex(login.evaluated) },
    proof: { cardKey, usk: fromHex(keys.usk), terminalId: login.terminal_id },
    expected: { psk: fromHex(keys.psk), expectedStatics: [cardKey.publicKey] },
    welcome: {
      sessionId: fromHex(login.session_id),
      validitySeconds: login.vt_s,
      failed: login.failed,
      location: login.location,
    },
  };
}

export type Inputs = ReturnType<typeof inputsOf>;

/** A device and a hub at the start of a login, each with a recorder of its secrets. */
export function startLogin(inputs: Inputs) {
  const deviceSecrets = new Recorder();
  const hubSecrets = new Recorder();
  const device = new DeviceLogin(deviceSecrets.primitives, {
    hello: inputs.deviceHello,
    hubId: inputs.hubId,
    hubStatic: inputs.knownHubStatic,
    random: deviceSecrets.random(fixedRandom(inputs.deviceEphemeral)),
  });
  const hub = new HubLogin(hubSecrets.primitives, {
    hello: inputs.hubHello,
    hubStatic: inputs.hubStatic,
    random: hubSecrets.random(fixedRandom(inputs.hubEphemeral)),
  });
  return { device, hub, deviceSecrets, hubSecrets };
}

/** The inputs that stay their owners', as hex: no step may change them. */
export function callersKeys({ hubStatic, proof, expected, request, answer }: Inputs): string[] {
  return [
    hubStatic.privateKey,
    hubStatic.publicKey,
    proof.cardKey.privateKey,
    proof.cardKey.publicKey,
    proof.usk,
    expected.psk,
    ...expected.expectedStatics,
    request.uid,
    request.blinded,
    answer.evaluated,
  ].map(toHex);
}

function firstCase(): LoginCase {
  const [first] = cases;
  if (first === undefined) throw new Error('the vectors have no case');
  return first;
}

/** The one that most tests use. */
export const vector = firstCase();
/** The same login on the recovery path. */
export const recoveryOf = (inputs: Inputs): Inputs => ({
  ...inputs,
  request: { ...inputs.request, blinded: new Uint8Array(32) },
  answer: { attemptsLeft: 0, evaluated: new Uint8Array(32) },
});

export interface Run extends ReturnType<typeof startLogin> {
  readonly body: Uint8Array;
  /** The hub's, once it has read the PROOF. */
  readonly hubSession?: Transport;
}

/** A login that has come so far that body `upTo` (1 LOGIN … 4 WELCOME) has been made, but not read. */
export function runUpTo(upTo: 1 | 2 | 3 | 4, inputs: Inputs = inputsOf(vector)): Run {
  const both = startLogin(inputs);
  const { device, hub } = both;
  let body = device.login(inputs.request);
  if (upTo === 1) return { ...both, body };
  hub.readLogin(body);
  body = hub.challenge(inputs.answer);
  if (upTo === 2) return { ...both, body };
  device.readChallenge(body);
  body = device.prove(inputs.proof);
  if (upTo === 3) return { ...both, body };
  const { session } = hub.readProof(body, inputs.expected);
  body = encodeBody(FRAME.welcome, session.seal(encodeWelcome(inputs.welcome)));
  return { ...both, body, hubSession: session };
}
