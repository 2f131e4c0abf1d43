import { ristretto255 } from '@noble/curves/ed25519.js';
import { verifyHubChain } from '../../../certs/hub-chain.ts';
import { fromHex } from '../../../protocol/bytes.ts';
import { decodeHello } from '../../../protocol/hello.ts';
import { systemClock } from '../../../runtime/clock.ts';
import type { Address } from '../../../runtime/network.ts';
import { tcpNetwork } from '../../../runtime/tcp-network.ts';
import { TestDevice } from '../../hub/test-device.ts';
import { type Attack, control, doesNotApply, judge } from '../lab.ts';
import { inClinic, isServed, PIN } from '../worlds/clinic.ts';

/**
 * Somebody knows a card's UID (they read it through a pocket once), reaches a hub, and has neither card nor PIN.
 * Success: the patient, with card and right PIN, is not served there any more.
 */
export const lockingSomebodyOut: Attack = {
  id: 'locking-out',
  title: "Who knows a card's UID can lock its holder out",

  'limbasiya-2021'() {
    return doesNotApply('the scheme has no lockout');
  },

  'cardea-1': () =>
    inClinic(['goa-01'], async ({ site, tap }) => {
      control(isServed(await tap('goa-01', PIN)), 'the patient is served');
      const [card] = (await site.operator.cards()).cards;
      if (card === undefined) throw new Error('no card is registered');
      for (let n = 0; n < 5; n++) await spendTry(site.hub('goa-01').address, fromHex(card.uid), n);
      const outcome = await tap('goa-01', PIN);
      return judge(!isServed(outcome), {
        breaks:
          'five LOGINs with a made-up PIN, and the card is locked until it is unlocked or the code is used',
        holds: 'the patient is served all the same',
      });
    }),
};

/** A LOGIN with any element in the blinded PIN's place, another one each time, and no PROOF. */
async function spendTry(address: Address, uid: Uint8Array, n: number) {
  const device = await TestDevice.connect(tcpNetwork(systemClock), address);
  await device.hello();
  const { certificates } = decodeHello(device.helloBody);
  const authority = certificates.at(-1);
  if (authority === undefined) throw new Error('the hub shows no certificate');
  const { hubStatic } = verifyHubChain(certificates, { now: systemClock.now(), authorities: [authority] });
  const blinded = ristretto255.Point.BASE.multiply(BigInt(n + 1)).toBytes();
  device.send(device.loginBody(hubStatic, { uid, pinVersion: 1, blinded }));
  await device.challenge();
  device.close();
}
