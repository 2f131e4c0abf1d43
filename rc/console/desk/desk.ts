import type { RcClient } from '../../../certs/rc-client.ts';
import type { CardReader } from '../../../hardware/card-reader.ts';
import { wipe } from '../../../protocol/bytes.ts';
import { parsePin } from '../../../protocol/pin.ts';
import { checkPinStrength } from '../../../protocol/pin-policy.ts';
import { sleep } from '../../../runtime/clock.ts';
import type { Surroundings } from '../../../runtime/surroundings.ts';
import { newPatient, patientsWithRecord, replacementFor } from '../card-patient.ts';
import type { Printer } from '../print-page.ts';
import { printed, recoveryPage } from '../recovery-page.ts';
import { RegistrationUnconfirmedError, type WrittenCard, writeCard } from '../register-card.ts';
import { problemOf } from './problem.ts';
import { ReaderWatch } from './reader-watch.ts';
import type { Screen } from './screen.ts';
import { equalText } from './secrets.ts';
import { type Draft, type Effect, type Event, notesOf, START, type State } from './state.ts';
import { transition } from './transition.ts';
import { viewOf } from './view.ts';

export interface DeskOptions {
  readonly client: RcClient;
  readonly surroundings: Pick<Surroundings, 'clock' | 'random'>;
  readonly reader: CardReader;
  readonly screen: Screen;
  readonly printer: Printer | undefined;
  readonly logN: number;
  readonly recovery: boolean;
  /** Who sits here, and where the registration centre is. */
  readonly who: string;
}

const LOOK_PAUSE_MS = 500;
/** Where a card that is laid on brings up its patient. */
const TAP_PLACES: ReadonlySet<State['at']> = new Set(['menu', 'found', 'patient']);

/** Where Esc leads nowhere. */
const NO_WAY_BACK: ReadonlySet<State['at']> = new Set(['menu', 'writing', 'code']);

/**
 * The shell of the console: shows what a state shows, hands on what is answered, and does what is to be done.
 * What happens next is decided by `transition`; the secrets are here, and in no state.
 */
export class Desk {
  readonly #options: DeskOptions;
  readonly #watch: ReaderWatch;
  readonly #stop = new AbortController();
  readonly #queue: Event[] = [];
  #state: State = START;
  /** Rises when a place is left: what comes of its questions later is no longer wanted. */
  #turn = 0;
  #pin: string | undefined;
  #written: WrittenCard | undefined;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#watch = new ReaderWatch(options.reader, {
      change: () => this.#onReader(),
      tap: (uid) => this.#onTap(uid),
    });
  }

  /** Until somebody leaves, or `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const leave = () => this.#push({ type: 'leave' });
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    const watching = this.#watch.run(this.#stop.signal);
    try {
      this.#showStatus();
      while (this.#state.at !== 'left') this.#take(await this.#next());
    } finally {
      signal.removeEventListener('abort', leave);
      this.#forget();
      this.#stop.abort();
      await watching;
    }
  }

  async #next(): Promise<Event> {
    for (;;) {
      const waiting = this.#queue.shift();
      if (waiting !== undefined) return waiting;
      const { screen, printer } = this.#options;
      const recoveryCode = this.#written?.recoveryCode ?? undefined;
      const answer = await screen.ask(viewOf(this.#state), { recoveryCode, canPrint: printer !== undefined });
      if (answer !== undefined) return answer;
    }
  }

  #take(event: Event): void {
    const before = this.#state;
    const { state, effects } = transition(before, event);
    this.#state = state;
    if (state.at !== before.at) this.#turn += 1;
    this.#showStatus();
    for (const effect of effects) this.#act(effect);
    this.#offerCard();
  }

  #push(event: Event): void {
    this.#queue.push(event);
    this.#options.screen.dismiss();
  }

  #onReader(): void {
    this.#showStatus();
    this.#offerCard();
  }

  #onTap(uid: string): void {
    if (TAP_PLACES.has(this.#state.at)) this.#push({ type: 'tapped', uid });
  }

  /** A card that lies there already need not be laid on. */
  #offerCard(): void {
    if (this.#state.at === 'card' && this.#watch.lying !== undefined) this.#push({ type: 'card-there' });
  }

  #showStatus(): void {
    const back = NO_WAY_BACK.has(this.#state.at) ? '' : ' · Esc: back';
    this.#options.screen.status = `${this.#watch.status} · ${this.#options.who}${back}`;
  }

  #act(effect: Effect): void {
    switch (effect.do) {
      case 'say':
        this.#options.screen.say(effect.tone, effect.text);
        break;
      case 'forget':
        this.#forget();
        break;
      case 'take-pin':
        this.#push(this.#takePin(effect.text, effect.draft));
        break;
      case 'take-pin-again':
        this.#push(this.#takePinAgain(effect.text));
        break;
      default:
        void this.#ask(effect);
    }
  }

  /** Something that takes its time; what comes of it is an event, unless nobody waits for it any more. */
  async #ask(effect: Exclude<Effect, { readonly do: 'say' | 'forget' | 'take-pin' | 'take-pin-again' }>) {
    const turn = this.#turn;
    let event: Event;
    try {
      event = await this.#answer(effect);
    } catch (error) {
      const problem = problemOf(error);
      event =
        error instanceof RegistrationUnconfirmedError
          ? { type: 'unconfirmed', problem, hasCode: this.#hasCode }
          : { type: 'failed', problem };
    }
    if (turn === this.#turn && !this.#stop.signal.aborted) this.#push(event);
  }

  async #answer(
    effect: Exclude<Effect, { readonly do: 'say' | 'forget' | 'take-pin' | 'take-pin-again' }>,
  ): Promise<Event> {
    const { client, surroundings, printer } = this.#options;
    switch (effect.do) {
      case 'find':
        return { type: 'found', ...(await client.patients({ find: effect.text })) };
      case 'find-record':
        return { type: 'found', patients: await patientsWithRecord(client, effect.record), more: false };
      case 'list-hubs':
        return { type: 'hubs', hubs: (await client.hubs()).hubs };
      case 'show':
        return this.#details(effect.uid);
      case 'unlock':
        await client.unlockCard(effect.uid);
        return this.#details(effect.uid);
      case 'revoke':
        await client.revokeCard(effect.uid, effect.reason);
        return this.#details(effect.uid);
      case 'look-at-hubs':
        await sleep(surroundings.clock, LOOK_PAUSE_MS, this.#stop.signal);
        return this.#details(effect.uid);
      case 'print-code':
        return { type: 'printed', outcome: await printed(printer, this.#codePage()) };
      case 'write-card':
        return this.#writeCard(effect.draft);
      case 'complete':
        return this.#complete();
    }
  }

  async #details(uid: string): Promise<Event> {
    return { type: 'details', details: await this.#options.client.cardDetails(uid) };
  }

  #codePage(): string {
    const name = this.#state.at === 'code' ? this.#state.name : '';
    return recoveryPage(name, this.#written?.recoveryCode ?? '');
  }

  async #writeCard(draft: Draft): Promise<Event> {
    const { client, surroundings, logN, recovery } = this.#options;
    const { lying } = this.#watch;
    if (lying === undefined || this.#pin === undefined) {
      const text = 'The card was taken away: lay it on again. Nothing was registered.';
      return { type: 'failed', problem: { code: 'card-removed', text } };
    }
    const pin = this.#pin;
    const { patient, facts } = cardFor(draft);
    const onStep = (step: string) => this.#push({ type: 'step', step });
    this.#written = await this.#watch.withCard(() =>
      writeCard({
        ...{ client, surroundings, card: lying.card, pin, patient, facts, logN, recovery, onStep },
        force: draft.force,
      }),
    );
    return this.#complete();
  }

  async #complete(): Promise<Event> {
    if (this.#written === undefined) throw new Error('no card was written');
    const card = await this.#written.complete();
    this.#pin = undefined;
    return { type: 'registered', card, hasCode: this.#hasCode };
  }

  get #hasCode(): boolean {
    return (this.#written?.recoveryCode ?? null) !== null;
  }

  #takePin(text: string, draft: Draft): Event {
    try {
      wipe(parsePin(text));
      checkPinStrength(text, cardFor(draft).facts);
    } catch (error) {
      return { type: 'pin-refused', problem: problemOf(error).text };
    }
    this.#pin = text;
    return { type: 'pin-taken' };
  }

  #takePinAgain(text: string): Event {
    if (this.#pin !== undefined && equalText(text, this.#pin)) return { type: 'pin-taken' };
    this.#pin = undefined;
    return { type: 'pin-refused', problem: 'The two were not the same: the PIN once more.' };
  }

  #forget(): void {
    this.#pin = undefined;
    this.#written = undefined;
  }
}

function cardFor(draft: Draft) {
  const born = draft.born === '' ? undefined : draft.born;
  if (draft.replaces !== undefined) return replacementFor(draft.replaces.card, born);
  return newPatient(notesOf(draft), born, draft.sameRecord);
}
