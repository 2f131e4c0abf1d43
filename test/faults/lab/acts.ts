import { HardwareError } from '../../../hardware/errors.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { CardeaError } from '../../../runtime/errors.ts';
import { textOf } from './broken.ts';
import type { LabCard } from './card.ts';
import { fateOf } from './fates.ts';
import type { Act, TapAct } from './history.ts';
import type { Answers } from './patient-panel.ts';
import { newCard, registerAt } from './register.ts';
import { TapEyes } from './tap-eyes.ts';
import { AT_THE_TERMINAL_MS, type TapEnd } from './terminal.ts';
import type { FaultWorld } from './world.ts';

/** Long enough for any PIN, and nobody's. */
const WRONG_PIN = 'wrong pin zxqvkjwp';
const WRONG_CODE = '7Z7Z7-7Z7Z7-7Z7Z7-7Z7Z7';

/** Kilograms: 10. */
const LIGHTEST_TENTHS = 100;

/** Errors that the product has names for. */
const FORESEEN = [CardeaError, HardwareError, ProtocolError];

/** How often what came of taps: `served`, `refused: wrong-pin`, … */
export type Tally = Map<string, number>;

/** Lets acts happen in a world, and tells its ledger what was seen. */
export class Actor {
  readonly #world: FaultWorld;
  /** By place: what goes on there, one after the other. */
  readonly #queues = new Map<string, Promise<void>>();
  readonly outcomes: Tally = new Map();
  /** Cards that something befell. */
  readonly touched = new Set<number>();
  #weighed = 0;
  /** Unlocks that the registration centre has not answered. */
  #unlocking = 0;
  /** New PINs of which the registration centre may not have heard. */
  readonly #newPins = new Map<LabCard, number>();

  constructor(world: FaultWorld) {
    this.#world = world;
  }

  /** Begins it; what it does goes on by itself. */
  perform(act: Act): void {
    if ('card' in act) this.touched.add(act.card);
    switch (act.what) {
      case 'tap':
        this.#begin(
          `a tap at ${act.terminal}`,
          this.#inTurn(act.terminal, async () => this.#count(await this.tap(act))),
        );
        return;
      case 'register':
        this.#begin(
          'a registration',
          this.#inTurn('desk', () => this.#register(act)),
        );
        return;
      case 'revoke':
        this.#begin('a revocation', this.#revoke(act.card));
        return;
      case 'unlock':
        this.#begin('an unlock', this.#unlock(act.card));
        return;
      case 'rotate-authority':
        this.#begin(
          'a rotation of the authority',
          this.#inTurn('rotation', () => this.#rotateAuthority()),
        );
        return;
      default:
        this.#world.blows.strike(act);
    }
  }

  /** One tap, without a queue before the terminal. */
  async tap(act: TapAct): Promise<string> {
    const { ledger } = this.#world;
    const card = this.#world.card(act.card);
    const terminal = this.#world.terminal(act.terminal);
    if (card === undefined || card.registered === 'no' || card.isInUse) return 'no card';
    if (terminal.isDown) return 'no terminal';
    card.isInUse = true;
    const answers = answersOf(act, card);
    for (const pin of [answers.pin, answers['new-pin']]) if (pin) this.#world.pins.add(pin);
    const before = card.mark();
    this.#world.tapBegins(act.terminal, act.card);
    if (act.troubles.some(({ what }) => what === 'revoked-at-the-door')) this.#revokeMeanwhile(act.card);
    const weight = this.#nextWeight();
    const eyes = new TapEyes(this.#world, act, weight);
    let end: TapEnd | undefined;
    try {
      const tapped = await terminal.tap(act, card, { answers, weight }, eyes);
      end = tapped;
      for (const line of tapped.shown) this.#world.say(act.terminal, `showed: ${line}`);
      return tapped.reason === undefined ? tapped.outcome : `${tapped.outcome}: ${tapped.reason}`;
    } finally {
      card.isInUse = false;
      const after = this.#markOf(card);
      if (after !== undefined && after !== before) {
        // Whatever the terminal said: this is what the card holds, and what opens it.
        card.pin = act.newPin;
        ledger.raised(card.number);
        this.#newPins.set(card, card.image().pinVersion);
      } else if (end?.outcome === 'pin-set') {
        ledger.breaks(
          'nothing-lost',
          `card ${card.number} was told to have a new PIN, and has the image of the old`,
        );
      }
    }
  }

  /** Finds out how far everybody has heard of everything. */
  async look(): Promise<void> {
    const { ledger, operator, hubs } = this.#world;
    // What is raised from here on may come after what is asked for.
    const raises = ledger.openRaises();
    const newPins = [...this.#newPins];
    const isUnlocking = this.#unlocking > 0;
    for (const hub of hubs.keys()) await this.#world.hearHow(hub);
    const listed = await fateOf(operator.cards({ limit: 500 }));
    const status = await fateOf(operator.status());
    if (listed.fate !== 'done' || status.fate !== 'done') return;
    const versionOf = (card: LabCard) =>
      listed.answer.cards.find(({ uid }) => uid === card.uid)?.pinVersion ?? 0;
    const heard = newPins.filter(([card, pinVersion]) => versionOf(card) >= pinVersion);
    for (const [card, pinVersion] of heard) {
      if (this.#newPins.get(card) === pinVersion) this.#newPins.delete(card);
    }
    if (heard.length === newPins.length && !isUnlocking) ledger.raisedBy(raises, status.answer.sequence);
  }

  /** The image on a card is whole, always. */
  checkCards(): void {
    for (const card of this.#world.cards.values()) if (card.registered !== 'no') this.#markOf(card);
  }

  /** Kilograms. Another at each tap, so that one measurement is told from all others. */
  #nextWeight(): number {
    this.#weighed += 1;
    return (LIGHTEST_TENTHS + this.#weighed) / 10;
  }

  #markOf(card: LabCard): string | undefined {
    try {
      return card.mark();
    } catch (cause) {
      this.#world.ledger.breaks('whole-image', `card ${card.number} holds no whole image`, cause);
      return undefined;
    }
  }

  #begin(what: string, work: Promise<unknown>): void {
    this.#world.mustSettle(
      what,
      work.catch((cause: unknown) => {
        this.#world.ledger.breaks('settles', `${what} failed as nobody foresaw: ${textOf(cause)}`, cause);
      }),
    );
  }

  /** One after the other at one place. */
  async #inTurn(place: string, work: () => Promise<void>): Promise<void> {
    const done = (this.#queues.get(place) ?? Promise.resolve()).then(work);
    this.#queues.set(
      place,
      done.catch(() => undefined),
    );
    await done;
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  async #register({ card: number, patientOf, pin }: Extract<Act, { what: 'register' }>): Promise<void> {
    const { cards } = this.#world;
    const earlier = patientOf === null ? undefined : this.#world.card(patientOf);
    if (patientOf !== null && (earlier?.patientId === undefined || earlier.revoked !== 'no')) return;
    const card = newCard(this.#world, number);
    const registered = await this.#orKnownFailure(
      registerAt(this.#world, card, { pin, patientId: earlier?.patientId }),
    );
    // On the card, or in the registry: there it counts as one from here on.
    if (card.registered !== 'no') cards.set(number, card);
    if (earlier === undefined) return;
    if (registered) await this.#isRevoked(earlier);
    else if (card.registered === 'maybe') earlier.revoked = 'maybe';
  }

  /** The patient is at the terminal, and has not typed yet. */
  #revokeMeanwhile(card: number): void {
    this.#world.clock.after(AT_THE_TERMINAL_MS, () => this.#begin('a revocation', this.#revoke(card)));
  }

  async #revoke(number: number): Promise<void> {
    const card = this.#world.card(number);
    if (card?.uid === undefined || card.registered !== 'yes' || card.revoked === 'yes') return;
    const { fate } = await fateOf(this.#world.operator.revokeCard(card.uid, 'lost'));
    if (fate === 'done') await this.#isRevoked(card);
    else if (fate === 'unknown') card.revoked = 'maybe';
  }

  async #isRevoked(card: LabCard): Promise<void> {
    card.revoked = 'yes';
    const status = await fateOf(this.#world.operator.status());
    // Nobody knows how far the feed was: hubs will not be held to it before the end.
    if (status.fate !== 'done') return;
    this.#world.ledger.revoked(card.number, status.answer.sequence);
    // Some have heard already: a session that is open there must have ended.
    for (const hub of this.#world.hubs.keys()) await this.#world.hearHow(hub);
  }

  async #unlock(number: number): Promise<void> {
    const { ledger, operator } = this.#world;
    const card = this.#world.card(number);
    if (card?.uid === undefined || card.registered !== 'yes') return;
    ledger.raised(number);
    this.#unlocking += 1;
    await fateOf(operator.unlockCard(card.uid));
    this.#unlocking -= 1;
  }

  /** Refused where cards in use would be left behind. */
  async #rotateAuthority(): Promise<void> {
    const { ledger, operator } = this.#world;
    const status = await fateOf(operator.status());
    if (status.fate !== 'done') return;
    const rotated = await fateOf(operator.rotateAuthority({ replaces: status.answer.authority }));
    if (rotated.fate === 'done') ledger.authority = rotated.answer.authority;
    else if (rotated.fate === 'unknown') ledger.authority = undefined;
  }

  /** @returns whether it went well; what the product has a name for may go wrong */
  async #orKnownFailure(work: Promise<void>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (cause) {
      if (!FORESEEN.some((kind) => cause instanceof kind)) throw cause;
      this.#world.say('office', textOf(cause));
      return false;
    }
  }
}

/** What a patient will type. */
function answersOf({ goal, typed, newPin }: TapAct, card: LabCard): Answers {
  if (typed === 'nothing') return {};
  const isRight = typed === 'right';
  return {
    pin: isRight ? card.pin : WRONG_PIN,
    'recovery-code': isRight ? card.code : WRONG_CODE,
    ...(goal !== 'serve' && { 'new-pin': newPin, 'new-pin-again': newPin }),
  };
}
