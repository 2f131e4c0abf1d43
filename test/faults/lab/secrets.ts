import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fromHex, toHex } from '../../../protocol/bytes.ts';
import { noble } from '../../../protocol/crypto/noble.ts';
import { deriveOprfSeed, derivePsk, deriveSubject, deriveUsk } from '../../../protocol/keys.ts';
import { parseRecoveryCode } from '../../../protocol/recovery-code.ts';
import { ByteSearch } from './byte-search.ts';
import { HUBS, TERMINALS } from './history.ts';
import type { FaultWorld } from './world.ts';

/** Something that must be nowhere but in its place. */
interface Secret {
  /** For people. */
  readonly name: string;
  /** As it may be written: each of them is looked for. */
  readonly values: readonly Buffer[];
  /** Whether the file at this path, below the world's folder, may hold it. */
  readonly mayBeIn: (path: string) => boolean;
  /** Whether this line of what was said may hold it. */
  readonly mayBeSaid: (line: string) => boolean;
}

/** Longer pieces of PEM than this have line breaks in them. */
const PEM_LINE = 64;

const nowhere = () => false;
const inStoreOf = (id: string) => (path: string) => path.startsWith(id) && path.includes('/store.sqlite');
const inRegistry = inStoreOf('rc');

/** Looks for secrets, by value, in all that was logged, shown and thrown, and in every file. */
export function findSecrets(world: FaultWorld): void {
  const search = new ByteSearch<Secret>();
  for (const secret of secretsOf(world)) {
    for (const value of secret.values) search.add(value, secret);
  }
  const said = Buffer.from(world.said.join('\n'));
  for (const { what: secret, at } of search.in(said)) {
    const line = said.toString('utf8', said.lastIndexOf('\n', at) + 1, said.indexOf('\n', at));
    if (!secret.mayBeSaid(line)) world.ledger.breaks('secrets', `${secret.name} was said: ${line}`);
  }
  for (const path of filesIn(world.folder)) {
    const at = relative(world.folder, path);
    for (const { what: secret } of search.in(readFileSync(path))) {
      if (!secret.mayBeIn(at)) world.ledger.breaks('secrets', `${secret.name} is in ${at}`);
    }
  }
}

function secretsOf(world: FaultWorld): Secret[] {
  const masterKey = masterKeyOf(world);
  const secrets = keyFiles(world.folder);
  for (const pin of world.pins) secrets.push(text('a PIN', pin, nowhere));
  for (const { number, uid: name, code, patientName, patientId = '' } of world.cards.values()) {
    if (name === undefined) continue;
    const uid = fromHex(name);
    const usk = deriveUsk(noble, masterKey, uid);
    const inHubs = (path: string) => HUBS.some((id) => inStoreOf(id)(path));
    secrets.push(
      key(`usk of card ${number}`, usk, nowhere),
      key(`oprfSeed of card ${number}`, deriveOprfSeed(noble, masterKey, uid), inHubs),
      ...HUBS.map((id) => key(`psk of card ${number} and ${id}`, derivePsk(noble, usk, id), inStoreOf(id))),
      ...HUBS.map((id) => {
        const subject = deriveSubject(noble, masterKey, fromHex(patientId), id);
        return key(`what ${id} calls the patient of card ${number}`, subject, inStoreOf(id));
      }),
      text(`the name of patient ${number}`, patientName, inRegistry),
      text(`the recovery code of card ${number}`, code, nowhere),
      key(`the recovery code of card ${number}`, parseRecoveryCode(code), nowhere),
      // No secret, but a name that tells hubs and their logs apart from one another.
      { ...text(`UID of card ${number}`, name, () => true), mayBeSaid: isSaidAtTheCentre },
    );
  }
  return secrets;
}

/** `K_RC[0]`, as it lies in the registration centre's folder. */
export function masterKeyOf({ rc }: FaultWorld): Uint8Array {
  return fromHex(readFileSync(join(rc.folder, 'keys', 'master-0.key'), 'utf8').trim());
}

function isSaidAtTheCentre(line: string): boolean {
  return ![...HUBS, ...TERMINALS].some((id) => line.includes(` ${id} `));
}

/** Keys as they lie in `keys` folders: each in its own file alone, wherever its machine has moved. */
function keyFiles(folder: string): Secret[] {
  const paths = filesIn(folder).filter((path) => /\/keys\/[^/]+\.(key|pem)$/.test(path));
  return paths.flatMap((path) => {
    const content = readFileSync(path, 'utf8');
    const own = homeOf(relative(folder, path));
    const isOwn = (other: string) => homeOf(other) === own;
    if (/^[0-9a-f]{64}\s*$/.test(content)) return [key(`the key in ${own}`, fromHex(content.trim()), isOwn)];
    const [, pem] = /-----BEGIN PRIVATE KEY-----\n([^-]+)-----END/.exec(content) ?? [];
    if (pem === undefined) return [];
    return [key(`the private key in ${own}`, scalarOf(Buffer.from(pem, 'base64')), isOwn)];
  });
}

/** What is secret in PKCS #8: the octet string of 32 bytes, of P-256 and X25519 alike. */
function scalarOf(pkcs8: Buffer): Buffer {
  const at = pkcs8.indexOf(Buffer.of(0x04, 0x20)) + 2;
  return pkcs8.subarray(at, at + 32);
}

/** `goa-01.3/keys/hub.pem` is where `goa-01/keys/hub.pem` went. */
function homeOf(path: string): string {
  return path.replace(/^([^/]+?)\.\d+\//, '$1/');
}

function text(name: string, value: string, mayBeIn: Secret['mayBeIn']): Secret {
  return { name, values: [Buffer.from(value)], mayBeIn, mayBeSaid: nowhere };
}

function key(name: string, bytes: Uint8Array, mayBeIn: Secret['mayBeIn']): Secret {
  const raw = Buffer.from(bytes);
  const base64 = raw
    .toString('base64')
    .replace(/=+$/, '')
    .slice(0, PEM_LINE - 1);
  return { name, values: [raw, Buffer.from(toHex(bytes)), Buffer.from(base64)], mayBeIn, mayBeSaid: nowhere };
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
