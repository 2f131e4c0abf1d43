import { toHex } from '../../../protocol/bytes.ts';
import { encodeChallenge, encodeLogin } from '../../../protocol/limbasiya/service.ts';
import { type Attack, control, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { logIn, PublishedNetwork, T0 } from '../worlds/published.ts';

/** So long a run of bytes that two random messages do not share one. */
const RUN = 8;

/**
 * Somebody without card or key records two logins of one card and one of another, at one hub. Success: a value
 * that the messages of the same card share, and the other card's do not.
 */
export const outsiderLinksLogins: Attack = {
  id: 'outsider-links-logins',
  title: 'An outsider links two logins of one card',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const [one, other] = [network.register('maria', 'monsoon'), network.register('rosa', 'dry season')];
    const heard = ([patient, now]: readonly [typeof one, number]) => {
      const { login, challenge } = logIn(patient, network.hub(0), now).recorded;
      // Without the 8 bytes of time at the end of each: they are no secret.
      return [encodeLogin(login).subarray(0, 64), encodeChallenge(challenge).subarray(0, 64)];
    };
    return linked(
      heard([one, T0]),
      heard([one, T0 + 5000]),
      heard([other, T0 + 7000]),
      'σ = h(VT || C || T2 − T1) is the same whenever the hub answers in the same number of milliseconds',
    );
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const [one, other] = [await network.register('482913'), await network.register('735208')];
    const heard = async (patient: typeof one) => {
      const { login, challenge, proof, welcome } = (await cardea.logIn(patient, network.hub(0))).recorded;
      return [login.subarray(2), challenge.subarray(2), proof.subarray(2), welcome.subarray(1)];
    };
    return linked(
      await heard(one),
      await heard(one),
      await heard(other),
      'both logins of the card show the same value',
    );
  },
};

type Heard = readonly Uint8Array[];

function linked(one: Heard, again: Heard, other: Heard, breaks: string) {
  control(sharesRun(one, one), 'a shared value would be seen');
  return judge(sharesRun(one, again) && !sharesRun(one, other), {
    breaks,
    holds: 'no value of one login comes again in the other',
  });
}

function sharesRun(some: Heard, others: Heard): boolean {
  const runs = new Set(some.flatMap(runsOf));
  return others.flatMap(runsOf).some((run) => runs.has(run));
}

function runsOf(message: Uint8Array): string[] {
  return Array.from({ length: message.length - RUN + 1 }, (_, at) => toHex(message.subarray(at, at + RUN)));
}
