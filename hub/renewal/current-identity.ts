import type { HubIdentity } from '../../certs/hub-identity.ts';
import { wipe } from '../../protocol/bytes.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';

/** How long a key serves the handshakes that began under it, once another has taken its place (PROTOCOL 2.1). */
export const UNDER_WAY_MS = 60_000;

/** Who the hub is towards terminals, from one renewal to the next. Id and location stay the same. */
export class CurrentIdentity {
  readonly #clock: Clock;
  #current: HubIdentity;
  readonly #outgoing = new Map<HubIdentity, Timer>();
  readonly #listeners: ((next: HubIdentity) => void)[] = [];

  /** @param identity from now on its private key is this object's to wipe */
  constructor(identity: HubIdentity, clock: Clock) {
    this.#current = identity;
    this.#clock = clock;
  }

  get hubId(): string {
    return this.#current.hubId;
  }

  get location(): string {
    return this.#current.location;
  }

  /** When the certificate that is shown ends, milliseconds since the Unix epoch. */
  get notAfter(): number {
    return this.#current.notAfter;
  }

  /** To be shown in a HELLO. A handshake keeps to the one that it began with. */
  get current(): HubIdentity {
    return this.#current;
  }

  /** Has `tell` called with each identity that takes the place of another. */
  onReplaced(tell: (next: HubIdentity) => void): void {
    this.#listeners.push(tell);
  }

  /** Shows `next` from the next HELLO on. The key before it is destroyed in 60 s. */
  replace(next: HubIdentity): void {
    const old = this.#current;
    this.#current = next;
    const timer = this.#clock.after(UNDER_WAY_MS, () => {
      this.#outgoing.delete(old);
      wipe(old.keyPair.privateKey);
    });
    this.#outgoing.set(old, timer);
    for (const tell of this.#listeners) tell(next);
  }

  /** Whether a handshake that began with `identity` can go on: its key is not destroyed. */
  holds(identity: HubIdentity): boolean {
    return identity === this.#current || this.#outgoing.has(identity);
  }

  /** Wipes every key. */
  close(): void {
    for (const [identity, timer] of this.#outgoing) {
      timer.cancel();
      wipe(identity.keyPair.privateKey);
    }
    this.#outgoing.clear();
    wipe(this.#current.keyPair.privateKey);
  }
}
