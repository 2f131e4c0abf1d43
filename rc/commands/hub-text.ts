import type { HubEntry } from '../../protocol/rc-api/join.ts';
import { counted } from '../../runtime/counted.ts';
import { table, timeText } from './text.ts';

const HEAD = [
  'hub',
  'location',
  'address',
  'last heard',
  'behind',
  'lists',
  'version',
  'certificate ends',
  'locks',
] as const;

/** All hubs, a line each: when each was heard, how far behind it is, and what it says of itself. */
export function hubTable(hubs: readonly HubEntry[]): string {
  const rows = hubs.map(({ id, location, address, revoked, lastSeen, behind, standing }) => [
    revoked ? `${id} (revoked)` : id,
    location,
    address,
    timeText(lastSeen),
    String(behind),
    ageText(standing?.listAgeSeconds ?? null),
    standing?.version ?? '-',
    endText(standing?.hubCertificateEnds ?? standing?.tlsCertificateEnds ?? null),
    String(standing?.locks ?? 0),
  ]);
  return table([HEAD, ...rows]);
}

/**
 * A sentence for each hub that locks more than its share, and for each whose audit trail was begun anew; none where all
 * is well.
 */
export function hubAlarms(hubs: readonly HubEntry[]): string[] {
  const standing = hubs.filter(({ revoked }) => !revoked);
  return [...standing.flatMap(lockAlarm), ...standing.flatMap(trailAlarm)];
}

function lockAlarm({ id, standing }: HubEntry): string[] {
  if (standing?.alarm !== true) return [];
  const locked = counted(standing.locks, 'card');
  return [
    `ALARM: ${id} has locked ${locked} within a day, more than its share: somebody tries cards there, or it lies; "cardea-rc hub revoke ${id}" cuts it off and lifts its locks`,
  ];
}

/** Whoever restored a hub knows it; for whoever did not it stands there until the next time. */
function trailAlarm({ id, standing }: HubEntry): string[] {
  const begun = standing?.trail?.begunAnew ?? null;
  if (begun === null) return [];
  return [
    `${id}: its audit trail was begun anew from row ${begun.row} on, ${timeText(begun.time)}: unless it was restored from a backup then, somebody wrote it anew; "cardea-rc audit --hub ${id} --branch ${begun.branch - 1}" shows what stood there before`,
  ];
}

function endText(end: number | null): string {
  return end === null ? '-' : timeText(end);
}

/** In the largest unit of which there is a whole one. */
function ageText(seconds: number | null): string {
  if (seconds === null) return '-';
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} days`;
}
