import { EARLIEST_TIME } from '../../runtime/clock.ts';
import { advice, type Finding, fine, wrong } from './finding.ts';
import type { ClockFacts, NetworkFacts } from './network-facts.ts';

const SET_IT =
  'connect to a time server ("sudo timedatectl set-ntp true"), or set it by hand ("sudo timedatectl set-time …"); a Pi without a network wants a clock chip';

/**
 * What is to be said of the machine's clock: it cannot be earlier than what has been certified already. (A Pi
 * has no clock when it wakes: PROTOCOL 2.5.)
 */
export function clockFindings(clock: ClockFacts, { membership, hub }: NetworkFacts): Finding[] {
  const { now, latestNotBefore, isSynchronised } = clock;
  const certified = [
    EARLIEST_TIME,
    latestNotBefore,
    membership.state === 'joined' ? membership.certificate.notBefore : 0,
    hub.state === 'answers' && hub.trust === 'trusted' ? hub.certificate.notBefore : 0,
  ];
  const least = Math.max(...certified);
  const shown = `${new Date(now).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  if (now < least) {
    const since = new Date(least).toISOString().slice(0, 16).replace('T', ' ');
    return [wrong('clock', `it shows ${shown}, and it is ${since} at least`, SET_IT)];
  }
  if (isSynchronised === false) {
    return [advice('clock', `it shows ${shown}, which is possible; it follows no time server now`, SET_IT)];
  }
  return [
    fine('clock', isSynchronised === true ? `${shown}, by a time server` : `${shown}, which is possible`),
  ];
}
