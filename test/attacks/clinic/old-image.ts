import { copyFile } from 'node:fs/promises';
import { ScriptedPanel } from '../../../demo/scripted-panel.ts';
import { openCard } from '../../../protocol/limbasiya/card.ts';
import { parseCredentials, parsePassword } from '../../../protocol/limbasiya/credentials.ts';
import { changePassword } from '../../../protocol/limbasiya/updation.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, control, judge } from '../lab.ts';
import { inClinic, isServed, NEW_PIN, PIN } from '../worlds/clinic.ts';
import { PublishedNetwork } from '../worlds/published.ts';

/**
 * Somebody copied the card and saw its PIN; the patient has changed the PIN since, and puts up with no more.
 * Success: the old copy with the old PIN is served at a hub that knows of the change.
 */
export const oldImageAndOldPin: Attack = {
  id: 'old-image',
  title: 'After a new PIN, an old copy of the card with the old PIN still logs in',

  'limbasiya-2021'() {
    const { card } = new PublishedNetwork().register('maria', 'seen password');
    const seen = parseCredentials('maria', 'seen password');
    const changed = changePassword(fast, card, seen, parsePassword('new password'));
    control(
      attempt(() => openCard(fast, changed, seen)) === undefined,
      'the new card refuses the old password',
    );
    return judge(attempt(() => openCard(fast, card, seen)) !== undefined, {
      breaks: 'the old copy opens to the same UID and C, and no hub ever hears of a password',
      holds: 'the old copy is refused',
    });
  },

  'cardea-1': () =>
    inClinic(['goa-01'], async ({ site, wallet, tap }) => {
      const copy = `${wallet}.copy`;
      await copyFile(wallet, copy);
      control(isServed(await tap('goa-01', PIN, copy)), 'the copy is as good as the card before');
      const panel = new ScriptedPanel({ pin: PIN, 'new-pin': NEW_PIN, 'new-pin-again': NEW_PIN });
      const changed = await site.tap({ wallet, hub: 'goa-01', panel, goal: 'new-pin' });
      control(changed.outcome.kind === 'pin-set', 'the PIN was changed');
      return judge(isServed(await tap('goa-01', PIN, copy)), {
        breaks: 'the copy was served',
        holds: 'a new PIN is a new card key: the hub knows the old one as superseded',
      });
    }),
};
