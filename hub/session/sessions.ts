import { toHex } from '../../protocol/bytes.ts';
import type { Session } from './session.ts';

/** The sessions of a hub, in whichever of its processes they are. */
export interface SessionDirectory {
  /** How many are open now. */
  readonly count: number;
  /** Ends the sessions of cards that were revoked, at once (PROTOCOL 2.5). */
  endRevoked(uids: readonly Uint8Array[]): void;
}

/** The sessions that are open now in this process, findable by card. */
export class Sessions implements SessionDirectory {
  readonly #byCard = new Map<string, Set<Session>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(session: Session): void {
    const key = toHex(session.uid);
    const ofCard = this.#byCard.get(key) ?? new Set();
    ofCard.add(session);
    this.#byCard.set(key, ofCard);
    this.#count += 1;
  }

  remove(session: Session): void {
    const key = toHex(session.uid);
    const ofCard = this.#byCard.get(key);
    if (ofCard?.delete(session)) this.#count -= 1;
    if (ofCard?.size === 0) this.#byCard.delete(key);
  }

  endRevoked(uids: readonly Uint8Array[]): void {
    for (const uid of uids) {
      for (const session of [...(this.#byCard.get(toHex(uid)) ?? [])]) session.end('card revoked');
    }
  }
}
