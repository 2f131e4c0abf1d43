import { HubCertificateError, verifyHubChain } from '../../../certs/hub-chain.ts';
import { decodeHello } from '../../../protocol/hello.ts';
import { type Attack, control, doesNotApply, judge } from '../lab.ts';
import { CardeaNetwork } from '../worlds/cardea.ts';

/**
 * Somebody runs a hub that never joined, with certificates of an authority of their own, or with the network's
 * authority certificate stuck behind their own. Success: a terminal goes on to LOGIN.
 */
export const rogueHub: Attack = {
  id: 'rogue-hub',
  title: 'A hub that never joined is taken for one',

  'limbasiya-2021'() {
    return doesNotApply(
      'the scheme has no certificates: a hub is whoever knows its SSK (see the insiders); our terminals check certificates before it',
    );
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    const { card } = await network.register('482913');
    const trust = { now: Date.UTC(2026, 0, 1), caPin: card.caPin };
    control(
      isBelieved(decodeHello(network.hub(0).hello()).certificates, trust),
      'a hub that joined is believed',
    );
    const rogue = await CardeaNetwork.open(['goa-01']);
    const [own] = rogue.hub(0).chain;
    if (own === undefined) throw new Error('the rogue hub has no certificate');
    const chains = [
      rogue.hub(0).chain,
      [own, network.authority.certificate],
      [...rogue.hub(0).chain, network.authority.certificate],
      [own, ...network.hub(0).chain],
    ];
    return judge(
      chains.some((chain) => isBelieved(chain, trust)),
      {
        breaks: 'a terminal believed a certificate that the network never signed',
        holds: 'each certificate has to be signed by the next, up to the authority whose key the card pins',
      },
    );
  },
};

function isBelieved(
  chain: readonly Uint8Array[],
  trust: { readonly now: number; readonly caPin: Uint8Array },
): boolean {
  try {
    verifyHubChain(chain, trust);
    return true;
  } catch (error) {
    if (!(error instanceof HubCertificateError)) throw error;
    return false;
  }
}
