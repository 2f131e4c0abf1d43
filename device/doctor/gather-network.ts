import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCertificate } from '../../certs/certificate.ts';
import { readHubCertificate, type VerifiedHub } from '../../certs/hub-chain.ts';
import { RcClient } from '../../certs/rc-client.ts';
import { loadTlsIdentity, type TlsIdentity } from '../../certs/tls-identity.ts';
import { formatAddress, parseAddress } from '../../runtime/address.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { chooseHub } from '../hub-choice.ts';
import { HubLink } from '../hub-link.ts';
import { NetworkFiles, type NetworkRecord } from '../network-record.ts';
import type { HubToCall } from '../terminal/tap-tools.ts';
import { type Failure, failureOf } from './finding.ts';
import type { ClockFacts, HubFacts, MembershipFacts, NetworkFacts, RcFacts } from './network-facts.ts';

export interface NetworkExam {
  readonly surroundings: Surroundings;
  /** The terminal's own. */
  readonly folder: string;
  /** `--hub`. */
  readonly hub: string | undefined;
  /** Of the card that was laid on, where one was. */
  readonly caPin: Uint8Array | undefined;
}

/** Calls hub and registration centre. A hub is sent nothing, the registration centre one question. */
export async function gatherNetwork(exam: NetworkExam): Promise<NetworkFacts> {
  const { surroundings, folder } = exam;
  let network: NetworkRecord | undefined;
  try {
    network = await new NetworkFiles(folder).network();
  } catch (error) {
    const failure = failureOf(error);
    return {
      membership: { state: 'fails', failure },
      hub: { state: 'not-chosen', failure },
      rc: { state: 'untested' },
    };
  }
  if (network === undefined) {
    return {
      membership: { state: 'not-joined' },
      hub: await gatherHub(exam, network),
      rc: { state: 'untested' },
    };
  }
  const identity = await loadTlsIdentity(folder).catch(failureOf);
  const hub = await gatherHub(exam, network);
  if (isFailure(identity)) {
    return { membership: { state: 'fails', failure: identity }, hub, rc: { state: 'untested' } };
  }
  return {
    membership: membershipOf(network, identity),
    hub,
    rc: await gatherRc(surroundings, network, identity),
  };
}

/** @param run where timesyncd leaves its mark: `/run` */
export async function gatherClock(
  { clock }: Pick<Surroundings, 'clock'>,
  folder: string,
  run: string,
): Promise<ClockFacts> {
  const files = new NetworkFiles(folder);
  return {
    now: clock.now(),
    // What makes no sense there is told of the membership's files.
    latestNotBefore: await files.latestNotBefore().catch(() => 0),
    isSynchronised: await isSynchronised(join(run, 'systemd/timesync')),
  };
}

async function isSynchronised(timesync: string): Promise<boolean | undefined> {
  if (!(await exists(timesync))) return undefined;
  return await exists(join(timesync, 'synchronized'));
}

function membershipOf({ terminalId }: NetworkRecord, { certificate }: TlsIdentity): MembershipFacts {
  const { notBefore, notAfter } = parseCertificate(certificate);
  return { state: 'joined', terminalId, certificate: { notBefore, notAfter } };
}

async function gatherHub(
  { surroundings, hub: wanted, caPin }: NetworkExam,
  network: NetworkRecord | undefined,
): Promise<HubFacts> {
  let hub: HubToCall;
  try {
    hub = chooseHub({ wanted, network, now: surroundings.clock.now });
  } catch (error) {
    return { state: 'not-chosen', failure: failureOf(error) };
  }
  const address = formatAddress(hub.address);
  let shown: readonly Uint8Array[] = [];
  // Any chain will do, to be looked at: nothing is sent, and the connection is closed at once.
  const look = (chain: readonly Uint8Array[]): VerifiedHub => {
    shown = chain;
    const [first] = chain;
    if (first === undefined) throw new Error('it shows no certificate');
    return readHubCertificate(parseCertificate(first));
  };
  try {
    const link = await HubLink.call(surroundings, hub.address, look);
    link.close();
    const { hubId, location, notBefore, notAfter } = link.hub;
    const judged = network !== undefined || caPin !== undefined;
    return {
      state: 'answers',
      address,
      hubId,
      location,
      certificate: { notBefore, notAfter },
      trust: judged ? judge(hub, caPin, shown) : undefined,
    };
  } catch (error) {
    return { state: 'fails', address, failure: failureOf(error) };
  }
}

function judge(
  hub: HubToCall,
  caPin: Uint8Array | undefined,
  chain: readonly Uint8Array[],
): 'trusted' | Failure {
  try {
    hub.trust(caPin)(chain);
    return 'trusted';
  } catch (error) {
    return failureOf(error);
  }
}

async function gatherRc(
  surroundings: Surroundings,
  { rc }: NetworkRecord,
  identity: TlsIdentity,
): Promise<RcFacts> {
  const client = new RcClient({ surroundings, rc: parseAddress(rc), identity });
  try {
    const { hubs } = await client.hubs();
    return { state: 'answers', address: rc, hubs: hubs.filter(({ revoked }) => !revoked).length };
  } catch (error) {
    return { state: 'fails', address: rc, failure: failureOf(error) };
  } finally {
    client.close();
  }
}

function isFailure(found: TlsIdentity | Failure): found is Failure {
  return 'message' in found;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
