import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { StartWorker, WorkerProcess } from './messages.ts';

/** Beside this file, compiled or not. */
const PROGRAM = fileURLToPath(import.meta.url).replace(/cluster\.(ts|js)$/, 'main.$1');

/**
 * Starts workers as processes of `node:cluster`, which share the listening port: each accepts for itself, so that
 * whoever has nothing to do takes the next connection and no connection is handed on.
 */
export const startClusterWorker: StartWorker = () => {
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  // TypeScript needs its loader in the worker, too, where this process has it.
  cluster.setupPrimary({ exec: PROGRAM, args: [], execArgv: process.execArgv, serialization: 'advanced' });
  return new ClusterWorker(cluster.fork());
};

class ClusterWorker implements WorkerProcess {
  readonly #worker: Worker;

  constructor(worker: Worker) {
    this.#worker = worker;
    // To write to one that has just died is an error here, and its `exit` is told besides.
    worker.on('error', () => {});
  }

  post: WorkerProcess['post'] = (message) => {
    if (this.#worker.isConnected()) this.#worker.send(message, () => {});
  };

  onMessage: WorkerProcess['onMessage'] = (take) => {
    this.#worker.on('message', take);
  };

  onExit: WorkerProcess['onExit'] = (take) => {
    this.#worker.once('exit', (code, signal) => take(signal ? `by ${signal}` : `with exit code ${code}`));
  };

  kill: WorkerProcess['kill'] = () => {
    this.#worker.process.kill('SIGKILL');
  };
}
