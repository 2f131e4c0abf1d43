import { toHex } from '../../../protocol/bytes.ts';
import { cardKeyPair } from '../../../protocol/keys.ts';
import { requestCardRegistration } from '../../../protocol/limbasiya/card-registration.ts';
import { parseCredentials } from '../../../protocol/limbasiya/credentials.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, judge } from '../lab.ts';
import { CardeaNetwork } from '../worlds/cardea.ts';
import { PublishedNetwork } from '../worlds/published.ts';
import { guess, SECRET } from './guessing.ts';

/**
 * A thief has the registration centre's database without its key files, and no card: of each card its UID and
 * what the RC keeps. Success: a secret is told, or a card's key can be computed.
 */
export const offlineWithRcDatabase: Attack = {
  id: 'offline-rc-database',
  title: "The registration centre's database alone gives secrets away",

  async 'limbasiya-2021'() {
    const network = new PublishedNetwork();
    network.register('maria', SECRET);
    const database = [...network.hub(0).cards].map(([uid, C]) => uid + toHex(C)).join();
    const { found } = await guess((password) => {
      const guessed = requestCardRegistration(fast, parseCredentials('maria', password), systemRandom);
      return [guessed.UID, guessed.A].some((value) => database.includes(toHex(value)));
    });
    return judge(found !== undefined, {
      breaks: 'a password was told by the list of UID and C',
      holds:
        'the password is told by nothing in it; UID, C and SSK, which are in it, log in without one: see the insiders',
    });
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    const patient = await network.register(SECRET);
    const { uid, cs, rs } = network.hub(0).row(patient);
    const { found } = await guess((pin) => {
      const guesses = [uid, cs, rs].map((known) => fast.sha256(Buffer.concat([known, Buffer.from(pin)])));
      return guesses.some((seed) => toHex(cardKeyPair(fast, seed).publicKey) === toHex(cs));
    });
    return judge(found !== undefined, {
      breaks: 'a card’s key came of what the RC keeps',
      holds: 'the RC keeps public keys alone, made of random seeds that never left the console and the card',
    });
  },
};
