import type { PresentedCard } from '../../hardware/card-reader.ts';
import type { Timer } from '../../runtime/clock.ts';
import { failureEvent } from './failures.ts';
import type { Effect, Event, Goal, Outcome, State, Step } from './state.ts';
import type { Done } from './suite-tap.ts';
import { Tap } from './tap.ts';
import type { TapTools } from './tap-tools.ts';
import { begin, transition } from './transition.ts';

/** How long an outcome stays on display after the card is gone; the next card need not wait for it. */
const LINGER_MS = 4_000;

/** One step of a tap, for whoever watches: an engineer at a console, or a log. */
export interface StepReport {
  readonly step: Effect['do'];
  /** What happened, in one line. No secrets, no names. */
  readonly note: string;
  readonly milliseconds: number;
  readonly ok: boolean;
}

export interface TerminalObserver {
  step(report: StepReport): void;
  ended(outcome: Outcome): void;
}

/** The thin shell around `transition`: it feeds events in, one after another, and carries effects out. */
export class Terminal {
  readonly #tools: TapTools;
  readonly #goal: Goal;
  readonly #observer: TerminalObserver;
  readonly #events: Event[] = [];
  #wake: () => void = () => undefined;
  #state: State = begin().state;
  #card: PresentedCard | undefined;
  #tap: Tap | undefined;
  #watching = false;
  #asking = new AbortController();
  #lingering: Timer | undefined;
  #shown: readonly string[] = [];

  constructor(tools: TapTools, goal: Goal, observer: TerminalObserver) {
    this.#tools = tools;
    this.#goal = goal;
    this.#observer = observer;
  }

  /** Serves tap after tap until `signal` aborts; resolves when all that it held is closed and wiped. */
  async run(signal: AbortSignal): Promise<void> {
    const watched = this.#tools.reader.onState((state, why) => {
      if (why !== undefined) {
        this.#observer.step({ step: 'watch-for-card', note: why.message, ok: false, milliseconds: 0 });
      }
      this.#dispatch({ type: state === 'ready' ? 'reader-ready' : 'reader-lost' });
    });
    const onAbort = () => this.#wake();
    signal.addEventListener('abort', onAbort);
    try {
      await this.#apply(begin(), signal);
      while (!signal.aborted) {
        const event = this.#events.shift();
        if (event === undefined) await this.#somethingHappens(signal);
        else await this.#apply(transition(this.#goal, this.#state, event), signal);
      }
    } finally {
      watched.end();
      signal.removeEventListener('abort', onAbort);
      this.#asking.abort();
      this.#lingering?.cancel();
      await this.#tap?.end();
    }
  }

  async #somethingHappens(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (signal.aborted || this.#events.length > 0) resolve();
    });
  }

  #dispatch(event: Event): void {
    this.#events.push(event);
    this.#wake();
  }

  async #apply(step: Step, signal: AbortSignal): Promise<void> {
    this.#state = step.state;
    for (const effect of step.effects) await this.#perform(effect, signal);
  }

  /** Starts what takes time and goes on; only the end of a tap is waited for, so that the next one finds nothing of it. */
  async #perform(effect: Effect, signal: AbortSignal): Promise<void> {
    switch (effect.do) {
      case 'show':
        this.#shown = effect.lines;
        this.#tools.panel.show(effect.sign, effect.lines);
        return;
      case 'watch-for-card':
        this.#watchForCard(signal);
        return;
      case 'read-card':
        this.#lingering?.cancel();
        if (this.#card !== undefined) this.#tap = new Tap(this.#tools, this.#card);
        return this.#act(effect.do, (tap) => tap.readCard());
      case 'ask': {
        this.#asking = new AbortController();
        const asking = AbortSignal.any([signal, this.#asking.signal]);
        return this.#act(effect.do, (tap) => tap.suite.ask(effect.question, asking), asking);
      }
      case 'stop-asking':
        this.#asking.abort();
        return;
      case 'call-hub':
        return this.#act(effect.do, (tap) => tap.suite.callHub());
      case 'claim':
        return this.#act(effect.do, (tap) => tap.suite.claim());
      case 'open-card':
        return this.#act(effect.do, (tap) => tap.suite.openCard());
      case 'prove':
        return this.#act(effect.do, (tap) => tap.suite.prove());
      case 'inform':
        return this.#act(effect.do, (tap) => tap.suite.visit.inform());
      case 'check-in':
        return this.#act(effect.do, (tap) => tap.suite.visit.checkIn());
      case 'choose':
        return this.#act(effect.do, (tap) => tap.suite.visit.choose(effect.prompt, effect.options, signal));
      case 'measure':
        return this.#act(effect.do, (tap) => tap.suite.visit.measure(signal));
      case 'keep-measurement':
        return this.#act(effect.do, (tap) => tap.suite.visit.keep());
      case 'summarise':
        return this.#act(effect.do, (tap) => tap.suite.visit.summarise());
      case 'prepare-new-pin':
        return this.#act(effect.do, (tap) => tap.cardea.prepareNewPin());
      case 'write-card':
        return this.#act(effect.do, (tap) => tap.suite.writeCard(signal));
      case 'confirm-new-pin':
        return this.#act(effect.do, (tap) => tap.cardea.confirmNewPin());
      case 'refresh-list':
        return this.#act(effect.do, (tap) => tap.limbasiya.refreshList());
      case 'write-list':
        return this.#act(effect.do, (tap) => tap.limbasiya.writeList(signal));
      case 'choose-hub':
        return this.#act(effect.do, (tap) => tap.limbasiya.chooseHub(signal));
      case 'clear-old-image':
        return this.#act(effect.do, (tap) => tap.clearOldImage());
      case 'end-tap':
        await this.#tap?.end();
        this.#tap = undefined;
        this.#observer.ended(effect.outcome);
        return;
      case 'watch-for-removal':
        this.#watchForRemoval(signal);
        return;
      case 'linger':
        this.#linger(effect.milliseconds ?? LINGER_MS);
        return;
    }
  }

  /**
   * Runs an action of the tap beside the terminal; what it comes to is dispatched if the tap still goes on,
   * and nobody has called the action off.
   */
  #act(step: Effect['do'], action: (tap: Tap) => Promise<Done>, calledOff?: AbortSignal): void {
    const tap = this.#tap;
    if (tap === undefined) return;
    const { clock } = this.#tools.surroundings;
    const began = clock.monotonic();
    const report = (ok: boolean, note: string, event: Event | undefined) => {
      if (this.#tap !== tap || calledOff?.aborted) return;
      this.#observer.step({ step, note, ok, milliseconds: clock.monotonic() - began });
      if (event !== undefined) this.#dispatch(event);
    };
    action(tap).then(
      ({ note, event }) => report(true, note, event),
      (error: unknown) =>
        report(false, error instanceof Error ? error.message : String(error), failureEvent(error)),
    );
  }

  /** A small display has seen the last of its pages before they go. */
  #linger(milliseconds: number): void {
    const turn = this.#tools.panel.turnMs?.(this.#shown) ?? 0;
    this.#lingering = this.#tools.surroundings.clock.after(Math.max(milliseconds, turn), () =>
      this.#dispatch({ type: 'lingered' }),
    );
  }

  #watchForCard(signal: AbortSignal): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#tools.reader.waitForCard(signal).then(
      (card) => {
        this.#watching = false;
        this.#card = card;
        this.#dispatch({ type: 'card-laid' });
      },
      // The reader was closed or the terminal stops; both end `run`.
      () => {
        this.#watching = false;
      },
    );
  }

  #watchForRemoval(signal: AbortSignal): void {
    this.#tools.reader.waitForRemoval(signal).then(
      () => this.#dispatch({ type: 'card-gone' }),
      () => undefined,
    );
  }
}
