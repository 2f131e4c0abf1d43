import { sleep } from '../clock.ts';
import type { Surroundings } from '../surroundings.ts';
import { keptAnchorPath, readAnchorFile, writeAnchorFile } from './anchors.ts';
import type { AuditAnchor, AuditRow } from './chain.ts';
import type { AuditQuery } from './trail.ts';

/** Seldom, since each is a write to an SD card: at most so much of the trail can be cut off unseen. */
const NOTE_EVERY_MS = 60 * 60 * 1000;

/** The trail as the keeper reads it. */
interface ReadableTrail {
  head(): Promise<AuditAnchor>;
  list(query: AuditQuery): Promise<readonly AuditRow[]>;
}

/**
 * Notes the trail's head in a file outside of the database while a process serves, and says in the log when the
 * trail is not the one that was noted: rows cut off at its end are seen so, up to an hour's worth.
 */
export class AnchorKeeper {
  readonly #stop = new AbortController();
  readonly #trail: ReadableTrail;
  readonly #path: string;
  readonly #surroundings: Pick<Surroundings, 'clock' | 'log'>;
  readonly #running: Promise<void>;
  #noted = -1;

  constructor(options: {
    readonly trail: ReadableTrail;
    /** The process's data folder. */
    readonly folder: string;
    readonly surroundings: Pick<Surroundings, 'clock' | 'log'>;
  }) {
    this.#trail = options.trail;
    this.#path = keptAnchorPath(options.folder);
    this.#surroundings = options.surroundings;
    this.#running = this.#run();
  }

  /** Notes the head once more. Never rejects. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#attempt(() => this.#note());
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let isSame = false;
    await this.#attempt(async () => {
      isSame = await this.#check();
    });
    while (!signal.aborted) {
      // What was noted of another trail is kept as it is: it is what shows that this is another.
      if (isSame) await this.#attempt(() => this.#note());
      await sleep(this.#surroundings.clock, NOTE_EVERY_MS, signal).catch(() => {});
    }
    if (!isSame) this.#noted = Number.POSITIVE_INFINITY;
  }

  /** Whether the row that was noted is still there. */
  async #check(): Promise<boolean> {
    const noted = await readAnchorFile(this.#path);
    if (noted === undefined || noted.number === 0) return true;
    const [row] = await this.#trail.list({ after: noted.number - 1, limit: 1 });
    const isSame =
      row?.number === noted.number &&
      Buffer.compare(row.hash.subarray(0, noted.hash.length), noted.hash) === 0;
    if (!isSame) {
      this.#surroundings.log.error('the audit trail is not the one that was noted: run "audit verify"', {
        row: noted.number,
      });
    }
    return isSame;
  }

  async #note(): Promise<void> {
    const head = await this.#trail.head();
    if (head.number <= this.#noted) return;
    await writeAnchorFile(this.#path, head);
    this.#noted = head.number;
  }

  async #attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#surroundings.log.warn("the audit trail's head was not noted", { reason });
    }
  }
}
