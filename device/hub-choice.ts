import { parseCertificate } from '../certs/certificate.ts';
import { readHubCertificate, verifyHubChain } from '../certs/hub-chain.ts';
import { fromHex } from '../protocol/bytes.ts';
import { memberId } from '../protocol/rc-api/fields.ts';
import { parseAddress } from '../runtime/address.ts';
import type { Address } from '../runtime/network.ts';
import { SettingsError } from '../runtime/settings.ts';
import { HubUntrustedError, TerminalSetupError } from './errors.ts';
import type { TrustHub } from './hub-link.ts';
import type { NetworkRecord } from './network-record.ts';
import type { HubToCall } from './terminal/tap-tools.ts';

const HUB_PORT = 8441;

/** What the choice of a hub depends on. */
export interface HubChoice {
  /** `--hub`: an id, or `HOST:PORT`. */
  readonly wanted: string | undefined;
  /** Absent for a terminal that has not joined. */
  readonly network: NetworkRecord | undefined;
  /** By the terminal's clock, never before the latest `notBefore` it has seen. Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Which hub to call, and how it must prove itself: by a chain to the authority that the card pins and,
 * where the terminal has joined a network, to that network's authority besides (PROTOCOL 2.5).
 * @throws TerminalSetupError where no network was joined and no address is given; SettingsError when no hub is chosen,
 * or the chosen one is not of this network
 */
export function chooseHub({ wanted, network, now }: HubChoice): HubToCall {
  const { address, hubIds } = find(wanted, network);
  const authorities = network?.authorities.map(fromHex);
  return {
    address,
    trust: (caPin) => (chain) => verifyHubChain(chain, { now: now(), caPin, authorities, hubIds }),
  };
}

/**
 * How the hub that a card of `limbasiya-2021` lists as `ID` must prove itself. The card pins nothing: where
 * the terminal has joined no network, the hub is believed for `σ` alone, as the paper has it.
 */
export function trustListedHub(ID: string, { network, now }: Omit<HubChoice, 'wanted'>): TrustHub {
  if (network !== undefined) {
    const authorities = network.authorities.map(fromHex);
    return (chain) => verifyHubChain(chain, { now: now(), authorities, hubIds: [ID] });
  }
  return ([first = new Uint8Array(0)]) => {
    const hub = readHubCertificate(parseCertificate(first));
    if (hub.hubId !== ID) throw new HubUntrustedError(`the hub is ${hub.hubId}, and not ${ID}`);
    return hub;
  };
}

/** @throws TerminalSetupError when `text` is neither a hub's id nor `HOST:PORT` */
export function checkHubName(text: string): void {
  const isName = text.includes(':') ? isReachable(text) : memberId.safeParse(text).success;
  if (!isName) {
    throw new TerminalSetupError(
      `"${text}" is no hub: give its id, as goa-01, or where it is, as clinic-1.example:${HUB_PORT}`,
    );
  }
}

function isReachable(text: string): boolean {
  try {
    return parseAddress(text).port !== 0;
  } catch {
    return false;
  }
}

function find(
  wanted: string | undefined,
  network: NetworkRecord | undefined,
): { readonly address: Address; readonly hubIds: readonly string[] | undefined } {
  if (wanted?.includes(':')) return { address: parseAddress(wanted), hubIds: undefined };
  if (network === undefined) {
    throw new TerminalSetupError(
      'this terminal has joined no network: name the hub with --hub HOST:PORT, or join with "cardea-device join"',
    );
  }
  const hubs = network.hubs.filter((hub) => !hub.revoked);
  const hub = wanted === undefined ? only(hubs) : hubs.find(({ id }) => id === wanted);
  if (hub === undefined) {
    const known = hubs.map(({ id }) => id).join(', ') || 'none yet';
    throw new SettingsError(
      wanted === undefined
        ? `choose a hub with --hub: the network has ${known}`
        : `the network has no hub ${wanted}: it has ${known}`,
    );
  }
  return { address: parseAddress(hub.address, { defaultPort: HUB_PORT }), hubIds: [hub.id] };
}

function only<T>(items: readonly T[]): T | undefined {
  return items.length === 1 ? items[0] : undefined;
}
