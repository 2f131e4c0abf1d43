import { SUITE } from '../../../protocol/constants.ts';
import { decodeHello, encodeHello } from '../../../protocol/hello.ts';
import { LimbasiyaHubLogin } from '../../../protocol/limbasiya/hub-login.ts';
import { DeviceLogin } from '../../../protocol/login/device.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, control, doesNotApply, judge } from '../lab.ts';
import { attemptOf, CardeaNetwork } from '../worlds/cardea.ts';
import { PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * Somebody on the line changes what the hub says it speaks, or the suite of a message, so that a `cardea-1` card is
 * served under the older suite. Success: the hub goes on with a login whose HELLO was changed, or takes a
 * `cardea-1` message for one of the other suite.
 */
export const suiteDowngrade: Attack = {
  id: 'suite-downgrade',
  title: 'A cardea-1 card is brought down to the older suite',

  'limbasiya-2021'() {
    return doesNotApply('it is the older suite');
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    const { card } = await network.register('482913');
    const hub = network.hub(0);
    const hello = hub.hello();
    const begin = (seen: Uint8Array) =>
      new DeviceLogin(fast, {
        hello: seen,
        hubId: hub.id,
        hubStatic: hub.keyPair.publicKey,
        random: systemRandom,
      }).login({ uid: card.uid, pinVersion: card.pinVersion, blinded: attemptOf('482913').blinded });
    control(attempt(() => hub.answer(hello, begin(hello))) !== undefined, 'the login itself is good');
    const changed = encodeHello({ ...decodeHello(hello), suites: [SUITE.limbasiya2021] });
    const underChanged = attempt(() => hub.answer(hello, begin(changed)));
    const older = new PublishedNetwork().hub(0);
    const relabelled = begin(hello).map((byte, at) => (at === 1 ? SUITE.limbasiya2021 : byte));
    const asOlder = attempt(() =>
      new LimbasiyaHubLogin(fast, { hello, hub: older }).readLogin(relabelled, T0),
    );
    return judge(underChanged !== undefined || asOlder !== undefined, {
      breaks: 'the hub went on',
      holds:
        'the HELLO is part of the handshake, a card is of one suite, and hubs allow the older one only when told to',
    });
  },
};
