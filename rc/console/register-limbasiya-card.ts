import type { RcClient } from '../../certs/rc-client.ts';
import { RcUnreachableError } from '../../certs/rc-errors.ts';
import type { PresentedCard } from '../../hardware/card-reader.ts';
import { CardTooSmallError, HardwareError } from '../../hardware/errors.ts';
import { fromHex, toHex, utf8, wipe } from '../../protocol/bytes.ts';
import { encodeCardImage, limbasiyaImageLength } from '../../protocol/card-image.ts';
import { clientPrimitives } from '../../protocol/crypto/fastest.ts';
import { makeCard, requestCardRegistration } from '../../protocol/limbasiya/card-registration.ts';
import { type Credentials, parseCredentials } from '../../protocol/limbasiya/credentials.ts';
import { HASH_LENGTH } from '../../protocol/limbasiya/hash.ts';
import { encodeList, MAX_LOC } from '../../protocol/limbasiya/list.ts';
import type { User } from '../../protocol/limbasiya/user.ts';
import type { CardSummary } from '../../protocol/rc-api/cards.ts';
import type { HubEntry } from '../../protocol/rc-api/join.ts';
import type { LimbasiyaCardRequest, LimbasiyaCardResponse } from '../../protocol/rc-api/limbasiya.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import {
  atCard,
  CardNotRegisteredError,
  emptyCard,
  type WritableCard,
  writeFirstImage,
} from './first-image.ts';
import { inspectCard } from './inspect-card.ts';
import { RegistrationUnconfirmedError } from './register-card.ts';

export type LimbasiyaRegistrationStep = 'card emptied' | 'card registered' | 'card written';

export interface RegisterLimbasiyaCardOptions {
  readonly client: Pick<RcClient, 'registerLimbasiyaCard' | 'revokeCard' | 'card' | 'hubs'>;
  readonly surroundings: Pick<Surroundings, 'random'>;
  readonly card: WritableCard & Pick<PresentedCard, 'largestSlotBytes'>;
  /** As they were entered. */
  readonly identity: string;
  readonly password: string;
  readonly patient: LimbasiyaCardRequest['patient'];
  /** Overwrites whatever is on the card. */
  readonly force: boolean;
  /** Told of each step when it is done; after the last the card may be taken away. */
  readonly onStep?: (step: LimbasiyaRegistrationStep) => void;
}

/**
 * Registers the card on the reader under `limbasiya-2021` (PROTOCOL 1.1). Here the RC knows the card before
 * it is written, since what is written comes from there and cannot be asked for again: a card that is too
 * small, or cannot be written, is therefore found out first, and one that fails after that is revoked.
 *
 * @throws CredentialsFormatError, CardOccupiedError, CardNotRegisteredError, RegistrationUnconfirmedError
 * @throws RcRefusedError, RcUnreachableError, RcUntrustedError
 */
export async function registerLimbasiyaCard(options: RegisterLimbasiyaCardOptions): Promise<CardSummary> {
  const { client, card, surroundings, onStep = () => {} } = options;
  const primitives = await clientPrimitives();
  const credentials = parseCredentials(options.identity, options.password);
  const user = requestCardRegistration(primitives, credentials, surroundings.random);
  try {
    const { hubs } = await client.hubs();
    await atCard(async () => {
      const slotBytes = await card.largestSlotBytes();
      checkRoom(limbasiyaImageLength(listLength(hubs)), slotBytes);
      await inspectCard(options);
      await emptyCard(card, slotBytes);
    });
    onStep('card emptied');

    const made = await register(options, user);
    onStep('card registered');

    await orRevoke(options, user, () => write(card, user, made));
    onStep('card written');
    return await client.card(toHex(user.UID));
  } finally {
    wipeUser(user, credentials);
  }
}

/** How long the list of these hubs is; their secrets alone are not known here. */
function listLength(hubs: readonly HubEntry[]): number {
  // A hub whose location is longer is not admitted to this suite.
  const listed = hubs.filter(({ revoked, location }) => !revoked && utf8(location).length <= MAX_LOC);
  return encodeList(
    listed.map(({ id: ID, location: Loc, address }) => ({
      ID,
      SSK: new Uint8Array(HASH_LENGTH),
      Loc,
      address,
    })),
  ).length;
}

/** @throws CardTooSmallError */
function checkRoom(needed: number, has: number): void {
  if (needed <= has) return;
  throw new CardTooSmallError(
    `the list of hubs is too long for this card: each of its two slots needs ${needed} bytes and has ${has}; use a card with more room (no tag has more than 420, a smart card may)`,
  );
}

async function register({ client, patient }: RegisterLimbasiyaCardOptions, { UID, A }: User) {
  try {
    return await client.registerLimbasiyaCard({ uid: toHex(UID), a: toHex(A), patient });
  } catch (cause) {
    if (!(cause instanceof RcUnreachableError)) throw cause;
    throw new RegistrationUnconfirmedError(
      `the registration centre fell silent: once it answers, revoke the card ${toHex(UID)} if "cardea-rc card list" has it, and register again`,
      { cause },
    );
  }
}

async function write(card: WritableCard, user: User, { c, d, list }: LimbasiyaCardResponse): Promise<void> {
  const primitives = await clientPrimitives();
  const [C, D, List] = [fromHex(c), fromHex(d), fromHex(list)];
  const image = makeCard(primitives, user, { keyId: 0, C, D, List });
  wipe(C, D, List);
  await writeFirstImage(card, encodeCardImage(primitives, image));
}

/** A card that the RC knows and nobody has must not stay valid. */
async function orRevoke(
  { client }: RegisterLimbasiyaCardOptions,
  { UID }: User,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (!(cause instanceof HardwareError || cause instanceof CardNotRegisteredError)) throw cause;
    await client.revokeCard(toHex(UID), 'other');
    throw new CardNotRegisteredError(
      `the card could not be written, and what was registered is revoked: ${cause.message}`,
      { cause },
    );
  }
}

function wipeUser({ A, B, UID, r1, r2, h_r1_PW }: User, { ID, PW }: Credentials): void {
  wipe(A, B, UID, r1, r2, h_r1_PW, ID, PW);
}
