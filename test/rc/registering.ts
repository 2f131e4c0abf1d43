import type { RcClient } from '../../certs/rc-client.ts';
import { fromHex, toHex, utf8 } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { PinAttempt } from '../../protocol/pin-attempt.ts';
import type {
  CardSummary,
  RegistrationCompletion,
  RegistrationResponse,
} from '../../protocol/rc-api/cards.ts';
import { systemRandom } from '../../runtime/random.ts';

export const PATIENT = { name: 'Asha Naik', record: 'GOA/17' };
/** Any number of them may be registered. */
export const NAMESAKE = { ...PATIENT, sameRecord: true };

/** What a console knows of a card that it has registered without writing one. */
export interface ConsoleCard {
  readonly summary: CardSummary;
  readonly uid: string;
  readonly usk: Uint8Array;
  readonly cs: string;
}

export function randomHex(length: number): string {
  return toHex(systemRandom(length));
}

/** A blinded PIN: a valid element, in hex. */
export function blindedPin(): string {
  return toHex(PinAttempt.make(noble, utf8('123456'), systemRandom).blinded);
}

export function begin(client: RcClient): Promise<RegistrationResponse> {
  return client.beginRegistration({ blinded: blindedPin() });
}

export function completion(patient: RegistrationCompletion['patient'] = NAMESAKE): RegistrationCompletion {
  return { cs: randomHex(32), rs: randomHex(32), patient };
}

export async function register(
  client: RcClient,
  patient?: RegistrationCompletion['patient'],
): Promise<ConsoleCard> {
  const { registrationId, uid, usk } = await begin(client);
  const step = completion(patient);
  const summary = await client.completeRegistration(registrationId, step);
  return { summary, uid, usk: fromHex(usk), cs: step.cs };
}
