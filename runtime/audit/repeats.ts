import type { NewAuditEvent } from './event.ts';

/** The same refusal is written once in so long, with how often it came; a row a guess would fill the disk. */
const WINDOW_MS = 60_000;
/** Of so many different refusals a minute; further ones are written together. */
const KEYS_MAX = 200;

interface Counted {
  readonly began: number;
  readonly last: NewAuditEvent;
  readonly repeats: number;
}

/**
 * Refusals that change nothing and that anybody can cause as often as they like: the first is to be written,
 * those that repeat it within a minute are counted, and written as one. What is counted and not yet written
 * is lost when the process is killed; what changes something never goes this way.
 */
export class RepeatedEvents {
  /** The oldest first. */
  readonly #counted = new Map<string, Counted>();

  /** Takes an event in. @returns the rows that are to be written now */
  take(event: NewAuditEvent): NewAuditEvent[] {
    const due = this.#endWindows(event.time);
    const { key, kept } = this.#placeOf(event);
    const counted = this.#counted.get(key);
    if (counted === undefined) {
      this.#counted.set(key, { began: event.time, last: kept, repeats: 0 });
      return [...due, kept];
    }
    this.#counted.set(key, { ...counted, last: kept, repeats: counted.repeats + 1 });
    return due;
  }

  /** All that was counted and not written yet; it is forgotten here. */
  drain(): NewAuditEvent[] {
    const counted = [...this.#counted.values()];
    this.#counted.clear();
    return counted.flatMap(summary);
  }

  #endWindows(now: number): NewAuditEvent[] {
    const ended: NewAuditEvent[] = [];
    for (const [key, counted] of this.#counted) {
      // A clock that was set back ends a window, too.
      const age = now - counted.began;
      if (age >= 0 && age < WINDOW_MS) break;
      this.#counted.delete(key);
      ended.push(...summary(counted));
    }
    return ended;
  }

  /** Under what it is counted, and as what. */
  #placeOf(event: NewAuditEvent): { readonly key: string; readonly kept: NewAuditEvent } {
    const { time, role, action, outcome, by, from, card, subject, member, detail } = event;
    const key = JSON.stringify([action, outcome, by, from, card, subject, member, detail]);
    if (this.#counted.has(key) || this.#counted.size < KEYS_MAX) return { key, kept: event };
    // Too many at once to tell them apart.
    const kept = { time, role, action, outcome, by: null, from: null };
    return { key: JSON.stringify([action, outcome]), kept };
  }
}

function summary({ last, repeats }: Counted): NewAuditEvent[] {
  return repeats === 0
    ? []
    : [{ ...last, detail: [last.detail ?? [], `repeats=${repeats}`].flat().join(' ') }];
}
