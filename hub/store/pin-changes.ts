import type { HubAction } from '../../runtime/audit/hub-actions.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Database } from '../../runtime/sqlite.ts';
import type { HeldCard, PendingPin, PreparedPin } from '../card.ts';
import { countsAfterNewPin } from '../login/decide.ts';
import {
  decideChanged,
  decidePrepare,
  madeFrom,
  nextPinVersion,
  type PinSession,
} from '../session/pin-rules.ts';
import type { HubTrail, PatientOrigin } from './audit.ts';
import type { CardRows } from './cards.ts';

const PUT_REPORT = `
  INSERT INTO pin_report (uid, pin_version, base, cs, proof, changed) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (uid, pin_version, changed) DO NOTHING`;

export type PinOffer =
  | { readonly outcome: 'offered'; readonly pinVersion: number; readonly oprfSeed: Uint8Array }
  | { readonly outcome: 'conflict' | 'exhausted' };

/** New PINs on their way: offered, prepared, taken over (PROTOCOL 2.6). */
export class PinChanges {
  readonly #group: GroupCommit;
  readonly #trail: HubTrail;
  readonly #cards: CardRows;
  readonly #putReport;

  constructor(db: Database, group: GroupCommit, trail: HubTrail, cards: CardRows) {
    this.#group = group;
    this.#trail = trail;
    this.#cards = cards;
    this.#putReport = db.prepare(PUT_REPORT);
  }

  /** A PIN version never evaluated for before; it is on the disk as used before this resolves. */
  offer(session: PinSession): Promise<PinOffer> {
    return this.#group.write((): PinOffer => {
      const card = this.#cards.find(session.uid);
      if (card === null || card.revoked || card.pinVersion !== session.basePinVersion) {
        return { outcome: 'conflict' };
      }
      const pinVersion = nextPinVersion(card, session);
      if (pinVersion === null) return { outcome: 'exhausted' };
      this.#cards.putPinChange(card.uid, pinVersion, card.pending);
      this.#note(card, 'pin.evaluated', session.origin);
      return { outcome: 'offered', pinVersion, oprfSeed: card.oprfSeed };
    });
  }

  /** Keeps a new card key beside the one that serves, and tells the RC of it. */
  prepare(session: PinSession, pin: PendingPin): Promise<'prepared' | 'conflict'> {
    return this.#group.write(() => {
      const card = this.#cards.find(session.uid);
      const decision = card === null ? 'conflict' : decidePrepare(card, session, pin);
      if (card === null || decision === 'conflict') return 'conflict';
      if (decision === 'keep') {
        const prepared = { ...pin, base: madeFrom(card, session) };
        this.#cards.putPinChange(card.uid, card.evaluatedUpTo, prepared);
        this.#report(card.uid, prepared, false);
        this.#note(card, 'pin.prepared', session.origin);
      }
      return 'prepared';
    });
  }

  /** Takes a prepared PIN over, and tells the RC of it. */
  change(session: PinSession, pinVersion: number): Promise<'taken-over' | 'repeated' | 'conflict'> {
    return this.#group.write(() => {
      const card = this.#cards.find(session.uid);
      const decision = card === null ? 'conflict' : decideChanged(card, session, pinVersion);
      if (card === null || decision !== 'take-over') return decision === 'repeated' ? decision : 'conflict';
      if (card.pending !== null) this.takeOver(card, card.pending, session.origin);
      return 'taken-over';
    });
  }

  /** A pending PIN becomes the one, ends all others that were pending, and sets the counts anew. Within a transaction of the store. */
  takeOver(card: HeldCard, pin: PendingPin, origin: PatientOrigin): void {
    this.#cards.put({ ...card, pinVersion: pin.pinVersion, cs: pin.cs });
    this.#cards.putCounts(card.uid, countsAfterNewPin(card), { tell: false });
    this.#cards.putPinChange(card.uid, Math.max(card.evaluatedUpTo, pin.pinVersion), null);
    this.#cards.putPendingElsewhere(card.uid, []);
    const { base } = pin === card.pending ? card.pending : { base: card.pinVersion };
    this.#report(card.uid, { ...pin, base }, true);
    this.#note(card, 'pin.changed', origin);
  }

  #note(card: HeldCard, action: HubAction, origin: PatientOrigin): void {
    this.#trail.append({ ...origin, action, outcome: 'done', subject: card.subject });
  }

  #report(uid: Uint8Array, { pinVersion, base, cs, proof }: PreparedPin, changed: boolean): void {
    this.#putReport.run(uid, pinVersion, base, cs, proof, Number(changed));
  }
}
