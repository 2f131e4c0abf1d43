import type { Bench, BenchContext, Measured } from './bench.ts';
import { bytesAtHub } from './cost/at-hub.ts';
import { runCardea } from './cost/cardea.ts';
import { type LimbasiyaCosts, runLimbasiya } from './cost/limbasiya.ts';
import type { Counts, Measure, Phase } from './cost/party.ts';

const HUBS = [1, 4, 16, 64] as const;
type Hubs = (typeof HUBS)[number];

const UNITS: Readonly<Record<Measure, string>> = {
  h: 'h',
  hashes: 'hashes',
  curves: 'operations',
  messages: 'messages',
  bytes: 'bytes',
};
const MEASURES = Object.keys(UNITS) as Measure[];

/** Of the phases, who takes part; the hub's and the card's list are each suite's own way of it. */
const LIMBASIYA_PHASES = {
  'hub-registration': ['hub', 'rc'],
  'card-registration': ['console', 'rc'],
  login: ['device', 'hub'],
  'card-list': ['device', 'rc'],
  'hub-list': ['hub', 'rc'],
  'new-secret': ['device'],
};
const CARDEA_PHASES = {
  'card-registration': ['console', 'rc'],
  'hub-list': ['hub', 'rc'],
  login: ['device', 'hub'],
  'new-secret': ['device', 'hub', 'rc'],
};

/** Bytes that two slots of the largest size leave for an image on each tag (PROTOCOL 2.2). */
const TAGS = [
  ['NTAG215', 232],
  ['NTAG216', 420],
] as const;

/**
 * What both suites cost: every phase is run with parties whose primitives and messages are counted. Bodies of
 * the RC's API are counted as their JSON, without HTTP and TLS; a login's as frames.
 */
export const cost: Bench = {
  group: 'cost',
  results: [
    ...HUBS.flatMap((hubs) => [
      ...namesOf('limbasiya-2021', LIMBASIYA_PHASES, hubs),
      `cost-limbasiya-2021-card-bytes-${hubs}-hubs`,
    ]),
    'cost-limbasiya-2021-hub-bytes-a-card',
    ...HUBS.flatMap((hubs) => [
      ...namesOf('cardea-1', CARDEA_PHASES, hubs),
      `cost-cardea-1-card-bytes-${hubs}-hubs`,
    ]),
    'cost-cardea-1-hub-bytes-a-card',
  ],
  async run(context) {
    const [cardea, atHub] = [await runCardea(), await bytesAtHub()];
    const results: Measured[] = [];
    for (const hubs of HUBS) {
      const limbasiya = await runLimbasiya(hubs);
      tellDifferences(hubs, limbasiya, context);
      results.push(...measured('limbasiya-2021', hubs, limbasiya), ...measured('cardea-1', hubs, cardea));
    }
    results.push({ name: 'cost-limbasiya-2021-hub-bytes-a-card', value: atHub.limbasiya, unit: 'bytes' });
    results.push({ name: 'cost-cardea-1-hub-bytes-a-card', value: atHub.cardea, unit: 'bytes' });
    tellHow(context);
    tellSideBySide(results, context);
    return results;
  },
};

function nameOf(suite: string, phase: string, party: string, measure: Measure, hubs: Hubs): string {
  return `cost-${suite}-${phase}-${party}-${measure}-${hubs}-hubs`;
}

function namesOf(suite: string, phases: Readonly<Record<string, readonly string[]>>, hubs: Hubs): string[] {
  return Object.entries(phases).flatMap(([phase, parties]) =>
    parties.flatMap((party) => MEASURES.map((measure) => nameOf(suite, phase, party, measure, hubs))),
  );
}

function measured(
  suite: string,
  hubs: Hubs,
  { phases, imageBytes }: { readonly phases: readonly Phase[]; readonly imageBytes: number },
): Measured[] {
  const counted = phases.flatMap(({ name: phase, parties }) =>
    Object.entries(parties).flatMap(([party, counts]) =>
      MEASURES.map((measure) => ({
        name: nameOf(suite, phase, party, measure, hubs),
        value: counts[measure],
        unit: UNITS[measure],
      })),
    ),
  );
  return [...counted, { name: `cost-${suite}-card-bytes-${hubs}-hubs`, value: imageBytes, unit: 'bytes' }];
}

/** Hashes `h` of a phase, all parties together, or of one. */
export function hashesOf({ phases }: Pick<LimbasiyaCosts, 'phases'>, name: string, party?: string): number {
  const parties = phases.find((phase) => phase.name === name)?.parties ?? {};
  const wanted: Counts[] =
    party === undefined ? Object.values(parties) : [parties[party]].filter((it) => it !== undefined);
  return wanted.reduce((sum, { h }) => sum + h, 0);
}

/** What one expects of the formulas, beside what was counted, and why the two differ. */
function tellDifferences(hubs: Hubs, costs: LimbasiyaCosts, { note }: BenchContext): void {
  const blocks = Math.ceil(costs.listBytes / 32);
  const expected = [
    ['hub registration', 3, hashesOf(costs, 'hub-registration')],
    ['card registration', 11, hashesOf(costs, 'card-registration')],
    ['login at the device', 13, hashesOf(costs, 'login', 'device')],
    ['login at the hub', 5, hashesOf(costs, 'login', 'hub')],
  ] as const;
  const counted = expected.map(([what, formulas, h]) => `${what} ${h} h (formulas: ${formulas})`);
  note(`limbasiya-2021, ${hubs} ${hubs === 1 ? 'hub' : 'hubs'}: ${counted.join(', ')}`);
  note(
    `  the list has ${costs.listBytes} bytes, so its pad has ${blocks} blocks of 2 h where the paper has one: ${2 * (blocks - 1)} h more wherever the pad is made`,
  );
  const tag = TAGS.find(([, bytes]) => costs.imageBytes <= bytes)?.[0];
  note(
    `  the image has ${costs.imageBytes} bytes: ${tag === undefined ? 'no tag holds it' : `an ${tag} holds it`}`,
  );
}

/** Both suites in one table, for 1, 4, 16 and 64 hubs; one number where it is the same for all. */
function tellSideBySide(results: readonly Measured[], { note }: BenchContext): void {
  const values = new Map(results.map(({ name, value }) => [name, Math.round(value)]));
  const cell = (suite: string, what: string) => {
    const found = HUBS.map((hubs) => values.get(`cost-${suite}-${what}-${hubs}-hubs`));
    const known = found.every((value) => value !== undefined);
    return known ? (new Set(found).size === 1 ? String(found[0]) : found.join(' / ')) : '–';
  };
  const phases = Object.entries({ ...LIMBASIYA_PHASES, ...CARDEA_PHASES });
  const rows = phases.flatMap(([phase, parties]) =>
    parties.flatMap((party) =>
      (['hashes', 'curves', 'messages', 'bytes'] as const).map((measure) => `${phase}-${party}-${measure}`),
    ),
  );
  note(`${''.padEnd(36)}${'limbasiya-2021'.padEnd(28)}cardea-1`);
  for (const row of [...rows, 'card-bytes']) {
    const [ours, theirs] = [cell('limbasiya-2021', row), cell('cardea-1', row)];
    if (ours + theirs !== '–0' && ours + theirs !== '00')
      note(`${row.padEnd(36)}${ours.padEnd(28)}${theirs}`);
  }
  const atHub = (suite: string) => String(values.get(`cost-${suite}-hub-bytes-a-card`));
  note(`${'hub-bytes-a-card'.padEnd(36)}${atHub('limbasiya-2021').padEnd(28)}${atHub('cardea-1')}`);
}

function tellHow({ note }: BenchContext): void {
  note('not counted: what seals and opens, and the scrypt of a cardea-1 card and login');
  note('h is SHA3-256 of the paper alone; hashes are all, an HMAC as two and an HKDF as its HMACs:');
  note('  beside its h a limbasiya-2021 login derives the keys of the channel, which the paper leaves open');
  note(
    "cardea-1: a hub's registration is a certificate, and a card holds no list: nothing grows with the hubs",
  );
  note(
    'a hub keeps 64 bytes a limbasiya-2021 card by the formulas; counted are rows and indexes of its database',
  );
}
