import { fromHex, toHex } from '../../../protocol/bytes.ts';
import { type CardeaCard, encodeCardImage } from '../../../protocol/card-image.ts';
import { openWithPin } from '../../../protocol/card-secrets.ts';
import { DEFAULT_LOG_N, SUITE } from '../../../protocol/constants.ts';
import { noble } from '../../../protocol/crypto/noble.ts';
import { encodeFrame } from '../../../protocol/frames.ts';
import { deriveOprfKey } from '../../../protocol/keys.ts';
import { DeviceLogin } from '../../../protocol/login/device.ts';
import { HubLogin } from '../../../protocol/login/hub.ts';
import { evaluate } from '../../../protocol/oprf.ts';
import { parsePin } from '../../../protocol/pin.ts';
import { PinAttempt } from '../../../protocol/pin-attempt.ts';
import { changePin, isPinChangeProof } from '../../../protocol/pin-change.ts';
import { beginRegistration, hubCardSecrets, makeCard } from '../../../protocol/registration.ts';
import { systemRandom as random } from '../../../runtime/random.ts';
import { networkOf, sealWelcome } from './network.ts';
import { Party, type Phase, phaseOf } from './party.ts';

const HUB = 'goa-01';
const PIN = '482913';

/** A network under `cardea-1`, all of its phases run once with counted parties, whatever its number of hubs. */
export interface CardeaCosts {
  readonly phases: readonly Phase[];
  /** Bytes of the image on the card. */
  readonly imageBytes: number;
}

export async function runCardea(): Promise<CardeaCosts> {
  const masterKey = random(32);
  const network = await networkOf(SUITE.cardea1);
  const made = await registerACard(masterKey, network.caPin);
  const telling = tellTheHub(masterKey, made);
  const login = await logIn(made, telling, network);
  return {
    phases: [made.phase, telling.phase, login.phase, await changeThePin(made, telling)],
    imageBytes: encodeCardImage(noble, made.image).length,
  };
}

type Network = Awaited<ReturnType<typeof networkOf>>;

interface Made {
  readonly image: CardeaCard;
  readonly usk: Uint8Array;
  readonly cs: Uint8Array;
  readonly rs: Uint8Array;
}

function attempt(party: Party, pin: string): PinAttempt {
  return PinAttempt.make(party.primitives, parsePin(pin), random);
}

async function registerACard(masterKey: Uint8Array, caPin: Uint8Array): Promise<Made & { phase: Phase }> {
  const [console, rc] = [new Party(), new Party()];
  const typed = attempt(console, PIN);
  console.sendJson({ blinded: toHex(typed.blinded) });
  const begun = beginRegistration(rc.primitives, { masterKey, blinded: typed.blinded, random });
  const registrationId = toHex(random(16));
  rc.sendJson({
    registrationId,
    uid: toHex(begun.uid),
    keyId: 0,
    evaluated: toHex(begun.evaluated),
    usk: toHex(begun.usk),
    caPin: toHex(caPin),
  });
  const { image, cs, rs } = await makeCard(console.primitives, {
    ...begun,
    keyId: 0,
    caPin,
    attempt: typed,
    logN: DEFAULT_LOG_N,
    random,
    recovery: true,
  });
  if (rs === null) throw new Error('the card has no recovery code');
  console.sendJson({ cs: toHex(cs), rs: toHex(rs), patient: { name: 'Maria Fernandes' } });
  rc.sendJson({
    uid: toHex(begun.uid),
    suite: 'cardea-1',
    status: 'active',
    locked: false,
    pinVersion: 1,
    patientId: toHex(random(16)),
    name: 'Maria Fernandes',
    record: null,
    registered: Date.now(),
    registeredBy: 'admin',
    revoked: null,
    reason: null,
  });
  return { image, usk: begun.usk, cs, rs, phase: phaseOf('card-registration', { console, rc }) };
}

interface Held {
  readonly psk: Uint8Array;
  readonly oprfSeed: Uint8Array;
}

/** The feed, with one card on it. */
function tellTheHub(masterKey: Uint8Array, { image, cs, rs }: Made): Held & { phase: Phase } {
  const [hub, rc] = [new Party(), new Party()];
  const patientId = random(16);
  const keys = { masterKey, masterKey0: masterKey, uid: image.uid, patientId, hubId: HUB };
  const { psk, subject, oprfSeed } = hubCardSecrets(rc.primitives, keys);
  const card = {
    uid: toHex(image.uid),
    status: 'active',
    locked: false,
    subject: toHex(subject),
    cs: toHex(cs),
    rs: toHex(rs),
    psk: toHex(psk),
    oprfSeed: toHex(oprfSeed),
    pinVersion: 1,
    epoch: 0,
    pending: [],
  };
  const generation = toHex(random(16));
  hub.sendJson({ generation, after: 0, wait: 25 });
  rc.sendJson({ generation, time: Date.now(), changes: [{ sequence: 1, card }], cursor: 1, more: false });
  return { psk, oprfSeed, phase: phaseOf('hub-list', { hub, rc }) };
}

async function logIn({ image, cs }: Made, { psk, oprfSeed }: Held, network: Network) {
  const [device, hub] = [new Party(), new Party()];
  const { hello, hubStatic } = network;
  hub.send(encodeFrame(hello));
  const typed = attempt(device, PIN);
  const hubKey = { hello, hubId: HUB, hubStatic: hubStatic.publicKey, random };
  const ours = new DeviceLogin(device.primitives, hubKey);
  const theirs = new HubLogin(hub.primitives, { hello, hubStatic, random });
  const { uid, pinVersion } = image;
  const login = ours.login({ uid, pinVersion, blinded: typed.blinded });
  device.send(encodeFrame(login));
  const claim = theirs.readLogin(login);
  const key = deriveOprfKey(hub.primitives, oprfSeed, claim.pinVersion);
  const challenge = theirs.challenge({
    attemptsLeft: 4,
    evaluated: evaluate(hub.primitives, key, claim.blinded),
  });
  hub.send(encodeFrame(challenge));
  const { evaluated } = ours.readChallenge(challenge);
  const { cardKey, usk } = await openWithPin(device.primitives, image, typed, evaluated);
  const proof = ours.prove({ cardKey, usk, terminalId: 'desk-1' });
  device.send(encodeFrame(proof));
  const welcome = sealWelcome(theirs.readProof(proof, { psk, expectedStatics: [cs] }).session);
  hub.send(encodeFrame(welcome));
  ours.readWelcome(welcome);
  return { phase: phaseOf('login', { device, hub }) };
}

/** Within a session: its messages are counted as their JSON; sealing adds 19 bytes to each. */
async function changeThePin({ image, usk }: Made, { oprfSeed }: Held): Promise<Phase> {
  const [device, hub, rc] = [new Party(), new Party(), new Party()];
  const pinVersion = 2;
  const typed = attempt(device, '735208');
  device.sendJson({ id: 1, method: 'oprf.evaluate', params: { blinded: toHex(typed.blinded) } });
  const key = deriveOprfKey(hub.primitives, oprfSeed, pinVersion);
  const evaluated = evaluate(hub.primitives, key, typed.blinded);
  hub.sendJson({ id: 1, result: { pinVersion, evaluated: toHex(evaluated) } });
  const { cs, proof } = await changePin(device.primitives, {
    card: image,
    usk,
    attempt: typed,
    evaluated,
    pinVersion,
    random,
  });
  const changed = { pinVersion, cs: toHex(cs), proof: toHex(proof) };
  device.sendJson({ id: 2, method: 'pin.prepare', params: changed });
  hub.sendJson({ id: 2, result: {} });
  device.sendJson({ id: 3, method: 'pin.changed', params: { pinVersion } });
  hub.sendJson({ tries: [], pins: [{ uid: toHex(image.uid), ...changed, changed: true }] });
  if (!isPinChangeProof(rc.primitives, usk, pinVersion, fromHex(changed.cs), proof)) {
    throw new Error('the proof of the new PIN is wrong');
  }
  rc.sendJson({ cards: [] });
  hub.sendJson({ id: 3, result: { rc: true } });
  return phaseOf('new-secret', { device, hub, rc });
}
