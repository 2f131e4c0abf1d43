import { wipe } from '../../protocol/bytes.ts';
import { SUITE } from '../../protocol/constants.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { FRAME } from '../../protocol/frames.ts';
import { encodeHello } from '../../protocol/hello.ts';
import { deriveOprfKey, type KeyPair } from '../../protocol/keys.ts';
import { HubLogin, type ReceivedLogin } from '../../protocol/login/hub.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { evaluate } from '../../protocol/oprf.ts';
import { SilentPeerError } from '../errors.ts';
import { isLimbasiyaLogin, logInLimbasiya } from '../limbasiya/log-in.ts';
import { LIMITS } from '../limits.ts';
import type { LoginCourse } from '../metrics/login-course.ts';
import type { ConnectionServices } from '../services.ts';
import type { Wire } from '../wire.ts';
import type { DeskAnswer } from './desk.ts';
import { expectBody, notAuthenticated } from './expect.ts';
import type { LoggedIn } from './logged-in.ts';

/** What a HELLO holds: a network that rotated its authority more often shows its newest (PROTOCOL 2.5). */
const CERTIFICATES_MAX = 4;

/** By the pair it was made of, with which it goes. */
const READY = new WeakMap<KeyPair, KeyPair>();

type Admitted = Extract<DeskAnswer, { readonly status: typeof STATUS.goOn }>;

/**
 * One login from HELLO to a right PROOF (PROTOCOL 2.5). Whatever it took and did not earn is settled when
 * it returns or throws.
 *
 * @param source whom wrong tries are counted against besides the card
 * @returns null when the card was refused with a status, and the connection is to be closed
 * @throws TurnedAwayError, ProtocolError, SilentPeerError, ConnectionLostError, StoreError
 */
export async function logIn(
  hub: ConnectionServices,
  wire: Wire,
  source: string,
  course: LoginCourse,
): Promise<LoggedIn | null> {
  const { clock, random } = hub.surroundings;
  course.enter('hello');
  const identity = hub.identity.current;
  const hello = encodeHello({
    nonce: random(32),
    suites: hub.limbasiya === null ? [SUITE.cardea1] : [SUITE.cardea1, SUITE.limbasiya2021],
    certificates: identity.chain.slice(0, CERTIFICATES_MAX),
  });
  await wire.send(hello);
  course.enter('typing');
  const body = await wire.receive(LIMITS.loginMs);
  course.enter('decide');
  hub.load.check();
  const deadline = clock.monotonic() + LIMITS.proofMs;
  if (hub.limbasiya !== null && isLimbasiyaLogin(body)) {
    return logInLimbasiya(hub, hub.limbasiya, wire, { hello, body, deadline, source, course });
  }
  if (!hub.identity.holds(identity)) throw new SilentPeerError('the key that the HELLO showed is gone');
  const login = new HubLogin(hub.primitives, {
    hello,
    hubStatic: madeReady(hub.primitives, identity.keyPair),
    random,
  });
  try {
    const claim = login.readLogin(expectBody(body, FRAME.login));
    const answer = await hub.desk.answer(claim, source);
    if (answer.status !== STATUS.goOn) {
      course.refused(answer.status);
      await wire.send(login.refuse(answer.status));
      return null;
    }
    return await prove(hub, wire, { login, claim, answer, deadline, course });
  } finally {
    login.wipe();
  }
}

interface Handshake {
  readonly login: HubLogin;
  readonly claim: ReceivedLogin;
  readonly answer: Admitted;
  readonly deadline: number;
  readonly course: LoginCourse;
}

/** The hub's static key as it is used in every login, for as long as it is the hub's. */
function madeReady(p: Primitives, pair: KeyPair): KeyPair {
  const known = READY.get(pair);
  if (known !== undefined) return known;
  const ready = { ...pair, ready: p.x25519Key(pair.privateKey) };
  READY.set(pair, ready);
  return ready;
}

/** From the CHALLENGE to the right PROOF; a try that was taken is settled in any case. */
async function prove(hub: ConnectionServices, wire: Wire, handshake: Handshake): Promise<LoggedIn> {
  const { number, card } = handshake.answer;
  const { course } = handshake;
  let loggedIn: LoggedIn | undefined;
  try {
    course.enter('evaluate');
    await wire.send(challenge(hub, handshake));
    course.enter('card');
    const body = await wire.receive(handshake.deadline - hub.surroundings.clock.monotonic());
    if (body[0] === FRAME.proof) course.enter('prove');
    loggedIn = await readProof(hub, handshake, body);
    return loggedIn;
  } finally {
    wipe(card.psk, card.oprfSeed);
    if (loggedIn === undefined) await hub.desk.leave(number);
  }
}

function challenge(hub: ConnectionServices, { login, claim, answer }: Handshake): Uint8Array {
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
async function readProof(hub: ConnectionServices, handshake: Handshake, body: Uint8Array): Promise<LoggedIn> {
  const { login, claim, answer } = handshake;
  const proof = expectBody(body, FRAME.proof);
  const { psk, expectedStatics } = answer.card;
  if (expectedStatics.length === 0) throw notAuthenticated('the card has no recovery code');
  let opened: ReturnType<HubLogin['readProof']>;
  try {
    opened = login.readProof(proof, { psk, expectedStatics });
  } catch (cause) {
    if (cause instanceof ProtocolError) throw notAuthenticated(`the proof is wrong: ${cause.code}`, cause);
    throw cause;
  }
  const { terminalId, cardStatic, session: transport } = opened;
  const watch = hub.sessions.watch(claim.uid);
  try {
    const entry = await hub.desk.enter(answer.number, cardStatic, terminalId);
    if (entry === null) throw notAuthenticated('the card was revoked, locked or changed meanwhile');
    return {
      suite: 'cardea-1',
      uid: claim.uid,
      subject: entry.subject,
      failed: entry.failed,
      terminalId,
      recovery: claim.recovery,
      pinVersion: entry.pinVersion,
      carriedPinVersion: claim.pinVersion,
      transport,
      async mayStay() {
        watch.end();
        return !watch.isRevoked;
      },
    };
  } catch (error) {
    watch.end();
    transport.wipe();
    throw error;
  }
}
