import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScriptedPanel } from '../../demo/scripted-panel.ts';
import { Site } from '../../demo/site.ts';
import { tapOnce } from '../../device/serve-taps.ts';
import { assembleTerminal } from '../../device/tap-tools.ts';
import type { Question } from '../../hardware/panel/panel.ts';
import { systemClock } from '../../runtime/clock.ts';
import { silentLog } from '../../runtime/pino-log.ts';
import { systemRandom } from '../../runtime/random.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';
import { type Bench, median, percentile } from './bench.ts';

const PIN = '482913';
const LOG_N = 14;
const HUB = 'bench-01';
/** A hub takes 30 logins of a card in an hour. */
const TAPS_OF_A_CARD = 25;
const CARDS = 4;
const WARM_UP_TAPS = 10;

const surroundings: Surroundings = {
  clock: systemClock,
  network: tcpNetwork(systemClock),
  random: systemRandom,
  log: silentLog,
};

/**
 * From the PIN entered to WELCOME: the PIN blinded, LOGIN, CHALLENGE with a durable try, scrypt, the card
 * opened, PROOF, WELCOME. The connection is open when the PIN comes; hub and terminal are one process, over TCP.
 */
export const pinToWelcome: Bench = {
  results: ['pin-to-welcome', 'pin-to-welcome-median'],
  async run({ note }) {
    const folder = await mkdtemp(join(tmpdir(), 'cardea-bench-'));
    const site = new Site({ surroundings, folder, logN: LOG_N });
    try {
      await site.setUpNetwork();
      await site.addHub(HUB, 'Bench');
      await site.addTerminal('desk-1');
      const times: Tap[] = [];
      for (let cards = 0; cards < CARDS; cards++) {
        const wallet = await site.buyCard(`card-${cards}`, 'NTAG215');
        await site.register(wallet, 'patient', PIN);
        await site.hubsCaughtUp();
        for (let taps = 0; taps < TAPS_OF_A_CARD; taps++) times.push(await tap(site, wallet));
      }
      times.splice(0, WARM_UP_TAPS);
      const whole = times.map(({ ms }) => ms);
      note(`logN ${LOG_N}, ${times.length} taps, worst ${percentile(whole, 1).toFixed(0)} ms`);
      note(`medians, ms: ${STEPS.map((step) => `${step} ${medianOf(times, step)}`).join(', ')}`);
      return [
        { name: 'pin-to-welcome', value: percentile(whole, 0.95), unit: 'ms' },
        { name: 'pin-to-welcome-median', value: median(whole), unit: 'ms' },
      ];
    } finally {
      await site.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** What a terminal does between the PIN and WELCOME. */
const STEPS: readonly string[] = ['claim', 'open-card', 'prove'];

interface Tap {
  /** From the PIN to WELCOME. */
  readonly ms: number;
  /** Each step's own, ms. */
  readonly steps: ReadonlyMap<string, number>;
}

function medianOf(taps: readonly Tap[], step: string): string {
  return median(taps.map(({ steps }) => steps.get(step) ?? 0)).toFixed(1);
}

/** A patient who types when the hub is connected. */
class WaitingPanel extends ScriptedPanel {
  readonly #connected: Promise<void>;
  readonly #entered: () => void;

  constructor(connected: Promise<void>, entered: () => void) {
    super({ pin: PIN });
    this.#connected = connected;
    this.#entered = entered;
  }

  override async ask(question: Question): Promise<string | undefined> {
    await this.#connected;
    this.#entered();
    return super.ask(question);
  }
}

/** One tap. */
async function tap(site: Site, wallet: string): Promise<Tap> {
  return await site.terminal.withCard(wallet, async (reader) => {
    let connect = () => {};
    const connected = new Promise<void>((resolve) => {
      connect = resolve;
    });
    const steps = new Map<string, number>();
    let enteredAt = Number.NaN;
    let welcomedAt = Number.NaN;
    const panel = new WaitingPanel(connected, () => {
      enteredAt = performance.now();
    });
    const folder = site.folderOf('terminal');
    const { tools } = await assembleTerminal({ surroundings, folder, hub: HUB, reader, panel });
    const { outcome } = await tapOnce(tools, 'serve', {
      onStep({ step, ok, milliseconds }) {
        steps.set(step, milliseconds);
        if (step === 'call-hub' && ok) connect();
        if (step === 'prove' && ok) welcomedAt = performance.now();
      },
    });
    if (outcome.kind !== 'served') throw new Error(`the tap ended as ${JSON.stringify(outcome)}`);
    return { ms: welcomedAt - enteredAt, steps };
  });
}
