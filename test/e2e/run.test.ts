import { describe, it } from 'vitest';
import { ScriptedPanel } from '../../demo/scripted-panel.ts';
import type { Site } from '../../demo/site.ts';
import { serveTaps } from '../../device/serve-taps.ts';
import { assembleTerminal } from '../../device/tap-tools.ts';
import type { Outcome } from '../../device/terminal/state.ts';
import { hurriedClock } from '../support/hurried-clock.ts';
import { openSite, PIN, registeredCard, surroundings } from './open-site.ts';

/** Lets a test wait for what a terminal shows and how its taps end. */
class Watcher {
  readonly #seen: string[] = [];
  #waiting: { readonly what: string; readonly resolve: () => void } | undefined;

  see(what: string): void {
    this.#seen.push(what);
    this.#look();
  }

  /** Resolves when `what` is seen; what came before it is forgotten. */
  until(what: string): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { what, resolve };
      this.#look();
    });
  }

  #look(): void {
    const waiting = this.#waiting;
    const at = waiting === undefined ? -1 : this.#seen.indexOf(waiting.what);
    if (waiting === undefined || at < 0) return;
    this.#seen.splice(0, at + 1);
    this.#waiting = undefined;
    waiting.resolve();
  }
}

/** Runs a terminal beside the test until `work` is over. */
async function whileServing(site: Site, work: (watcher: Watcher) => Promise<void>): Promise<void> {
  const watcher = new Watcher();
  const panel = new ScriptedPanel({ pin: PIN }, (sign, lines) => watcher.see(`${sign}: ${lines[0]}`));
  const { reader } = site.terminal;
  const folder = site.folderOf('terminal');
  const { tools } = await assembleTerminal({
    surroundings: { ...surroundings, clock: hurriedClock(20) },
    folder,
    hub: 'goa-01',
    reader,
    panel,
  });
  const stop = new AbortController();
  const observer = {
    step: () => undefined,
    ended: (outcome: Outcome) => watcher.see(outcome.kind === 'refused' ? outcome.reason : outcome.kind),
  };
  const served = serveTaps(tools, observer, stop.signal);
  try {
    await work(watcher);
  } finally {
    stop.abort();
    await served;
  }
}

describe('a terminal that serves tap after tap', () => {
  it('serves each card that comes, and one again only after it was taken away', async () => {
    const site = await openSite();
    const maria = await registeredCard(site, 'maria');
    const jose = await registeredCard(site, 'jose');
    await whileServing(site, async (watcher) => {
      for (const wallet of [maria, jose, maria]) {
        await watcher.until('idle: Please tap your card.');
        await site.terminal.lay(wallet);
        await watcher.until('served');
        await site.terminal.take(wallet);
      }
      await watcher.until('idle: Please tap your card.');
    });
  });

  it('says so when the reader is pulled out, and serves again when it is back', async () => {
    const site = await openSite();
    const wallet = await registeredCard(site);
    await whileServing(site, async (watcher) => {
      await watcher.until('idle: Please tap your card.');
      site.terminal.virtual.port.unplug();
      await watcher.until('out-of-order: The card reader is not connected.');
      site.terminal.virtual.port.plugIn();
      await watcher.until('idle: Please tap your card.');
      await site.terminal.lay(wallet);
      await watcher.until('served');
      await site.terminal.take(wallet);
    });
  });

  it('goes on when the hub goes and comes back, and when the reader is pulled out under a card', async () => {
    const site = await openSite();
    const wallet = await registeredCard(site);
    await whileServing(site, async (watcher) => {
      const address = await site.stopHub('goa-01');
      await watcher.until('idle: Please tap your card.');
      await site.terminal.lay(wallet);
      await watcher.until('hub-unreachable');
      await site.startHub('goa-01', address);
      site.terminal.virtual.port.unplug();
      await watcher.until('out-of-order: The card reader is not connected.');
      site.terminal.virtual.port.plugIn();
      await watcher.until('served');
      await site.terminal.take(wallet);
      await watcher.until('idle: Please tap your card.');
    });
  });
});
