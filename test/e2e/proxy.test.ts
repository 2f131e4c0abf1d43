import { describe, expect, it } from 'vitest';
import { ScriptedPanel } from '../../demo/scripted-panel.ts';
import type { Site } from '../../demo/site.ts';
import type { Outcome } from '../../device/terminal/state.ts';
import { seededRandom } from '../../runtime/random.ts';
import { ChaosNetwork, type Mischief } from '../support/chaos-network.ts';
import { hurriedClock } from '../support/hurried-clock.ts';
import { openSite, PIN, registeredCard, surroundings, WRONG_PIN } from './open-site.ts';

/** What a patient may be told when the line is bad; a wrong PIN or a revoked card are not among it. */
const PLAIN_REFUSALS = [
  'hub-lost',
  'hub-refused',
  'hub-untrusted',
  'hub-unreachable',
  'hub-unsupported',
  'hub-busy',
  'card-locked',
];

/** Patience ends a hundred times sooner at this terminal; a delayed chunk is late by less than it. */
async function siteBehindProxy(): Promise<{ site: Site; network: ChaosNetwork; wallet: string }> {
  const clock = hurriedClock(100);
  const network = new ChaosNetwork(surroundings.network, (run) => void clock.after(500, run));
  const site = await openSite({ terminalSurroundings: { network, clock } });
  return { site, network, wallet: await registeredCard(site) };
}

async function tap(site: Site, wallet: string): Promise<Outcome> {
  return (await site.tap({ wallet, hub: 'goa-01', panel: new ScriptedPanel({ pin: PIN }) })).outcome;
}

function expectPlain(outcome: Outcome, what: string): void {
  if (outcome.kind !== 'refused') expect([what, outcome.kind]).toEqual([what, 'served']);
  else expect(PLAIN_REFUSALS, what).toContain(outcome.reason);
}

describe('a terminal behind a proxy', () => {
  const MISCHIEF: readonly Mischief[] = ['flip', 'drop', 'repeat', 'delay', 'cut'];
  const DIRECTIONS = ['toHub', 'toDevice'] as const;

  it.each(MISCHIEF)(
    'that does one %s to any message ends in success, a plain refusal or a clean retry',
    async (mischief) => {
      const { site, network, wallet } = await siteBehindProxy();
      for (const direction of DIRECTIONS) {
        for (let nth = 0; nth < 5; nth++) {
          let done = false;
          network.chaos = (where, chunk) => {
            if (done || where !== direction || chunk !== nth) return undefined;
            done = true;
            return mischief;
          };
          expectPlain(await tap(site, wallet), `${mischief} of chunk ${nth} ${direction}`);
          network.chaos = () => undefined;
          expect([nth, direction, await tap(site, wallet)]).toEqual([nth, direction, { kind: 'served' }]);
        }
      }
    },
  );

  it('that breaks every connection between LOGIN and WELCOME costs no try but the first', async () => {
    const { site, network, wallet } = await siteBehindProxy();
    network.chaos = (direction, chunk) => (direction === 'toDevice' && chunk === 1 ? 'cut' : undefined);
    expect(await tap(site, wallet)).toEqual({ kind: 'refused', reason: 'hub-lost' });
    network.chaos = () => undefined;
    const panel = new ScriptedPanel({ pin: '111222' });
    const { outcome } = await site.tap({ wallet, hub: 'goa-01', panel });
    expect(outcome).toEqual({ kind: 'refused', reason: 'wrong-pin', attemptsLeft: 3 });
  });

  it('that breaks the connection on the last try is told that the card is locked, the right PIN or not', async () => {
    const { site, network, wallet } = await siteBehindProxy();
    for (let i = 0; i < 4; i++) {
      await site.tap({ wallet, hub: 'goa-01', panel: new ScriptedPanel({ pin: WRONG_PIN }) });
    }
    let cuts = 0;
    network.chaos = (direction, chunk) => {
      if (cuts > 0 || direction !== 'toDevice' || chunk !== 1) return undefined;
      cuts += 1;
      return 'cut';
    };
    const before = network.connections;
    expect(await tap(site, wallet)).toEqual({ kind: 'refused', reason: 'card-locked' });
    expect([cuts, network.connections - before]).toEqual([1, 2]);
  });

  it('that does mischief at random, from a seed, never ends otherwise', async () => {
    const { site, network } = await siteBehindProxy();
    const seed = '20261123';
    const random = seededRandom(seed);
    const draw = (below: number) => (random(1)[0] ?? 0) % below;
    network.flipAt = (length) => ((random(1)[0] ?? 0) * 256 + (random(1)[0] ?? 0)) % length;
    let wallet = '';
    for (let round = 0; round < 20; round++) {
      // A hub takes 30 LOGINs an hour of a card (PROTOCOL 2.5, bounds), and a round makes four at the most.
      if (round % 5 === 0) wallet = await registeredCard(site, `card of round ${round}`);
      network.chaos = () => (draw(6) === 0 ? MISCHIEF[draw(MISCHIEF.length)] : undefined);
      expectPlain(await tap(site, wallet), `seed ${seed}, round ${round}`);
      network.chaos = () => undefined;
      // A right login gives the tries back, so that mischief alone can not lock the card between two of them.
      expect(await tap(site, wallet), `seed ${seed}, round ${round}, on a good line`).toEqual({
        kind: 'served',
      });
    }
  });
});
