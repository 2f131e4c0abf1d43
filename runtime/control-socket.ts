import { rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { type Clock, systemClock } from './clock.ts';
import { CardeaError, systemErrorCode } from './errors.ts';
import type { Json } from './json.ts';
import { LineTooLongError, linesOf } from './lines.ts';
import type { Log } from './log.ts';
import { silentLog } from './pino-log.ts';

/** The service of a folder could not be asked, or its control socket not be served. */
export class ControlError extends CardeaError {
  readonly code: string = 'control-failed';
}

/** No `serve` runs on the folder. */
export class NotServingError extends ControlError {
  override readonly code = 'not-serving';
}

/** The service was asked, and said no. */
export class ControlRefusedError extends ControlError {
  override readonly code = 'control-refused';
  /** The service's own stable code for why. */
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** What a service answers to, by method. A CardeaError it throws is passed on to whoever asked. */
export type ControlHandlers = Readonly<Record<string, (params: Json) => Json | Promise<Json>>>;

export interface ControlServer {
  /** Cuts every connection and removes the socket. */
  close(): Promise<void>;
}

const MAX_REQUEST_BYTES = 64 * 1024;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_CONNECTIONS = 32;
/** What a Unix socket's path may have on every system (`sun_path`, less its end). */
const MAX_PATH_BYTES = 103;

const requestSchema = z.object({ method: z.string(), params: z.json() });
const answerSchema = z.union([
  z.object({ result: z.json() }),
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
]);

/**
 * Answers the commands of the same user on the same machine over `DIR/control.sock` (0600): a JSON document
 * `{method, params}` a line, answered by `{result}` or `{error: {code, message}}`. The caller owns the folder
 * (`takeOwnership`); a socket that a killed process left is replaced.
 *
 * @throws ControlError
 */
export async function serveControl(
  folder: string,
  handlers: ControlHandlers,
  log: Log = silentLog,
): Promise<ControlServer> {
  const path = socketPath(folder);
  await removeStale(path, folder);
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    void serveConnection(socket, handlers, log);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listenPrivately(server, path);
  server.on('error', (cause) => log.warn('control connection not accepted', { cause: cause.message }));
  return {
    async close() {
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      rmSync(path, { force: true });
    },
  };
}

/**
 * Asks the service that runs on `folder`.
 *
 * @param options.startWith the command that starts it, for the hint: `cardea-hub serve`
 * @throws NotServingError, ControlRefusedError
 * @throws ControlError also when there is no answer within `timeoutMs` (10 s)
 */
export async function askControl(
  folder: string,
  request: { readonly method: string; readonly params?: Json },
  options: { readonly startWith?: string; readonly timeoutMs?: number; readonly clock?: Clock } = {},
): Promise<Json> {
  const { startWith = 'serve', timeoutMs = 10_000, clock = systemClock } = options;
  const line = JSON.stringify({ method: request.method, params: request.params ?? null });
  if (Buffer.byteLength(line) > MAX_REQUEST_BYTES) {
    throw new ControlError(`the request is larger than ${MAX_REQUEST_BYTES} bytes: ask for less at once`);
  }
  const socket = connect(socketPath(folder));
  const timer = clock.after(timeoutMs, () =>
    socket.destroy(new ControlError(`the service on ${folder} does not answer: look at its log`)),
  );
  socket.end(`${line}\n`);
  try {
    for await (const answer of linesOf(socket, MAX_ANSWER_BYTES)) {
      return readAnswer(answer);
    }
    throw new ControlError(`the service on ${folder} stopped before it answered: ask again`);
  } catch (cause) {
    throw askingFailed(cause, folder, startWith);
  } finally {
    timer.cancel();
    socket.destroy();
  }
}

function readAnswer(line: string): Json {
  const answer = answerSchema.parse(JSON.parse(line));
  if ('error' in answer) {
    throw new ControlRefusedError(answer.error.code, answer.error.message);
  }
  return answer.result;
}

function askingFailed(cause: unknown, folder: string, startWith: string): CardeaError {
  if (cause instanceof CardeaError) {
    return cause;
  }
  switch (systemErrorCode(cause)) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new NotServingError(
        `nothing serves ${folder}: start it with "${startWith}", or choose another folder with --data`,
        { cause },
      );
    case 'EACCES':
    case 'EPERM':
      return new ControlError(`no right to ask the service on ${folder}: run this as the user it runs as`, {
        cause,
      });
    default:
      return new ControlError(`asking the service on ${folder} failed: look at its log`, { cause });
  }
}

async function serveConnection(socket: Socket, handlers: ControlHandlers, log: Log): Promise<void> {
  try {
    for await (const line of linesOf(socket, MAX_REQUEST_BYTES)) {
      const answer = await answerTo(line, handlers, log);
      await send(socket, answer);
    }
    socket.end();
  } catch (cause) {
    if (cause instanceof LineTooLongError) {
      await send(socket, refusal(cause.code, cause.message));
    }
    socket.destroy();
  }
}

/** Settles when the bytes have left, or cannot any more. */
function send(socket: Socket, answer: Json): Promise<void> {
  return new Promise((settle) => socket.write(`${JSON.stringify(answer)}\n`, () => settle()));
}

async function answerTo(line: string, handlers: ControlHandlers, log: Log): Promise<Json> {
  const request = parseRequest(line);
  if (request === undefined) {
    return refusal('malformed', 'the request is not {method, params}');
  }
  const handler = Object.hasOwn(handlers, request.method) ? handlers[request.method] : undefined;
  if (handler === undefined) {
    return refusal('method-unknown', `the service does not know ${JSON.stringify(request.method)}`);
  }
  try {
    return { result: await handler(request.params) };
  } catch (cause) {
    if (cause instanceof CardeaError) {
      return refusal(cause.code, cause.message);
    }
    log.error('control request failed', { method: request.method, cause: String(cause) });
    return refusal('internal', 'the service failed to do it: look at its log');
  }
}

function parseRequest(line: string): z.output<typeof requestSchema> | undefined {
  try {
    return requestSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function refusal(code: string, message: string): Json {
  return { error: { code, message } };
}

/** The socket's path, relative to where we are if that is shorter: the system takes no long ones. */
function socketPath(folder: string): string {
  const absolute = resolve(join(folder, 'control.sock'));
  const fromHere = relative('', absolute);
  const shortest = fromHere.length < absolute.length ? fromHere : absolute;
  if (Buffer.byteLength(shortest) > MAX_PATH_BYTES) {
    throw new ControlError(
      `the path of ${folder} is too long for a socket: choose a shorter one with --data`,
    );
  }
  return shortest;
}

/** A socket that nobody answers on was left by a process that was killed. */
async function removeStale(path: string, folder: string): Promise<void> {
  const isAlive = await new Promise<boolean>((settle) => {
    const socket = connect(path);
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
    socket.once('connect', () => socket.destroy());
  });
  if (isAlive) {
    throw new ControlError(`another process serves ${folder}: stop it first, or choose another with --data`);
  }
  rmSync(path, { force: true });
}

/** The socket is for its owner from the moment it exists: to bind is what makes it, within `listen`. */
function listenPrivately(server: Server, path: string): Promise<void> {
  return new Promise((settle, reject) => {
    const onError = (cause: Error) => {
      reject(new ControlError(`cannot make ${path}: check the folder's owner and rights`, { cause }));
    };
    server.once('error', onError);
    const before = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off('error', onError);
        settle();
      });
    } finally {
      process.umask(before);
    }
  });
}
