import { isIPv4, isIPv6 } from 'node:net';
import { CardeaError } from './errors.ts';
import type { Address } from './network.ts';

/** Text that is no `HOST:PORT`. */
export class AddressError extends CardeaError {
  readonly code = 'address-malformed';
}

const LONGEST_NAME = 253;
const NAME = /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*$/;
const BRACKETED = /^\[([^\]]*)\](?::(.*))?$/s;
const PLAIN = /^([^:[\]]*)(?::(.*))?$/s;

/**
 * Reads `HOST:PORT`, with IPv6 addresses in brackets (`[::1]:8440`). The port may be left out only where
 * `defaultPort` is given. Port 0 is allowed: to listen on, it asks the system for a free one.
 *
 * @throws AddressError
 */
export function parseAddress(text: string, options: { readonly defaultPort?: number } = {}): Address {
  const bracketed = BRACKETED.exec(text);
  const [, host = '', portText] = bracketed ?? PLAIN.exec(text) ?? [];
  const isHost = bracketed !== null ? isIPv6(host) && !host.includes('%') : isIPv4OrName(host);
  const port = portText === undefined ? options.defaultPort : parsePort(portText);
  if (!isHost || port === undefined) {
    throw new AddressError(`${quote(text)} is not an address: write ${example(text)}`);
  }
  return { host, port };
}

/** Writes an address as `parseAddress` reads it. */
export function formatAddress(address: Address): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

function isIPv4OrName(host: string): boolean {
  const meantAsIPv4 = /^[0-9.]+$/.test(host);
  return meantAsIPv4 ? isIPv4(host) : host.length <= LONGEST_NAME && NAME.test(host);
}

function parsePort(text: string): number | undefined {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return port <= 65_535 ? port : undefined;
}

function example(text: string): string {
  return isIPv6(text) ? `[${text}]:PORT, with the brackets` : 'HOST:PORT, as in clinic-1.example:8441';
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
