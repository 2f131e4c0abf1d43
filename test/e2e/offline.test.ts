import { describe, expect, it } from 'vitest';
import { ScriptedPanel } from '../../demo/scripted-panel.ts';
import type { Site } from '../../demo/site.ts';
import { TrailCheck } from '../../runtime/audit/verify.ts';
import { auditPage, rowFromWire } from '../../runtime/audit/wire.ts';
import { systemClock } from '../../runtime/clock.ts';
import { askControl } from '../../runtime/control-socket.ts';
import { silentLog } from '../../runtime/pino-log.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { LeapingClock } from '../support/leaping-clock.ts';
import { openSite, PIN, surroundings, WRONG_PIN } from './open-site.ts';

const HUB = 'goa-01';
const DAY_MS = 86_400_000;
const NEW_PIN = '194657';
/** For what happens by itself, also on a machine that is busy. */
const PATIENT = { timeout: 30_000 };
/** The pauses of a hub that cannot reach the registration centre, which wait for a leap. */
const PAUSE_MS = 60_000;

/** A network whose hub and registration centre leap through days, and a terminal whose line takes the time it takes. */
async function openLeaping() {
  const clock = new LeapingClock(1_000);
  const warnings: string[] = [];
  const world: Surroundings = {
    ...surroundings,
    clock,
    log: { ...silentLog, warn: (event) => void warnings.push(event) },
  };
  const ofTerminal = { now: () => clock.now(), monotonic: () => clock.monotonic(), after: systemClock.after };
  const site = await openSite({
    surroundings: world,
    health: true,
    terminalSurroundings: { clock: ofTerminal },
  });
  return { site, clock, warnings };
}

async function patient(site: Site, name: string) {
  const wallet = await site.buyCard(name, 'NTAG215');
  const { card } = await site.register(wallet, name, PIN);
  await site.hubsCaughtUp();
  return { wallet, uid: card.uid };
}

/** What a tap came to, and what the patient has read. */
async function tap(site: Site, wallet: string, pin = PIN) {
  const read: string[] = [];
  const panel = new ScriptedPanel({ pin }, (_sign, lines) => read.push(...lines));
  const { outcome } = await site.tap({ wallet, hub: HUB, panel });
  return { what: outcome.kind === 'refused' ? outcome.reason : outcome.kind, read };
}

function metricIn(text: string, name: string): number {
  return Number(new RegExp(`^cardea_hub_${name} (.*)$`, 'm').exec(text)?.[1]);
}

/** How the hub says that it stands, wherever it is asked; all must say the same. */
async function standing(site: Site) {
  const status = await site.hub(HUB).status();
  const [health, metrics] = [`http://${status.health}/healthz`, `http://${status.health}/metrics`];
  const answer = await fetch(health);
  const { causes } = (await answer.json()) as { causes: { cause: string; words: string }[] };
  const text = await (await fetch(metrics)).text();
  const metric = (name: string) => metricIn(text, name);
  expect(answer.status).toBe(status.takesLogins ? 200 : 503);
  expect(causes).toEqual(status.failing);
  expect(metric('rc_answers')).toBe(Number(status.rc.answers));
  expect(Math.abs(metric('list_age_seconds') - (status.lists.ageSeconds ?? Number.NaN))).toBeLessThan(60);
  expect(metric('list_age_limit_seconds')).toBe(status.lists.limitDays * 86_400);
  expect(metric('queue_waiting')).toBe(status.waiting);
  expect(metric('records')).toBe(status.records);
  expect(Math.abs(metric('sync_lag_seconds') - status.syncLagSeconds)).toBeLessThan(60);
  const { lists, rc, waiting, records, syncLagSeconds, warnings, takesLogins } = status;
  return {
    lists: lists.state,
    days: Math.round((lists.ageSeconds ?? 0) / 8_640) / 10,
    takesLogins,
    causes: causes.map(({ cause }) => cause),
    rcAnswers: rc.answers,
    lagDays: Math.round(syncLagSeconds / 8_640) / 10,
    waiting,
    records,
    warnings,
  };
}

/** What the registration centre has noted of hubs' reports, in order, as `action card`. */
async function heardByRc(site: Site): Promise<string[]> {
  const { rows } = await site.operator.audit({ limit: 500 });
  return rows
    .filter(({ action }) => ['card.locked', 'pin.changed'].includes(action))
    .map(({ action, card }) => `${action} ${card}`);
}

async function trailOf(site: Site) {
  const page = await askControl(site.folderOf(HUB), { method: 'audit', params: { limit: 1_000 } });
  return auditPage.parse(page).rows;
}

/** Wrong tries that the hub's audit trail has: a row comes when the terminal has hung up, which nobody waits for. */
async function wrongTries(site: Site): Promise<number> {
  return (await trailOf(site)).filter(({ outcome }) => outcome === 'no-right-proof').length;
}

/** What the hub's audit trail, which must be whole, says of logins, by the days since the first. */
async function loginsByDay(site: Site): Promise<string[]> {
  const rows = await trailOf(site);
  const check = new TrailCheck();
  for (const row of rows) check.take(rowFromWire(row));
  expect(check.end()).toMatchObject({ intact: true });
  const days = new Map<number, Set<string>>();
  for (const { action, outcome, time } of rows) {
    if (action !== 'patient.login' && action !== 'card.locked') continue;
    const day = Math.round((time - (rows[0]?.time ?? 0)) / DAY_MS);
    const outcomes = days.get(day) ?? new Set();
    days.set(day, outcomes.add(action === 'patient.login' ? outcome : action));
  }
  return [...days].map(([day, outcomes]) => `day ${day}: ${[...outcomes].sort().join(', ')}`);
}

/** Leaps through the pauses between a hub's attempts, for as long as they fail. */
async function untilRcAnswers(site: Site, clock: LeapingClock): Promise<void> {
  const answers = async () => {
    const { rcAnswers } = await standing(site);
    if (!rcAnswers) clock.leap(PAUSE_MS);
    return rcAnswers;
  };
  await expect.poll(answers, PATIENT).toBe(true);
}

/** What it reports may be answered before it asks for the feed again. */
async function untilFeedIsRead(site: Site, clock: LeapingClock): Promise<void> {
  const lag = async () => {
    const { lagDays } = await standing(site);
    if (lagDays > 0) clock.leap(PAUSE_MS);
    return lagDays;
  };
  await expect.poll(lag, PATIENT).toBe(0);
}

/** The hub tells of its audit trail every half minute. */
async function untilTrailIsTold(site: Site, clock: LeapingClock): Promise<void> {
  const untold = async () => {
    const { rows, delivered } = (await site.hub(HUB).status()).audit;
    if (delivered < rows) clock.leap(PAUSE_MS);
    return rows - delivered;
  };
  await expect.poll(untold, PATIENT).toBe(0);
}

describe('a hub whose registration centre is away for days', { timeout: 120_000 }, () => {
  it('serves on, says how old its lists are, stops at their limit, and tells everything in order, once', async () => {
    const { site, clock, warnings } = await openLeaping();
    const [maria, asha, ravi] = [
      await patient(site, 'maria'),
      await patient(site, 'asha'),
      await patient(site, 'ravi'),
    ];
    expect((await tap(site, maria.wallet)).what).toBe('served');
    await untilRcAnswers(site, clock);
    expect(await standing(site)).toMatchObject({
      lists: 'fresh',
      takesLogins: true,
      warnings: [],
      lagDays: 0,
    });

    await site.stopRc();
    clock.leap(3 * DAY_MS);
    await expect.poll(async () => (await standing(site)).rcAnswers, PATIENT).toBe(false);
    const before = await standing(site);
    expect(before).toMatchObject({ lists: 'fresh', days: 3, takesLogins: true });
    // Logins, records and the queue; the numbers of another day begin anew.
    const served = await tap(site, maria.wallet);
    expect([served.what, served.read.join(' ')]).toEqual(['served', expect.stringMatching(/\b1\b/)]);
    expect(await standing(site)).toMatchObject({ waiting: 1, records: before.records + 1 });
    // Five wrong PINs lock a card.
    for (let left = 4; left >= 0; left--)
      expect((await tap(site, ravi.wallet, WRONG_PIN)).what).toBe('wrong-pin');
    expect((await tap(site, ravi.wallet)).what).toBe('card-locked');
    // A new PIN serves from the next tap, and the old one does not; and so does the next one.
    for (const [pin, next] of [
      [PIN, '735208'],
      ['735208', NEW_PIN],
    ] as const) {
      const panel = new ScriptedPanel({ pin, 'new-pin': next, 'new-pin-again': next });
      const changed = await site.tap({ wallet: asha.wallet, hub: HUB, panel, goal: 'new-pin' });
      expect(changed.outcome.kind).not.toBe('refused');
    }
    expect((await tap(site, asha.wallet, NEW_PIN)).what).toBe('served');
    expect((await tap(site, asha.wallet, PIN)).what).toBe('wrong-pin');
    await expect.poll(() => wrongTries(site), PATIENT).toBe(6);

    clock.leap(1 * DAY_MS);
    expect(await standing(site)).toMatchObject({
      lists: 'old',
      days: 4,
      takesLogins: true,
      warnings: [expect.stringMatching(/^the lists are 4.0 days old; at 7 days logins stop: restore/)],
      lagDays: 1,
    });
    expect((await tap(site, maria.wallet)).what).toBe('served');
    await expect
      .poll(() => warnings, PATIENT)
      .toContainEqual(expect.stringMatching(/^the lists are 4.0 days old/));

    clock.leap(4 * DAY_MS);
    const words = expect.stringMatching(/^the lists are older than 7 days, so logins are refused: restore/);
    expect(await standing(site)).toMatchObject({
      lists: 'too-old',
      days: 8,
      takesLogins: false,
      causes: ['lists-too-old'],
      warnings: [words],
      lagDays: 5,
    });
    const refused = await tap(site, maria.wallet);
    expect(refused.what).toBe('hub-busy');
    expect(refused.read).toContain('The clinic cannot let you in just now.');
    await expect.poll(() => warnings, PATIENT).toContainEqual(words);

    await site.startRc();
    await untilRcAnswers(site, clock);
    await expect.poll(() => heardByRc(site), PATIENT).toHaveLength(3);
    // Both new PINs: the first is believed only before the second.
    const told = [`card.locked ${ravi.uid}`, `pin.changed ${asha.uid}`, `pin.changed ${asha.uid}`];
    expect((await heardByRc(site)).sort()).toEqual(told);
    expect(await site.operator.card(ravi.uid)).toMatchObject({ locked: true });
    expect(await site.operator.card(asha.uid)).toMatchObject({ locked: false, pinVersion: 3 });
    expect((await tap(site, maria.wallet)).what).toBe('served');
    await untilFeedIsRead(site, clock);
    expect(await standing(site)).toMatchObject({ lists: 'fresh', takesLogins: true, warnings: [] });

    // Nothing is told twice, not even by a hub that is started anew.
    await site.startHub(HUB, await site.stopHub(HUB));
    await untilRcAnswers(site, clock);
    await site.hubsCaughtUp();
    expect((await heardByRc(site)).sort()).toEqual(told);
    // Who was here on which day, and who was sent away, is in the hub's own trail.
    expect(await loginsByDay(site)).toEqual([
      'day 0: done',
      'day 3: card.locked, done, locked, no-right-proof',
      'day 4: done',
      'day 8: done, lists-too-old',
    ]);
    await untilTrailIsTold(site, clock);
    const trail = (await site.operator.hubAudit(HUB)).rows;
    expect(trail.length).toBeGreaterThan(20);
    expect(trail).toEqual((await trailOf(site)).slice(0, trail.length));
  });
});
