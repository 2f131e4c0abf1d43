import type { Command } from 'commander';
import type { PresentedCard } from '../../hardware/card-reader.ts';
import { toHex } from '../../protocol/bytes.ts';
import { currentImage } from '../../protocol/card-slots.ts';
import { SUITE } from '../../protocol/constants.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { patientsQuery } from '../../protocol/rc-api/patients.ts';
import { given, invocation, UsageError } from '../../runtime/command-line.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { misuseOf } from '../../runtime/zod-words.ts';
import { detailsText, patientsText } from '../commands/card-text.ts';
import { asOperator } from '../commands/operator-client.ts';
import type { CommandWorld } from '../commands/world.ts';
import { withCardAtReader } from './at-reader.ts';
import { deskSettings } from './desk-settings.ts';

interface FindFlags {
  readonly record?: string;
  readonly tap?: boolean;
  readonly limit: string;
}

/** A card of a suite that hides its UID from whoever has not its password. */
export class HiddenUidError extends CardeaError {
  readonly code = 'uid-hidden';
}

/** `cardea-rc card find`: by name and record number, or by the card itself. */
export function addCardFind(card: Command, world: CommandWorld): void {
  card
    .command('find')
    .description('find patients and their cards by the beginnings of words, whatever case and accents')
    .argument('[words...]', 'of the name, of the record number')
    .option('--record <number>', 'the whole record number', given('the number'))
    .option('--tap', 'the patient whose card is laid on the reader')
    .option('--reader <path>', 'the reader: /dev/ttyUSB0, /dev/serial0, or sim:FILE for a virtual one')
    .option('--limit <n>', 'at most so many, 1 to 200', '50')
    .action(async (words: readonly string[], flags: FindFlags, command: Command) => {
      const find = words.length === 0 ? undefined : words.join(' ');
      if ([find, flags.record, flags.tap].filter((way) => way !== undefined).length !== 1) {
        throw new UsageError('say words of the name, or --record NUMBER, or --tap');
      }
      if (flags.tap) return findByCard(command, world);
      const call = invocation(command, world.io);
      const query = patientsQuery.safeParse({ find, record: flags.record, limit: flags.limit });
      if (!query.success) throw misuseOf(query.error);
      const found = await asOperator(call.folder, world.surroundings('warn'), (client) =>
        client.patients(query.data),
      );
      call.show(found, patientsText(found));
    });
}

async function findByCard(command: Command, world: CommandWorld): Promise<void> {
  const call = invocation(command, world.io);
  const { reader } = await call.settings(deskSettings);
  await withCardAtReader(call, world.surroundings('warn'), reader, async ({ client, card }) => {
    const found = await client.cardDetails(await uidOnCard(card));
    const { card: summary, ...details } = found;
    call.show({ ...summary, ...details }, detailsText(found));
  });
}

/** The UID that a card holds, in hex. @throws HiddenUidError, EmptyCardError, DamagedCardError, HardwareError */
export async function uidOnCard(card: Pick<PresentedCard, 'readSlots'>): Promise<string> {
  const { image } = currentImage(noble, await card.readSlots());
  if (image.suite === SUITE.cardea1) return toHex(image.uid);
  throw new HiddenUidError(
    'a limbasiya-2021 card does not say whose it is without its password: find the patient by name',
  );
}
