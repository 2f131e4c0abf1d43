import { serverPrimitives } from '../../protocol/crypto/fastest.ts';
import { surroundingsFor } from '../commands/surroundings.ts';
import type { HubProcess } from './messages.ts';
import { serveWorker } from './serve-worker.ts';

/** The program of one worker, which `cardea-hub serve --workers N` starts. Where the hub dies it ends with it. */
const hub: HubProcess = {
  post: (message) => process.send?.(message),
  onMessage: (take) => process.on('message', take),
};

// Ctrl-C and a stopping system reach every process at once; the hub says when, and in what order.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

if (process.send === undefined) {
  process.stderr.write('cardea-hub: this is a part of "cardea-hub serve --workers N", which starts it\n');
  process.exitCode = 2;
} else {
  process.once('disconnect', () => process.exit(1));
  await serveWorker({ hub, primitives: await serverPrimitives(), surroundingsFor });
  process.exit(0);
}
