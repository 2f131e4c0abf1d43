import { randomFillSync } from 'node:crypto';
import { openWithPin } from '../../../protocol/card-secrets.ts';
import { openCard } from '../../../protocol/limbasiya/card.ts';
import { parseCredentials } from '../../../protocol/limbasiya/credentials.ts';
import { evaluate } from '../../../protocol/oprf.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, attemptLater, control, judge } from '../lab.ts';
import { attemptOf, CardeaNetwork, logIn } from '../worlds/cardea.ts';
import { PublishedNetwork } from '../worlds/published.ts';
import { guess, SECRET } from './guessing.ts';

/**
 * A thief has the card, knows whose it is, and reaches nobody. They try one secret after another on what the
 * card holds, for as long as they like. Success: they know the PIN or the password.
 *
 * On `cardea-1` a guess takes an evaluation under a key that is not on the card; the thief can only invent
 * keys, and tries each PIN under one.
 */
export const offlineWithCard: Attack = {
  id: 'offline-card',
  title: 'A lost card alone gives its secret away',

  async 'limbasiya-2021'() {
    const { card } = new PublishedNetwork().register('maria', SECRET);
    const { found, allOfThem } = await guess(
      (password) => attempt(() => openCard(fast, card, parseCredentials('maria', password))) !== undefined,
    );
    return judge(found === SECRET, {
      breaks: `E on the card tells right from wrong, and nobody counts: all million PINs in ${allOfThem}`,
      holds: 'no password of the space was told by the card',
    });
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    const patient = await network.register(SECRET);
    await logIn(patient, network.hub(0));
    const { found } = await guess(async (pin) => {
      const typed = attemptOf(pin);
      const invented = evaluate(fast, inventedKey(), typed.blinded);
      return (await attemptLater(() => openWithPin(fast, patient.card, typed, invented))) !== undefined;
    });
    control(patient.pin === SECRET, 'the right PIN was among those tried');
    return judge(found !== undefined, {
      breaks: 'the card told the right PIN from the wrong ones',
      holds: 'without a hub’s evaluation the right PIN opens the card no more than a wrong one',
    });
  },
};

/** A scalar below the group's order. */
function inventedKey(): Uint8Array {
  const key = randomFillSync(new Uint8Array(32));
  key[31] = 0;
  return key;
}
