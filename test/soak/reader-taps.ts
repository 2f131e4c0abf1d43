import { HardwareError } from '../../hardware/errors.ts';
import type { Fault } from '../../hardware/sim/faults.ts';
import { currentSequence, image } from '../hardware/card-images.ts';
import { Rig, smartCard, tag } from '../hardware/rig.ts';
import { READER_FAULT_NAMES, READER_FAULTS } from './reader-faults.ts';
import type { SeededRandom } from './seeded-random.ts';

/** A tap in which one command met a fault. */
export interface FaultyTap {
  readonly fault: string;
  /** The faulty command, counted from 1. */
  readonly nth: number;
  readonly kind: Kind;
  /** Codes of the errors that were told before the card was read. */
  readonly told: readonly string[];
  /** By how much the card's image was read later than without the fault, less what was away for, ms. */
  readonly recoveryMs: number;
}

/** The reader did not come back, or what it read was wrong. The message says with which fault. */
export class WedgedError extends Error {}

type Kind = 'tag' | 'smart card';

/** Simulated time in which a reader that is whole again must have read the card. */
const PATIENCE_MS = 60_000;
/** Real time in which it must have: a promise that nothing will ever settle waits for no timer. */
const STUCK_AFTER_MS = 30_000;
/** A card that is taken away, or a reader that is unplugged, is back after this long. */
const AWAY_MS = 1_000;
/** Between two patients. What the line held back of the tap before has come in by then. */
const BETWEEN_TAPS_MS = 1_000;
/** Taps in which the driver finds out what the chip carries. */
const WARM_UP_TAPS = 6;

/**
 * One reader and two cards, on which tap after tap meets a fault: a driver that runs for months, in seconds.
 * Before each tap with a fault comes one without, which must go as if nothing had ever happened.
 */
export class ReaderTaps {
  readonly #random: SeededRandom;
  readonly #rig = new Rig({ paced: true });
  /** Commands of a tap in which nothing goes wrong: listing the card, and reading it. */
  readonly #commands = { tag: 0, 'smart card': 0 };
  readonly #cards = { tag: tag('NTAG215').card, 'smart card': smartCard(432).card };

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Bits per second, as the chip's end of the line is now. */
  get speed(): number {
    return this.#rig.virtual.chip.speed;
  }

  async prepare(): Promise<void> {
    for (const kind of ['tag', 'smart card'] as const) {
      const card = await this.#rig.tap(this.#cards[kind]);
      await this.#rig.run(card.format());
      await this.#rig.run(card.writeSlot(0, image(1)));
      for (let taps = 0; taps < WARM_UP_TAPS; taps++) await this.#undisturbed(kind);
      this.#rig.faults.inject({}, { which: () => this.#count(kind) });
      await this.#undisturbed(kind);
      this.#rig.faults.clear();
    }
  }

  /** @throws WedgedError */
  async next(): Promise<FaultyTap> {
    const kind = this.#random.oneOf<Kind>(['tag', 'smart card']);
    const fault = this.#random.oneOf(READER_FAULT_NAMES);
    const nth = this.#random.between(1, this.#commands[kind]);
    try {
      const usualMs = await this.#undisturbed(kind);
      const { told, ms } = await this.#disturbed(kind, fault, nth);
      this.#rig.field.take();
      await this.#rig.clock.advance(BETWEEN_TAPS_MS);
      return { fault, nth, kind, told, recoveryMs: ms - usualMs };
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new WedgedError(`"${fault}" at command ${nth} of a tap with a ${kind}: ${why}`, { cause });
    }
  }

  close(): Promise<void> {
    return this.#rig.close();
  }

  #count(kind: Kind): false {
    this.#commands[kind] += 1;
    return false;
  }

  async #undisturbed(kind: Kind): Promise<number> {
    this.#rig.field.put(this.#cards[kind]);
    const before = this.#rig.clock.monotonic();
    await this.#patiently(this.#readImage(kind));
    return this.#rig.clock.monotonic() - before;
  }

  /** Taps until the card is read, after the fault has struck. */
  async #disturbed(kind: Kind, name: string, nth: number): Promise<{ told: string[]; ms: number }> {
    let awayMs = 0;
    const awayUntil = (back: () => void) => {
      awayMs = AWAY_MS;
      this.#rig.clock.after(AWAY_MS, back);
    };
    const { field, virtual } = this.#rig;
    const hasStruck = this.#inject(
      READER_FAULTS[name]?.({
        take() {
          field.take();
          awayUntil(() => field.put(card));
        },
        unplug() {
          virtual.port.unplug();
          awayUntil(() => virtual.port.plugIn());
        },
      }) ?? {},
      nth,
    );
    const card = this.#cards[kind];
    field.put(card);
    const told: string[] = [];
    const before = this.#rig.clock.monotonic();
    while (!(await this.#tap(kind, told))) {
      if (this.#rig.clock.monotonic() - before > PATIENCE_MS) {
        throw new Error(`not read after ${PATIENCE_MS / 1000} s: ${told.join(', ')}`);
      }
    }
    if (!hasStruck()) throw new Error('the tap had fewer commands than one in which nothing goes wrong');
    return { told, ms: this.#rig.clock.monotonic() - before - awayMs };
  }

  /** Whether the card was read. */
  async #tap(kind: Kind, told: string[]): Promise<boolean> {
    try {
      await this.#patiently(this.#readImage(kind));
      return true;
    } catch (error) {
      if (!(error instanceof HardwareError)) throw error;
      told.push(error.code);
      return false;
    }
  }

  async #readImage(kind: Kind): Promise<void> {
    const card = await this.#rig.reader.waitForCard();
    if (card.kind !== (kind === 'tag' ? 'Type 2 tag' : 'ISO-DEP card')) {
      throw new Error(`the ${kind} was taken for another card: ${card.kind}`);
    }
    const sequence = currentSequence(await card.readSlots());
    if (sequence !== 1) throw new Error(`image ${sequence} was read`);
  }

  /** Injects a fault into the `nth` command from now; the answer tells whether it struck. */
  #inject(fault: Fault, nth: number): () => boolean {
    let commands = 0;
    const which = () => {
      commands += 1;
      return commands === nth;
    };
    this.#rig.faults.inject(fault, { which });
    return () => commands >= nth;
  }

  async #patiently<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const stuck = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('it waits for nothing')), STUCK_AFTER_MS);
    });
    try {
      return await Promise.race([this.#rig.run(work, PATIENCE_MS), stuck]);
    } finally {
      clearTimeout(timer);
    }
  }
}
