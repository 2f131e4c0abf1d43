import { toHex } from '../../../protocol/bytes.ts';
import { encodeCardImage, type LimbasiyaCard } from '../../../protocol/card-image.ts';
import { SUITE } from '../../../protocol/constants.ts';
import { noble } from '../../../protocol/crypto/noble.ts';
import { encodeFrame } from '../../../protocol/frames.ts';
import { openCard } from '../../../protocol/limbasiya/card.ts';
import {
  makeCard,
  registerCard,
  requestCardRegistration,
} from '../../../protocol/limbasiya/card-registration.ts';
import {
  type Credentials,
  parseCredentials,
  parsePassword,
} from '../../../protocol/limbasiya/credentials.ts';
import { LimbasiyaDeviceLogin } from '../../../protocol/limbasiya/device-login.ts';
import { LimbasiyaHubLogin } from '../../../protocol/limbasiya/hub-login.ts';
import { registerHub, requestHubRegistration } from '../../../protocol/limbasiya/hub-registration.ts';
import { encodeList, type ListedHub } from '../../../protocol/limbasiya/list.ts';
import type { CardIdentity } from '../../../protocol/limbasiya/service.ts';
import {
  changePassword,
  checkOmega,
  checkTau,
  computeOmega,
  computeTau,
  type HubIdentity,
  renewList,
} from '../../../protocol/limbasiya/updation.ts';
import { systemRandom as random } from '../../../runtime/random.ts';
import { hubsNamed, networkOf, sealWelcome, VT } from './network.ts';
import { Party, type Phase, phaseOf } from './party.ts';

const T = Date.now();
const HUB = 'goa-01';

/** A network under `limbasiya-2021`, all of its phases run once with counted parties. */
export interface LimbasiyaCosts {
  readonly phases: readonly Phase[];
  /** Bytes of the image on the card, and of the list in it. */
  readonly imageBytes: number;
  readonly listBytes: number;
}

export async function runLimbasiya(hubs: number): Promise<LimbasiyaCosts> {
  const K_RC = random(32);
  const { hub, Q, phase: hubRegistration } = registerAHub(K_RC);
  const List = encodeList([hub, ...othersOf(hubs)]);
  const made = registerACard(K_RC, List);
  return {
    phases: [
      hubRegistration,
      made.phase,
      await logIn(made, hub),
      renewTheCardsList(made, List),
      renewTheHubsList(made, { Q, SSK: hub.SSK }),
      changeThePassword(made),
    ],
    imageBytes: encodeCardImage(noble, made.card).length,
    listBytes: List.length,
  };
}

function registerAHub(K_RC: Uint8Array): { hub: ListedHub; Q: Uint8Array; phase: Phase } {
  const [hub, rc] = [new Party(), new Party()];
  const { P, Q } = requestHubRegistration(hub.primitives, { ID: HUB, PW: random(32), r_S: random(16) });
  hub.sendJson({ p: toHex(P), q: toHex(Q) });
  const SSK = registerHub(rc.primitives, { K_RC, P, SRT: T });
  rc.sendJson({ ssk: toHex(SSK), patients: [], next: null });
  const [first = { location: '', address: '' }] = hubsNamed(1);
  const listed = { ID: HUB, SSK, Loc: first.location, address: first.address };
  return { hub: listed, Q, phase: phaseOf('hub-registration', { hub, rc }) };
}

function othersOf(hubs: number): ListedHub[] {
  const [, ...others] = hubsNamed(hubs);
  return others.map(({ id: ID, location: Loc, address }) => ({ ID, Loc, address, SSK: random(32) }));
}

interface Made {
  readonly card: LimbasiyaCard;
  readonly credentials: Credentials;
  readonly identity: CardIdentity;
}

function registerACard(K_RC: Uint8Array, List: Uint8Array): Made & { readonly phase: Phase } {
  const [console, rc] = [new Party(), new Party()];
  const credentials = parseCredentials('maria', 'monsoon in june');
  const user = requestCardRegistration(console.primitives, credentials, random);
  console.sendJson({ uid: toHex(user.UID), a: toHex(user.A), patient: { name: 'Maria Fernandes' } });
  const { C, D } = registerCard(rc.primitives, { K_RC, UID: user.UID, A: user.A }, random);
  const patientId = toHex(random(16));
  rc.sendJson({ patientId, c: toHex(C), d: toHex(D), list: toHex(List) });
  const card = makeCard(console.primitives, user, { keyId: 0, C, D, List });
  const identity = { UID: user.UID, C };
  return { card, credentials, identity, phase: phaseOf('card-registration', { console, rc }) };
}

async function logIn({ card, credentials, identity }: Made, listed: ListedHub): Promise<Phase> {
  const [device, hub] = [new Party(), new Party()];
  const { hello } = await networkOf(SUITE.limbasiya2021);
  hub.send(encodeFrame(hello));
  openCard(device.primitives, card, credentials);
  const theirs = new LimbasiyaHubLogin(hub.primitives, { hello, hub: listed });
  const ours = new LimbasiyaDeviceLogin(device.primitives, { hello, card: identity, hub: listed });
  const login = ours.login(T);
  device.send(encodeFrame(login));
  theirs.readLogin(login, T);
  const challenge = theirs.challenge({ C: identity.C, VT });
  hub.send(encodeFrame(challenge));
  ours.readChallenge(challenge, T);
  const proof = ours.prove();
  device.send(encodeFrame(proof));
  const welcome = sealWelcome(theirs.readProof(proof));
  hub.send(encodeFrame(welcome));
  ours.readWelcome(welcome);
  return phaseOf('login', { device, hub });
}

function renewTheCardsList({ card, credentials, identity }: Made, List: Uint8Array): Phase {
  const [device, rc] = [new Party(), new Party()];
  const tau = computeTau(device.primitives, identity, T);
  device.sendJson({ uid: toHex(identity.UID), tau: toHex(tau), time: T });
  checkTau(rc.primitives, identity, { tau, T }, T);
  rc.sendJson({ list: toHex(List) });
  renewList(device.primitives, card, credentials, List);
  return phaseOf('card-list', { device, rc });
}

/** With one card on it. */
function renewTheHubsList({ identity }: Made, secrets: HubIdentity): Phase {
  const [hub, rc] = [new Party(), new Party()];
  const omega = computeOmega(hub.primitives, secrets, T);
  hub.sendJson({ omega: toHex(omega), time: T });
  checkOmega(rc.primitives, secrets, { omega, T }, T);
  const patient = { uid: toHex(identity.UID), c: toHex(identity.C), subject: toHex(random(16)) };
  rc.sendJson({ patients: [patient], next: null });
  return phaseOf('hub-list', { hub, rc });
}

function changeThePassword({ card, credentials }: Made): Phase {
  const device = new Party();
  changePassword(device.primitives, card, credentials, parsePassword('dry until may'));
  return phaseOf('new-secret', { device });
}
