import { blankNtag } from '../../../hardware/sim/ntag-models.ts';
import { writeCard } from '../../../rc/console/register-card.ts';
import { LabCard } from './card.ts';
import type { FaultWorld } from './world.ts';

/** NXP's. */
const TAG_VENDOR = 0x04;

/**
 * A registrar registers a new card at the desk: for a new patient, or, where `patientId` is given, in place of that
 * patient's earlier card. What is known of it afterwards stands in the card.
 *
 * @throws what the console throws where it is not registered, or nobody knows whether
 */
export async function registerAt(
  world: FaultWorld,
  card: LabCard,
  { pin, patientId }: { readonly pin: string; readonly patientId: string | undefined },
): Promise<void> {
  const { office, operator: client, desk, deskReader } = world;
  card.patientName = `Patient ${card.number} of ${Buffer.from(world.random(6)).toString('hex')}`;
  world.pins.add(pin);
  desk.field.put(card.tag);
  try {
    const written = await writeCard({
      client,
      surroundings: office,
      card: await deskReader.waitForCard(),
      pin,
      patient: patientId === undefined ? { name: card.patientName } : { id: patientId },
      logN: 0,
      recovery: true,
      force: false,
    });
    card.uid = written.uid;
    card.pin = pin;
    card.code = written.recoveryCode ?? '';
    card.registered = 'maybe';
    const summary = await written.complete();
    card.patientId = summary.patientId;
    card.registered = 'yes';
  } finally {
    desk.field.take();
  }
}

/** A tag as it comes from the shop. */
export function newCard(world: FaultWorld, number: number): LabCard {
  const uid = world.random(7);
  uid[0] = TAG_VENDOR;
  return new LabCard(number, blankNtag('NTAG215', uid));
}
