import type { ServerResponse } from 'node:http';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { ByteStream } from '../runtime/network.ts';

/** How long a connection may take to come to the next point, in milliseconds. */
export interface ConnectionLimits {
  /** From connecting to the end of the TLS handshake. */
  readonly handshakeMs: number;
  /** From there, or from an answer, to the end of the next request's head. */
  readonly idleMs: number;
  /** From there to the end of the answer: longer than any long poll. */
  readonly servingMs: number;
}

/**
 * One connection to a server: shakes hands in TLS 1.3 and is cut when it dawdles at any point, so that
 * whoever sends nothing, or a byte an hour, holds nothing for long.
 */
export class ServerConnection {
  readonly socket: TLSSocket;
  readonly #clock: Clock;
  readonly #limits: ConnectionLimits;
  #timer: Timer;
  /** Requests that have not been answered: more than one where a caller does not wait. */
  #underWay = 0;
  #closing = false;

  constructor(
    stream: ByteStream,
    options: {
      readonly context: SecureContext;
      readonly clock: Clock;
      readonly limits: ConnectionLimits;
      readonly onSecure: (connection: ServerConnection) => void;
      readonly onClose: (connection: ServerConnection) => void;
    },
  ) {
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#timer = options.clock.after(options.limits.handshakeMs, () => this.destroy());
    this.socket = new TLSSocket(stream, {
      isServer: true,
      secureContext: options.context,
      requestCert: true,
      rejectUnauthorized: false,
    });
    this.socket.once('secure', () => {
      this.#expectWithin(this.#limits.idleMs);
      options.onSecure(this);
    });
    // `close` follows, and says all there is to know.
    this.socket.on('error', () => this.destroy());
    this.socket.once('close', () => {
      this.#timer.cancel();
      stream.destroy();
      options.onClose(this);
    });
  }

  /** A request's head has come; `response` will answer it. */
  serve(response: ServerResponse): void {
    this.#underWay += 1;
    this.#expectWithin(this.#limits.servingMs);
    response.once('close', () => {
      this.#underWay -= 1;
      if (this.socket.destroyed || this.#underWay > 0) return;
      if (this.#closing) this.socket.destroySoon();
      this.#expectWithin(this.#limits.idleMs);
    });
  }

  /** Closes once the requests that are under way, if any, have been answered. */
  close(): void {
    this.#closing = true;
    if (this.#underWay === 0) this.destroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  #expectWithin(ms: number): void {
    this.#timer.cancel();
    this.#timer = this.#clock.after(ms, () => this.destroy());
  }
}
