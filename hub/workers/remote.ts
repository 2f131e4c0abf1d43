import type { Visit } from '../gate.ts';
import type { LimbasiyaService } from '../limbasiya/service.ts';
import type { ConnectionServices } from '../services.ts';
import { decodeFailure } from './failures.ts';
import { Mailbox } from './mailbox.ts';
import type { Answer, Call, WorkerConfig } from './messages.ts';
import { ASKED, type Notes, type NumberedVisit, type Parts, TOLD } from './parts.ts';

interface Waiter {
  readonly resolve: (value: unknown) => void;
  readonly reject: (cause: Error) => void;
}

/** A worker's calls of the hub's own process. */
export class Remote {
  readonly #mailbox: Mailbox<Call>;
  readonly #waiting = new Map<number, Waiter>();
  #last = 0;

  constructor(post: (calls: readonly Call[]) => void) {
    this.#mailbox = new Mailbox(post);
  }

  /** @throws what the hub's own process threw: TurnedAwayError, or OtherProcessError with its code */
  ask(part: string, method: string, args: readonly unknown[]): Promise<unknown> {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#mailbox.add({ id, part, method, args });
    });
  }

  tell(part: string, method: string, args: readonly unknown[]): void {
    this.#mailbox.add({ id: null, part, method, args });
  }

  take(answers: readonly Answer[]): void {
    for (const answer of answers) {
      const waiter = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('failure' in answer) waiter?.reject(decodeFailure(answer.failure));
      else waiter?.resolve(answer.value);
    }
  }

  /** Sends at once what waits. */
  flush(): void {
    this.#mailbox.flush();
  }
}

/** What a connection in a worker works with, as far as it is at the hub's own process. */
export function remoteServices(
  remote: Remote,
  limbasiya: WorkerConfig['limbasiya'],
): Pick<
  ConnectionServices,
  'door' | 'desk' | 'store' | 'questions' | 'records' | 'reporter' | 'meter' | 'limbasiya'
> {
  const asked = <P extends keyof Parts>(part: P) =>
    objectOf<Parts[P]>(ASKED[part], (method, args) => remote.ask(part, method, args));
  const told = <P extends keyof Notes>(part: P) =>
    objectOf<Notes[P]>(TOLD[part], (method, args) => remote.tell(part, method, args));
  const [door, visits] = [asked('door'), told('door')];
  const service: LimbasiyaService | null = limbasiya && { self: limbasiya, ...asked('limbasiya') };
  return {
    door: { admit: async (remoteAddress) => visitOf(await door.admit(remoteAddress), visits) },
    desk: asked('desk'),
    store: { pins: asked('pins') },
    questions: asked('questions'),
    records: asked('records'),
    reporter: told('reporter'),
    meter: told('meter'),
    limbasiya: service,
  };
}

function visitOf({ number, source }: NumberedVisit, visits: Notes['door']): Visit {
  return { source, loggedIn: () => visits.loggedIn(number), leave: () => visits.leave(number) };
}

/** An object whose methods are calls. Its type vouches for them: `methods` has every one. */
function objectOf<T>(
  methods: { readonly [M in keyof T]: true },
  call: (method: string, args: readonly unknown[]) => unknown,
): T {
  const entries = Object.keys(methods).map((method) => [
    method,
    (...args: readonly unknown[]) => call(method, args),
  ]);
  return Object.fromEntries(entries) as T;
}
