import { cpSync, rmSync } from 'node:fs';
import { loadTlsIdentity, type TlsIdentity } from '../../../certs/tls-identity.ts';
import { joinDevice } from '../../../device/join.ts';
import { joinHub } from '../../../hub/join.ts';
import { clientPrimitives, serverPrimitives } from '../../../protocol/crypto/fastest.ts';
import { initRc } from '../../../rc/init.ts';
import { formatAddress } from '../../../runtime/address.ts';
import type { CardRecord } from './card.ts';
import { LabCard } from './card.ts';
import { CARDS, HUBS, TERMINALS } from './history.ts';
import { makeLabFolder } from './lab-folder.ts';
import { hubAddress, RC_ADDRESS } from './places.ts';
import { newCard, registerAt } from './register.ts';
import { FaultWorld, type WorldOptions } from './world.ts';

const START = Date.UTC(2027, 0, 15, 8);

/** A network that was set up in order, from which every history begins. */
export interface SetUp {
  /** Its parts' folders. */
  readonly folder: string;
  /** What time it was when everything was ready. */
  readonly now: number;
  readonly operator: TlsIdentity;
  readonly cards: readonly CardRecord[];
  /** Removes the folders. */
  remove(): void;
}

/** Sets the network up: RC, hubs and terminals that have joined, cards that are registered and known everywhere. */
export async function setUpNetwork(seed: string): Promise<SetUp> {
  // WebAssembly is compiled by threads that nobody can watch: before time is simulated.
  await Promise.all([serverPrimitives(), clientPrimitives()]);
  const folder = makeLabFolder();
  const world = new FaultWorld({ folder, start: START, seed: `${seed} set-up` });
  const run = <T>(work: Promise<T>) => world.clock.advanceUntil(work);
  await run(initRc({ surroundings: world.office, folder: world.rc.folder, address: RC_ADDRESS }));
  await run(world.rc.start());
  const operator = await run(loadTlsIdentity(world.rc.folder, 'operator'));
  world.beOperator(operator);
  for (const id of HUBS) {
    const address = formatAddress(hubAddress(id));
    const { token } = await run(
      world.operator.mintToken({ kind: 'hub', id, location: `Location of ${id}`, address }),
    );
    await run(joinHub({ surroundings: world.office, folder: world.hub(id).folder, token }));
    await run(world.hub(id).start());
  }
  for (const id of TERMINALS) {
    const { token } = await run(world.operator.mintToken({ kind: 'device', id }));
    const { surroundings, folder: at } = world.terminal(id);
    await run(joinDevice({ surroundings, folder: at, token }));
  }
  for (let number = 0; number < CARDS; number++) {
    const card = newCard(world, number);
    await run(registerAt(world, card, { pin: `first pin of ${number} krjwvtqz`, patientId: undefined }));
    world.cards.set(number, card);
  }
  await world.clock.advance(5_000);
  await world.close();
  return {
    folder,
    now: world.clock.now(),
    operator,
    cards: [...world.cards.values()].map((card) => card.record()),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A copy of that network, started. */
export async function openWorld(
  setUp: SetUp,
  options: Pick<WorldOptions, 'seed' | 'copyHub'>,
): Promise<FaultWorld> {
  const folder = makeLabFolder();
  cpSync(setUp.folder, folder, { recursive: true, preserveTimestamps: true });
  const world = new FaultWorld({ ...options, folder, start: setUp.now });
  for (const [number, record] of setUp.cards.entries()) world.cards.set(number, LabCard.of(number, record));
  world.beOperator(setUp.operator);
  await world.blows.mend();
  return world;
}
