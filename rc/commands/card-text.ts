import type { CardSummary } from '../../protocol/rc-api/cards.ts';
import type {
  CardDetails,
  CardEvent,
  HubWithCard,
  PatientsResponse,
} from '../../protocol/rc-api/patients.ts';
import { table, timeText } from './text.ts';

/** One card, a field a line. */
export function cardText(card: CardSummary): string {
  return table([
    ['UID', card.uid],
    ['patient', card.name],
    ['record', card.record ?? ''],
    ['state', stateOf(card)],
    ['suite', card.suite],
    ...(card.pinVersion === null ? [] : [['PIN number', String(card.pinVersion)]]),
    ['registered', `${timeText(card.registered)} by ${card.registeredBy}`],
  ]);
}

export function cardTable(cards: readonly CardSummary[]): string {
  const rows = cards.map((card) => [card.uid, card.name, card.record ?? '', stateOf(card), card.suite]);
  return table([['UID', 'patient', 'record', 'state', 'suite'], ...rows]);
}

export function stateOf(card: CardSummary): string {
  if (card.status === 'revoked') return `${card.reason} since ${timeText(card.revoked)}`;
  return card.locked ? 'locked' : 'active';
}

/** A card with what happened to it, where it is usable, and the patient's other cards. */
export function detailsText({ card, history, tries, hubs, others }: CardDetails): string {
  return [
    cardText(card),
    section(
      'history',
      history.map((event) => [timeText(event.time), eventText(event)]),
    ),
    section(
      'wrong tries since the last right login',
      tries.filter(({ open }) => open > 0).map(({ hub, open }) => [hub, String(open)]),
    ),
    section(
      'at the hubs',
      (hubs ?? []).map((hub) => hubRow(hub, card.status)),
    ),
    section(
      "the patient's other cards",
      others.map((other) => [other.uid, stateOf(other), `registered ${timeText(other.registered)}`]),
    ),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

function section(title: string, rows: readonly string[][]): string {
  return rows.length === 0 ? '' : `${title}\n${table(rows.map((row) => ['', ...row]))}`;
}

export function eventText(event: CardEvent): string {
  switch (event.what) {
    case 'registered':
      return `registered by ${event.by}`;
    case 'new PIN':
      return `new PIN, number ${event.pinVersion}, at ${event.by}`;
    case 'locked':
      return LOCKED[event.cause](event.by);
    case 'unlocked':
      return `unlocked by ${event.by}`;
    case 'revoked':
      return `revoked: ${event.reason}`;
  }
}

const LOCKED = {
  hub: (hub: string) => `locked by ${hub} after wrong tries there`,
  tries: (hub: string) => `locked after wrong tries at several hubs, the last at ${hub}`,
  copy: (hub: string) => `locked: a copy of it is at work, last at ${hub}; only a new card ends this`,
} as const;

/** A hub's id and place, and whether the card is usable there, or refused there, already. */
export function hubRow(hub: HubWithCard, status: CardSummary['status']): string[] {
  const done = status === 'active' ? 'usable' : 'refused';
  const silent = hub.lastSeen === null ? 'never heard' : `silent since ${timeText(hub.lastSeen)}`;
  return [hub.id, hub.location, hub.current ? done : `not yet: ${silent}`];
}

/** Those who were found, a line each with their latest card. */
export function patientsText({ patients, more }: PatientsResponse): string {
  if (patients.length === 0)
    return 'nobody has that in name or record number; words are found by how they begin';
  const rows = patients.map(({ name, record, cards: [latest, ...earlier] }) => [
    name,
    record ?? '',
    latest?.uid ?? 'no card',
    latest === undefined ? '' : stateOf(latest),
    String(earlier.length),
  ]);
  const lines = table([['patient', 'record', 'latest card', 'state', 'earlier cards'], ...rows]);
  return more ? `${lines}\nthere are more: give more of the name` : lines;
}
