import { toHex } from '../../protocol/bytes.ts';
import {
  authorityRotated,
  authorityRotation,
  masterKeyRotated,
  masterKeyRotation,
} from '../../protocol/rc-api/rotate.ts';
import { counted } from '../../runtime/counted.ts';
import { SecretPlaceError } from '../../runtime/secret-folder.ts';
import { RefusedError } from '../errors.ts';
import { MasterKeyError } from '../master-keys.ts';
import { AuthorityReplacedError } from '../network-authority.ts';
import { REGISTRATION_LIFE_MS } from '../store/registrations.ts';
import { memberOrigin } from './audited.ts';
import type { RcContext } from './context.ts';
import type { ZodApp } from './zod-app.ts';

/** New keys for the network, while cards, hubs, terminals and operators of the old ones go on (PROTOCOL 2.1, 2.5). */
export function addRotationRoutes(app: ZodApp, context: RcContext): void {
  const { store, authority, masterKeys, secrets, clock, log, random } = context;

  app.post(
    '/v1/authority/rotate',
    { schema: { body: authorityRotation, response: { 200: authorityRotated } } },
    async (request) => {
      const origin = memberOrigin(request, clock);
      const { replaces, dropOldest } = request.body;
      const isNew = replaces === toHex(authority.current.fingerprint);
      if (isNew && !dropOldest) await checkNoneIsLost(context);
      const outcome = await said(() =>
        authority.rotate({ replaced: replaces, secrets, now: origin.time, random }),
      );
      const key = toHex(authority.current.fingerprint);
      if (outcome === 'rotated') {
        await store.audit.note({ ...origin, action: 'authority.rotated', outcome: 'done', key });
        log.warn('the authority was rotated', { authority: key, by: origin.by });
        // Its own certificate by the new one; and hubs that wait for changes hear of it, and renew theirs.
        await context.showNewAuthority();
        context.feedSignal.announce();
      }
      return { authority: key, caPin: toHex(authority.current.caPin), authorities: authority.inHex };
    },
  );

  app.post(
    '/v1/master-key/rotate',
    { schema: { body: masterKeyRotation, response: { 200: masterKeyRotated } } },
    async (request) => {
      const origin = memberOrigin(request, clock);
      const outcome = await said(() => masterKeys.rotate(request.body.replaces, secrets, random));
      const { keyId } = masterKeys.current;
      if (outcome === 'rotated') {
        await store.audit.note({
          ...origin,
          action: 'master-key.rotated',
          outcome: 'done',
          key: String(keyId),
        });
        log.warn('the master key was rotated', { keyId, by: origin.by });
      }
      return { keyId };
    },
  );
}

/** @throws RefusedError where cards in use pin the authority that the rotation would drop */
async function checkNoneIsLost({ authority, store }: RcContext): Promise<void> {
  const until = authority.oldestDroppedUntil;
  if (until === undefined) return;
  const cards = await store.cards.countRegisteredBefore(until + REGISTRATION_LIFE_MS);
  if (cards === 0) return;
  throw new RefusedError(
    'authority-in-use',
    `${counted(cards, 'card in use pins', 'cards in use pin')} the oldest authority, for which there is no room after another rotation: replace them first, or say --drop-oldest`,
  );
}

async function said<Result>(rotate: () => Promise<Result>): Promise<Result> {
  try {
    return await rotate();
  } catch (cause) {
    if (cause instanceof AuthorityReplacedError || cause instanceof MasterKeyError) {
      throw new RefusedError('rotation-conflict', cause.message, { cause });
    }
    if (cause instanceof SecretPlaceError) throw new RefusedError('secret-place', cause.message, { cause });
    throw cause;
  }
}
