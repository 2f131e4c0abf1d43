import { ATTEMPTS_MAX } from '../../../hub/card.ts';
import { LIMITS } from '../../../hub/limits.ts';
import { BrokenInvariantError, type Invariant } from './broken.ts';

/** A revocation that the registration centre has acknowledged. */
interface Revocation {
  /** Hubs whose cursor has passed this have it. */
  readonly sequence: number;
  /** When each hub had it, by the lab's time, ms. */
  readonly heardAt: Map<string, number>;
}

/** An unlock or a new PIN: once a hub hears of it, it gives the card all its tries anew. */
export interface Raise {
  /** Hubs whose cursor has passed this have heard; null while nobody can say. */
  sequence: number | null;
}

/** A check-in that was acknowledged to a terminal. */
export interface CheckIn {
  readonly hub: string;
  readonly card: number;
  /** In the day's queue. */
  readonly place: number;
}

/** A measurement of which a hub told the terminal that it is kept. */
export interface Kept {
  readonly hub: string;
  readonly card: number;
  /** No two in a history have the same. */
  readonly value: number;
}

/**
 * A session of a revoked card ends at once; but a hub that is about to answer may wait for the RC first, and for the
 * terminal to take what it is told.
 */
export const REVOKED_LEAVES_WITHIN_MS = LIMITS.questionMs + LIMITS.writeMs + 1_000;

/** A session that is open at a hub. */
interface OpenSession {
  readonly hub: string;
  readonly card: number;
  readonly began: number;
}

/**
 * What was seen of a network from outside, and whether it may be: evaluations, sessions, revocations, promises.
 * It knows nothing of how the product works. Cards are named by their number in the lab, hubs by their id; times
 * are the lab's, in ms.
 */
export class Ledger {
  /** In the order in which they broke. */
  readonly broken: BrokenInvariantError[] = [];
  readonly checkIns: CheckIn[] = [];
  readonly kept: Kept[] = [];
  /** Of which the registration centre said last that it is the network's newest; undefined where nobody can say. */
  authority: string | undefined;
  /** Evaluations that a terminal got since the last right login, by card and hub. */
  readonly #tries = new Map<string, { count: number; readonly raisesBefore: Set<Raise> }>();
  readonly #raises = new Map<number, Raise[]>();
  readonly #cursors = new Map<string, number>();
  /** Fingerprints of session keys, by where they were seen. */
  readonly #atHubs = new Map<string, string>();
  readonly #atTerminals = new Map<string, string>();
  readonly #revocations = new Map<number, Revocation>();
  /** By the fingerprint of their keys. */
  readonly #open = new Map<string, OpenSession>();

  /** Notes that something must hold and does not. */
  breaks(invariant: Invariant, what: string, cause?: unknown): void {
    this.broken.push(new BrokenInvariantError(invariant, what, { cause }));
  }

  /** @throws BrokenInvariantError: the first thing that broke */
  check(): void {
    const [first] = this.broken;
    if (first !== undefined) throw first;
  }

  get sessions(): number {
    return this.#atTerminals.size;
  }

  /** A terminal got an evaluation for a PIN that it had not sent there before. */
  evaluated(hub: string, card: number): void {
    const tries = this.#triesOf(hub, card);
    tries.count += 1;
    const raises = (this.#raises.get(card) ?? []).filter((raise) => !tries.raisesBefore.has(raise));
    const allowed = ATTEMPTS_MAX * (1 + raises.length);
    if (tries.count > allowed) {
      this.breaks('tries', `${hub} answered ${tries.count} PINs of card ${card} since its last right login`);
    }
  }

  /** The hub let the card in by its PIN, or took a new PIN over. */
  rightLogin(hub: string, card: number): void {
    const cursor = this.#cursors.get(hub) ?? 0;
    const heard = (this.#raises.get(card) ?? []).filter(
      ({ sequence }) => sequence !== null && sequence <= cursor,
    );
    this.#tries.set(`${card} ${hub}`, { count: 0, raisesBefore: new Set(heard) });
  }

  /** The card's tries were, or may have been, set anew. @param sequence of the feed, at or after it; null: not known */
  raised(card: number, sequence: number | null = null): void {
    const raises = this.#raises.get(card) ?? [];
    raises.push({ sequence });
    this.#raises.set(card, raises);
  }

  /** Those of which nobody could say yet when hubs will have heard. */
  openRaises(): readonly Raise[] {
    return [...this.#raises.values()].flat().filter(({ sequence }) => sequence === null);
  }

  /** The registration centre has them, under sequence numbers of at most this. */
  raisedBy(raises: readonly Raise[], sequence: number): void {
    for (const raise of raises) raise.sequence ??= sequence;
  }

  /** The hub has applied the feed up to here. */
  heard(hub: string, cursor: number, at: number): void {
    this.#cursors.set(hub, Math.max(cursor, this.#cursors.get(hub) ?? 0));
    for (const { sequence, heardAt } of this.#revocations.values()) {
      if (sequence <= cursor && !heardAt.has(hub)) heardAt.set(hub, at);
    }
  }

  /** @param sequence of the feed, at or after the revocation's own */
  revoked(card: number, sequence: number): void {
    if (!this.#revocations.has(card)) this.#revocations.set(card, { sequence, heardAt: new Map() });
  }

  /** The hub did something for the card that was asked for at `asked`. */
  served(hub: string, card: number, asked: number): void {
    const heardAt = this.#revocations.get(card)?.heardAt.get(hub);
    if (heardAt !== undefined && heardAt < asked) {
      this.breaks(
        'revocation',
        `${hub} heard at ${heardAt} ms that card ${card} is revoked, and served it at ${asked} ms`,
      );
    }
  }

  /** The hub opened a session with these keys. */
  openedAtHub(hub: string, fingerprint: string): void {
    const before = this.#atHubs.get(fingerprint);
    if (before !== undefined) {
      this.breaks('session-keys', `${hub} opened session ${fingerprint}, which ${before} had before`);
    }
    this.#atHubs.set(fingerprint, hub);
  }

  /** The hub serves the card in a session with these keys, from `at` on. */
  livesAtHub(hub: string, fingerprint: string, card: number, at: number): void {
    this.#open.set(fingerprint, { hub, card, began: at });
  }

  /** The hub has ended that session. */
  overAtHub(hub: string, fingerprint: string, at: number): void {
    const session = this.#open.get(fingerprint);
    if (session?.hub !== hub) return;
    this.#open.delete(fingerprint);
    this.#looksAt(session, at);
  }

  /** The hub was stopped or killed, and with it went all its sessions. */
  endedAtHub(hub: string): void {
    for (const [fingerprint, session] of this.#open) {
      if (session.hub === hub) this.#open.delete(fingerprint);
    }
  }

  /** It is `at` now: a session that should have ended long ago must not be open still. */
  passes(at: number): void {
    for (const session of this.#open.values()) this.#looksAt(session, at);
  }

  /** A terminal has a session with these keys at `hub`: so must the hub. */
  openedAtTerminal(terminal: string, hub: string, fingerprint: string): void {
    const before = this.#atTerminals.get(fingerprint);
    if (before !== undefined) {
      this.breaks('session-keys', `${terminal} has session ${fingerprint}, which ${before} had before`);
    }
    this.#atTerminals.set(fingerprint, terminal);
    const other = this.#atHubs.get(fingerprint);
    if (other !== hub) {
      this.breaks(
        'session-keys',
        `${terminal} has session ${fingerprint} with ${hub}, and ${other ?? 'no hub'} has it`,
      );
    }
  }

  #looksAt({ hub, card, began }: OpenSession, at: number): void {
    const heardAt = this.#revocations.get(card)?.heardAt.get(hub);
    if (heardAt === undefined) return;
    const since = Math.max(heardAt, began);
    if (at > since + REVOKED_LEAVES_WITHIN_MS) {
      this.breaks(
        'revocation',
        `${hub} heard at ${heardAt} ms that card ${card} is revoked, and its session of ${began} ms lives at ${at} ms`,
      );
    }
  }

  #triesOf(hub: string, card: number) {
    const key = `${card} ${hub}`;
    const tries = this.#tries.get(key) ?? { count: 0, raisesBefore: new Set<Raise>() };
    this.#tries.set(key, tries);
    return tries;
  }
}
