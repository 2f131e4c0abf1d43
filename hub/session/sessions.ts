import { toHex } from '../../protocol/bytes.ts';
import type { Session } from './session.ts';

/** The sessions of a hub, in whichever of its processes they are. */
export interface SessionDirectory {
  /** How many are open now. */
  readonly count: number;
  /** Ends the sessions of cards that were revoked, at once (PROTOCOL 2.5). */
  endRevoked(uids: readonly Uint8Array[]): void;
}

/** Whether a card is revoked while it is being let in. */
export interface Watch {
  readonly isRevoked: boolean;
  /** Once, when its session is open, or it was not let in. */
  end(): void;
}

interface Revocable {
  readonly uid: Uint8Array;
  end(reason: string): void;
}

/** The sessions that are open now in this process, findable by card. */
export class Sessions implements SessionDirectory {
  readonly #byCard = new Map<string, Set<Revocable>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(session: Session): void {
    this.#enter(session);
    this.#count += 1;
  }

  remove(session: Session): void {
    if (this.#leave(session)) this.#count -= 1;
  }

  /** From before a card is asked in: a revocation is on the disk before it ends sessions, and this one is none yet. */
  watch(uid: Uint8Array): Watch {
    let isRevoked = false;
    const watched: Revocable = {
      uid,
      end: () => {
        isRevoked = true;
      },
    };
    this.#enter(watched);
    return {
      get isRevoked() {
        return isRevoked;
      },
      end: () => void this.#leave(watched),
    };
  }

  endRevoked(uids: readonly Uint8Array[]): void {
    for (const uid of uids) {
      for (const session of [...(this.#byCard.get(toHex(uid)) ?? [])]) session.end('card revoked');
    }
  }

  #enter(it: Revocable): void {
    const key = toHex(it.uid);
    const ofCard = this.#byCard.get(key) ?? new Set();
    ofCard.add(it);
    this.#byCard.set(key, ofCard);
  }

  #leave(it: Revocable): boolean {
    const key = toHex(it.uid);
    const ofCard = this.#byCard.get(key);
    const was = ofCard?.delete(it) ?? false;
    if (ofCard?.size === 0) this.#byCard.delete(key);
    return was;
  }
}
