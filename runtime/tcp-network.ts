import { connect, createServer, type Server, type Socket } from 'node:net';
import { formatAddress } from './address.ts';
import type { Clock } from './clock.ts';
import { systemErrorCode } from './errors.ts';
import type { Address, ByteStream, Listener, Network } from './network.ts';
import { AddressInUseError, NetworkError, UnreachableError } from './network-errors.ts';

/** Real TCP, without Nagle's delay: what crosses it is short messages that wait for an answer. */
export function tcpNetwork(clock: Clock): Network {
  return {
    listen: (address, onConnection) => listen(address, onConnection),
    connect: (address, { timeoutMs }) => connectWithin(clock, address, timeoutMs),
  };
}

function listen(address: Address, onConnection: (stream: ByteStream) => void): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true }, (socket) => onConnection(withoutCrash(socket)));
    const onError = (cause: Error) => reject(listenError(address, cause));
    server.once('error', onError);
    server.listen({ host: address.host, port: address.port }, () => {
      server.off('error', onError);
      // A connection that cannot be accepted (no file descriptors left) must not end the service.
      server.on('error', () => {});
      resolve({ address: realAddress(server, address), close: () => closeServer(server) });
    });
  });
}

function realAddress(server: Server, asked: Address): Address {
  const real = server.address();
  return typeof real === 'object' && real !== null ? { host: asked.host, port: real.port } : asked;
}

/** `Server.close` calls back only when every connection has ended; the port is free at once. */
async function closeServer(server: Server): Promise<void> {
  server.close();
}

function connectWithin(clock: Clock, address: Address, timeoutMs: number): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.host, port: address.port, noDelay: true });
    const timer = clock.after(timeoutMs, () => {
      socket.destroy();
      reject(
        new UnreachableError(
          `no answer from ${formatAddress(address)} within ${timeoutMs / 1000} s: check that it runs and that no firewall is between`,
        ),
      );
    });
    const onError = (cause: Error) => {
      timer.cancel();
      reject(connectError(address, cause));
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      timer.cancel();
      socket.off('error', onError);
      resolve(withoutCrash(socket));
    });
  });
}

/**
 * A stream's `error` that nobody listens to would end the process. `close` always follows it, so whoever
 * only cares that the connection is over needs no listener for `error`.
 */
function withoutCrash(socket: Socket): ByteStream {
  return socket.on('error', () => {});
}

function listenError(address: Address, cause: Error): NetworkError {
  const at = formatAddress(address);
  switch (systemErrorCode(cause)) {
    case 'EADDRINUSE':
      return new AddressInUseError(
        `another program listens on ${at}: stop it, or choose another address with --listen`,
        { cause },
      );
    case 'EACCES':
      return new NetworkError(`not allowed to listen on ${at}: choose a port above 1023 with --listen`, {
        cause,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new NetworkError(
        `${address.host} is no address of this machine: choose another with --listen (0.0.0.0 for all)`,
        { cause },
      );
    default:
      return new NetworkError(`cannot listen on ${at}: ${cause.message}`, { cause });
  }
}

function connectError(address: Address, cause: Error): NetworkError {
  const at = formatAddress(address);
  switch (systemErrorCode(cause)) {
    case 'ECONNREFUSED':
      return new UnreachableError(`nothing listens at ${at}: check that it runs, and the address`, { cause });
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new UnreachableError(
        `the name ${address.host} cannot be found: check the address and the name server`,
        { cause },
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return new UnreachableError(`there is no way to ${at}: check the network cable and the address`, {
        cause,
      });
    default:
      return new UnreachableError(`cannot reach ${at}: ${cause.message}`, { cause });
  }
}
