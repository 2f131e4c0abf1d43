import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority, createAuthority } from '../../../certs/authority.ts';
import { saveHubIdentity } from '../../../certs/hub-identity.ts';
import { newTlsKeyPair } from '../../../certs/keys.ts';
import { saveTlsIdentity } from '../../../certs/tls-identity.ts';
import { writeNetworkRecord } from '../../../hub/network-file.ts';
import { recordsKey } from '../../../hub/records/key.ts';
import { toHex } from '../../../protocol/bytes.ts';
import { clientPrimitives } from '../../../protocol/crypto/fastest.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { cpuMs, residentMb } from '../process-costs.ts';
import { fillStore } from './population.ts';

export const HUB_ID = 'bench-01';
/** Nobody listens there: a hub serves without its registration centre. */
const NO_RC = '127.0.0.1:1';

/** `cardea-hub serve`, compiled, in a process of its own, on a database of so many cards. */
export class CompiledHub {
  readonly port: number;
  readonly pid: number;
  /** X25519, hex. */
  readonly hubStatic: string;
  readonly cards: number;
  /** Logins that were asked of it. */
  #made = 0;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(
    process: ChildProcess,
    options: { port: number; hubStatic: string; cards: number; folder: string },
  ) {
    this.#process = process;
    this.#folder = options.folder;
    this.pid = process.pid ?? 0;
    this.port = options.port;
    this.hubStatic = options.hubStatic;
    this.cards = options.cards;
  }

  /** @param words what stands after `cardea-hub serve` */
  static async start(cards: number, words: readonly string[] = []): Promise<CompiledHub> {
    const folder = await mkdtemp(join(tmpdir(), 'cardea-bench-'));
    try {
      const hubStatic = await joinHub(folder);
      await fillStore(folder, cards, HUB_ID);
      const all = [
        'dist/hub/main.js',
        'serve',
        '--data',
        folder,
        '--listen',
        '127.0.0.1:0',
        '--health',
        'off',
        '--json',
        ...words,
      ];
      const process_ = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'] });
      return new CompiledHub(process_, { port: await portOf(process_), hubStatic, cards, folder });
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** A load of so many logins from so many clients at once; each goes on where the last one ended. */
  logins(count: number, clients: number) {
    const { port, hubStatic, cards } = this;
    const first = this.#made;
    this.#made += count;
    return { port, hubId: HUB_ID, hubStatic, cards, first, count, clients };
  }

  cpuMs(): Promise<number> {
    return cpuMs(this.pid);
  }

  residentMb(): Promise<number> {
    return residentMb(this.pid);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.kill('SIGTERM');
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Makes `folder` that of a hub that has joined a network. @returns its static key, hex */
async function joinHub(folder: string): Promise<string> {
  const now = Date.now();
  const address = { host: '127.0.0.1', port: 8441 };
  const key = await createAuthority({ name: 'Bench network', now, random: systemRandom });
  const authority = await Authority.open(key, systemRandom);
  const tls = newTlsKeyPair();
  const certificate = await authority.issueTls({
    id: HUB_ID,
    role: 'client',
    publicKeySpki: tls.publicKey,
    now,
  });
  const authorities = [authority.certificate];
  await saveTlsIdentity(folder, { privateKey: tls.privateKey, certificate, authorities });
  const privateKey = systemRandom(32);
  const publicKey = (await clientPrimitives()).x25519Public(privateKey);
  const hub = await authority.issueHub({ id: HUB_ID, location: 'Bench', address, publicKey, now });
  await saveHubIdentity(folder, { privateKey, chain: [hub, ...authorities] });
  await recordsKey(folder, systemRandom).ensure();
  await writeNetworkRecord(folder, { rc: NO_RC, announced: '127.0.0.1:8441' });
  return toHex(publicKey);
}

/** The port that it says it listens on; what it logs is read and thrown away. */
function portOf(hub: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    let logged = '';
    hub.stderr?.setEncoding('utf8').on('data', (text: string) => {
      logged = `${logged}${text}`.slice(-2_000);
    });
    hub.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const port = /"address":"[^"]*:(\d+)"/.exec(said)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    hub.once('close', (code) => reject(new Error(`cardea-hub ended with ${code}: ${logged}`)));
  });
}
