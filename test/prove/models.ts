import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder of the models, seen from the repository's root. */
export const MODELS = 'docs/model';

/** What ProVerif says of a query. For one that asks whether an event can happen, `false` means that it can. */
export type Verdict = 'true' | 'false' | 'cannot be proved';

/** What a query is there for: a claim, an attack that must be found, or the check that the honest run happens. */
export type Kind = 'holds' | 'attack' | 'reachable' | 'undecided';

export interface Query {
  readonly name: string;
  readonly kind: Kind;
  /** What it says, in a sentence. */
  readonly says: string;
  readonly expected: Verdict;
  /** The sanity checks without which it would say nothing, as `name`, or `file.pv name` where in another. */
  readonly reached: readonly string[];
}

export interface Model {
  /** `cardea-1-agreement.pv` */
  readonly file: string;
  /** `cardea-1.pvl` */
  readonly library: string;
  /** Of the model and of its library, in hex. */
  readonly sha256: string;
  readonly librarySha256: string;
  /** In the order in which the tool answers. */
  readonly queries: readonly Query[];
}

/** A model does not say what is expected of it. */
export class ModelError extends Error {}

const EXPECTED: Readonly<Record<Kind, Verdict>> = {
  holds: 'true',
  attack: 'false',
  reachable: 'false',
  undecided: 'cannot be proved',
};

/** All models in `folder`, by name. @throws ModelError */
export async function readModels(folder: string): Promise<readonly Model[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.pv')).sort();
  return Promise.all(files.map((file) => readModel(folder, file)));
}

async function readModel(folder: string, file: string): Promise<Model> {
  const text = await readFile(join(folder, file), 'utf8');
  const library = /^\(\* proverif -lib docs\/model\/(\S+\.pvl) docs\/model\/(\S+) \*\)\n/.exec(text);
  if (library?.[1] === undefined || library[2] !== file) {
    throw new ModelError(`${file}: its first line does not say how it is run`);
  }
  const libraryText = await readFile(join(folder, library[1]), 'utf8');
  return {
    file,
    library: library[1],
    sha256: sha256(text),
    librarySha256: sha256(libraryText),
    queries: queriesOf(file, text),
  };
}

/**
 * The queries of a model with what is expected of each, as the comment before it says: `[name] holds: …`,
 * `attack`, `reachable` or `undecided`.
 * @throws ModelError when there are more queries than such comments, or fewer
 */
export function queriesOf(file: string, text: string): readonly Query[] {
  const comments = [...text.matchAll(/\(\* \[([\w-]+)\] (\w+): ([\s\S]*?) ?\*\)/g)];
  const queries = comments.map(([, name = '', kind = '', words = '']) => {
    if (!isKind(kind)) throw new ModelError(`${file}: [${name}] is "${kind}", which is no kind of query`);
    return { name, kind, says: oneLine(words), expected: EXPECTED[kind], reached: reachedIn(words) };
  });
  const asked = countQueries(text);
  if (asked !== queries.length) {
    throw new ModelError(`${file}: ${asked} queries, of which ${queries.length} say what is expected`);
  }
  return queries;
}

/** How often ProVerif will answer: for each query of a list, each weak secret and each non-interference. */
function countQueries(text: string): number {
  const bare = text.replace(/\(\*[\s\S]*?\*\)/g, '');
  const lists = [...bare.matchAll(/^query\s([^.]*)\./gm)].flatMap(([, list = '']) => list.split(';'));
  const isDeclaration = (part: string) => !part.includes('(');
  const secrets = [...bare.matchAll(/^(?:weaksecret|noninterf) /gm)].length;
  return lists.filter((part) => !isDeclaration(part)).length + secrets;
}

function isKind(kind: string): kind is Kind {
  return Object.hasOwn(EXPECTED, kind);
}

function oneLine(words: string): string {
  return words
    .replace(/\s+/g, ' ')
    .replace(/ Reached: .*$/, '')
    .trim();
}

function reachedIn(words: string): string[] {
  const at = words.indexOf('Reached:');
  if (at < 0) return [];
  return [...words.slice(at).matchAll(/\[([\w-]+)\](?:,? in\s+(\S+\.pv))?/g)].map(([, name = '', file]) =>
    file === undefined ? name : `${file} ${name}`,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
