import { openWithPin } from '../../../protocol/card-secrets.ts';
import { deriveOprfSeed } from '../../../protocol/keys.ts';
import { openCard } from '../../../protocol/limbasiya/card.ts';
import { parseCredentials } from '../../../protocol/limbasiya/credentials.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, attemptLater, judge } from '../lab.ts';
import { attemptOf, CardeaNetwork, evaluationOf } from '../worlds/cardea.ts';
import { PublishedNetwork } from '../worlds/published.ts';
import { guess, SECRET } from './guessing.ts';

/**
 * Whoever has `K_RC`, an insider of the registration centre or a thief of its key files, and at some time the
 * card. Success: they know the PIN or the password.
 */
export const offlineWithRcAndCard: Attack = {
  id: 'offline-rc-and-card',
  title: "The registration centre's master key and the card together give its secret away",

  async 'limbasiya-2021'() {
    const { card } = new PublishedNetwork().register('maria', SECRET);
    const { found, allOfThem } = await guess(
      (password) => attempt(() => openCard(fast, card, parseCredentials('maria', password))) !== undefined,
    );
    return judge(found === SECRET, {
      breaks: `the card alone is enough: all million PINs in ${allOfThem}`,
      holds: 'no password of the space was told',
    });
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    const { card } = await network.register(SECRET);
    const oprfSeed = deriveOprfSeed(fast, network.K_RC, card.uid);
    const { found } = await guess(async (pin) => {
      const typed = attemptOf(pin);
      const evaluated = evaluationOf({ oprfSeed }, card.pinVersion, typed.blinded);
      return (await attemptLater(() => openWithPin(fast, card, typed, evaluated))) !== undefined;
    });
    return judge(found === SECRET, {
      breaks: 'the master key evaluates without counting, and the card tells which guess is right',
      holds: 'no PIN of the space was told',
    });
  },
};
