import { equalConstantTime, toHex, utf8 } from '../../../protocol/bytes.ts';
import { type Attack, control, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { logIn, PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * Known session key: somebody got hold of the key of one session, and records a later one of the same card at
 * the same hub. Success: the key they have is the key of the later session.
 */
export const knownSessionKey: Attack = {
  id: 'known-session-key',
  title: 'The key of one session opens the next',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const patient = network.register('maria', 'monsoon');
    const [first, later] = [T0, T0 + 86_400_000].map((now) => logIn(patient, network.hub(0), now).atHub.SK);
    if (first === undefined || later === undefined) throw new Error('no session');
    return judge(equalConstantTime(first, later), {
      breaks: `SK was ${toHex(first).slice(0, 8)}… at both logins, a day apart`,
      holds: 'the two keys differ',
    });
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const patient = await network.register('482913');
    const first = await cardea.logIn(patient, network.hub(0));
    const later = await cardea.logIn(patient, network.hub(0));
    const message = utf8('the same message');
    const sealed = [first, later].map(({ atHub }) => toHex(atHub.seal(message)));
    control(sealed.length === 2, 'both sessions work');
    return judge(sealed[0] === sealed[1] || first.atHub.fingerprint === later.atHub.fingerprint, {
      breaks: 'the same plaintext was sealed alike in both sessions',
      holds:
        'both keys come of two fresh ephemeral keys: the same message at the same place is sealed differently',
    });
  },
};
