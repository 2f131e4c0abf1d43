import { mergeCard } from '../../../hub/feed/merge.ts';
import type { CardInBytes } from '../../../protocol/rc-api/compact-feed.ts';
import { type Attack, control, doesNotApply, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';

/**
 * Somebody plays an older state of the registration centre to a hub (a restored backup, a rolled-back disk).
 * Success: a card of which the hub has heard that it was revoked is accepted there again.
 */
export const rolledBackRevocation: Attack = {
  id: 'rolled-back-revocation',
  title: 'An older state of the registration centre brings a revoked card back',

  'limbasiya-2021'() {
    return doesNotApply(
      'a revocation is the absence from a list: an older list has no way to be told from a newer one',
    );
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const { uid, subject, cs, rs, psk, oprfSeed } = network.hub(0).row(await network.register('482913'));
    const active: CardInBytes = {
      uid,
      revoked: false,
      locked: false,
      subject,
      cs,
      rs,
      psk,
      oprfSeed,
      pinVersion: 1,
      epoch: 0,
      pending: [],
    };
    const held = mergeCard(mergeCard(null, active), { ...active, revoked: true });
    control(held.revoked, 'the hub has heard');
    const after = [false, true].map((restored) => mergeCard(held, active, { restored }));
    return judge(
      after.some(({ revoked }) => !revoked),
      {
        breaks: 'the card is good again',
        holds:
          'merging never undoes a revocation, not even of a restored registration centre in a new generation',
      },
    );
  },
};
