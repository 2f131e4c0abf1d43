import type { Address } from '../../../runtime/network.ts';
import { HUBS, type HubId, type Service, TERMINALS, type TerminalId } from './history.ts';

// Where in the simulated network everybody is.

export const RC_ADDRESS: Address = { host: '10.0.1.1', port: 8440 };
export const OFFICE_HOST = '10.0.4.1';

export function hubAddress(hub: HubId): Address {
  return { host: `10.0.2.${HUBS.indexOf(hub) + 1}`, port: 8441 };
}

export function terminalHost(terminal: TerminalId): string {
  return `10.0.3.${TERMINALS.indexOf(terminal) + 1}`;
}

export function addressOf(service: Service): Address {
  return service === 'rc' ? RC_ADDRESS : hubAddress(service);
}

export function hostOf(whose: HubId | TerminalId | 'office'): string {
  if (whose === 'office') return OFFICE_HOST;
  return isTerminal(whose) ? terminalHost(whose) : hubAddress(whose).host;
}

export function isTerminal(machine: string): machine is TerminalId {
  return TERMINALS.some((id) => id === machine);
}
