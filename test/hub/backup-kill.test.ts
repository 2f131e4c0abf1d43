import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openHubStore } from '../../hub/store/store.ts';
import { openBackup } from '../../runtime/backup.ts';
import { SOAK } from '../hardware/soak.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { SeededRandom } from '../soak/seeded-random.ts';
import { hubCards } from './hub-cards.ts';
import { finished, type HubCommand, runHub, startServing } from './hub-process.ts';
import { openNetwork } from './network.ts';
import { LedgerPatient, SeenOnce } from './patient-ledger.ts';

const PIN = '246810';
const ROUNDS = SOAK ? 40 : 1;
const PATIENTS = SOAK ? 2 : 1;
const CARDS = SOAK ? 20_000 : 1_500;
/** A moment of a backup or a restore, in the short form, which measures nothing. */
const MOMENTS_MS = 150;

/** Patients who come and go until it is over. @returns ends it */
function visits(patients: readonly LedgerPatient[], address: { host: string; port: number }) {
  let isOver = false;
  const random = new SeededRandom(7);
  const all = patients.map(async (patient) => {
    while (!isOver && !patient.isLocked) {
      try {
        await patient.visit(address, random, () => {});
      } catch (cause) {
        if (cause instanceof Error && cause.name === 'AssertionError') throw cause;
        // Until it is served again.
        await delay(50);
      }
    }
  });
  return async () => {
    isOver = true;
    await Promise.all(all);
  };
}

/** Waits until something in `folder` has begun that `isBegun` knows by its name, or until `command` has ended. */
async function untilBegun(folder: string, isBegun: (name: string) => boolean, command: HubCommand) {
  while (command.child.exitCode === null) {
    if (existsSync(folder) && readdirSync(folder).some(isBegun)) return;
    await delay(2);
  }
}

/** Backs up undisturbed. @returns how long it takes from its beginning to somewhat after its end */
async function momentsOf(folder: string, name: string): Promise<number> {
  const command = runHub('backup', name, '--data', folder, '--json');
  await untilBegun(dirname(name), (one) => one.startsWith(`.${basename(name)}.`), command);
  const began = performance.now();
  expect(await finished(command)).toMatchObject({ code: 0 });
  return Math.ceil(1.2 * (performance.now() - began));
}

async function kill({ child }: HubCommand): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

describe('kill -9 during a backup or a restore', { timeout: SOAK ? 7_200_000 : 180_000 }, () => {
  it('of a hub under load, or of the command, leaves no half backup, and no half hub, under its name', async () => {
    const random = new SeededRandom(11);
    const network = await openNetwork();
    const seen = new SeenOnce();
    const patients: LedgerPatient[] = [];
    for (let n = 0; n < PATIENTS; n++)
      patients.push(new LedgerPatient(await network.register(PIN), PIN, seen));
    const { hubFolder } = network;
    const store = openHubStore(hubFolder);
    await store.lists.apply(hubCards(CARDS));
    store.close();
    const target = join(temporaryFolder(), 'monday');
    let serving = await startServing(hubFolder);
    const moments = SOAK ? await momentsOf(hubFolder, `${target}-undisturbed`) : MOMENTS_MS;
    let whole = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const end = visits(patients, serving.address);
      const name = `${target}-${round}`;
      const command = runHub('backup', name, '--data', hubFolder, '--json');
      const isWorkshop = (one: string) => one.startsWith(`.${basename(name)}.`);
      await untilBegun(dirname(name), isWorkshop, command);
      await delay(random.between(0, moments));
      const isHubToDie = round % 2 === 0;
      await kill(isHubToDie ? serving.hub : command);
      if (command.child.signalCode === null) {
        const { code, errors } = await finished(command);
        // One that did not succeed says so, in one line.
        expect({ code, isThere: existsSync(name) }).toEqual({ code, isThere: code === 0 });
        if (code !== 0) expect(errors).toMatch(/^cardea-hub: [^\n]+\n$/);
      }
      await end();
      if (isHubToDie && round + 1 < ROUNDS) serving = await startServing(hubFolder);
      if (!existsSync(name)) continue;
      whole += 1;
      await openBackup(name, 'hub');
    }
    const last = await finished(runHub('backup', target, '--data', hubFolder, '--json'));
    expect(last).toMatchObject({ code: 0, errors: '' });
    expect(readdirSync(dirname(target)).filter((one) => one.startsWith(`.${basename(target)}.`))).toEqual([]);
    await kill(serving.hub);

    for (let round = 0; round < ROUNDS; round++) {
      const folder = join(temporaryFolder(), 'new');
      const words = ['restore', target, '--data', folder, '--json'];
      const command = runHub(...words);
      await untilBegun(folder, (one) => one === 'restore-under-way', command);
      await delay(random.between(0, moments));
      await kill(command);
      if (!existsSync(join(folder, 'network.json'))) {
        expect(await finished(runHub(...words))).toMatchObject({ code: 0, errors: '' });
      }
      const store = openHubStore(folder);
      expect(await store.countCards()).toBe(CARDS + patients.length);
      store.close();
    }
    if (SOAK)
      process.stdout.write(
        `killed within ${moments} ms; ${whole} of ${ROUNDS} backups were whole in spite of it\n`,
      );
  });
});
