import { execFileSync } from 'node:child_process';
import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verifyHubChain } from '../../certs/hub-chain.ts';
import { serveHealth } from '../../hub/health/endpoint.ts';
import { examineHealth, type HealthFacts, judgeHealth } from '../../hub/health/health.ts';
import { MIGRATIONS } from '../../hub/store/schema.ts';
import { decodeHello } from '../../protocol/hello.ts';
import { openStore } from '../../runtime/sqlite.ts';
import { smallDisk } from '../support/small-disk.ts';
import { Site, type SiteOptions, until } from './site.ts';
import type { Issued } from './test-rc.ts';

const PIN = '246810';
const DAY_MS = 86_400_000;

/** The endpoint of a site's hub. */
async function endpointOf(site: Site) {
  const { services, address } = site.hub;
  const endpoint = await serveHealth({
    surroundings: services.surroundings,
    listen: { host: '127.0.0.1', port: 0 },
    health: () => examineHealth(services, address),
    metrics: () => services.meter.text(services),
  });
  onTestFinished(() => endpoint.close());
  const get = (path: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${endpoint.address.port}${path}`, init);
  return {
    get,
    async causes(): Promise<{ status: number; causes: string[] }> {
      const answer = await get('/healthz');
      const { causes } = (await answer.json()) as { causes: { cause: string }[] };
      return { status: answer.status, causes: causes.map(({ cause }) => cause) };
    },
  };
}

/** Whether a card is let in by a terminal, which checks the hub's certificate as well. */
async function letsIn(site: Site, card: Issued): Promise<boolean> {
  try {
    const { device } = await site.logIn(card.image, PIN);
    const { certificates } = decodeHello(device.helloBody);
    verifyHubChain(certificates, { now: site.clock.now(), authorities: site.identity.chain.slice(1) });
    device.close();
    await site.settled();
    return true;
  } catch {
    return false;
  }
}

async function healthy(options: SiteOptions = {}) {
  const site = await Site.open(options);
  const card = await site.register(PIN);
  const { get, causes } = await endpointOf(site);
  expect([await causes(), await letsIn(site, card)]).toEqual([{ status: 200, causes: [] }, true]);
  return { site, card, get, causes };
}

describe('the health of a hub', () => {
  it('fails with logins when the lists are too old, and not half-way', async () => {
    const { site, card, causes } = await healthy();
    await site.awayFor(5);
    expect([await causes(), await letsIn(site, card)]).toEqual([{ status: 200, causes: [] }, true]);
    await site.awayFor(3);
    expect([await causes(), await letsIn(site, card)]).toEqual([
      { status: 503, causes: ['lists-too-old'] },
      false,
    ]);
  });

  it('fails with logins when its clock is before its lists', async () => {
    const { site, card, causes } = await healthy();
    site.rc.isAway = true;
    site.clock.jump(-DAY_MS);
    const found = await causes();
    expect(found.status).toBe(503);
    expect(found.causes).toContain('lists-clock-behind');
    expect(await letsIn(site, card)).toBe(false);
  });

  it('fails with logins when its certificate is over', async () => {
    const { site, card, causes } = await healthy();
    site.clock.jump(15 * DAY_MS);
    await site.clock.advance(40_000);
    await until(async () => ((await site.store.lists.position())?.heard ?? 0) > site.clock.now() - DAY_MS);
    expect([await causes(), await letsIn(site, card)]).toEqual([
      { status: 503, causes: ['certificate-over'] },
      false,
    ]);
  });

  it('fails with logins while another process holds the database, and is well again after', async () => {
    const { site, card, causes } = await healthy();
    const other = openStore(join(site.folder, 'store.sqlite'), MIGRATIONS);
    other.exec('BEGIN IMMEDIATE');
    expect([await causes(), await letsIn(site, card)]).toEqual([
      { status: 503, causes: ['store-busy'] },
      false,
    ]);
    other.exec('ROLLBACK');
    other.close();
    expect([await causes(), await letsIn(site, card)]).toEqual([{ status: 200, causes: [] }, true]);
  }, 30_000);

  it('fails with logins while no worker serves, and is well again when they do', async () => {
    const { site, card, causes } = await healthy({ workers: 2 });
    for (const worker of [...(site.memoryWorkers?.alive ?? [])]) worker.kill();
    await until(async () => site.hub.services.front.workers?.serving === 0);
    expect([await causes(), await letsIn(site, card)]).toEqual([
      { status: 503, causes: ['no-worker'] },
      false,
    ]);
    await site.clock.advance(1_000);
    await until(async () => site.hub.services.front.workers?.serving === 2);
    expect([await causes(), await letsIn(site, card)]).toEqual([{ status: 200, causes: [] }, true]);
  });

  it('fails while one of its workers hangs, and is well again when another has taken its place', async () => {
    const { site, card, causes } = await healthy({ workers: 2 });
    const [first] = site.memoryWorkers?.alive ?? [];
    first?.hang();
    await site.clock.advance(10_000);
    // Without knocking at its own door, where one that hangs would let it wait.
    expect(await examineHealth(site.hub.services)).toMatchObject([{ cause: 'worker-silent' }]);
    await site.clock.advance(12_000);
    await until(async () => site.hub.services.front.workers?.serving === 2);
    expect([await causes(), await letsIn(site, card)]).toEqual([{ status: 200, causes: [] }, true]);
  });

  it('fails where nothing greets terminals', async () => {
    const { site } = await healthy();
    const nobody = await site.network.listen({ host: '127.0.0.1', port: 0 }, (stream) => stream.destroy());
    onTestFinished(() => nobody.close());
    const found = await examineHealth(site.hub.services, nobody.address);
    expect(found).toMatchObject([{ cause: 'no-hello' }]);
  });

  const WELL: HealthFacts = {
    age: { state: 'fresh', ageMs: 0 },
    ageWords: null,
    now: 1,
    certificateEnds: 1,
    workers: { serving: 2, silent: 0 },
    storeFailure: null,
    noHello: null,
  };
  const full = { code: 'store-full', message: 'full' };

  it.each<readonly [string, Partial<HealthFacts>, readonly string[]]>([
    ['nothing is wrong', {}, []],
    ['one process does all', { workers: null }, []],
    ['the lists are of half the limit', { age: { state: 'old', ageMs: 1 }, ageWords: 'old' }, []],
    ['the lists are too old', { age: { state: 'too-old', ageMs: 1 } }, ['lists-too-old']],
    ['no lists were ever read', { age: { state: 'never-heard', ageMs: null } }, ['lists-never-heard']],
    ['the clock is behind', { age: { state: 'clock-behind', ageMs: null } }, ['lists-clock-behind']],
    ['the certificate is over', { now: 2 }, ['certificate-over']],
    ['no worker serves', { workers: { serving: 0, silent: 0 } }, ['no-worker']],
    ['the last worker hangs', { workers: { serving: 0, silent: 1 } }, ['no-worker']],
    ['a worker hangs', { workers: { serving: 1, silent: 1 } }, ['worker-silent']],
    ['the disk is full', { storeFailure: full }, ['store-full']],
    ['the database is locked', { storeFailure: { code: 'store-busy', message: '' } }, ['store-busy']],
    [
      'the disk is read-only',
      { storeFailure: { code: 'store-read-only', message: '' } },
      ['store-read-only'],
    ],
    ['the disk is broken', { storeFailure: { code: 'store-failed', message: '' } }, ['store-failed']],
    ['nobody greets', { noHello: 'closed' }, ['no-hello']],
    ['that is explained by something else', { noHello: 'busy', storeFailure: full }, ['store-full']],
    ['much is wrong', { now: 2, storeFailure: full }, ['certificate-over', 'store-full']],
  ])('where %s fails for what keeps logins out, and for nothing else', (_what, facts, causes) => {
    const found = judgeHealth({ ...WELL, ...facts });
    expect(found.map(({ cause }) => cause)).toEqual(causes);
  });
});

describe('a hub whose disk is full', () => {
  it('answers no login that it cannot count, and its health fails; with room again it goes on', async ({
    skip,
  }) => {
    const folder = smallDisk(3);
    if (folder === null) return skip();
    const { site, card, causes } = await healthy({ folder });
    const filler = join(folder, 'filler');
    for (let kilobytes = 4_096; kilobytes >= 1; kilobytes = Math.floor(kilobytes / 2)) {
      const { bavail, bsize } = statfsSync(folder);
      const room = Math.floor((bavail * bsize) / 1_024);
      const size = Math.min(room, kilobytes);
      if (size > 0) writeFileSync(`${filler}${kilobytes}`, Buffer.alloc(size * 1_024));
    }
    // What the log of the store has room for already is written still, by both.
    for (let n = 0; n < 300 && (await letsIn(site, card)); n++) await site.clock.advance(600_000);
    expect(await letsIn(site, card)).toBe(false);
    expect(await causes()).toEqual({ status: 503, causes: ['store-full'] });
    execFileSync('sh', ['-c', `rm ${filler}*`]);
    expect([await causes(), await letsIn(site, card)]).toEqual([{ status: 200, causes: [] }, true]);
  }, 60_000);
});

describe('the metrics of a hub', () => {
  const metric = (text: string, name: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1],
    );

  it('count logins by outcome, tries, steps, and how it stands; names of patients are in none', async () => {
    const { site, card, get } = await healthy();
    await site.wrongTry(card.image);
    await site.logIn(card.image, PIN);
    await site.status({ ...card.image, uid: new Uint8Array(16) });
    const { subject } = site.rc.card(card.image.uid);
    await site.hub.services.records.checkIn({
      subject: Buffer.from(subject, 'hex'),
      suite: 'cardea-1',
      origin: site.origin,
    });
    const answer = await get('/metrics');
    expect(answer.headers.get('content-type')).toContain('version=0.0.4');
    const text = await answer.text();
    const login = (outcome: string) => `cardea_hub_logins_total{suite="cardea-1",outcome="${outcome}"}`;
    const of = (name: string) => metric(text, name);
    expect([login('welcome'), login('left'), login('unknown'), login('busy')].map(of)).toEqual([
      2,
      1,
      1,
      Number.NaN,
    ]);
    expect(of('cardea_hub_tries_total{what="taken"}')).toBe(3);
    expect(of('cardea_hub_tries_total{what="given-back"}')).toBe(2);
    expect(of('cardea_hub_login_step_seconds_count{step="prove"}')).toBe(2);
    expect(of('cardea_hub_login_step_seconds_count{step="decide"}')).toBe(4);
    expect(of('cardea_hub_sessions')).toBe(1);
    expect(of('cardea_hub_queue_waiting')).toBe(1);
    expect(of('cardea_hub_list_age_seconds')).toBeLessThan(60);
    expect(of('cardea_hub_sync_lag_seconds')).toBe(0);
    expect(text).not.toContain(subject);
    expect(text).not.toContain(Buffer.from(card.image.uid).toString('hex'));
  });

  it('add up over workers', async () => {
    const { site, card, get } = await healthy({ workers: 2 });
    for (let n = 0; n < 3; n++) expect(await letsIn(site, card)).toBe(true);
    await until(async () => {
      const text = await (await get('/metrics')).text();
      return metric(text, 'cardea_hub_logins_total{suite="cardea-1",outcome="welcome"}') === 4;
    });
  });

  it('say how long reports wait for a registration centre that is away', async () => {
    const { site, card, get } = await healthy();
    site.rc.isAway = true;
    await site.wrongTry(card.image);
    await site.clock.advance(90_000);
    const text = await (await get('/metrics')).text();
    expect(metric(text, 'cardea_hub_sync_lag_seconds')).toBeGreaterThan(60);
    expect(metric(text, 'cardea_hub_rc_answers')).toBe(0);
    expect(metric(text, 'cardea_hub_audit_rows_untold')).toBeGreaterThan(0);
    site.rc.isAway = false;
    await site.clock.advance(120_000);
    await until(
      async () => metric(await (await get('/metrics')).text(), 'cardea_hub_audit_rows_untold') === 0,
    );
  });
});

describe('the health endpoint', () => {
  it('answers what it knows alone, and to GET and HEAD', async () => {
    const { get } = await healthy();
    expect((await get('/')).status).toBe(404);
    expect((await get('/healthz', { method: 'POST' })).status).toBe(405);
    const head = await get('/healthz', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});
