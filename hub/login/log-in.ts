import { toHex, wipe } from '../../protocol/bytes.ts';
import { SUITE } from '../../protocol/constants.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { FRAME } from '../../protocol/frames.ts';
import { encodeHello } from '../../protocol/hello.ts';
import { deriveOprfKey } from '../../protocol/keys.ts';
import { HubLogin, type ReceivedLogin } from '../../protocol/login/hub.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { evaluate } from '../../protocol/oprf.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import type { HeldCard } from '../card.ts';
import { SilentPeerError, TurnedAwayError } from '../errors.ts';
import { currentListAge, mayLogIn } from '../feed/list-age.ts';
import { isLimbasiyaLogin, logInLimbasiya } from '../limbasiya/log-in.ts';
import { LIMITS } from '../limits.ts';
import type { HubServices } from '../services.ts';
import type { LoginAnswer } from '../store/tries.ts';
import type { Wire } from '../wire.ts';
import { expectedStatics, questionBefore } from './decide.ts';
import { expectBody, notAuthenticated } from './expect.ts';
import type { LoggedIn } from './logged-in.ts';

/** A card that has logged in by a right PROOF. */
interface Proved extends LoggedIn {
  /** The try that the login took was given back. */
  readonly gaveTryBack: boolean;
}

/** What a HELLO holds: a network that rotated its authority more often shows its newest (PROTOCOL 2.5). */
const CERTIFICATES_MAX = 4;

type Admitted = Extract<LoginAnswer, { readonly status: typeof STATUS.goOn }>;

/**
 * One login from HELLO to a right PROOF (PROTOCOL 2.5). Whatever it took and did not earn is settled when
 * it returns or throws.
 *
 * @param source whom wrong tries are counted against besides the card
 * @returns null when the card was refused with a status, and the connection is to be closed
 * @throws TurnedAwayError, ProtocolError, SilentPeerError, ConnectionLostError, StoreError
 */
export async function logIn(hub: HubServices, wire: Wire, source: string): Promise<LoggedIn | null> {
  const { clock, random } = hub.surroundings;
  await checkLists(hub);
  const identity = hub.identity.current;
  const hello = encodeHello({
    nonce: random(32),
    suites: hub.limbasiya === null ? [SUITE.cardea1] : [SUITE.cardea1, SUITE.limbasiya2021],
    certificates: identity.chain.slice(0, CERTIFICATES_MAX),
  });
  await wire.send(hello);
  const body = await wire.receive(LIMITS.loginMs);
  const deadline = clock.monotonic() + LIMITS.proofMs;
  await checkLists(hub);
  if (hub.limbasiya !== null && isLimbasiyaLogin(body)) {
    return logInLimbasiya(hub, hub.limbasiya, wire, { hello, body, deadline });
  }
  if (!hub.identity.holds(identity)) throw new SilentPeerError('the key that the HELLO showed is gone');
  const login = new HubLogin(hub.primitives, { hello, hubStatic: identity.keyPair, random });
  try {
    const claim = login.readLogin(expectBody(body, FRAME.login));
    const answer = await decide(hub, claim, source);
    if (answer.status !== STATUS.goOn) {
      hub.surroundings.log.info('login refused', { status: nameOf(answer.status) });
      await wire.send(login.refuse(answer.status));
      return null;
    }
    return await prove(hub, wire, { login, claim, answer, source, deadline });
  } finally {
    login.wipe();
  }
}

interface Handshake {
  readonly login: HubLogin;
  readonly claim: ReceivedLogin;
  readonly answer: Admitted;
  readonly source: string;
  readonly deadline: number;
}

/** From the CHALLENGE to the right PROOF; a try that was taken is settled in any case. */
async function prove(hub: HubServices, wire: Wire, handshake: Handshake): Promise<LoggedIn> {
  const { attempt, card } = handshake.answer;
  let loggedIn: Proved | undefined;
  try {
    await wire.send(challenge(hub, handshake));
    const body = await wire.receive(handshake.deadline - hub.surroundings.clock.monotonic());
    loggedIn = await readProof(hub, handshake, body);
    return loggedIn;
  } finally {
    wipe(card.psk, card.oprfSeed);
    if (loggedIn?.gaveTryBack) hub.gate.giveTryBack(handshake.source);
    if (loggedIn === undefined && attempt !== null) await hub.store.tries.leave(attempt);
    hub.reporter.wake();
  }
}

/** Logins stop where the lists are too old (PROTOCOL 2.5, age of the lists); nothing is wrong with the card. */
async function checkLists(hub: HubServices): Promise<void> {
  const { age, words } = await currentListAge(hub);
  if (!mayLogIn(age)) {
    throw new TurnedAwayError(WIRE_ERROR.busy, 'the lists are too old', words ?? age.state);
  }
}

/** Asks the RC where that is due, keeps the bounds, and decides. */
async function decide(hub: HubServices, claim: ReceivedLogin, source: string): Promise<LoginAnswer> {
  const card = await askFirst(hub, claim);
  if (card !== null && !hub.gate.takeLogin(toHex(claim.uid))) {
    throw new TurnedAwayError(WIRE_ERROR.busy, 'too many logins', 'a card had its logins of the hour');
  }
  if (!claim.recovery && !hub.gate.takeTry(source)) {
    throw new TurnedAwayError(
      WIRE_ERROR.busy,
      'too many wrong tries',
      'an address had its tries of the hour',
    );
  }
  let tookTry = false;
  try {
    const answer = await hub.store.tries.answer(claim);
    tookTry = answer.status === STATUS.goOn && answer.tookTry;
    return answer;
  } finally {
    if (!claim.recovery && !tookTry) hub.gate.giveTryBack(source);
  }
}

async function askFirst(hub: HubServices, claim: ReceivedLogin): Promise<HeldCard | null> {
  const card = await hub.store.findCard(claim.uid);
  const question = questionBefore(card, claim);
  if (question === null) return card;
  if (question === 'card') await hub.questions.askForCard(claim.uid, claim.pinVersion);
  else await hub.questions.tellFirst();
  return hub.store.findCard(claim.uid);
}

function challenge(hub: HubServices, { login, claim, answer }: Handshake): Uint8Array {
  if (claim.recovery) return login.challenge();
  const key = deriveOprfKey(hub.primitives, answer.card.oprfSeed, claim.pinVersion);
  try {
    const evaluated = evaluate(hub.primitives, key, claim.blinded);
    return login.challenge({ attemptsLeft: answer.attemptsLeft, evaluated });
  } finally {
    wipe(key);
  }
}

/** Every way in which a PROOF can be wrong looks the same from outside. */
async function readProof(hub: HubServices, handshake: Handshake, body: Uint8Array): Promise<Proved> {
  const { login, claim, answer } = handshake;
  const proof = expectBody(body, FRAME.proof);
  const expected = expectedStatics(answer.card, claim);
  if (expected.length === 0) throw notAuthenticated('the card has no recovery code');
  let opened: ReturnType<HubLogin['readProof']>;
  try {
    opened = login.readProof(proof, { psk: answer.card.psk, expectedStatics: expected });
  } catch (cause) {
    if (cause instanceof ProtocolError) throw notAuthenticated(`the proof is wrong: ${cause.code}`, cause);
    throw cause;
  }
  const { terminalId, cardStatic, session: transport } = opened;
  try {
    const entry = await hub.store.tries.enter(claim, cardStatic, answer.attempt);
    if (entry === null) throw notAuthenticated('the card was revoked, locked or changed meanwhile');
    const { uid, subject, pinVersion } = entry.card;
    return {
      suite: 'cardea-1',
      uid,
      subject,
      failed: entry.failed,
      terminalId,
      recovery: claim.recovery,
      pinVersion,
      transport,
      gaveTryBack: entry.gaveTryBack,
      mayStay: async () => (await hub.store.findCard(uid))?.revoked === false,
    };
  } catch (error) {
    transport.wipe();
    throw error;
  }
}

function nameOf(status: number): string {
  return Object.entries(STATUS).find(([, value]) => value === status)?.[0] ?? String(status);
}
