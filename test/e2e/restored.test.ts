import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ScriptedPanel } from '../../demo/scripted-panel.ts';
import type { Site } from '../../demo/site.ts';
import { backupRc } from '../../rc/backup.ts';
import { restoreRc } from '../../rc/restore.ts';
import { askControl } from '../../runtime/control-socket.ts';
import { openSite, PIN, registeredCard, surroundings } from './open-site.ts';

/** For what hubs do by themselves, also on a machine that is busy. */
const PATIENT = { timeout: 20_000 };

async function tap(site: Site, wallet: string) {
  return (await site.tap({ wallet, hub: 'goa-01', panel: new ScriptedPanel({ pin: PIN }) })).outcome;
}

async function uidOf(site: Site, name: string): Promise<string> {
  const { cards } = await site.operator.cards();
  const card = cards.find((each) => each.name === name);
  if (card === undefined) throw new Error(`${name} has no card`);
  return card.uid;
}

/** While it serves. */
async function backUp(site: Site): Promise<string> {
  const [folder, target] = [site.folderOf('rc'), site.folderOf('backup')];
  const copyStore = async (path: string) => {
    const answer = await askControl(folder, { method: 'copyStore', params: { path } });
    return (answer as { anchor: string }).anchor;
  };
  await backupRc({ surroundings, folder, target, copyStore });
  return target;
}

describe('a network whose registration centre was lost and restored', () => {
  it('goes on: old cards and new ones log in, what was lost is named, and no revocation is forgotten', async () => {
    const site = await openSite();
    const [before, revoked] = [await registeredCard(site, 'before'), await registeredCard(site, 'revoked')];
    const from = await backUp(site);
    const after = await registeredCard(site, 'after');
    const [lostUid, revokedUid] = [await uidOf(site, 'after'), await uidOf(site, 'revoked')];
    await site.operator.revokeCard(revokedUid, 'stolen');
    await site.hubsCaughtUp();
    expect(await tap(site, revoked)).toEqual({ kind: 'refused', reason: 'card-revoked' });

    await site.stopRc();
    await rm(site.folderOf('rc'), { recursive: true });
    await restoreRc({ surroundings, folder: site.folderOf('rc'), from });
    await site.startRc();
    await expect
      .poll(async () => (await site.operator.status()).missing.cards.map(({ uid }) => uid), PATIENT)
      .toEqual([lostUid]);
    expect(await site.operator.card(revokedUid)).toMatchObject({ status: 'revoked' });
    expect(await tap(site, before)).toEqual({ kind: 'served' });
    expect(await tap(site, after)).toEqual({ kind: 'served' });

    await site.operator.revokeCard(lostUid, 'other');
    await site.hubsCaughtUp();
    expect(await tap(site, after)).toEqual({ kind: 'refused', reason: 'card-revoked' });
    expect((await site.operator.status()).missing.count).toBe(0);
    expect(await tap(site, await registeredCard(site, 'new'))).toEqual({ kind: 'served' });
  });
});
