import type { RcClient } from '../../certs/rc-client.ts';
import { RcUnreachableError } from '../../certs/rc-errors.ts';
import { fromHex, toHex, wipe } from '../../protocol/bytes.ts';
import { encodeCardImage } from '../../protocol/card-image.ts';
import { clientPrimitives } from '../../protocol/crypto/fastest.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { parsePin } from '../../protocol/pin.ts';
import { PinAttempt } from '../../protocol/pin-attempt.ts';
import { checkPinStrength, type PatientFacts } from '../../protocol/pin-policy.ts';
import type {
  CardSummary,
  RegistrationCompletion,
  RegistrationResponse,
} from '../../protocol/rc-api/cards.ts';
import { formatRecoveryCode } from '../../protocol/recovery-code.ts';
import { type MadeCard, makeCard } from '../../protocol/registration.ts';
import { sleep } from '../../runtime/clock.ts';
import { CardeaError } from '../../runtime/errors.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { atCard, emptyCard, type WritableCard, writeFirstImage } from './first-image.ts';
import { inspectCard } from './inspect-card.ts';

/** The registration centre fell silent at the last step: whether the card is registered is not known here. */
export class RegistrationUnconfirmedError extends CardeaError {
  readonly code = 'registration-unconfirmed';
}

export type RegistrationStep = 'PIN evaluated' | 'card sealed' | 'card written' | 'card registered';

export interface RegisterCardOptions {
  readonly client: Pick<RcClient, 'beginRegistration' | 'completeRegistration' | 'card'>;
  readonly surroundings: Pick<Surroundings, 'clock' | 'random'>;
  readonly card: WritableCard;
  /** As it was entered. */
  readonly pin: string;
  readonly patient: RegistrationCompletion['patient'];
  /** What a PIN must not be made of; it stays here. */
  readonly facts?: PatientFacts | undefined;
  /** How slow each guess at the PIN is made: 0, or 10 to 17 (PROTOCOL 2.3). */
  readonly logN: number;
  /** Whether the card gets a recovery code. */
  readonly recovery: boolean;
  /** Overwrites whatever is on the card. */
  readonly force: boolean;
  /** Told of each step when it is done; after the third the card may be taken away. */
  readonly onStep?: (step: RegistrationStep) => void;
}

export interface RegisteredCard {
  readonly card: CardSummary;
  /** To be shown once; null where the card has none. */
  readonly recoveryCode: string | null;
}

/** A card that holds its image and is not registered yet. */
export interface WrittenCard {
  readonly uid: string;
  /** To be shown once; null where the card has none. */
  readonly recoveryCode: string | null;
  /**
   * Registers it. May be called again after `RegistrationUnconfirmedError`: the same step again is answered alike.
   *
   * @throws RegistrationUnconfirmedError, RcRefusedError, RcUntrustedError
   */
  complete(): Promise<CardSummary>;
}

/** How often the last step is asked for while the registration centre does not answer. */
const COMPLETION_ATTEMPTS = 3;
const COMPLETION_PAUSE_MS = 1_000;

/**
 * Registers the card on the reader (PROTOCOL 2.4): the PIN is evaluated, the card sealed, written and read
 * back, and only then registered. If anything fails before that, or the card is taken away, no card is
 * registered. Neither the PIN nor the card's seed leaves this machine.
 *
 * @throws PinFormatError, WeakPinError, CardOccupiedError, CardNotRegisteredError, RegistrationUnconfirmedError
 * @throws RcRefusedError, RcUnreachableError, RcUntrustedError
 */
export async function registerCard(options: RegisterCardOptions): Promise<RegisteredCard> {
  const written = await writeCard(options);
  return { card: await written.complete(), recoveryCode: written.recoveryCode };
}

/** As `registerCard`, up to its last step: the card may be taken away, and is not registered. */
export async function writeCard(options: RegisterCardOptions): Promise<WrittenCard> {
  const { client, onStep = () => {} } = options;
  const primitives = await clientPrimitives();
  const attempt = attemptOf(options, primitives);
  let made: MadeCard | undefined;
  try {
    const begun = await client.beginRegistration({ blinded: toHex(attempt.blinded) });
    onStep('PIN evaluated');

    await atCard(() => inspectCard({ ...options, caPin: fromHex(begun.caPin) }));
    made = await seal(options, begun, attempt);
    onStep('card sealed');

    const { image, cs, rs, recoveryCode } = made;
    await atCard(async () => {
      await emptyCard(options.card);
      await writeFirstImage(options.card, encodeCardImage(primitives, image));
    });
    onStep('card written');

    const completion = {
      cs: toHex(cs),
      rs: rs === null ? null : toHex(rs),
      patient: options.patient,
    };
    return {
      uid: begun.uid,
      recoveryCode: recoveryCode === null ? null : formatRecoveryCode(recoveryCode),
      complete: async () => {
        const card = await complete(options, begun, completion);
        onStep('card registered');
        return card;
      },
    };
  } finally {
    attempt.wipe();
    wipe(made?.recoveryCode ?? undefined);
  }
}

/** Before anybody is asked. @throws PinFormatError, WeakPinError */
function attemptOf(
  { pin: text, facts, surroundings }: RegisterCardOptions,
  primitives: Primitives,
): PinAttempt {
  const pin = parsePin(text);
  try {
    checkPinStrength(text, facts);
    return PinAttempt.make(primitives, pin, surroundings.random);
  } finally {
    wipe(pin);
  }
}

async function seal(
  { logN, recovery, surroundings }: RegisterCardOptions,
  begun: RegistrationResponse,
  attempt: PinAttempt,
): Promise<MadeCard> {
  const usk = fromHex(begun.usk);
  try {
    return await makeCard(await clientPrimitives(), {
      uid: fromHex(begun.uid),
      keyId: begun.keyId,
      usk,
      caPin: fromHex(begun.caPin),
      attempt,
      evaluated: fromHex(begun.evaluated),
      logN,
      random: surroundings.random,
      recovery,
    });
  } finally {
    wipe(usk);
  }
}

/** The last step, again while no answer comes: the same step again is answered alike. */
async function complete(
  { client, surroundings }: RegisterCardOptions,
  { registrationId, uid }: RegistrationResponse,
  completion: RegistrationCompletion,
): Promise<CardSummary> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await client.completeRegistration(registrationId, completion);
    } catch (cause) {
      if (!(cause instanceof RcUnreachableError)) throw cause;
      if (attempt === COMPLETION_ATTEMPTS) {
        throw new RegistrationUnconfirmedError(
          `the registration centre fell silent at the last step: once it answers, "cardea-rc card show ${uid}" says whether the card is registered; if it is, it is good, and if not, register it again`,
          { cause },
        );
      }
      await sleep(surroundings.clock, COMPLETION_PAUSE_MS);
    }
  }
}
