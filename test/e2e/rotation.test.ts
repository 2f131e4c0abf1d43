import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadHubIdentity } from '../../certs/hub-identity.ts';
import { loadTlsIdentity } from '../../certs/tls-identity.ts';
import { ScriptedPanel } from '../../demo/scripted-panel.ts';
import type { Site } from '../../demo/site.ts';
import { followHubs } from '../../device/follow-hubs.ts';
import { assembleTerminal } from '../../device/tap-tools.ts';
import { joinHub } from '../../hub/join.ts';
import { openSite, PIN, registeredCard, surroundings } from './open-site.ts';

const PATIENCE = { timeout: 20_000 };

async function tap(site: Site, wallet: string, hub: string): Promise<string> {
  const { outcome } = await site.tap({ wallet, hub, panel: new ScriptedPanel({ pin: PIN }, () => {}) });
  return outcome.kind;
}

/** The hub shows so many authorities with its certificate. */
async function untilShown(site: Site, hub: string, authorities: number): Promise<void> {
  const shown = async () => (await loadHubIdentity(site.folderOf(hub))).chain.length - 1;
  await expect.poll(shown, PATIENCE).toBe(authorities);
}

describe('a network whose keys are rotated', () => {
  it('goes on with cards, hubs, terminals and join strings of before, and with those of after', async () => {
    const site = await openSite({ hubs: ['goa-01', 'pune-02'] });
    const old = await registeredCard(site, 'maria');
    const { token } = await site.operator.mintToken({
      kind: 'hub',
      id: 'late-03',
      location: 'Kochi',
      address: '127.0.0.1:8443',
    });
    const pune = await site.stopHub('pune-02');

    const { authority: replaces } = await site.operator.status();
    await site.operator.rotateAuthority({ replaces });
    await site.operator.rotateMasterKey({ replaces: 0 });
    // At the next change, or at once where it waits for one: within the second.
    await untilShown(site, 'goa-01', 2);
    const young = await registeredCard(site, 'asha');
    expect([await tap(site, old, 'goa-01'), await tap(site, young, 'goa-01')]).toEqual(['served', 'served']);

    // A hub that was off, and cannot reach the registration centre yet, serves the cards that it knows.
    await site.stopRc();
    await site.startHub('pune-02', pune);
    expect(await tap(site, old, 'pune-02')).toBe('served');
    await site.startRc();
    await untilShown(site, 'pune-02', 2);
    await site.hubsCaughtUp();
    expect([await tap(site, old, 'pune-02'), await tap(site, young, 'pune-02')]).toEqual([
      'served',
      'served',
    ]);

    await joinHub({ surroundings, folder: site.folderOf('late-03'), token });
    await untilShown(site, 'late-03', 2);

    // The terminal believes the new authority as soon as it has asked for the hubs, in whatever it does.
    const terminal = await assemble(site);
    const stop = new AbortController();
    const following = followHubs(terminal, site.folderOf('terminal'), stop.signal);
    const kept = () => JSON.parse(readFileSync(join(site.folderOf('terminal'), 'network.json'), 'utf8'));
    await expect.poll(() => kept().authorities.length, PATIENCE).toBe(2);
    stop.abort();
    await following;
    expect([await tap(site, old, 'goa-01'), await tap(site, young, 'goa-01')]).toEqual(['served', 'served']);
    expect((await loadTlsIdentity(site.folderOf('goa-01'))).authorities).toHaveLength(2);
  });
});

function assemble(site: Site) {
  return assembleTerminal({
    surroundings,
    folder: site.folderOf('terminal'),
    hub: 'goa-01',
    reader: site.terminal.reader,
    panel: new ScriptedPanel({ pin: PIN }, () => {}),
    allow: undefined,
  });
}
