import { toHex } from '../../../protocol/bytes.ts';
import { openCard } from '../../../protocol/limbasiya/card.ts';
import { parseCredentials } from '../../../protocol/limbasiya/credentials.ts';
import { hashCredentials } from '../../../protocol/limbasiya/user.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, doesNotApply, judge } from '../lab.ts';
import { PublishedNetwork } from '../worlds/published.ts';

/**
 * A user with an identity and a password that, written one after the other, are another user's. Success: the
 * scheme cannot tell the two apart where it hashes both together.
 */
export const ambiguousCredentials: Attack = {
  id: 'ambiguous-credentials',
  title: 'Two users with different identities and passwords are one to the scheme',

  'limbasiya-2021'() {
    const { card } = new PublishedNetwork().register('maria', 'fernandes');
    const [one, other] = [parseCredentials('maria', 'fernandes'), parseCredentials('mariafern', 'andes')];
    const same = toHex(hashCredentials(fast, one)) === toHex(hashCredentials(fast, other));
    const opens = attempt(() => openCard(fast, card, other)) !== undefined;
    return judge(same, {
      breaks: `A = h(ID || PW) is the same for both${opens ? ', and the card opens for both' : '; the card itself still tells them apart by E'}`,
      holds: 'A differs',
    });
  },

  'cardea-1'() {
    return doesNotApply(
      'a patient has a PIN and no identity to type; what is hashed is length-prefixed or of fixed size',
    );
  },
};
