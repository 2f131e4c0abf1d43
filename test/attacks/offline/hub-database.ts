import { toHex } from '../../../protocol/bytes.ts';
import { requestCardRegistration } from '../../../protocol/limbasiya/card-registration.ts';
import { parseCredentials } from '../../../protocol/limbasiya/credentials.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, judge } from '../lab.ts';
import { attemptOf, CardeaNetwork, evaluationOf } from '../worlds/cardea.ts';
import { PublishedNetwork } from '../worlds/published.ts';
import { guess, SECRET } from './guessing.ts';

/**
 * A thief has a hub's whole database, and no card. They compute, for one secret after another, everything that
 * the database lets them compute, and look for any of it in the database. Success: a right secret is told.
 */
export const offlineWithHubDatabase: Attack = {
  id: 'offline-hub-database',
  title: "A hub's database alone gives secrets away",

  async 'limbasiya-2021'() {
    const network = new PublishedNetwork();
    network.register('maria', SECRET);
    const database = [...network.hub(0).cards].map(([uid, C]) => uid + toHex(C)).join();
    // UID = h(r1 || ID || r2): without the card's nonces there is nothing to compare a guess with.
    const { found } = await guess((password) => {
      const guessed = requestCardRegistration(fast, parseCredentials('maria', password), systemRandom);
      return [guessed.UID, guessed.A, guessed.B].some((value) => database.includes(toHex(value)));
    });
    return judge(found !== undefined, {
      breaks: 'a password was told by the list of UID and C',
      holds:
        'UID and C depend on nonces that only the card holds (what the list gives instead: see the insiders)',
    });
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    const patient = await network.register(SECRET);
    const row = network.hub(0).row(patient);
    const { uid, cs, rs, psk, subject, oprfSeed } = row;
    const database = [uid, cs, rs, psk, subject, oprfSeed].map(toHex).join();
    const { found } = await guess((pin) => {
      const typed = attemptOf(pin);
      const rwd = typed.finalize(fast, evaluationOf(row, 1, typed.blinded));
      const candidate = toHex(fast.sha256(rwd));
      return [toHex(rwd), candidate].some((value) => database.includes(value));
    });
    return judge(found !== undefined, {
      breaks: 'a PIN was told by what a hub holds',
      holds:
        'every guess can be evaluated, and nothing in the database says which is right: that is on the card',
    });
  },
};
