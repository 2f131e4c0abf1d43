import { AuthenticationError, ProtocolError, UnsupportedError } from '../protocol/errors.ts';
import { WIRE_ERROR } from '../protocol/wire-error.ts';
import { ConnectionLostError, SilentPeerError, TurnedAwayError } from './errors.ts';
import type { Visit } from './gate.ts';
import { logIn } from './login/log-in.ts';
import { LoginCourse, type LoginStep } from './metrics/login-course.ts';
import type { ConnectionServices } from './services.ts';
import { Session } from './session/session.ts';
import type { Wire } from './wire.ts';

/** Serves one connection from HELLO to its end. Whatever comes, it settles, the stream is closed, and nothing is thrown. */
export async function serveConnection(
  hub: ConnectionServices,
  wire: Wire,
  remoteAddress: string | undefined,
): Promise<void> {
  const course = new LoginCourse(hub.surroundings.clock);
  let visit: Visit | undefined;
  try {
    visit = await hub.door.admit(remoteAddress);
    const loggedIn = await logIn(hub, wire, visit.source, course);
    count(hub, course);
    course.enter('session');
    if (loggedIn === null) {
      wire.close();
      return;
    }
    visit.loggedIn();
    hub.surroundings.log.info('login', {
      suite: loggedIn.suite,
      terminal: loggedIn.terminalId,
      session: loggedIn.transport.fingerprint,
      failed: loggedIn.failed,
      recovery: loggedIn.recovery,
    });
    await new Session(hub, wire, loggedIn, visit.source).serve();
  } catch (cause) {
    count(hub, course, cause);
    turnAway(hub, wire, course.step, cause);
  } finally {
    visit?.leave();
  }
}

function count({ meter }: ConnectionServices, course: LoginCourse, cause?: unknown): void {
  const report = course.report(cause);
  if (report !== null) meter.login(report);
}

/** One uniform refusal on the wire; the detail goes into the local log (PROTOCOL 2.5). */
function turnAway(hub: ConnectionServices, wire: Wire, step: LoginStep, cause: unknown): void {
  const { log } = hub.surroundings;
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof ConnectionLostError) {
    log.debug('connection lost', { step, reason });
    wire.close();
  } else if (cause instanceof TurnedAwayError) {
    log.info('connection refused', { step, code: cause.wireCode, reason });
    wire.refuse(cause.wireCode, cause.wireText);
  } else if (cause instanceof SilentPeerError) {
    log.info('connection timed out', { step, reason });
    wire.refuse(WIRE_ERROR.timeout, 'too slow');
  } else if (cause instanceof ProtocolError) {
    log.info('connection refused', { step, code: cause.code, reason });
    refuseProtocolError(wire, cause);
  } else {
    log.error('a connection failed', { step, reason });
    wire.refuse(WIRE_ERROR.internal, 'internal error');
  }
}

function refuseProtocolError(wire: Wire, cause: ProtocolError): void {
  if (cause instanceof UnsupportedError)
    wire.refuse(WIRE_ERROR.unsupported, 'version or suite not supported');
  else if (cause instanceof AuthenticationError)
    wire.refuse(WIRE_ERROR.notAuthenticated, 'not authenticated');
  else wire.refuse(WIRE_ERROR.malformed, 'malformed');
}
