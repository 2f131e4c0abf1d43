import { equalConstantTime, u32, utf8 } from '../../../protocol/bytes.ts';
import { h } from '../../../protocol/limbasiya/hash.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { openRecorded } from '../worlds/listener.ts';
import { logIn, PublishedNetwork } from '../worlds/published.ts';

/**
 * An insider of one hub, with its database and keys, records a login of a patient at another hub. Success: they
 * have the key of that session.
 */
export const otherHubComputesKey: Attack = {
  id: 'other-hub-computes-key',
  title: 'Another hub computes the key of a session that is not its own',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const patient = network.register('maria', 'monsoon');
    const other = network.hub(1);
    const { atHub } = logIn(patient, other);
    // UID and C from the insider's own list; ID, Loc and VT are no secrets.
    const { UID, C } = network.hub(0).firstCard;
    const computed = h(fast, UID, utf8(other.ID), C, utf8(other.Loc), u32(atHub.VT));
    return judge(equalConstantTime(computed, atHub.SK), {
      breaks: 'SK = h(UID || ID || C || Loc || VT): every hub holds all of it, for every hub',
      holds: 'the key is another one',
    });
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const patient = await network.register('482913');
    const [mine, other] = [network.hub(0), network.hub(1)];
    const { recorded } = await cardea.logIn(patient, other);
    const row = mine.row(patient);
    const opened = openRecorded(recorded, {
      privateKeys: [mine.keyPair.privateKey],
      publicKeys: [row.cs, row.rs],
      psks: [row.psk, row.oprfSeed],
      hubStatic: other.keyPair.publicKey,
    });
    return judge(opened.welcome !== undefined, {
      breaks: 'the session opened',
      holds: `nothing of the login opened, not even whose it is (${Object.keys(opened).length} of 4 parts)`,
    });
  },
};
