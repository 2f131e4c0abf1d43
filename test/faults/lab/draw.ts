import { READER_FAULT_NAMES } from '../../soak/reader-faults.ts';
import type { SeededRandom } from '../../soak/seeded-random.ts';
import {
  type Act,
  type Blow,
  CARDS,
  HUBS,
  type HubId,
  type LineTrouble,
  type PieceTrouble,
  type Service,
  type TapAct,
  TERMINALS,
  type Trouble,
  type When,
  WORKERS,
} from './history.ts';

/** Half of all taps are with these: what befalls a card then meets what befell it before. */
const BUSY_CARDS = 4;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SERVICES: readonly Service[] = ['rc', ...HUBS];
const TORN = ['old', 'new', 'zero', 'mix'] as const;
/** More than a tap has of each. */
const COMMANDS = 14;
const WRITES = 56;
const PIECES = 16;
const WITH_WORKERS = HUBS.filter((id) => WORKERS[id] !== undefined);
/** HELLO, LOGIN, CHALLENGE, PROOF: mostly the last of them. */
const ON_THE_WAY_IN = [2, 4, 4, 4, 4] as const;

/** Draws a history of `taps` taps, and of everything else that may happen meanwhile. */
export function drawHistory(random: SeededRandom, taps: number): Act[] {
  return new Draw(random).history(taps);
}

class Draw {
  readonly #random: SeededRandom;
  #cards = CARDS;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  history(taps: number): Act[] {
    let at = 0;
    const acts: Act[] = [];
    while (acts.filter(({ what }) => what === 'tap').length < taps) {
      at += this.#between(100, 30 * SECOND);
      acts.push(...this.#next(at));
      at = acts.at(-1)?.at ?? at;
    }
    return acts;
  }

  #next(at: number): readonly Act[] {
    const share = this.#random.next();
    if (share < 0.72) return [{ at, ...this.#tap() }];
    if (share < 0.74) return this.#guesses(at);
    if (share < 0.76) return this.#revocationInATap(at);
    if (share < 0.79) return this.#revocationAtTheDoor(at);
    if (share < 0.84) return [{ at, what: 'unlock', card: this.#card() }];
    if (share < 0.85) return [{ at, what: 'revoke', card: this.#card() }];
    if (share < 0.87) return [{ at, ...this.#registration() }];
    if (share < 0.885) return [{ at, what: 'rotate-authority' }];
    return [{ at, ...this.#blow() }];
  }

  /** A thief at one hub: more guesses than there are tries, whatever happens between them. */
  #guesses(at: number): readonly Act[] {
    const [card, hub] = [this.#card(), this.#one(...HUBS)];
    return Array.from({ length: this.#between(8, 12) }, (_, index) => {
      const guess = {
        ...this.#tap(),
        card,
        hub,
        goal: 'serve',
        typed: 'wrong',
        typingMs: 500,
        takesEarly: false,
      } as const;
      return { at: at + index * 5 * SECOND, ...guess };
    });
  }

  /** A card is revoked while its patient is in a session, and stays for a while, or is on the way into one. */
  #revocationInATap(at: number): readonly Act[] {
    const typingMs = this.#one(3 * SECOND, 3 * SECOND, 10 * SECOND, 20 * SECOND);
    const tap = { ...this.#tap(), typed: 'right', typingMs } as const;
    const later = this.#between(typingMs - SECOND, 3 * typingMs);
    return [
      { at, ...tap },
      { at: at + later, what: 'revoke', card: tap.card },
      { at: at + later + this.#between(10, 20 * SECOND), ...this.#tap(), card: tap.card, typed: 'right' },
    ];
  }

  /** A card is revoked so that its hub hears of it in the very moment in which it lets the card in. */
  #revocationAtTheDoor(at: number): readonly Act[] {
    const registration = this.#registration();
    const trouble: Trouble = {
      when: { on: 'piece', nth: this.#one(...ON_THE_WAY_IN), ms: 0, turns: 0 },
      what: 'revoked-at-the-door',
      turns: this.#between(0, 2),
      first: this.#one('news', 'patient'),
    };
    const { card } = registration;
    const tap = this.#tap();
    return [
      { at, ...registration, patientOf: null },
      {
        at: at + MINUTE,
        ...{ ...tap, card, goal: this.#one('serve', 'new-pin'), typed: 'right', typingMs: 3 * SECOND },
        troubles: [trouble],
      },
    ];
  }

  #between(least: number, most: number): number {
    return this.#random.between(least, most);
  }

  #one<T>(...choices: readonly T[]): T {
    return this.#random.oneOf(choices);
  }

  #happens(share: number): boolean {
    return this.#random.next() < share;
  }

  #card(): number {
    return this.#happens(0.5) ? this.#between(0, BUSY_CARDS - 1) : this.#between(0, this.#cards - 1);
  }

  /** Long enough that nobody guesses it, and like nothing else in any log or file. */
  #pin(): string {
    const letters = Array.from({ length: 16 }, () => this.#one(...'bcdfghjkmnpqrstvwxz'));
    return `pin ${letters.join('')}`;
  }

  #registration() {
    const patientOf = this.#happens(0.5) ? this.#card() : null;
    const card = this.#cards;
    this.#cards += 1;
    return { what: 'register', card, patientOf, pin: this.#pin() } as const;
  }

  #tap(): TapAct {
    const terminal = this.#one(...TERMINALS);
    const hub = this.#one(...HUBS);
    const goal = this.#one('serve', 'serve', 'serve', 'serve', 'new-pin', 'new-pin', 'recover');
    const typed = this.#one('right', 'right', 'right', 'right', 'right', 'wrong', 'wrong', 'nothing');
    const troubles = this.#happens(0.45) ? [this.#trouble(terminal, hub)] : [];
    if (troubles.length > 0 && this.#happens(0.3)) troubles.push(this.#trouble(terminal, hub));
    const typingMs = this.#one(0, 500, 500, 3_000, 3_000, 3_000, 20 * SECOND, 70 * SECOND);
    return {
      what: 'tap',
      terminal,
      hub,
      card: this.#card(),
      goal,
      typed,
      newPin: this.#pin(),
      typingMs,
      takesEarly: this.#happens(0.3),
      troubles,
    };
  }

  #trouble(terminal: TapAct['terminal'], hub: TapAct['hub']): Trouble {
    const share = this.#random.next();
    if (share < 0.2) {
      return {
        when: this.#happens(0.7)
          ? { on: 'write', nth: this.#between(1, WRITES) }
          : { on: 'command', nth: this.#between(1, COMMANDS) },
        what: 'card-taken',
        torn: this.#one(...TORN),
        backMs: this.#one(null, 200, 2 * SECOND, 20 * SECOND),
      };
    }
    if (share < 0.35) {
      const when: When = this.#happens(0.5)
        ? { on: 'command', nth: this.#between(1, COMMANDS) }
        : { on: 'write', nth: this.#between(1, WRITES) };
      return { when, what: 'reader-fault', name: this.#random.oneOf(READER_FAULT_NAMES) };
    }
    if (share < 0.4)
      return { when: this.#when(), what: 'reader-unplugged', ms: this.#between(50, 20 * SECOND) };
    if (share < 0.43) return { when: this.#when(), what: 'panel-unplugged' };
    if (share < 0.63) {
      const delayMs = this.#between(10, 20 * SECOND);
      const how = this.#one<PieceTrouble>('lose', 'repeat', 'swap', 'cut', 'cut', { delayMs });
      return { when: { on: 'piece', nth: this.#between(1, PIECES), ms: 0, turns: 0 }, what: 'piece', how };
    }
    return { when: this.#when(), ...this.#blowIn(terminal, hub) };
  }

  #when(): When {
    if (this.#happens(0.7)) {
      const nth = this.#between(1, PIECES);
      return { on: 'piece', nth, ms: this.#between(0, 3), turns: this.#between(0, 4) };
    }
    if (this.#happens(0.4)) return { on: 'write', nth: this.#between(1, WRITES) };
    return { on: 'time', ms: this.#between(1, 5 * SECOND) };
  }

  /** What befalls a tap at `terminal` with `hub`. */
  #blowIn(terminal: TapAct['terminal'], hub: TapAct['hub']): Blow {
    if (WORKERS[hub] !== undefined && this.#happens(0.3)) return this.#workerKilled(hub);
    const ms = this.#downMs();
    const share = this.#random.next();
    if (share < 0.4) return { what: 'kill', who: hub, ms };
    if (share < 0.5) return { what: 'kill', who: terminal, ms: this.#between(100, 15 * SECOND) };
    if (share < 0.6) return { what: 'kill', who: 'rc', ms };
    if (share < 0.65) return { what: 'dark', who: this.#one('rc', hub), ms };
    if (share < 0.7) return { what: 'power-cut', ms };
    if (share < 0.8) return { what: 'disk-full', whose: this.#one('rc', hub), ms };
    if (share < 0.9) return { what: 'line', from: hub, to: 'rc', ...this.#line() };
    return { what: 'line', from: terminal, to: hub, ...this.#line() };
  }

  #workerKilled(who: HubId): Blow {
    return { what: 'kill-worker', who, nth: this.#between(0, (WORKERS[who] ?? 1) - 1) };
  }

  #blow(): Blow {
    const ms = this.#downMs();
    const share = this.#random.next();
    if (share < 0.03) return this.#workerKilled(this.#one(...WITH_WORKERS));
    if (share < 0.2) return { what: 'kill', who: this.#random.oneOf(SERVICES), ms };
    if (share < 0.25) return { what: 'dark', who: this.#random.oneOf(SERVICES), ms };
    if (share < 0.3) return { what: 'power-cut', ms };
    if (share < 0.4) return { what: 'disk-full', whose: this.#random.oneOf(SERVICES), ms };
    if (share < 0.6) return this.#clock();
    if (share < 0.65) return { what: 'line', from: 'office', to: 'rc', ...this.#line() };
    if (share < 0.85) return { what: 'line', from: this.#one(...HUBS), to: 'rc', ...this.#line() };
    return { what: 'line', from: this.#one(...TERMINALS), to: this.#one(...HUBS), ...this.#line() };
  }

  #clock(): Blow {
    const ms = this.#between(10 * SECOND, 5 * MINUTE);
    if (this.#happens(0.3)) {
      return { what: 'clock', whose: this.#one(...TERMINALS), by: this.#one(-20_000 * DAY, -DAY, HOUR), ms };
    }
    const by = this.#one(-9 * DAY, -HOUR, -2 * MINUTE, -30 * SECOND, 30 * SECOND, 2 * MINUTE, HOUR, 9 * DAY);
    return { what: 'clock', whose: this.#random.oneOf(SERVICES), by, ms };
  }

  #downMs(): number {
    return this.#one(100, 2 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE);
  }

  #line(): LineTrouble {
    const state = this.#one('down', 'silent', 'flaky', 'slow', 'very-slow');
    return { state, ms: this.#one(5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE) };
  }
}
