import type { Command } from 'commander';
import type { CommandIo } from '../command-io.ts';
import { asUsage, given, type Invocation, invocation, UsageError } from '../command-line.ts';
import { counted } from '../counted.ts';
import { CardeaError } from '../errors.ts';
import { timeText } from '../time-text.ts';
import { misuseOf } from '../zod-words.ts';
import {
  keptAnchorPath,
  parseAnchor,
  readAnchorFile,
  verifiedAnchorPath,
  writeAnchorFile,
} from './anchors.ts';
import { type AuditRow, anchorText } from './chain.ts';
import { auditEventOf, type FhirSource } from './fhir.ts';
import { type AuditFault, type AuditVerdict, type KnownAnchor, TrailCheck } from './verify.ts';
import {
  AUDIT_PAGE,
  type AuditPage,
  type AuditWireQuery,
  auditQuery,
  hubAuditQuery,
  rowFromWire,
} from './wire.ts';

/** The trail is not as it was written. */
export class TrailBrokenError extends CardeaError {
  readonly code = 'audit-trail-broken';
}

/** The trail, of whoever keeps it: asked page by page, while `serve` runs or not. */
export interface AuditSource extends FhirSource {
  page(query: AuditWireQuery): Promise<AuditPage>;
}

/** A hub's trail, as the registration centre has it. */
export interface HubTrailWanted {
  readonly hub: string;
  /** As it stood before it was begun anew: 1 is the first. The present one where left out. */
  readonly branch: number | undefined;
}

export interface AuditCommandOptions {
  readonly io?: CommandIo;
  /**
   * Opens the trail that belongs to the command's folder, for as long as `use` works; a hub's, where that is wanted
   * and `hasHubTrails`.
   */
  readonly withSource: <Result>(
    call: Invocation,
    use: (source: AuditSource) => Promise<Result>,
    wanted: HubTrailWanted | undefined,
  ) => Promise<Result>;
  /** The hubs' trails are here as well. */
  readonly hasHubTrails?: boolean;
}

const MEMBER_ID = /^[a-z0-9-]{3,32}$/;
const FORMATS = ['table', 'jsonl', 'fhir'] as const;

interface HubFlags {
  readonly hub?: string;
  readonly branch?: string;
}

interface VerifyFlags extends HubFlags {
  readonly anchor?: string;
  readonly forgetVerified?: boolean;
}

interface ListFlags extends HubFlags {
  readonly since?: string;
  readonly until?: string;
  readonly who?: string;
  readonly card?: string;
  readonly format: string;
}

/** `audit` and `audit verify` (DESIGN, commands), alike at a registration centre and at a hub. */
export function addAuditCommands(
  program: Command,
  { io, withSource, hasHubTrails = false }: AuditCommandOptions,
): void {
  const withHubFlags = (command: Command) =>
    hasHubTrails
      ? command
          .option('--hub <id>', "a hub's own trail, as far as it has told of it")
          .option('--branch <number>', 'with --hub: as it stood before it was begun anew; 1 is the first')
      : command;
  const audit = withHubFlags(program.command('audit'))
    .description('the audit trail: who did what to which card, member or key, when and from where')
    .option('--since <time>', 'from then on: 2027-01-15, or 2027-01-15T08:00:00Z')
    .option('--until <time>', 'up to then; a day is meant to its end')
    .option('--who <id>', 'done by this member, or to it', given('its id'))
    .option('--card <uid>', 'what concerns this card')
    .option('--format <format>', 'table, jsonl (a row a line), or fhir (an R4 AuditEvent a line)', 'table')
    .action(async (flags: ListFlags, command: Command) => {
      const call = invocation(command, io);
      const query = queryOf(flags);
      const format = FORMATS.find((known) => known === flags.format);
      if (format === undefined) throw new UsageError(`--format: ${FORMATS.join(', ')}`);
      await withSource(call, (source) => list(call, source, query, format), wantedBy(flags));
    });
  withHubFlags(audit.command('verify'))
    .description('whether the trail is as it was written; names the first row that is not')
    .option('--anchor <anchor>', 'what "status" printed before, and you wrote down')
    .option('--forget-verified', 'do not hold it against what was verified here before: after a restore')
    .action(async (_flags, command: Command) => {
      const call = invocation(command, io);
      // What both commands take may stand before or after the word "verify".
      const flags = command.optsWithGlobals<VerifyFlags>();
      const wanted = wantedBy(flags);
      const places = wanted === undefined ? ownPlaces(call.folder) : placesOf(call.folder, wanted);
      const anchors = await anchorsFor(places, flags);
      const check = (source: AuditSource) => verifyAll(source, anchors);
      const { verdict, rows, restores } = await withSource(call, check, wanted);
      if (!verdict.intact)
        throw new TrailBrokenError(sentenceOf(verdict.fault, flags.forgetVerified ? [] : restores));
      await writeAnchorFile(places.verified, verdict.head);
      const anchor = anchorText(verdict.head);
      call.show(
        { intact: true, rows, anchor },
        `the trail is as it was written: ${counted(rows, 'row')}, anchor ${anchor}`,
      );
    });
}

/** @throws UsageError */
function wantedBy({ hub, branch }: HubFlags): HubTrailWanted | undefined {
  if (hub === undefined) {
    if (branch !== undefined) throw new UsageError('--branch goes with --hub');
    return undefined;
  }
  if (!MEMBER_ID.test(hub)) throw new UsageError('--hub: 3 to 32 of a-z, 0-9 and -');
  const parsed = hubAuditQuery.shape.branch.safeParse(branch);
  if (!parsed.success) throw new UsageError('--branch: a number from 1 on');
  return { hub, branch: parsed.data };
}

/** The files in which anchors of a trail are kept; `kept` by `serve`, where it does so. */
interface AnchorPlaces {
  readonly kept: string | undefined;
  readonly verified: string;
}

function ownPlaces(folder: string): AnchorPlaces {
  return { kept: keptAnchorPath(folder), verified: verifiedAnchorPath(folder) };
}

function placesOf(folder: string, { hub, branch }: HubTrailWanted): AnchorPlaces {
  const name = branch === undefined ? hub : `${hub}.${branch}`;
  return { kept: undefined, verified: verifiedAnchorPath(folder, name) };
}

async function list(
  call: Invocation,
  source: AuditSource,
  query: AuditWireQuery,
  format: (typeof FORMATS)[number],
): Promise<void> {
  const shown: AuditRow[] = [];
  for await (const row of rowsOf(source, query)) {
    if (call.json) shown.push(row);
    else call.say(lineOf(row, source, format));
  }
  if (call.json) call.show({ rows: shown.map(jsonOf) }, '');
}

function lineOf(row: AuditRow, source: AuditSource, format: (typeof FORMATS)[number]): string {
  switch (format) {
    case 'jsonl':
      return JSON.stringify(jsonOf(row));
    case 'fhir':
      return JSON.stringify(auditEventOf(row, source));
    case 'table':
      return textOf(row);
  }
}

function jsonOf(row: AuditRow) {
  return { ...row, time: new Date(row.time).toISOString(), hash: Buffer.from(row.hash).toString('hex') };
}

/** `12  2027-01-15 08:00:00Z  admin (admin) 192.0.2.7  card.revoked  done  card 0123…  reason=lost` */
function textOf(row: AuditRow): string {
  const role = row.role ?? 'stranger';
  const who = [row.by === null ? role : `${row.by} (${role})`, row.from ?? ''].join(' ').trim();
  const things = (['card', 'subject', 'member', 'key'] as const).flatMap((name) => {
    const value = row[name];
    return value === null ? [] : [`${name === 'subject' ? 'mark' : name} ${value}`];
  });
  const cells = [
    String(row.number),
    timeText(row.time),
    who,
    row.action,
    row.outcome,
    ...things,
    row.detail ?? '',
  ];
  return cells.join('  ').trimEnd();
}

async function* rowsOf(source: AuditSource, query: AuditWireQuery): AsyncGenerator<AuditRow> {
  let after: AuditWireQuery['after'];
  for (;;) {
    const page = await source.page({ ...query, limit: AUDIT_PAGE, ...(after !== undefined && { after }) });
    yield* page.rows.map(rowFromWire);
    if (page.next === null) return;
    after = page.next;
  }
}

async function verifyAll(
  source: AuditSource,
  anchors: readonly KnownAnchor[],
): Promise<{ readonly verdict: AuditVerdict; readonly rows: number; readonly restores: readonly number[] }> {
  const check = new TrailCheck(anchors);
  let rows = 0;
  const restores: number[] = [];
  for await (const row of rowsOf(source, {})) {
    check.take(row);
    rows += 1;
    if (row.action === 'backup.restored') restores.push(row.number);
  }
  return { verdict: check.end(), rows, restores };
}

async function anchorsFor({ kept, verified }: AnchorPlaces, flags: VerifyFlags): Promise<KnownAnchor[]> {
  const files = [kept, flags.forgetVerified ? undefined : verified].filter((path) => path !== undefined);
  const known = await Promise.all(files.map((path) => readAnchorFile(path)));
  const { anchor } = flags;
  const noted = anchor === undefined ? [] : [asUsage(() => parseAnchor(anchor, 'what you noted'))];
  return [...noted, ...known.filter((anchor) => anchor !== undefined)];
}

/** A restore before the row is why it is not what was noted of it; no restore breaks the chain. */
function sentenceOf({ sentence, seenBy, row }: AuditFault, restores: readonly number[]): string {
  const restoredAt = seenBy === 'anchor' ? restores.findLast((restore) => restore <= row) : undefined;
  const hint =
    restoredAt === undefined
      ? ''
      : `; row ${restoredAt} tells of a restore, after which what came between is not here: if that is it, verify with --forget-verified`;
  return `the audit trail is not as it was written: ${sentence}${hint}`;
}

function queryOf(flags: ListFlags): AuditWireQuery {
  const { who, card } = flags;
  const query = {
    since: flags.since === undefined ? undefined : timeOf('--since', flags.since, 0),
    until: flags.until === undefined ? undefined : timeOf('--until', flags.until, 86_400_000 - 1),
    who,
    card,
  };
  const parsed = auditQuery.safeParse(query);
  if (!parsed.success) throw misuseOf(parsed.error);
  if (query.since !== undefined && query.until !== undefined && query.since > query.until) {
    throw new UsageError('--since is after --until: nothing lies between them');
  }
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}

/** JavaScript takes the 30th of February for the 2nd of March. */
function isInCalendar(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

/** @param wholeDay what to add where only a day is said */
function timeOf(flag: string, text: string, wholeDay: number): number {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/.test(text);
  const time = Date.parse(text);
  if (!(isDay || isTime) || Number.isNaN(time) || !isInCalendar(text.slice(0, 10))) {
    throw new UsageError(`${flag}: a day (2027-01-15) or a time with its zone (2027-01-15T08:00:00Z)`);
  }
  return isDay ? time + wholeDay : time;
}
