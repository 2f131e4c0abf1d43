import { openWithPin } from '../../../protocol/card-secrets.ts';
import { DEFAULT_LOG_N } from '../../../protocol/constants.ts';
import { openCard } from '../../../protocol/limbasiya/card.ts';
import { parseCredentials } from '../../../protocol/limbasiya/credentials.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, attemptLater, judge } from '../lab.ts';
import { attemptOf, CardeaNetwork, evaluationOf } from '../worlds/cardea.ts';
import { PublishedNetwork } from '../worlds/published.ts';
import { guess, SECRET } from './guessing.ts';

/** scrypt with N = 2^14 next to everything else a guess takes: measured once, on cards of both kinds. */
const STRETCHED = `each costs a scrypt of N = 2^${DEFAULT_LOG_N} besides on a card as they are registered`;

/**
 * A thief has a hub's whole database and, at some time, the card. Nobody is asked, so nobody counts. Success:
 * they know the PIN or the password.
 */
export const offlineWithHubAndCard: Attack = {
  id: 'offline-hub-and-card',
  title: "A hub's database and the card together give its secret away",

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
    const patient = await network.register(SECRET);
    const row = network.hub(0).row(patient);
    const { found, allOfThem } = await guess(async (pin) => {
      const typed = attemptOf(pin);
      const evaluated = evaluationOf(row, patient.card.pinVersion, typed.blinded);
      return (await attemptLater(() => openWithPin(fast, patient.card, typed, evaluated))) !== undefined;
    });
    return judge(found === SECRET, {
      breaks: `the database evaluates, the card tells: all million PINs in ${allOfThem} with nothing stretched; ${STRETCHED}`,
      holds: 'no PIN of the space was told',
    });
  },
};
