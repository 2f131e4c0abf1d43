import { openWithPin } from '../../../protocol/card-secrets.ts';
import { evaluate } from '../../../protocol/oprf.ts';
import { changePin } from '../../../protocol/pin-change.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attemptLater, doesNotApply, judge } from '../lab.ts';
import { attemptOf, CardeaNetwork, evaluationOf } from '../worlds/cardea.ts';

/**
 * A malicious hub at which a patient changes the PIN answers the evaluation under a key of its own. Success: the
 * card no longer opens at other hubs with the new PIN.
 */
export const hubSpoilsCard: Attack = {
  id: 'hub-spoils-card',
  title: 'A malicious hub spoils a card when its PIN is changed there',

  'limbasiya-2021'() {
    return doesNotApply('no hub takes part in a new password');
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    const patient = await network.register('482913');
    const row = network.hub(1).row(patient);
    const old = attemptOf(patient.pin);
    const { usk } = await openWithPin(fast, patient.card, old, evaluationOf(row, 1, old.blinded));
    const key = systemRandom(32);
    key[31] = 0;
    const typed = attemptOf('735208');
    const evaluated = evaluate(fast, key, typed.blinded);
    const { card } = patient;
    const { image } = await changePin(fast, {
      card,
      usk,
      attempt: typed,
      evaluated,
      pinVersion: 2,
      random: systemRandom,
    });
    const again = attemptOf('735208');
    const elsewhere = evaluationOf(row, 2, again.blinded);
    const opens = await attemptLater(() => openWithPin(fast, image, again, elsewhere));
    return judge(opens === undefined, {
      breaks:
        'the new PIN opens the card at that hub alone; the recovery code still opens it, or it is replaced',
      holds: 'the card opens at other hubs',
    });
  },
};
