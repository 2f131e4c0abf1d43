import type { HubEntry } from '../../protocol/rc-api/join.ts';
import type { HubStanding } from '../store/members.ts';
import type { RcContext } from './context.ts';

/** The hubs of the network as anybody in it may see them. */
export async function hubEntries({ store, clock }: RcContext): Promise<HubEntry[]> {
  return (await store.members.hubs(clock.now())).map(entryOf);
}

/** The same, with how each stands: for operators. */
export async function hubsInFull({ store, clock }: RcContext): Promise<HubEntry[]> {
  const now = clock.now();
  return (await store.members.hubs(now)).map((hub) => {
    const { version, listOf, tlsCertificateEnds, hubCertificateEnds, locks, alarm } = hub;
    const listAgeSeconds = listOf === null ? null : Math.max(0, Math.floor((now - listOf) / 1_000));
    const trail = { rows: hub.trailRows, begunAnew: hub.trailBegunAnew };
    const standing = { version, listAgeSeconds, tlsCertificateEnds, hubCertificateEnds, locks, alarm, trail };
    return { ...entryOf(hub), standing };
  });
}

function entryOf({ id, location, address, revoked, lastSeen, behind }: HubStanding): HubEntry {
  return { id, location, address, revoked, lastSeen, behind };
}
