import type { HardwareClock } from '../clock.ts';
import type { HardwareError } from '../errors.ts';
import { Listeners, type Subscription } from '../listeners.ts';
import { SensorFeed } from '../sensor/board-sensor.ts';
import type { Sensor } from '../sensor/sensor.ts';
import type { SensorPart } from '../sensor/sensor-kinds.ts';
import { abortable } from '../waiting.ts';
import type { OpenBoard } from './board.ts';
import { BoardConnection } from './board-connection.ts';
import type { BoardParts } from './board-parts.ts';
import { cancelDialog, choiceDialog, type Dialog, pinDialog } from './dialogs.ts';
import { pagesOf } from './display-text.ts';
import { isForKeypad } from './entry-pages.ts';
import { EntrySession } from './entry-session.ts';
import type { KeyEffect } from './key-entry.ts';
import type { Panel, Question, Sign } from './panel.ts';
import { checkParts, type PanelParts, type PartName } from './panel-parts.ts';
import { PAGE_MS, Screen } from './screen.ts';
import { KEY_REFUSED, KEY_TAKEN, SIGN_PATTERNS, WARNING_PATTERN } from './sign-patterns.ts';
import { SignPlayer } from './sign-player.ts';

export interface BoardPanelOptions {
  readonly open: OpenBoard;
  /** Which parts there are, and where. */
  readonly parts: PanelParts;
  /** A sensor on the same board. */
  readonly sensor?: SensorPart | undefined;
  readonly clock: HardwareClock;
  /**
   * Says and asks what the board cannot: words without a display, secrets without a keypad or with letters in
   * them, and everything while the board is lost. It is not closed with the panel.
   */
  readonly fallback?: Pick<Panel, 'show' | 'ask' | 'choose' | 'untilCancelled'>;
}

/** How a panel stands. */
export type PanelState =
  /** `missing`: parts that ought to be there and do not answer. Light, piezo and display cannot tell. */
  | { readonly state: 'ready'; readonly missing: readonly PartName[] }
  | { readonly state: 'lost'; readonly why: HardwareError };

/** What a connected board is played with. */
interface Front {
  readonly player: SignPlayer;
  /** Absent without a display. */
  readonly screen: Screen | undefined;
}

/** A dialog under way. */
interface Asking extends Dialog {
  readonly session: EntrySession;
  keysLost: boolean;
}

/**
 * A panel of light, piezo, display and keypad, on a board that may come and go: what it was to show is shown
 * when it is back, and what it was to ask is asked elsewhere.
 */
export class BoardPanel implements Panel {
  readonly #options: BoardPanelOptions;
  readonly #connection: BoardConnection;
  readonly #sensor: SensorFeed | undefined;
  readonly #listeners = new Listeners<[PanelState]>();
  /** Settles when it is known whether the board is there. */
  readonly #known: Promise<void>;
  #nowKnown: () => void = () => {};
  #state: PanelState | undefined;
  #front: Front | undefined;
  #sign: Sign | undefined;
  #lines: readonly string[] = [];
  #asking: Asking | undefined;

  /** Connects in the background. @throws PanelPartsError when two parts are wired to the same place */
  constructor(options: BoardPanelOptions) {
    checkParts(options.parts, options.sensor);
    this.#options = options;
    this.#sensor = options.sensor && new SensorFeed(options.sensor);
    this.#known = new Promise((resolve) => {
      this.#nowKnown = resolve;
    });
    const { open, clock, parts, sensor } = options;
    this.#connection = new BoardConnection(
      { open, clock, parts: { ...parts, sensor } },
      {
        connected: (parts) => this.#connected(parts),
        lost: (why) => this.#lost(why),
        keypadMissing: () => this.#keypadMissing(),
      },
    );
  }

  /** The sensor on the panel's board; undefined without one. */
  get sensor(): Sensor | undefined {
    return this.#sensor;
  }

  /** Calls `listener` with the state as soon as it is known, and at every change, until the subscription is ended. */
  onState(listener: (state: PanelState) => void): Subscription {
    const subscription = this.#listeners.add(listener);
    if (this.#state !== undefined) listener(this.#state);
    return subscription;
  }

  show(sign: Sign, lines: readonly string[]): void {
    if (sign === this.#sign && lines.join('\n') === this.#lines.join('\n')) return;
    this.#sign = sign;
    this.#lines = lines;
    this.#front?.player.light(SIGN_PATTERNS[sign]);
    this.#draw();
    this.#front?.player.sound(SIGN_PATTERNS[sign].sound);
    this.#sayElsewhere();
  }

  turnMs(lines: readonly string[]): number {
    const { display } = this.#options.parts;
    return display === undefined ? 0 : pagesOf(lines, display).length * PAGE_MS;
  }

  async ask(question: Question, prompt: string, signal: AbortSignal): Promise<string | undefined> {
    const elsewhere = async () => this.#options.fallback?.ask(question, prompt, signal);
    await abortable(this.#known, signal);
    if (!isForKeypad(question) || !this.#hasKeys()) return elsewhere();
    const entered = await this.#atKeypad(pinDialog(question, prompt), signal);
    return entered === 'keys-lost' ? elsewhere() : entered?.digits;
  }

  async choose(prompt: string, options: readonly string[], signal: AbortSignal): Promise<number | undefined> {
    const elsewhere = async () => this.#options.fallback?.choose?.(prompt, options, signal);
    await abortable(this.#known, signal);
    if (!this.#hasReadableKeys()) return elsewhere();
    const chosen = await this.#atKeypad(choiceDialog(prompt, options), signal);
    if (chosen === 'keys-lost') return elsewhere();
    return chosen && Number(chosen.digits) - 1;
  }

  async untilCancelled(signal: AbortSignal): Promise<void> {
    const { fallback } = this.#options;
    await abortable(this.#known, signal);
    if (this.#hasReadableKeys()) {
      if ((await this.#atKeypad(cancelDialog(this.#lines), signal)) !== 'keys-lost') return;
    }
    // Where nobody can cancel, nobody does.
    await (fallback?.untilCancelled?.(signal) ?? abortable(new Promise<never>(() => {}), signal));
  }

  /** Ends a question with nothing entered, switches everything off and lets go of the board. */
  async close(): Promise<void> {
    this.#asking?.session.giveUp();
    this.#nowKnown();
    this.#stopFront();
    this.#sensor?.lost();
    await this.#connection.close();
  }

  #hasKeys(): boolean {
    const { parts } = this.#options;
    return (
      this.#state?.state === 'ready' && parts.keypad !== undefined && !this.#state.missing.includes('keypad')
    );
  }

  /** What cannot be read cannot be chosen from. */
  #hasReadableKeys(): boolean {
    return this.#options.parts.display !== undefined && this.#hasKeys();
  }

  /** Undefined when it was cancelled, took too long, or gave way to another. @throws the signal's reason */
  async #atKeypad(
    dialog: Dialog,
    signal: AbortSignal,
  ): Promise<{ readonly digits: string } | 'keys-lost' | undefined> {
    this.#asking?.session.giveUp();
    const session = new EntrySession(this.#options.clock, dialog.rules, {
      changed: () => this.#draw(),
      heard: (effect) => this.#letHear(effect),
    });
    const asking: Asking = { ...dialog, session, keysLost: false };
    this.#asking = asking;
    this.#draw();
    try {
      const outcome = await abortable(session.outcome, signal);
      if (outcome?.kind === 'entered') return outcome;
      return asking.keysLost ? 'keys-lost' : undefined;
    } finally {
      session.giveUp();
      if (this.#asking === asking) this.#endAsking();
    }
  }

  /** The words, where no display shows them. */
  #sayElsewhere(): void {
    if (this.#front?.screen === undefined && this.#sign !== undefined) {
      this.#options.fallback?.show(this.#sign, this.#lines);
    }
  }

  #draw(): void {
    const screen = this.#front?.screen;
    if (screen === undefined) return;
    const words = this.#lines.length === 0 ? [] : pagesOf(this.#lines, screen.size);
    const asking = this.#asking;
    screen.show(asking === undefined ? words : asking.pages(asking.session.state, screen.size, words));
  }

  #letHear(effect: KeyEffect): void {
    const player = this.#front?.player;
    switch (effect) {
      case 'taken':
      case 'refused':
        if (this.#sign !== undefined) player?.light(SIGN_PATTERNS[this.#sign]);
        player?.sound(effect === 'taken' ? KEY_TAKEN : KEY_REFUSED);
        return;
      case 'warning':
        player?.light(WARNING_PATTERN);
        player?.sound(WARNING_PATTERN.sound);
        return;
      case 'none':
        return;
    }
  }

  /** What was typed goes at once; the light may still be that of the warning. */
  #endAsking(): void {
    this.#asking = undefined;
    if (this.#sign !== undefined) this.#front?.player.light(SIGN_PATTERNS[this.#sign]);
    this.#draw();
  }

  #connected(parts: BoardParts): void {
    const { clock, parts: wanted } = this.#options;
    const screen = wanted.display && new Screen(clock, wanted.display, parts);
    this.#front = { player: new SignPlayer(clock, parts), screen };
    this.#sensor?.connected(parts);
    parts.onKey((input) => this.#asking?.session.input(input));
    if (this.#sign !== undefined) this.#front.player.light(SIGN_PATTERNS[this.#sign]);
    this.#draw();
    this.#tell({ state: 'ready', missing: [] });
  }

  #lost(why: HardwareError): void {
    const again = this.#state?.state === 'lost';
    this.#stopFront();
    this.#sensor?.lost();
    this.#tell({ state: 'lost', why });
    this.#keysLost();
    if (!again) this.#sayElsewhere();
  }

  #keypadMissing(): void {
    if (!this.#hasKeys()) return;
    this.#tell({ state: 'ready', missing: ['keypad'] });
    this.#keysLost();
  }

  #keysLost(): void {
    if (this.#asking === undefined) return;
    this.#asking.keysLost = true;
    this.#asking.session.giveUp();
  }

  #stopFront(): void {
    this.#front?.player.stop();
    this.#front?.screen?.stop();
    this.#front = undefined;
  }

  #tell(state: PanelState): void {
    const before = this.#state;
    this.#state = state;
    this.#nowKnown();
    const same = before?.state === 'lost' && state.state === 'lost' && before.why.code === state.why.code;
    if (!same) this.#listeners.tell(state);
  }
}
