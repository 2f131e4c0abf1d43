import { isIPv4, isIPv6 } from 'node:net';

/** How many of something are there at once, by key. */
export class Tally {
  readonly #counts = new Map<string, number>();

  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    this.#counts.set(key, this.count(key) + 1);
  }

  remove(key: string): void {
    const left = this.count(key) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }
}

/** An address as it is written down: without a zone, and an IPv4 address as one. */
export function plainAddress(remoteAddress: string): string {
  const address = remoteAddress.toLowerCase().replace(/%.*$/, '');
  const mapped = /^::ffff:([0-9.]+)$/.exec(address)?.[1];
  return mapped !== undefined && isIPv4(mapped) ? mapped : address;
}

/** Whom a remote address stands for when it is counted: with IPv6, whoever has the /64 has all of it. */
export function sourceOf(remoteAddress: string | undefined): string {
  const address = plainAddress(remoteAddress ?? 'unknown');
  return isIPv6(address) ? `${networkPart(address)}::/64` : address;
}

function networkPart(address: string): string {
  const [head, tail] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const after = tail ?? [];
  const before = head ?? [];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
