import { wipe } from '../../protocol/bytes.ts';
import { SUITE } from '../../protocol/constants.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { FRAME } from '../../protocol/frames.ts';
import { ClockError } from '../../protocol/limbasiya/clock.ts';
import { LimbasiyaHubLogin } from '../../protocol/limbasiya/hub-login.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { TurnedAwayError } from '../errors.ts';
import { expectBody, notAuthenticated } from '../login/expect.ts';
import type { LoggedIn } from '../login/logged-in.ts';
import type { LoginCourse } from '../metrics/login-course.ts';
import type { ConnectionServices } from '../services.ts';
import type { Wire } from '../wire.ts';
import type { LimbasiyaService } from './service.ts';

/** Whether a body is a LOGIN under this suite. */
export function isLimbasiyaLogin(body: Uint8Array): boolean {
  return body[0] === FRAME.login && body[1] === SUITE.limbasiya2021;
}

/** What came before the LOGIN, and how long the rest may take. */
export interface LoginUnderWay {
  readonly hello: Uint8Array;
  readonly body: Uint8Array;
  /** For the PROOF, by the monotonic clock. */
  readonly deadline: number;
  /** The address that the terminal came from. */
  readonly source: string;
  readonly course: LoginCourse;
}

/**
 * A login under limbasiya-2021, from its LOGIN to a right PROOF (PROTOCOL 1.2, 2.5). No try is counted: a wrong
 * password is found by the card. The same LOGIN again within ΔT is answered again, as the paper has it; without
 * `C` nobody can make anything of the answer.
 *
 * @throws TurnedAwayError, ProtocolError, SilentPeerError, ConnectionLostError, StoreError
 */
export async function logInLimbasiya(
  hub: ConnectionServices,
  limbasiya: LimbasiyaService,
  wire: Wire,
  { hello, body, deadline, source, course }: LoginUnderWay,
): Promise<LoggedIn> {
  const { clock } = hub.surroundings;
  course.suite = 'limbasiya-2021';
  const login = new LimbasiyaHubLogin(hub.primitives, { hello, hub: limbasiya.self });
  try {
    const UID = readLogin(login, body, clock.now());
    const patient = await limbasiya.admit(UID);
    if (patient === null) throw notAuthenticated('the card is not on the limbasiya-2021 list');
    const { C, subject } = patient;
    await wire.send(login.challenge({ C, VT: hub.policy.validitySeconds }));
    wipe(C);
    course.enter('card');
    const proof = expectBody(await wire.receive(deadline - clock.monotonic()), FRAME.proof);
    course.enter('prove');
    const transport = readProof(login, proof);
    await limbasiya.entered(UID, source);
    return {
      suite: 'limbasiya-2021',
      uid: UID,
      subject,
      transport,
      // The scheme has no name for terminals, and counts nothing.
      terminalId: '',
      failed: 0,
      recovery: false,
      pinVersion: 0,
      carriedPinVersion: 0,
      mayStay: () => limbasiya.isListed(UID),
    };
  } finally {
    login.wipe();
  }
}

/** @throws TurnedAwayError with the hub's time when the clocks differ; ProtocolError */
function readLogin(login: LimbasiyaHubLogin, body: Uint8Array, now: number): Uint8Array {
  try {
    return login.readLogin(body, now);
  } catch (cause) {
    if (!(cause instanceof ClockError)) throw cause;
    throw new TurnedAwayError(WIRE_ERROR.clock, String(now), cause.message, { cause });
  }
}

/** Every way in which a PROOF can be wrong looks the same from outside. */
function readProof(login: LimbasiyaHubLogin, proof: Uint8Array): LoggedIn['transport'] {
  try {
    return login.readProof(proof);
  } catch (cause) {
    if (cause instanceof ProtocolError) throw notAuthenticated(`the proof is wrong: ${cause.code}`, cause);
    throw cause;
  }
}
