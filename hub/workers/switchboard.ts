import { wipe } from '../../protocol/bytes.ts';
import type { Load } from '../load.ts';
import type { HubServices } from '../services.ts';
import { encodeFailure } from './failures.ts';
import { Mailbox } from './mailbox.ts';
import type { Answer, Call } from './messages.ts';
import { ASKED, type Notes, type Parts, TOLD } from './parts.ts';
import { WatchedDesk, WatchedDoor } from './watched.ts';

type Methods = Readonly<Record<string, Readonly<Record<string, true>>>>;
type Callable = Readonly<Record<string, Readonly<Record<string, (...args: unknown[]) => unknown>>>>;

/** Answers what one worker asks, at the process that owns the folder. */
export class Switchboard {
  readonly #mailbox: Mailbox<Answer>;
  readonly #desk: WatchedDesk;
  readonly #door: WatchedDoor;
  readonly #parts: Parts & Notes;
  readonly #log: HubServices['surroundings']['log'];

  constructor(services: HubServices, load: Load, post: (answers: readonly Answer[]) => void) {
    this.#mailbox = new Mailbox(post);
    this.#desk = new WatchedDesk(services.desk, load);
    this.#door = new WatchedDoor(services.door, load);
    this.#log = services.surroundings.log;
    this.#parts = {
      door: this.#door.parts,
      desk: this.#desk,
      pins: services.store.pins,
      questions: services.questions,
      records: services.records,
      reporter: services.reporter,
      meter: services.meter,
      limbasiya: services.limbasiya ?? NO_LIMBASIYA,
    };
  }

  /** Sessions at this worker. */
  get sessions(): number {
    return this.#door.sessions;
  }

  take(calls: readonly Call[]): void {
    for (const call of calls) {
      if (call.id === null) this.#note(call);
      else void this.#answer(call.id, call);
    }
  }

  /** The worker is gone: what it had open is settled. @throws StoreError */
  async settle(): Promise<void> {
    this.#door.settle();
    await this.#desk.settle();
  }

  #note(call: Call): void {
    try {
      this.#call(TOLD, call);
    } catch (cause) {
      this.#log.error('a note of a worker failed', { reason: encodeFailure(cause).kind });
    }
  }

  async #answer(id: number, call: Call): Promise<void> {
    try {
      const value = await this.#call(ASKED, call);
      this.#mailbox.add({ id, value }, () => wipe(...secretsIn(value)));
    } catch (cause) {
      this.#mailbox.add({ id, failure: encodeFailure(cause) });
    }
  }

  #call(methods: object, { part, method, args }: Call): unknown {
    const isKnown = (methods as Methods)[part]?.[method] === true;
    const object = (this.#parts as unknown as Callable)[part];
    if (!isKnown || object?.[method] === undefined) throw new Error(`there is no ${part}.${method}`);
    return object[method](...args);
  }
}

const NO_LIMBASIYA: Parts['limbasiya'] = {
  admit: async () => null,
  entered: async () => {},
  isListed: async () => false,
  countPatients: async () => 0,
};

/** The secrets of an answer. What is wiped here is on its way; the worker wipes its own. */
function secretsIn(value: unknown): Uint8Array[] {
  const { card, oprfSeed, C } = fieldsOf(value);
  const ofCard = fieldsOf(card);
  const secrets = [ofCard['psk'], ofCard['oprfSeed'], oprfSeed, C];
  return secrets.filter((secret) => secret instanceof Uint8Array);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
