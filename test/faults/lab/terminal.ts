import { type TapResult, tapOnce } from '../../../device/serve-taps.ts';
import { assembleTerminal } from '../../../device/tap-tools.ts';
import type { Outcome } from '../../../device/terminal/state.ts';
import type { StepReport } from '../../../device/terminal/terminal.ts';
import { type CardReader, openCardReader } from '../../../hardware/card-reader.ts';
import { cardWrite, type Fault, faults } from '../../../hardware/sim/faults.ts';
import { type VirtualReader, virtualReader } from '../../../hardware/sim/virtual-reader.ts';
import type { Holding } from '../../../runtime/simulated-network.ts';
import type { Surroundings } from '../../../runtime/surroundings.ts';
import { READER_FAULTS } from '../../soak/reader-faults.ts';
import type { LabCard } from './card.ts';
import type { Blow, PieceTrouble, TapAct, TerminalId, Trouble } from './history.ts';
import type { MachineClock } from './machine-clock.ts';
import { Meeting } from './meeting.ts';
import { MortalNetwork } from './mortal-network.ts';
import { type Answers, PatientPanel } from './patient-panel.ts';
import { copyFolder, type ServiceWorld } from './service.ts';
import { HAND_MS, Visit } from './visit.ts';

const MINUTE_MS = 60_000;
/** A patient to whom nothing happens for so long goes away: the reader never saw the card. */
const PATIENCE_MS = 5 * MINUTE_MS;
/** Nobody leaves a card on a reader longer. */
const CARD_LEAVES_MS = 90_000;
/** How long somebody has been there whose card is revoked at the door. */
export const AT_THE_TERMINAL_MS = 500;

/** The terminal was killed under its patient. */
export class TerminalKilledError extends Error {}
/** Nothing happened. */
class NotSeenError extends Error {}

/** How a tap went. */
export interface TapEnd {
  readonly outcome: Outcome['kind'] | 'not-seen' | 'killed';
  readonly reason: string | undefined;
}

export interface TerminalWorld extends ServiceWorld {
  readonly blows: { strike(blow: Blow): void };
  /** From now on news for `hub` is kept until its meeting. */
  keepNews(hub: TapAct['hub'], meeting: Meeting): void;
  /** Later by some turns of the event loop. */
  inTurns(turns: number, run: () => void): void;
}

/** What of a tap the world hears of. */
export interface TapWatch {
  step(report: StepReport): void;
}

/** Who taps. */
export interface Patient {
  readonly answers: Answers;
  /** Kilograms. */
  readonly weight: number;
}

/** A terminal with its reader and a scale; taps one card after another, and can be killed. */
export class LabTerminal {
  readonly id: TerminalId;
  readonly clock: MachineClock;
  readonly host: string;
  readonly #world: TerminalWorld;
  readonly #virtual: VirtualReader & { readonly field: { put(card: LabCard['tag']): void; take(): void } };
  readonly #firstFolder: string;
  #folder: string;
  #lives = 0;
  #network: MortalNetwork;
  #reader: CardReader;
  #killed = new AbortController();
  #isDown = false;
  /** Of the tap under way. */
  #pieces = 0;
  #pieceTroubles: Trouble[] = [];
  #meet: (trouble: Trouble) => void = () => {};
  #meeting: Meeting | undefined;

  constructor(options: {
    readonly id: TerminalId;
    readonly host: string;
    readonly clock: MachineClock;
    readonly folder: string;
    readonly world: TerminalWorld;
  }) {
    const { id, host, clock, folder, world } = options;
    this.id = id;
    this.host = host;
    this.clock = clock;
    this.#world = world;
    this.#firstFolder = folder;
    this.#folder = folder;
    this.#network = new MortalNetwork(world.from(host));
    this.#virtual = virtualReader({ clock });
    this.#reader = openCardReader({ open: this.#virtual.open, clock });
  }

  get folder(): string {
    return this.#folder;
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  get surroundings(): Surroundings {
    const { random } = this.#world;
    return { clock: this.clock, network: this.#network, random, log: this.#world.logOf(this.id) };
  }

  /** One tap, from the card laid down to the card taken away. */
  async tap(
    act: TapAct,
    card: LabCard,
    { answers, weight }: Patient,
    watch: TapWatch,
  ): Promise<TapEnd & { readonly shown: readonly string[] }> {
    const visit = new Visit({
      clock: this.clock,
      field: this.#virtual.field,
      card,
      takesEarly: act.takesEarly,
    });
    const panel = new PatientPanel(this.clock, { answers, typingMs: act.typingMs, onShow: visit.onShow });
    const patience = new AbortController();
    let waiting = this.clock.after(PATIENCE_MS, () => patience.abort(new NotSeenError()));
    let isOver = false;
    const onStep = (report: StepReport) => {
      // A terminal that has stopped still hears of its reader.
      if (isOver) return;
      waiting.cancel();
      waiting = this.clock.after(PATIENCE_MS, () => patience.abort(new NotSeenError()));
      watch.step(report);
    };
    const signal = AbortSignal.any([this.#killed.signal, patience.signal]);
    const leaves = this.clock.after(CARD_LEAVES_MS, () => visit.takeForGood());
    this.#prepare(act, visit, panel);
    try {
      visit.lay();
      const { surroundings } = this;
      const { tools } = await assembleTerminal({
        surroundings,
        folder: this.#folder,
        hub: act.hub,
        reader: this.#reader,
        panel,
        sensor: { measures: 'body-weight', read: () => ({ state: 'value', value: weight }) },
      });
      const result = await tapOnce(tools, act.goal, { onStep, signal });
      return { ...endOf(result), shown: panel.shown };
    } catch (cause) {
      if (cause instanceof TerminalKilledError) return { ...ENDED.killed, shown: panel.shown };
      if (cause instanceof NotSeenError) return { ...ENDED.notSeen, shown: panel.shown };
      throw cause;
    } finally {
      isOver = true;
      waiting.cancel();
      leaves.cancel();
      visit.takeForGood();
      this.#virtual.chip.faults.clear();
      this.#pieceTroubles = [];
      this.#meeting?.end();
    }
  }

  /** Something passes between this terminal and a hub. */
  piece(): PieceTrouble | Holding | undefined {
    this.#pieces += 1;
    const meet = this.#meet;
    let how: PieceTrouble | Holding | undefined;
    for (const trouble of this.#pieceTroubles) {
      const { when } = trouble;
      if (when.on !== 'piece' || when.nth !== this.#pieces) continue;
      if (trouble.what === 'piece') how = trouble.how;
      else if (trouble.what === 'revoked-at-the-door') how = this.#meeting?.patient;
      else this.clock.after(when.ms, () => this.#world.inTurns(when.turns, () => meet(trouble)));
    }
    return how;
  }

  /** The program dies, and its reader loses its power; a tap under way ends. */
  kill(): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#lives += 1;
    const old = this.#folder;
    this.#folder = `${this.#firstFolder}.${this.#lives}`;
    copyFolder(old, this.#folder);
    this.#network.kill();
    this.#killed.abort(new TerminalKilledError('the terminal was killed'));
    this.#virtual.port.unplug();
    this.#world.mustSettle(`the reader of ${this.id}, killed`, this.#reader.close());
  }

  /** Starts it again on its files. */
  start(): void {
    if (!this.#isDown) return;
    this.#isDown = false;
    this.#killed = new AbortController();
    this.#network = new MortalNetwork(this.#world.from(this.host));
    this.#virtual.port.plugIn();
    this.#reader = openCardReader({ open: this.#virtual.open, clock: this.clock });
  }

  async close(): Promise<void> {
    if (!this.#isDown) await this.#reader.close();
  }

  #prepare(act: TapAct, visit: Visit, panel: PatientPanel): void {
    this.#pieces = 0;
    this.#pieceTroubles = act.troubles.filter(({ when }) => when.on === 'piece');
    this.#meet = (trouble) => {
      switch (trouble.what) {
        case 'card-taken':
          visit.take(trouble.backMs);
          return;
        case 'reader-unplugged':
          this.#virtual.port.unplug();
          this.clock.after(trouble.ms, () => this.#virtual.port.plugIn());
          return;
        case 'panel-unplugged':
          panel.unplug();
          return;
        case 'reader-fault':
        case 'piece':
        case 'revoked-at-the-door':
          return;
        default:
          this.#world.blows.strike(trouble);
      }
    };
    for (const trouble of act.troubles) this.#await(trouble, visit, act.hub);
  }

  /** Has a trouble come at its time; those of pieces wait for `piece`. */
  #await(trouble: Trouble, visit: Visit, hub: TapAct['hub']): void {
    const { when } = trouble;
    if (trouble.what === 'revoked-at-the-door') {
      const { turns, first } = trouble;
      const meeting = new Meeting({
        turns,
        first,
        now: () => this.clock.monotonic(),
        inTurns: (later, run) => this.#world.inTurns(later, run),
      });
      this.#meeting = meeting;
      this.clock.after(AT_THE_TERMINAL_MS, () => this.#world.keepNews(hub, meeting));
    }
    if (when.on === 'piece') return;
    if (when.on === 'time') {
      const meet = this.#meet;
      this.clock.after(when.ms, () => meet(trouble));
      return;
    }
    const which = when.on === 'write' ? cardWrite : () => true;
    this.#virtual.chip.faults.inject(this.#faultOf(trouble, visit), { which, nth: when.nth });
  }

  #faultOf(trouble: Trouble, visit: Visit): Fault {
    switch (trouble.what) {
      case 'card-taken': {
        const take = () => visit.take(trouble.backMs);
        return trouble.when.on === 'write' ? faults.removeDuringWrite(take, trouble.torn) : { before: take };
      }
      case 'reader-fault':
        return (
          READER_FAULTS[trouble.name]?.({
            take: () => visit.take(HAND_MS),
            unplug: () => {
              this.#virtual.port.unplug();
              this.clock.after(HAND_MS, () => this.#virtual.port.plugIn());
            },
          }) ?? {}
        );
      default:
        return { before: () => this.#meet(trouble) };
    }
  }
}

const ENDED = {
  killed: { outcome: 'killed', reason: undefined },
  notSeen: { outcome: 'not-seen', reason: undefined },
} as const;

function endOf({ outcome }: TapResult): TapEnd {
  return { outcome: outcome.kind, reason: outcome.kind === 'refused' ? outcome.reason : undefined };
}
