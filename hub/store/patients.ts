import { toHex } from '../../protocol/bytes.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';

/** A card under limbasiya-2021 as the hub's list has it (PROTOCOL 1.1). Sizes in bytes. */
export interface ListedPatient {
  /** 32. */
  readonly UID: Uint8Array;
  /** 32. */
  readonly C: Uint8Array;
  /** The patient's name at this hub, 16. */
  readonly subject: Uint8Array;
}

/** The list of limbasiya-2021. */
export class Patients {
  readonly #group: GroupCommit;
  readonly #find;
  readonly #count;
  readonly #uids;
  readonly #put;
  readonly #remove;

  constructor(db: Database, group: GroupCommit) {
    this.#group = group;
    this.#find = db.prepare<[Uint8Array], ListedPatient>(
      'SELECT uid AS UID, c AS C, subject FROM limbasiya_patient WHERE uid = ?',
    );
    this.#count = db.prepare<[], number>('SELECT count(*) FROM limbasiya_patient').pluck();
    this.#uids = db.prepare<[], Uint8Array>('SELECT uid FROM limbasiya_patient').pluck();
    this.#put = db.prepare(
      `INSERT INTO limbasiya_patient (uid, c, subject) VALUES (@UID, @C, @subject)
       ON CONFLICT (uid) DO UPDATE SET c = @C, subject = @subject`,
    );
    this.#remove = db.prepare('DELETE FROM limbasiya_patient WHERE uid = ?');
  }

  async find(UID: Uint8Array): Promise<ListedPatient | null> {
    const row = this.#find.get(UID);
    if (row === undefined) return null;
    // Copies: a Buffer's `slice` would alias where others copy, and C is wiped after use.
    return { UID: new Uint8Array(row.UID), C: new Uint8Array(row.C), subject: new Uint8Array(row.subject) };
  }

  async count(): Promise<number> {
    return this.#count.get() ?? 0;
  }

  /** Puts a whole new list in the old one's place. @returns the UIDs that are on it no more */
  replaceAll(patients: readonly ListedPatient[]): Promise<Uint8Array[]> {
    const listed = new Set(patients.map(({ UID }) => toHex(UID)));
    return this.#group.write(() => {
      const gone = this.#uids.all().filter((UID) => !listed.has(toHex(UID)));
      for (const UID of gone) this.#remove.run(UID);
      for (const { UID, C, subject } of patients) this.#put.run({ UID, C, subject });
      return gone;
    });
  }
}
