import { describe, expect, it } from 'vitest';
import { ScriptedPanel } from '../../demo/scripted-panel.ts';
import type { Site } from '../../demo/site.ts';
import type { TapResult } from '../../device/serve-taps.ts';
import { stepLine } from '../../device/terminal/step-lines.ts';
import type { Sensor, SensorReading } from '../../hardware/sensor/sensor.ts';
import { systemClock } from '../../runtime/clock.ts';
import { KeptLog } from '../rc/running-rc.ts';
import { ChaosNetwork } from '../support/chaos-network.ts';
import { openSite, PIN, registeredCard, surroundings, WRONG_PIN } from './open-site.ts';

const SERVED = { kind: 'served' };
const NEW_PIN = '735208';
const NAME = 'Maria Fernandes';
const RECORD = 'GOA/17';
const STEADY: SensorReading = { state: 'value', value: 36.83 };

/** Time passes faster for whoever looks at it, and not for whoever waits: a thermometer takes seconds. */
const quick = { ...systemClock, monotonic: () => systemClock.monotonic() * 50 };

function sensor(reading: SensorReading): Sensor {
  return { measures: 'body-temperature', read: () => reading };
}

/** A tap beside a thermometer, and all that the patient read. */
async function measured(site: Site, wallet: string, reading = STEADY, choice = 'Yes') {
  const read: string[] = [];
  const panel = new ScriptedPanel({ pin: PIN, choice }, (_sign, lines) => read.push(lines.join(' ')));
  const result = await site.tap({
    wallet,
    hub: 'goa-01',
    panel,
    sensor: sensor(reading),
    surroundings: { clock: quick },
  });
  return { ...result, read };
}

const listed = async (site: Site) => (await site.hub('goa-01').office.list(null)).items;

describe('a measurement at the terminal', () => {
  it('is in the summary at once, at the hub, and named for what it is; one that fails is told', async () => {
    const site = await openSite();
    const wallet = await registeredCard(site);
    const before = systemClock.now();
    const { outcome, read } = await measured(site, wallet);
    expect(outcome).toEqual(SERVED);
    expect(read.at(-1)).toBe('Welcome to Location of goa-01. Your number is 1. Temperature: 36.8 °C');
    expect(await listed(site)).toMatchObject([{ observations: 1, encounters: 1 }]);
    const { items } = await site.hub('goa-01').office.export(null);
    const [observation] = items.flatMap(({ entry }) =>
      entry.flatMap(({ resource }) => (resource.resourceType === 'Observation' ? [resource] : [])),
    );
    expect(observation).toMatchObject({
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '8310-5' }] },
      valueQuantity: { value: 36.8, unit: '°C', system: 'http://unitsofmeasure.org', code: 'Cel' },
    });
    const age = Date.parse(observation?.effectiveDateTime ?? '') - before;
    expect(age).toBeGreaterThan(-2_000);
    expect(age).toBeLessThan(60_000);

    // One that cannot be taken is told, and the patient is served all the same.
    const silent = await measured(site, wallet, { state: 'silent' });
    // A sensor that does not answer is not offered.
    expect(silent.steps.map(({ step }) => step)).not.toContain('choose');
    let looks = 0;
    const flaky: Sensor = {
      measures: 'body-temperature',
      read: () => (looks++ === 0 ? STEADY : { state: 'lost' }),
    };
    const told: string[] = [];
    const panel = new ScriptedPanel({ pin: PIN }, (_sign, lines) => told.push(lines.join(' ')));
    panel.choose = async (prompt) => (prompt.startsWith('Measure') ? 0 : 1);
    const pulled = await site.tap({ wallet, hub: 'goa-01', panel, sensor: flaky });
    expect(pulled.outcome).toEqual(SERVED);
    expect(told).toContain('The thermometer is not connected.');
    expect(told.at(-1)).toBe('Welcome to Location of goa-01. Your number is 1. Temperature: 36.8 °C');
    expect(await listed(site)).toMatchObject([{ observations: 1, encounters: 1 }]);
  });

  it('is found with the card that takes the place of a lost one, and so is the number', async () => {
    const site = await openSite();
    const wallet = await registeredCard(site);
    await measured(site, wallet);
    const { patients } = await site.operator.patients({ find: 'maria' });
    const next = await site.buyCard('next', 'NTAG216');
    await site.register(next, { id: patients[0]?.id ?? '' }, NEW_PIN);
    await site.hubsCaughtUp();
    const read: string[] = [];
    const panel = new ScriptedPanel({ pin: NEW_PIN }, (_sign, lines) => read.push(lines.join(' ')));
    expect((await site.tap({ wallet: next, hub: 'goa-01', panel })).outcome).toEqual(SERVED);
    expect(read.at(-1)).toBe('Welcome to Location of goa-01. Your number is 1. Temperature: 36.8 °C');
    const lost = await site.tap({ wallet, hub: 'goa-01', panel: new ScriptedPanel({ pin: PIN }) });
    expect(lost.outcome).toMatchObject({ reason: 'card-revoked' });
  });

  it('is kept once, though its answer was lost and it was sent again over another connection', async () => {
    const network = new ChaosNetwork(surroundings.network, (run) => run());
    const site = await openSite({ terminalSurroundings: { network } });
    const wallet = await registeredCard(site);
    let isCut = false;
    network.chaos = (direction, chunk) => {
      // HELLO, CHALLENGE, WELCOME, then the answers: session.info, encounter.checkIn, observation.create.
      if (isCut || direction !== 'toDevice' || chunk !== 5) return undefined;
      isCut = true;
      return 'cut';
    };
    const { outcome, steps, read } = await measured(site, wallet);
    expect(isCut).toBe(true);
    expect(outcome).toEqual(SERVED);
    expect(steps.filter(({ step }) => step === 'keep-measurement').map(({ ok }) => ok)).toEqual([
      false,
      true,
    ]);
    expect(steps.filter(({ step }) => step === 'measure')).toHaveLength(1);
    expect(read.at(-1)).toContain('Temperature: 36.8 °C');
    expect(await listed(site)).toMatchObject([{ observations: 1, encounters: 1 }]);
  });
});

describe('the logs of a hub and a terminal', () => {
  it('name no patient over a whole visit, nor what was typed or measured', async () => {
    const log = new KeptLog();
    const site = await openSite({ hubSurroundings: { log }, terminalSurroundings: { log } });
    const wallet = await site.buyCard('maria', 'NTAG215');
    await site.register(wallet, { name: NAME, record: RECORD }, PIN);
    await site.hubsCaughtUp();
    const journal: string[] = [];
    const keep = ({ steps, outcome }: TapResult) => {
      // How long a step took may have any digits in it.
      const lines = steps.map((step) => stepLine({ ...step, milliseconds: 0 }));
      journal.push(...lines, JSON.stringify(outcome));
      return outcome;
    };
    const tap = async (answers: ConstructorParameters<typeof ScriptedPanel>[0], goal?: 'new-pin') =>
      keep(
        await site.tap({
          wallet,
          hub: 'goa-01',
          panel: new ScriptedPanel(answers),
          ...(goal && { goal }),
        }),
      );
    expect(await tap({ pin: WRONG_PIN })).toMatchObject({ reason: 'wrong-pin' });
    expect(keep(await measured(site, wallet))).toEqual(SERVED);
    const [card] = (await site.operator.cards()).cards;
    const { office } = site.hub('goa-01');
    const [{ subject } = { subject: '' }] = await office.queue();
    await office.done(1);
    expect(await tap({ pin: PIN, 'new-pin': NEW_PIN, 'new-pin-again': NEW_PIN }, 'new-pin')).toEqual({
      kind: 'pin-set',
    });
    const address = await site.stopHub('goa-01');
    await site.startHub('goa-01', address);
    expect(await tap({ pin: NEW_PIN })).toEqual(SERVED);
    await site.operator.revokeCard(card?.uid ?? '', 'lost');
    await site.hubsCaughtUp();
    expect(await tap({ pin: NEW_PIN })).toMatchObject({ reason: 'card-revoked' });

    const lines = [...log.lines, ...journal];
    const named = [subject, card?.uid, ...NAME.split(' '), RECORD, PIN, WRONG_PIN, NEW_PIN, '36.8'];
    for (const name of named) {
      expect(name).toMatch(/./);
      expect(lines.filter((line) => line.toLowerCase().includes(name?.toLowerCase() ?? ''))).toEqual([]);
    }
    // What it looks through is what was said.
    expect(lines.join('\n')).toContain('goa-01 serves the patient');
    expect(log.lines.length).toBeGreaterThan(5);
  });
});
