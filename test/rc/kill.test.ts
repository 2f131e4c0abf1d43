import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RcClient } from '../../certs/rc-client.ts';
import { loadTlsIdentity, type TlsIdentity } from '../../certs/tls-identity.ts';
import type { CardSummary } from '../../protocol/rc-api/cards.ts';
import { initRc } from '../../rc/init.ts';
import { parseAddress } from '../../runtime/address.ts';
import { systemClock } from '../../runtime/clock.ts';
import { silentLog } from '../../runtime/pino-log.ts';
import { seededRandom, systemRandom } from '../../runtime/random.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';
import { SOAK } from '../hardware/soak.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { hurriedClock } from '../support/hurried-clock.ts';
import { begin, completion } from './registering.ts';
import { Joiner, LOOPBACK } from './running-rc.ts';
import { ServingProcess } from './serving-process.ts';

const ROUNDS = SOAK ? 200 : 2;
const TIMEOUT = { timeout: SOAK ? 3_600_000 : 120_000 };
/** At once, so that they share commits. */
const DESKS = 8;

/** The process has the machine's clock, and so have those who call it, who are patient: the machine may be busy. */
const surroundings = {
  clock: hurriedClock(1 / 10),
  network: tcpNetwork(systemClock),
  random: systemRandom,
  log: silentLog,
};

/** What a desk was told, and what it has asked for and not been told yet. */
interface Ledger {
  readonly acknowledged: Map<string, CardSummary>;
  readonly open: { readonly id: string; readonly step: ReturnType<typeof completion> }[];
}

/** Registers and revokes one card after the other, until the registration centre is no more. */
async function work(client: RcClient, ledger: Ledger, onAcknowledged: () => void): Promise<void> {
  try {
    for (;;) {
      const { registrationId } = await begin(client);
      const entry = { id: registrationId, step: completion() };
      ledger.open.push(entry);
      const card = await client.completeRegistration(entry.id, entry.step);
      ledger.acknowledged.set(card.uid, card);
      ledger.open.splice(ledger.open.indexOf(entry), 1);
      onAcknowledged();
      if (ledger.acknowledged.size % 2 === 0) {
        ledger.acknowledged.set(card.uid, await client.revokeCard(card.uid, 'lost'));
        onAcknowledged();
      }
    }
  } catch (error) {
    expect(error).toMatchObject({ code: 'rc-unreachable' });
  }
}

/** All cards there are, by UID. */
async function everyCard(client: RcClient): Promise<Map<string, CardSummary>> {
  const all = new Map<string, CardSummary>();
  let after: string | null | undefined;
  do {
    const page = await client.cards({ limit: 500, ...(after && { after }) });
    for (const card of page.cards) all.set(card.uid, card);
    after = page.next;
  } while (after !== null);
  return all;
}

/** What a hub that begins now is told, as `UID → status`; every change once, in order. */
async function everyChange(client: RcClient): Promise<Map<string, string>> {
  const told = new Map<string, string>();
  let after = 0;
  let more = true;
  let generation: string | undefined;
  while (more) {
    const page = await client.feed({ limit: 5_000, after, ...(generation && { generation }) });
    for (const { sequence, card } of page.changes) {
      expect(sequence).toBeGreaterThan(after);
      expect(told.has(card.uid)).toBe(false);
      told.set(card.uid, card.status);
      after = sequence;
    }
    ({ generation, more } = page);
  }
  return told;
}

/** What a hub holds that follows the feed through every death, as `UID → status`; it takes a page or does not. */
class Follower {
  readonly held = new Map<string, string>();
  #position: { readonly generation: string; readonly after: number } | undefined;

  /** Follows until the registration centre is no more, or for `once` until there is nothing new. */
  async follow(client: RcClient, { once: isOnce = false } = {}): Promise<void> {
    try {
      for (;;) {
        const page = await client.feed({ limit: 50, wait: isOnce ? 0 : 5, ...this.#position });
        for (const { card } of page.changes) this.held.set(card.uid, card.status);
        this.#position = { generation: page.generation, after: page.cursor };
        if (isOnce && !page.more) return;
      }
    } catch (error) {
      expect(error).toMatchObject({ code: 'rc-unreachable' });
    }
  }
}

/** One network whose registration centre dies and comes back; what it said is held against what it knows. */
class Trial {
  readonly ledger: Ledger = { acknowledged: new Map(), open: [] };
  readonly folder = join(temporaryFolder(), 'rc');
  readonly follower = new Follower();
  #hub: TlsIdentity | undefined;

  /** What the registration centre must know after a start. */
  async check(serving: ServingProcess): Promise<void> {
    const { acknowledged, open } = this.ledger;
    const client = await this.operator(serving);
    // What was under way when it died is asked for again, as a console does.
    for (const { id, step } of open.splice(0)) {
      const card = await client.completeRegistration(id, step);
      acknowledged.set(card.uid, card);
    }
    const cards = await everyCard(client);
    for (const [uid, card] of acknowledged) {
      const found = cards.get(uid);
      // A revocation that got no answer may have been done.
      if (card.status === 'active' && found?.status === 'revoked') acknowledged.set(uid, found);
      else expect(found).toEqual(card);
    }
    expect(cards.size).toBe(acknowledged.size);
    const told = await everyChange(await this.hub(serving));
    expect(told).toEqual(new Map([...cards].map(([uid, { status }]) => [uid, status])));
    await this.follower.follow(await this.hub(serving), { once: true });
    expect(this.follower.held).toEqual(told);
  }

  async operator(serving: ServingProcess): Promise<RcClient> {
    return this.#client(serving, await loadTlsIdentity(this.folder, 'operator'));
  }

  async hub(serving: ServingProcess): Promise<RcClient> {
    this.#hub ??= await this.#admitHub(serving);
    return this.#client(serving, this.#hub);
  }

  async #admitHub(serving: ServingProcess): Promise<TlsIdentity> {
    const hub = { kind: 'hub', id: 'goa-01', location: 'Goa', address: 'goa-01.example:8441' } as const;
    const operator = await this.operator(serving);
    const joiner = new Joiner((await operator.mintToken(hub)).token);
    return joiner.identity(await operator.join(joiner.request));
  }

  #client(serving: ServingProcess, identity: TlsIdentity): RcClient {
    const client = new RcClient({ surroundings, rc: parseAddress(serving.address), identity });
    onTestFinished(() => client.close());
    return client;
  }
}

describe('kill -9 of the registration centre', () => {
  it('loses nothing that was acknowledged, and leaves nothing half done', TIMEOUT, async () => {
    const trial = new Trial();
    const { ledger, folder } = trial;
    await initRc({ surroundings, folder, address: LOOPBACK });
    const random = seededRandom('kill');
    for (let round = 0; round < ROUNDS; round++) {
      const serving = await ServingProcess.start(folder);
      await trial.check(serving);
      const client = await trial.operator(serving);
      const killed = new AbortController();
      let left = 5 + ((random(1)[0] ?? 0) % 40);
      const onAcknowledged = () => {
        left -= 1;
        if (left === 0) killed.abort();
      };
      const death = once(killed.signal, 'abort').then(() => serving.end('SIGKILL'));
      await Promise.all([
        death,
        trial.follower.follow(await trial.hub(serving)),
        ...Array.from({ length: DESKS }, () => work(client, ledger, onAcknowledged)),
      ]);
    }
    const serving = await ServingProcess.start(folder);
    await trial.check(serving);
    await serving.end('SIGKILL');
    expect(ledger.acknowledged.size).toBeGreaterThan(ROUNDS);
  });
});
