import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import SqliteDatabase from 'better-sqlite3';
import { RcClient } from '../../certs/rc-client.ts';
import { loadTlsIdentity } from '../../certs/tls-identity.ts';
import { joinHub } from '../../hub/join.ts';
import { fromHex } from '../../protocol/bytes.ts';
import { initRc } from '../../rc/init.ts';
import { joinAsOperator } from '../../rc/join.ts';
import { parseAddress } from '../../runtime/address.ts';
import { systemClock } from '../../runtime/clock.ts';
import { silentLog } from '../../runtime/pino-log.ts';
import { systemRandom } from '../../runtime/random.ts';
import { openStore } from '../../runtime/sqlite.ts';
import { Resources } from '../../runtime/stop.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';
import { blindedPin, completion } from '../rc/registering.ts';
import { type Bench, type BenchContext, type Measured, median, percentile } from './bench.ts';
import { buildOnce } from './compiled-device.ts';
import { CompiledServer } from './compiled-server.ts';

const DESKS = 16;
/** So many rounds, in each of which one desk registers, and then all of them at once. */
const ROUNDS = 5;
const BY_ONE = 100;
const BY_ALL = 320;
/** For the disk alone, to hold the registrations against. */
const PLAIN_COMMITS = 500;
const REVOCATIONS = 100;
/** So many hubs with so many questions each: 200 long polls. */
const HUBS = 20;
const POLLS_OF_A_HUB = 10;
const IDLE_MS = 10_000;

const surroundings: Surroundings = {
  clock: systemClock,
  network: tcpNetwork(systemClock),
  random: systemRandom,
  log: silentLog,
};

/**
 * A compiled registration centre at its day's work: registrations by sixteen desks at once beside those by one, each
 * with an operator of its own, as in life, so that no limit on how often one may call is met, and each on the disk
 * before it is answered; revocations, until a connected hub has each on its disk and refuses the card; 200 long polls.
 */
export const rcLoad: Bench = {
  group: 'rc-load',
  results: [
    'registrations',
    'registrations-16-desks-vs-1',
    'revocation-to-refusal',
    'long-polls-cpu',
    'long-polls-memory',
    'long-polls-told',
  ],
  async run(context) {
    await buildOnce();
    const resources = new Resources();
    try {
      const above = await mkdtemp(join(tmpdir(), 'cardea-bench-'));
      resources.add(above, () => rm(above, { recursive: true, force: true }));
      const folder = join(above, 'rc');
      await initRc({ surroundings, folder, address: { host: '127.0.0.1', port: 0 } });
      const rc = resources.add(await CompiledServer.start('rc', folder), (server) => server.stop());
      const address = parseAddress(rc.address);
      const operator = resources.add(
        new RcClient({ surroundings, rc: address, identity: await loadTlsIdentity(folder, 'operator') }),
        (client) => client.close(),
      );
      const site = { operator, rc, above, resources };
      const registered = await registrations(site, context);
      const revoked = await revocations(site, registered.uids);
      return [...registered.measured, revoked, ...(await longPolls(site, registered.uids, context))];
    } finally {
      await resources.close();
    }
  },
};

interface Site {
  readonly operator: RcClient;
  readonly rc: CompiledServer;
  readonly above: string;
  readonly resources: Resources;
}

async function registrations(
  site: Site,
  { note }: BenchContext,
): Promise<{ uids: string[]; measured: Measured[] }> {
  const uids: string[] = [];
  // One for all: what is measured is the registration centre's work, not the desks'.
  const blinded = blindedPin();
  const desks: RcClient[] = [];
  for (let n = 1; n <= DESKS; n++) desks.push(await newDesk(site, `bench-desk-${n}`));
  /** So many registrations, one after the other at each of these desks. @returns how many a second */
  const rateOf = async (count: number, at: readonly RcClient[]) => {
    let left = count;
    const began = performance.now();
    await Promise.all(
      at.map(async (operator) => {
        while (left-- > 0) {
          const { registrationId } = await operator.beginRegistration({ blinded });
          uids.push((await operator.completeRegistration(registrationId, completion())).uid);
        }
      }),
    );
    return (1_000 * count) / (performance.now() - began);
  };
  await rateOf(BY_ALL, desks);
  const rounds: { one: number; all: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ one: await rateOf(BY_ONE, desks.slice(0, 1)), all: await rateOf(BY_ALL, desks) });
  }
  const one = median(rounds.map((round) => round.one));
  const all = median(rounds.map((round) => round.all));
  note(
    `registrations by ${DESKS} operators at once, and by one alone: ${Math.round(one)} a second; each has two steps, both on the disk before they are answered; the disk alone took ${Math.round(plainCommits(site.above))} commits of one row a second`,
  );
  const ratio = median(rounds.map((round) => round.all / round.one));
  return {
    uids,
    measured: [
      { name: 'registrations', value: all, unit: '1/s' },
      { name: 'registrations-16-desks-vs-1', value: ratio, unit: 'ratio' },
    ],
  };
}

/** A registrar's machine, that has joined. */
async function newDesk({ operator, above, rc, resources }: Site, id: string): Promise<RcClient> {
  const folder = join(above, id);
  const { token } = await operator.mintToken({ kind: 'operator', id, role: 'registrar' });
  await joinAsOperator({ surroundings, folder, token });
  const identity = await loadTlsIdentity(folder, 'operator');
  return resources.add(new RcClient({ surroundings, rc: parseAddress(rc.address), identity }), (client) =>
    client.close(),
  );
}

/** How many durable commits of one row the same disk takes a second, one after the other. */
function plainCommits(above: string): number {
  const db = openStore(join(above, 'plain.sqlite'), ['CREATE TABLE plain (value INTEGER) STRICT']);
  try {
    const insert = db.prepare('INSERT INTO plain VALUES (1)');
    const began = performance.now();
    for (let n = 0; n < PLAIN_COMMITS; n++) insert.run();
    return (1_000 * PLAIN_COMMITS) / (performance.now() - began);
  } finally {
    db.close();
  }
}

async function newHub({ operator, above }: Site, id: string): Promise<string> {
  const hub = { kind: 'hub', id, location: 'Bench', address: '127.0.0.1:8441' } as const;
  const folder = join(above, id);
  await joinHub({ surroundings, folder, token: (await operator.mintToken(hub)).token });
  return folder;
}

/** Looks into the database of a hub of its own process: what is seen there has been committed. */
async function revocations(site: Site, uids: readonly string[]): Promise<Measured> {
  const folder = await newHub(site, 'bench-00');
  const hub = await CompiledServer.start('hub', folder);
  const db = new SqliteDatabase(join(folder, 'store.sqlite'), { readonly: true });
  try {
    const held = db.prepare<[], number>('SELECT count(*) FROM card').pluck();
    while ((held.get() ?? 0) < uids.length) await delay(20);
    const isRevoked = db.prepare<[Uint8Array], number>('SELECT revoked FROM card WHERE uid = ?').pluck();
    const times: number[] = [];
    for (const uid of uids.slice(0, REVOCATIONS)) {
      const began = performance.now();
      const done = site.operator.revokeCard(uid, 'lost');
      while (isRevoked.get(fromHex(uid)) !== 1) await delay(1);
      times.push(performance.now() - began);
      await done;
    }
    return { name: 'revocation-to-refusal', value: percentile(times, 0.95), unit: 'ms' };
  } finally {
    db.close();
    await hub.stop();
  }
}

async function longPolls(site: Site, uids: readonly string[], { note }: BenchContext): Promise<Measured[]> {
  const polls: (() => Promise<unknown>)[] = [];
  for (let index = 1; index <= HUBS; index++) {
    const folder = await newHub(site, `bench-${String(index).padStart(2, '0')}`);
    const identity = await loadTlsIdentity(folder);
    const client = site.resources.add(
      new RcClient({ surroundings, rc: parseAddress(site.rc.address), identity }),
      (it) => it.close(),
    );
    const { generation } = await client.feed({ limit: 1 });
    const after = (await site.operator.status()).sequence;
    for (let n = 0; n < POLLS_OF_A_HUB; n++) polls.push(() => client.feed({ generation, after, wait: 60 }));
  }
  const told = polls.map((poll) => poll());
  await delay(2_000);
  const before = await site.rc.cpuSeconds();
  await delay(IDLE_MS);
  const idleCpu = (await site.rc.cpuSeconds()) - before;
  const memory = await site.rc.residentMb();
  const began = performance.now();
  await site.operator.revokeCard(uids.at(-1) ?? '', 'lost');
  await Promise.all(told);
  const all = performance.now() - began;
  note(
    `${polls.length} long polls of ${HUBS} hubs; told: from a revocation until the last of them has its page`,
  );
  return [
    { name: 'long-polls-cpu', value: (100 * idleCpu * 1_000) / IDLE_MS, unit: '% of a core' },
    { name: 'long-polls-memory', value: memory, unit: 'MB' },
    { name: 'long-polls-told', value: all, unit: 'ms' },
  ];
}
