import { FLAG, RECORD } from '../../protocol/rc-api/compact-feed.ts';
import type { CompactPage } from '../../protocol/rc-api/compact-page.ts';
import type { Database } from '../../runtime/sqlite.ts';

/** With fewer, one statement for all saves nothing. */
const FEW = 16;

/** A card's numbers in one: the PIN version in 16 bits, then its flags, then the epoch. */
const FLAGS_AT = 16;
const EPOCH_AT = 19;

/**
 * All cards of a page in one statement: to hand over six values for each card costs more than to store them. They
 * go in in the order of their UIDs, so that the index is walked through once. What is there already is left as it
 * is. A row that the table refuses, which no page has that was read, ends the transaction: to be able to undo this
 * statement alone SQLite would copy every page that it touches.
 */
const PUT_NEW = `
  INSERT OR ROLLBACK INTO card (uid, subject, psk, oprf_seed, cs, rs, pin_version, epoch, revoked, locked)
  SELECT ${part('uid', 16)} AS uid, ${part('subject', 16)}, ${part('psk', 32)}, ${part('oprfSeed', 32)},
    ${part('cs', 32)}, CASE WHEN ${flag('recovery')} THEN ${part('rs', 32)} END,
    value & 0xffff, value >> ${EPOCH_AT}, ${flag('revoked')}, ${flag('locked')}
  FROM json_each(@numbers)
  WHERE true ORDER BY 1
  ON CONFLICT (uid) DO NOTHING`;

function part(name: 'uid' | 'subject' | 'psk' | 'oprfSeed' | 'cs' | 'rs', length: number): string {
  return `substr(@records, key * ${RECORD.length} + ${RECORD[name] + 1}, ${length})`;
}

function flag(name: keyof typeof FLAG): string {
  return `(value >> ${FLAGS_AT + Math.log2(FLAG[name])} & 1)`;
}

/** Puts the cards of whole pages, as a first sync has them. Synchronous: for use within a transaction. */
export class NewCards {
  readonly #put;

  constructor(db: Database) {
    this.#put = db.prepare<{ readonly records: Uint8Array; readonly numbers: string }>(PUT_NEW);
  }

  /**
   * Puts those cards of the page that are not held yet, without their pending PINs.
   * @returns whether that was all of them
   */
  put(page: CompactPage): boolean {
    if (page.count < FEW) return false;
    const numbers = new Array<number>(page.count);
    for (let index = 0; index < page.count; index++) {
      numbers[index] =
        page.epochOf(index) * 2 ** EPOCH_AT + page.flagsOf(index) * 2 ** FLAGS_AT + page.pinVersionOf(index);
    }
    const { records } = page;
    return this.#put.run({ records, numbers: JSON.stringify(numbers) }).changes === page.count;
  }
}
