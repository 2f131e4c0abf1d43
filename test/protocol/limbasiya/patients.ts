import { fromHex } from '../../../protocol/bytes.ts';
import type { LimbasiyaCard } from '../../../protocol/card-image.ts';
import { SUITE } from '../../../protocol/constants.ts';
import { noble } from '../../../protocol/crypto/noble.ts';
import type { Primitives } from '../../../protocol/crypto/primitives.ts';
import { type Credentials, parseCredentials } from '../../../protocol/limbasiya/credentials.ts';
import type { ListedHub } from '../../../protocol/limbasiya/list.ts';
import type { CardIdentity } from '../../../protocol/limbasiya/service.ts';
import { readVectors } from '../support.ts';

type Hex<Name extends string> = Readonly<Record<Name, string>>;
type CardHex = Hex<'W' | 'X' | 'Y' | 'Z' | 'E'>;

/** One case of vectors/limbasiya-2021.json. */
export interface LimbasiyaCase {
  readonly k_rc: string;
  readonly hubs: readonly (Hex<'id' | 'password' | 'r_s' | 'location' | 'address' | 'P' | 'Q' | 'SSK'> & {
    readonly srt_ms: number;
  })[];
  readonly list_sj: string;
  readonly user: Hex<'id' | 'password' | 'r1' | 'r2' | 'r3' | 'A' | 'B' | 'UID' | 'USK' | 'C' | 'D'>;
  readonly card: CardHex;
  readonly service: Hex<'hub' | 'alpha' | 'beta' | 'gamma' | 'sigma' | 'SK'> & {
    readonly t1_ms: number;
    readonly t2_ms: number;
    readonly vt_s: number;
  };
  readonly update: Hex<'tau' | 'omega'> & { readonly t_ms: number };
  readonly password_change: CardHex & Hex<'new_password'>;
}

export const limbasiyaCases = readVectors<{ readonly cases: readonly LimbasiyaCase[] }>(
  'limbasiya-2021.json',
).cases;

export function hubsOf(vector: LimbasiyaCase): ListedHub[] {
  return vector.hubs.map(({ id, SSK, location, address }) => ({
    ID: id,
    SSK: fromHex(SSK),
    Loc: location,
    address,
  }));
}

/** A card with those values, as it is first written. */
export function cardOf({ W, X, Y, Z, E }: CardHex): LimbasiyaCard {
  return {
    suite: SUITE.limbasiya2021,
    keyId: 0,
    sequence: 1,
    w: fromHex(W),
    x: fromHex(X),
    y: fromHex(Y),
    e: fromHex(E),
    z: fromHex(Z),
  };
}

const found = limbasiyaCases[1];
if (found === undefined) throw new Error('the vectors have two cases');
/** The case that the tests of one card use: two hubs, names outside ASCII. */
export const vector: LimbasiyaCase = found;
export const card: LimbasiyaCard = cardOf(vector.card);
export const credentials: Credentials = parseCredentials(vector.user.id, vector.user.password);
export const identity: CardIdentity = { UID: fromHex(vector.user.UID), C: fromHex(vector.user.C) };
export const hubs: readonly ListedHub[] = hubsOf(vector);

/** The hub of that name in the list of `vector`. */
export function hubNamed(ID: string): ListedHub {
  const hub = hubs.find((listed) => listed.ID === ID);
  if (hub === undefined) throw new Error(`the vector has no hub ${ID}`);
  return hub;
}

/** The real primitives, counting `h`. */
export class HashCounter {
  count = 0;
  readonly primitives: Primitives = {
    ...noble,
    sha3_256: (data) => {
      this.count += 1;
      return noble.sha3_256(data);
    },
  };
}
