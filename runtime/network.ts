import type { Duplex } from 'node:stream';

/** Where a service listens or is found. Port 0 asks the system for any free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** One connection. TLS runs over it as over a socket; `destroy()` cuts it, `end()` closes it in order. */
export interface ByteStream extends Duplex {
  /** The other end as text, for logs and limits: an IP address without its port. */
  readonly remoteAddress?: string | undefined;
}

export interface Listener {
  /** The real address, with the port that the system gave. */
  readonly address: Address;
  /** Accepts nothing more. Connections that are open stay open: they belong to whoever got them. */
  close(): Promise<void>;
}

/**
 * How processes reach one another: TCP in life, a simulated network in the fault lab. Passed in
 * everywhere; nothing else in Cardea opens a connection.
 */
export interface Network {
  /** @throws AddressInUseError, NetworkError */
  listen(address: Address, onConnection: (stream: ByteStream) => void): Promise<Listener>;
  /** Resolves once connected. @throws UnreachableError, also when `timeoutMs` (by the network's clock) is over */
  connect(address: Address, options: { readonly timeoutMs: number }): Promise<ByteStream>;
}
