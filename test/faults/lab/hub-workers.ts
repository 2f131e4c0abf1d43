import type { StartWorker } from '../../../hub/workers/messages.ts';
import { serverPrimitives } from '../../../protocol/crypto/fastest.ts';
import type { Log } from '../../../runtime/log.ts';
import type { Surroundings } from '../../../runtime/surroundings.ts';
import { MemoryWorkers } from '../../hub/memory-workers.ts';

/** The workers of one hub: of its life that is now, and in this process. Each can be killed by itself. */
export class HubWorkers {
  readonly #onOver: (session: string) => void;
  #workers: MemoryWorkers | undefined;

  /** @param onOver a session has gone with its worker, which says nothing of it */
  constructor(onOver: (session: string) => void) {
    this.#onOver = onOver;
  }

  /** For a new life of the hub. @returns what starts its workers */
  async begin({ clock, network, random, log }: Surroundings): Promise<StartWorker> {
    const primitives = await serverPrimitives();
    const workers = new MemoryWorkers({
      clock,
      network,
      random,
      primitives,
      logFor: (worker) => {
        const open = new Set<string>();
        worker.onExit(() => {
          for (const session of open) this.#onOver(session);
        });
        return noting(log, open);
      },
    });
    this.#workers = workers;
    return workers.start;
  }

  kill(nth: number): void {
    const alive = this.#workers?.alive ?? [];
    alive[nth % alive.length]?.kill();
  }
}

/** Says the same, and keeps which sessions are open. */
function noting(log: Log, open: Set<string>): Log {
  const note = (event: string, session: unknown) => {
    if (event === 'login') open.add(String(session));
    if (event === 'session over') open.delete(String(session));
  };
  const write =
    (level: keyof Log): Log['info'] =>
    (event, fields) => {
      note(event, fields?.['session']);
      log[level](event, fields);
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
