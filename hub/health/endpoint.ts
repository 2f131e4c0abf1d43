import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Address, ByteStream } from '../../runtime/network.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import type { Cause } from './health.ts';

/** Who asks: a monitor or two. */
const CONNECTIONS_MAX = 16;
/** For a connection from its beginning to its end. */
const CONNECTION_MS = 15_000;

export interface EndpointOptions {
  readonly surroundings: Pick<Surroundings, 'clock' | 'network' | 'log'>;
  readonly listen: Address;
  /** Why logins fail; empty while they do not. */
  readonly health: () => Promise<readonly Cause[]>;
  /** What Prometheus reads. */
  readonly metrics: () => Promise<string>;
}

export interface HealthEndpoint {
  /** The real one. */
  readonly address: Address;
  close(): Promise<void>;
}

/**
 * `GET /healthz`: 200 while logins are taken, 503 with the causes while they are not. `GET /metrics`: for
 * Prometheus. Plain HTTP, meant for this machine alone; neither says anything of a patient.
 * @throws AddressInUseError, NetworkError
 */
export async function serveHealth(options: EndpointOptions): Promise<HealthEndpoint> {
  const { clock, network, log } = options.surroundings;
  const open = new Set<ByteStream>();
  const server = createServer((request, response) => {
    void answer(options, request, response).catch((cause: unknown) => {
      log.warn('a question to the health endpoint failed', {
        reason: cause instanceof Error ? cause.message : String(cause),
      });
      send(response, 500, 'text/plain; charset=utf-8', 'internal error\n');
    });
  });
  // Connections have a limit of their own, by the clock that was passed in.
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  server.on('clientError', (_cause, socket) => socket.destroy());
  const listener = await network.listen(options.listen, (stream) => {
    if (open.size >= CONNECTIONS_MAX) {
      stream.destroy();
      return;
    }
    open.add(stream);
    const timer = clock.after(CONNECTION_MS, () => stream.destroy());
    stream.once('close', () => {
      timer.cancel();
      open.delete(stream);
    });
    server.emit('connection', stream);
  });
  return {
    address: listener.address,
    async close() {
      await listener.close();
      for (const stream of open) stream.destroy();
      server.close();
    },
  };
}

async function answer(
  { health, metrics }: EndpointOptions,
  { method, url }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path] = (url ?? '').split('?');
  if (method !== 'GET' && method !== 'HEAD') send(response, 405, TEXT, 'GET alone\n');
  else if (path === '/healthz') {
    const causes = await health();
    const isHealthy = causes.length === 0;
    const body = { status: isHealthy ? 'ok' : 'failing', causes };
    send(response, isHealthy ? 200 : 503, 'application/json', `${JSON.stringify(body)}\n`);
  } else if (path === '/metrics') send(response, 200, PROMETHEUS, await metrics());
  else send(response, 404, TEXT, 'there are /healthz and /metrics\n');
}

const TEXT = 'text/plain; charset=utf-8';
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

function send(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(body);
}
