// No timer: this is the end of the event loop's turn, not a moment in time.
import { setImmediate } from 'node:timers';
import type { Database } from './sqlite.ts';
import { StoreError, storeError } from './store-errors.ts';

interface Job {
  readonly run: () => void;
  readonly settle: () => void;
  readonly fail: (error: unknown) => void;
}

/** So many turns of the event loop a commit waits at most, and for so many works. */
const TURNS_MAX = 16;
const WORKS_MAX = 64;

/**
 * Lets many writers share one commit, and so one sync of the disk (DESIGN, storage): whoever asks in the
 * same turn of the event loop goes into the same transaction, and as long as a turn brings somebody, the commit
 * waits another. While a commit holds the loop, those who come meanwhile gather for the next.
 */
export class GroupCommit {
  readonly #db: Database;
  readonly #begin;
  readonly #commitAll;
  readonly #savepoint;
  readonly #release;
  readonly #undo;
  #waiting: Job[] = [];
  #closed = false;

  constructor(db: Database) {
    this.#db = db;
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commitAll = db.prepare('COMMIT');
    this.#savepoint = db.prepare('SAVEPOINT job');
    this.#release = db.prepare('RELEASE job');
    this.#undo = db.prepare('ROLLBACK TO job');
  }

  /**
   * Runs `work`, which is synchronous, and resolves with its result once the commit is on the disk. Works
   * run one after the other in the order they were asked for; one that throws is undone alone.
   *
   * @throws what `work` throws; StoreError and its kin when the commit fails, and then nothing was changed
   */
  write<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) {
        reject(new StoreError('the store is closed: the process is stopping'));
        return;
      }
      let result: { readonly value: T } | undefined;
      this.#waiting.push({
        run: () => {
          result = { value: work() };
        },
        settle: () => {
          if (result !== undefined) resolve(result.value);
        },
        fail: reject,
      });
      if (this.#waiting.length === 1) this.#afterTurn(1);
    });
  }

  /** Commits what waits and takes nothing more. */
  close(): void {
    this.#closed = true;
    this.#commit();
  }

  #afterTurn(turn: number): void {
    const before = this.#waiting.length;
    setImmediate(() => {
      const now = this.#waiting.length;
      if (now > before && now < WORKS_MAX && turn < TURNS_MAX) this.#afterTurn(turn + 1);
      else this.#commit();
    });
  }

  #commit(): void {
    const jobs = this.#waiting;
    this.#waiting = [];
    if (jobs.length === 0) return;
    const [first] = jobs;
    try {
      this.#begin.run();
      if (jobs.length === 1) first?.run();
      const done = jobs.length === 1 ? jobs : jobs.filter((job) => this.#runAlone(job));
      this.#commitAll.run();
      for (const job of done) job.settle();
    } catch (cause) {
      const error = storeError(cause, this.#db.name);
      for (const job of jobs) job.fail(error);
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
    }
  }

  /** @throws what ended the whole transaction: a full disk, for one */
  #runAlone(job: Job): boolean {
    this.#savepoint.run();
    try {
      job.run();
      this.#release.run();
      return true;
    } catch (error) {
      if (!this.#db.inTransaction) throw error;
      this.#undo.run();
      this.#release.run();
      job.fail(storeError(error, this.#db.name));
      return false;
    }
  }
}
