import { fromHex, toHex } from '../../../protocol/bytes.ts';
import { noble } from '../../../protocol/crypto/noble.ts';
import { type Bundle, type BundleResource, placeOf } from '../../../protocol/fhir/resources.ts';
import { deriveSubject } from '../../../protocol/keys.ts';
import type { Actor } from './acts.ts';
import type { LabCard } from './card.ts';
import { HUBS, type HubId, RIGHT_TAP, TERMINALS } from './history.ts';
import { masterKeyOf } from './secrets.ts';
import type { FaultWorld } from './world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Hubs try again after a minute at the longest, and look after their certificates every hour. */
const CAUGHT_UP_WITHIN_MS = 3 * HOUR_MS;
const POLL_MS = MINUTE_MS;
/** A hub whose certificates are by another authority than the newest has new ones by then. */
const RENEWED_WITHIN_MS = 2 * MINUTE_MS;
/** A tap that was over sooner than its troubles came still has them. */
const LATE_TROUBLES_MS = 30_000;

/**
 * After a history: everything is mended and given its time; then all that was ever acknowledged must be there. Each
 * card that something befell is tapped at one hub; where `thoroughly`, all cards are, at all hubs.
 */
export async function checkTheEnd(
  world: FaultWorld,
  actor: Actor,
  { thoroughly }: { readonly thoroughly: boolean },
): Promise<void> {
  const { clock, ledger, operator } = world;
  await clock.advanceUntil(Promise.all(world.unsettled), 3 * HOUR_MS).catch((cause: unknown) => {
    ledger.breaks('settles', 'something that a history began has not ended', cause);
  });
  await clock.advance(LATE_TROUBLES_MS);
  await world.blows.mend();
  ledger.check();
  await settleFates(world);
  await untilCaughtUp(world);
  const cards = [...world.cards.values()].filter(
    ({ number, registered }) => registered === 'yes' && (thoroughly || actor.touched.has(number)),
  );
  for (const { uid = '', number, revoked } of cards) {
    if (revoked !== 'no') continue;
    ledger.raised(number);
    await clock.advanceUntil(operator.unlockCard(uid));
  }
  await untilCaughtUp(world);
  await clock.advance(RENEWED_WITHIN_MS);
  await clock.advanceUntil(actor.look());
  ledger.check();
  await checkRegistry(world);
  // A patient who comes again on the same day is given the same number: before anybody does.
  await checkRecords(world);
  for (const card of cards) {
    const hubs = thoroughly ? HUBS : HUBS.filter((_, index) => index === card.number % HUBS.length);
    for (const hub of hubs) await checkTap(world, actor, card, hub);
  }
  await checkRecords(world);
  ledger.check();
}

/** What nobody had heard of: now everybody can be asked. */
async function settleFates(world: FaultWorld): Promise<void> {
  const { clock, operator } = world;
  const { cards } = await clock.advanceUntil(operator.cards({ limit: 500 }));
  for (const card of world.cards.values()) {
    const summary = cards.find(({ uid }) => uid === card.uid);
    if (card.registered === 'maybe') {
      card.registered = summary === undefined ? 'no' : 'yes';
      card.patientId = summary?.patientId;
    }
    if (card.revoked === 'maybe') card.revoked = summary?.status === 'revoked' ? 'yes' : 'no';
  }
}

/** Every hub has read the whole feed, and told all that it had to tell. */
async function untilCaughtUp(world: FaultWorld): Promise<void> {
  const { clock, operator } = world;
  const end = world.elapsed + CAUGHT_UP_WITHIN_MS;
  let behind: string[] = [];
  while (world.elapsed < end) {
    const { hubs } = await clock.advanceUntil(operator.hubs());
    behind = hubs.filter((hub) => hub.behind > 0).map((hub) => `${hub.id} behind by ${hub.behind}`);
    for (const id of HUBS) {
      const status = await clock.advanceUntil(statusOf(world, id));
      if (status.syncLagSeconds > 0 || status.lists.state !== 'fresh' || status.failing.length > 0) {
        behind.push(`${id}: ${JSON.stringify(status)}`);
      }
    }
    if (behind.length === 0) return;
    await clock.advance(POLL_MS);
  }
  world.ledger.breaks('nothing-lost', `hubs do not catch up: ${behind.join('; ')}`);
}

function statusOf(world: FaultWorld, id: HubId) {
  const { running } = world.hub(id);
  if (running === undefined) throw new Error(`${id} does not run, though nothing keeps it from it`);
  return running.status();
}

/** Registrations, revocations and a new authority that were acknowledged are in the registry. */
async function checkRegistry(world: FaultWorld): Promise<void> {
  const { authority } = await world.clock.advanceUntil(world.operator.status());
  if (authority !== (world.ledger.authority ?? authority)) {
    world.ledger.breaks('nothing-lost', 'the newest authority is not the one that was made last');
  }
  const { cards } = await world.clock.advanceUntil(world.operator.cards({ limit: 500 }));
  for (const card of world.cards.values()) {
    if (card.registered !== 'yes') continue;
    const summary = cards.find(({ uid }) => uid === card.uid);
    const should = card.revoked === 'yes' ? 'revoked' : 'active';
    if (summary?.status !== should) {
      world.ledger.breaks(
        'nothing-lost',
        `card ${card.number} should be ${should}, and is ${summary?.status ?? 'unknown'}`,
      );
    }
  }
}

/** The PIN of the image that is on a card is good wherever it is tapped; a revoked card is refused. */
async function checkTap(world: FaultWorld, actor: Actor, card: LabCard, hub: HubId): Promise<void> {
  const terminal = TERMINALS[card.number % TERMINALS.length] ?? 'desk-1';
  const act = { ...RIGHT_TAP, terminal, hub, card: card.number };
  const tap = () => world.clock.advanceUntil(actor.tap(act), 20 * MINUTE_MS);
  let outcome = await tap();
  if (outcome === 'refused: hub-busy') {
    // It had its logins of the hour.
    await world.clock.advance(HOUR_MS);
    outcome = await tap();
  }
  const should = card.revoked === 'yes' ? 'refused: card-revoked' : 'served';
  if (outcome !== should) {
    world.ledger.breaks(
      'nothing-lost',
      `card ${card.number} with the PIN of its image should be ${should} at ${hub} when all is mended, and is ${outcome}`,
    );
  }
  world.ledger.check();
}

/** Every check-in, and every measurement, that a terminal was told of is in the hub's records; no measurement is twice. */
async function checkRecords(world: FaultWorld): Promise<void> {
  const { ledger, clock } = world;
  const found = new Map<string, number>();
  for (const hub of HUBS) {
    for (const bundle of await clock.advanceUntil(bundlesOf(world, hub))) {
      for (const { resource } of bundle.entry) {
        const name = nameOf(hub, resource);
        if (name !== undefined) found.set(name, (found.get(name) ?? 0) + 1);
      }
    }
  }
  for (const [name, times] of found) {
    // A number is given anew each day.
    if (times > 1 && name.includes(' kg '))
      ledger.breaks('nothing-lost', `${name} is in the records ${times} times`);
  }
  const masterKey = masterKeyOf(world);
  const subjectOf = ({ hub, card }: { readonly hub: string; readonly card: number }) =>
    toHex(deriveSubject(noble, masterKey, fromHex(world.card(card)?.patientId ?? ''), hub));
  const told = [
    ...ledger.checkIns.map((one) => visitName(one.hub, subjectOf(one), one.place)),
    ...ledger.kept.map((one) => weightName(one.hub, subjectOf(one), one.value)),
  ];
  for (const name of told) {
    if (!found.has(name)) ledger.breaks('nothing-lost', `${name} was told, and is not in the records`);
  }
}

function nameOf(hub: string, resource: BundleResource): string | undefined {
  switch (resource.resourceType) {
    case 'Encounter':
      return visitName(hub, resource.subject.identifier.value, placeOf(resource) ?? 0);
    case 'Observation':
      return weightName(hub, resource.subject.identifier.value, resource.valueQuantity?.value ?? 0);
    case 'Patient':
      return undefined;
  }
}

function visitName(hub: string, subject: string, place: number): string {
  return `number ${place} of ${subject} at ${hub}`;
}

function weightName(hub: string, subject: string, value: number): string {
  return `${value} kg of ${subject} at ${hub}`;
}

async function bundlesOf(world: FaultWorld, hub: HubId): Promise<Bundle[]> {
  const office = world.hub(hub).running?.office;
  if (office === undefined) throw new Error(`${hub} does not run`);
  const bundles: Bundle[] = [];
  for (let after: string | null = null; ; ) {
    const page = await office.export(after);
    bundles.push(...page.items);
    if (page.next === null) return bundles;
    after = page.next;
  }
}
