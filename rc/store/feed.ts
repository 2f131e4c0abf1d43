import { fromHex } from '../../protocol/bytes.ts';
import { PENDING_PINS_MAX } from '../../protocol/rc-api/cards.ts';
import type { Database } from '../../runtime/sqlite.ts';
import { StoreError } from '../../runtime/store-errors.ts';

/** A card as it stands, before a hub's own secrets are derived for it. */
export interface CardState {
  readonly uid: Uint8Array;
  readonly keyId: number;
  readonly patientId: Uint8Array;
  readonly cs: Uint8Array;
  readonly rs: Uint8Array | null;
  readonly pinVersion: number;
  readonly epoch: number;
  readonly revoked: boolean;
  readonly locked: boolean;
  /** New PINs that were proved and that the card may carry, the latest first. */
  readonly pending: readonly PendingKey[];
}

/** A new PIN before its last step is known; its proof can be made from the master key. */
export interface PendingKey {
  readonly pinVersion: number;
  /** 32 bytes. */
  readonly cs: Uint8Array;
}

export interface Change {
  readonly sequence: number;
  readonly card: CardState;
}

/** Changes in order. `cursor` is what to go on after; `more` when there are some already. */
export interface Changes {
  readonly changes: readonly Change[];
  readonly cursor: number;
  readonly more: boolean;
}

/** How much of a page they take up. */
export function sizeOf(changes: readonly Change[]): number {
  return changes.reduce((size, { card }) => size + 1 + card.pending.length / 2, 0);
}

export type CardStateRow = Omit<CardState, 'revoked' | 'locked' | 'pending'> & {
  readonly number: number;
  readonly sequence: number;
  readonly revoked: 0 | 1;
  readonly locked: 0 | 1;
  /** JSON: `[{"pinVersion": 2, "cs": "…"}]`; null where the card never had a new PIN. */
  readonly pending: string | null;
};

const COMPUTED = `
    revoked IS NOT NULL AS revoked, EXISTS (SELECT 1 FROM locks WHERE card = cards.number) AS locked,
    CASE WHEN EXISTS (SELECT 1 FROM pins WHERE card = cards.number) THEN
      (SELECT json_group_array(json_object('pinVersion', version, 'cs', lower(hex(cs)))) FROM (
        SELECT version, cs FROM pins
        WHERE card = cards.number AND changed = 0 AND base = cards.pin_version AND version > cards.pin_version
        ORDER BY reported DESC, version DESC LIMIT ${PENDING_PINS_MAX}))
    END AS pending`;

const SELECT_CARD_STATE = `
  SELECT number, sequence, uid, key_id AS keyId, patient AS patientId, cs, rs, pin_version AS pinVersion, epoch,
    ${COMPUTED}
  FROM cards`;

/** For pages of thousands: a value that is handed over costs more than the bytes in it. */
const SELECT_PAGE = `
  SELECT sequence, key_id AS keyId, pin_version AS pinVersion, epoch,
    CAST(uid || patient || cs || coalesce(rs, x'') AS BLOB) AS own,
    ${COMPUTED}
  FROM cards WHERE sequence > ? ORDER BY sequence LIMIT ?`;

/** A row of such a page. */
interface PageRow
  extends Pick<
    CardStateRow,
    'sequence' | 'keyId' | 'pinVersion' | 'epoch' | 'revoked' | 'locked' | 'pending'
  > {
  /** `uid[16] || patient[16] || cs[32] || rs[32]`, without `rs` where there is none. */
  readonly own: Buffer;
}

/**
 * The hubs' feed (PROTOCOL 2.6). A card stands in it once, at the sequence number of its latest change: a hub
 * that missed many changes of a card receives its newest state alone.
 */
export class Feed {
  readonly #db: Database;
  readonly #page;

  constructor(db: Database) {
    this.#db = db;
    this.#page = db.prepare<[number, number], PageRow>(SELECT_PAGE);
  }

  /** Which life of this registry the sequence numbers belong to: 16 bytes, new at `init` and at each restore. */
  async generation(): Promise<Uint8Array> {
    return networkOf(this.#db).generation;
  }

  /** The latest sequence number; 0 before the first change. */
  async latest(): Promise<number> {
    return networkOf(this.#db).sequence;
  }

  /**
   * Changes whose sequence numbers are above `after`, in order, nothing skipped: at least one where there is
   * any, and at most `limit` by `sizeOf`, which counts each pending PIN as half a card, so that no page grows
   * beyond its bounds.
   */
  async changesAfter(after: number, limit: number): Promise<Changes> {
    // One read transaction: `cursor` must not run ahead of the rows.
    return this.#db.transaction(() => {
      const rows = this.#page.all(after, limit + 1);
      const changes: Change[] = [];
      let size = 0;
      for (const row of rows) {
        const change = { sequence: row.sequence, card: pageCard(row) };
        size += sizeOf([change]);
        if (size > limit && changes.length > 0) break;
        changes.push(change);
      }
      const more = rows.length > changes.length;
      return {
        changes,
        more,
        cursor: more ? (changes.at(-1)?.sequence ?? after) : networkOf(this.#db).sequence,
      };
    })();
  }

  async card(uid: Uint8Array): Promise<CardState | undefined> {
    const row = cardStateRow(this.#db, uid);
    return row === undefined ? undefined : cardState(row);
  }
}

export function cardStateRow(db: Database, uid: Uint8Array): CardStateRow | undefined {
  return db.prepare<[Uint8Array], CardStateRow>(`${SELECT_CARD_STATE} WHERE uid = ?`).get(uid);
}

export function cardState(row: CardStateRow): CardState {
  const { number: _number, sequence: _sequence, revoked, locked, pending, ...state } = row;
  return { ...state, revoked: revoked === 1, locked: locked === 1, pending: pendingKeys(pending) };
}

function pageCard({ own, keyId, pinVersion, epoch, revoked, locked, pending }: PageRow): CardState {
  const part = (from: number, length: number) => new Uint8Array(own.buffer, own.byteOffset + from, length);
  return {
    uid: part(0, 16),
    keyId,
    patientId: part(16, 16),
    cs: part(32, 32),
    rs: own.length === 64 ? null : part(64, 32),
    pinVersion,
    epoch,
    revoked: revoked === 1,
    locked: locked === 1,
    pending: pendingKeys(pending),
  };
}

function pendingKeys(json: string | null): readonly PendingKey[] {
  if (json === null) return [];
  const pins: { pinVersion: number; cs: string }[] = JSON.parse(json);
  return pins.map(({ pinVersion, cs }) => ({ pinVersion, cs: fromHex(cs) }));
}

interface NetworkRow {
  readonly generation: Uint8Array;
  readonly sequence: number;
}

/** The one row that `createRcStore` made. */
function networkOf(db: Database): NetworkRow {
  const row = db.prepare<[], NetworkRow>('SELECT generation, sequence FROM network').get();
  if (row === undefined) throw new StoreError('the database has lost its network: restore it from a backup');
  return row;
}
