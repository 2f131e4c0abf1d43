import { STATUS } from '../../protocol/login/messages.ts';
import type { Door } from '../door.ts';
import type { Visit } from '../gate.ts';
import type { Load } from '../load.ts';
import type { Desk, DeskAnswer, DeskEntry } from '../login/desk.ts';
import type { Login } from '../store/tries.ts';
import type { Notes, NumberedVisit, Parts } from './parts.ts';

/** The desk as one worker uses it: what the worker has left open when it dies is settled, as after a restart. */
export class WatchedDesk implements Desk {
  readonly #desk: Desk;
  readonly #load: Load;
  readonly #open = new Set<number>();
  #isGone = false;

  /** @param load of the hub's own process */
  constructor(desk: Desk, load: Load) {
    this.#desk = desk;
    this.#load = load;
  }

  async answer(login: Login, source: string): Promise<DeskAnswer> {
    this.#load.check();
    const answer = await this.#desk.answer(login, source);
    if (answer.status === STATUS.goOn) {
      if (this.#isGone) await this.#desk.leave(answer.number);
      else this.#open.add(answer.number);
    }
    return answer;
  }

  async enter(number: number, shown: Uint8Array, terminalId: string): Promise<DeskEntry | null> {
    const entry = await this.#desk.enter(number, shown, terminalId);
    if (entry !== null) this.#open.delete(number);
    return entry;
  }

  leave(number: number): Promise<void> {
    this.#open.delete(number);
    return this.#desk.leave(number);
  }

  /** The worker is gone: ends what it had open. @throws StoreError */
  async settle(): Promise<void> {
    this.#isGone = true;
    const open = [...this.#open];
    this.#open.clear();
    await Promise.all(open.map((number) => this.#desk.leave(number)));
  }
}

/** The door as one worker uses it: its visits end with it. */
export class WatchedDoor {
  readonly #door: Door;
  readonly #load: Load;
  readonly #visits = new Map<number, Visit>();
  readonly #sessions = new Set<number>();
  #last = 0;
  #isGone = false;

  /** @param load of the hub's own process */
  constructor(door: Door, load: Load) {
    this.#door = door;
    this.#load = load;
  }

  /** Visits that have logged in. */
  get sessions(): number {
    return this.#sessions.size;
  }

  readonly parts: Parts['door'] & Notes['door'] = {
    admit: (remoteAddress) => this.#admit(remoteAddress),
    loggedIn: (number) => {
      const visit = this.#visits.get(number);
      if (visit === undefined) return;
      visit.loggedIn();
      this.#sessions.add(number);
    },
    leave: (number) => {
      this.#visits.get(number)?.leave();
      this.#visits.delete(number);
      this.#sessions.delete(number);
    },
  };

  /** The worker is gone, and its connections with it. */
  settle(): void {
    this.#isGone = true;
    for (const number of [...this.#visits.keys()]) this.parts.leave(number);
  }

  async #admit(remoteAddress: string | undefined): Promise<NumberedVisit> {
    this.#load.check();
    const visit = await this.#door.admit(remoteAddress);
    this.#last += 1;
    this.#visits.set(this.#last, visit);
    const numbered = { number: this.#last, source: visit.source };
    if (this.#isGone) this.parts.leave(numbered.number);
    return numbered;
  }
}
