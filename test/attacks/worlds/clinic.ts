import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScriptedPanel } from '../../../demo/scripted-panel.ts';
import { Site } from '../../../demo/site.ts';
import type { Outcome } from '../../../device/terminal/state.ts';
import { systemClock } from '../../../runtime/clock.ts';
import type { Network } from '../../../runtime/network.ts';
import { silentLog } from '../../../runtime/pino-log.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { tcpNetwork } from '../../../runtime/tcp-network.ts';

/** The real thing: RC, hubs and a terminal on sockets and files, for what is counted, kept or withheld there. */
export interface Clinic {
  readonly site: Site;
  /** The patient's card, as a file that lies on no reader. */
  readonly wallet: string;
  /** One tap with a PIN. */
  tap(hub: string, pin: string, wallet?: string): Promise<Outcome>;
}

export const PIN = '482913';

export const NEW_PIN = '735208';

/** Whether a tap ended with the patient served. */
export function isServed(outcome: Outcome): boolean {
  return outcome.kind === 'served';
}

/** Whether the hub evaluated a guess, and it was wrong. */
export function isWrongGuess(outcome: Outcome): boolean {
  return outcome.kind === 'refused' && outcome.reason === 'wrong-pin';
}

/**
 * Opens a clinic with these hubs and one registered card, has `attack` at it, and takes it down.
 * @param terminalNetwork the terminal's line to the hubs; an ordinary one unless it is given
 */
export async function inClinic<T>(
  hubs: readonly string[],
  attack: (clinic: Clinic) => Promise<T>,
  terminalNetwork?: Network,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'cardea-attack-'));
  const surroundings = {
    clock: systemClock,
    network: tcpNetwork(systemClock),
    random: systemRandom,
    log: silentLog,
  };
  const site = new Site({
    surroundings,
    folder,
    logN: 0,
    ...(terminalNetwork && { terminalSurroundings: { network: terminalNetwork } }),
  });
  try {
    await site.setUpNetwork();
    for (const id of hubs) await site.addHub(id, `Clinic ${id}`);
    await site.addTerminal('desk-1');
    const wallet = await site.buyCard('card.ntag215', 'NTAG215');
    await site.register(wallet, 'Maria Fernandes', PIN);
    await site.hubsCaughtUp();
    const tap = async (hub: string, pin: string, card = wallet): Promise<Outcome> =>
      (await site.tap({ wallet: card, hub, panel: new ScriptedPanel({ pin }) })).outcome;
    return await attack({ site, wallet, tap });
  } finally {
    await site.close();
    await rm(folder, { recursive: true, force: true });
  }
}
