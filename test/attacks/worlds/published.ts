import { fromHex, toHex } from '../../../protocol/bytes.ts';
import type { LimbasiyaCard } from '../../../protocol/card-image.ts';
import { AuthenticationError } from '../../../protocol/errors.ts';
import { openCard } from '../../../protocol/limbasiya/card.ts';
import {
  makeCard,
  registerCard,
  requestCardRegistration,
} from '../../../protocol/limbasiya/card-registration.ts';
import { parseCredentials } from '../../../protocol/limbasiya/credentials.ts';
import { registerHub, requestHubRegistration } from '../../../protocol/limbasiya/hub-registration.ts';
import { encodeList, type ListedHub } from '../../../protocol/limbasiya/list.ts';
import {
  type Agreement,
  type CardIdentity,
  type Challenge,
  type Login,
  makeChallenge,
  makeLogin,
  readChallenge,
  readLogin,
} from '../../../protocol/limbasiya/service.ts';
import { systemRandom as random } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';

/** Seconds that sessions last: the same for all, as a network would set it. */
const VT = 600;
/** A moment to begin at, ms. */
export const T0 = Date.UTC(2026, 0, 1);

/** A patient of this network, and what is on the card. */
export interface PublishedPatient {
  readonly identity: string;
  readonly password: string;
  readonly card: LimbasiyaCard;
}

/** What goes over the public channel in one login. */
export interface Recorded {
  readonly login: Login;
  readonly challenge: Challenge;
}

/** A network under `limbasiya-2021`, of the product's own functions. Each party has what PROTOCOL 1 gives it. */
export class PublishedNetwork {
  readonly K_RC = random(32);
  readonly hubs: readonly PublishedHub[];

  constructor(ids: readonly string[] = ['goa-01', 'pune-02', 'delhi-03']) {
    this.hubs = ids.map((ID, index) => new PublishedHub(this.#listed(ID, index)));
  }

  /** The hub that was registered as number `index`. */
  hub(index: number): PublishedHub {
    const hub = this.hubs[index];
    if (hub === undefined) throw new RangeError(`there is no hub ${index}`);
    return hub;
  }

  /** PROTOCOL 1.1: every hub hears of `(UID, C)`. */
  register(identity: string, password: string): PublishedPatient {
    const user = requestCardRegistration(fast, parseCredentials(identity, password), random);
    const { C, D } = registerCard(fast, { K_RC: this.K_RC, UID: user.UID, A: user.A }, random);
    const card = makeCard(fast, user, { keyId: 0, C, D, List: encodeList(this.hubs) });
    for (const hub of this.hubs) hub.cards.set(toHex(user.UID), C);
    return { identity, password, card };
  }

  #listed(ID: string, index: number): ListedHub {
    const { P } = requestHubRegistration(fast, { ID, PW: random(32), r_S: random(16) });
    const SSK = registerHub(fast, { K_RC: this.K_RC, P, SRT: T0 });
    return { ID, SSK, Loc: ID.slice(0, -3), address: `10.8.0.${index + 1}:8441` };
  }
}

/** A hub of the network: its own secret, and the list of `(UID, C)` that every hub has. */
export class PublishedHub implements ListedHub {
  readonly ID: string;
  readonly SSK: Uint8Array;
  readonly Loc: string;
  readonly address: string;
  /** `C` by `UID`, as the RC's list has them. */
  readonly cards = new Map<string, Uint8Array>();

  constructor({ ID, SSK, Loc, address }: ListedHub) {
    this.ID = ID;
    this.SSK = SSK;
    this.Loc = Loc;
    this.address = address;
  }

  /** `UID` and `C` of the card that was registered first. */
  get firstCard(): CardIdentity {
    const [first] = this.cards;
    if (first === undefined) throw new Error('the list of cards is empty');
    return { UID: fromHex(first[0]), C: first[1] };
  }

  /**
   * PROTOCOL 1.2, step 2: whom the hub takes the caller for, and what it answers.
   * @throws ClockError; AuthenticationError when `UID` is unknown or `β` is not that card's
   */
  answer(login: Login, now: number) {
    const { UID, T2 } = readLogin(fast, this, login, now);
    const C = this.cards.get(toHex(UID));
    if (C === undefined) throw new AuthenticationError('no card has this UID');
    return { UID, ...makeChallenge(fast, this, { UID, C }, login, { T2, VT }) };
  }
}

/** A hub as the list on this patient's card has it: what any patient knows of it. */
export function asListed(patient: PublishedPatient, ID: string): ListedHub {
  const listed = openedCard(patient).hubs.find((hub) => hub.ID === ID);
  if (listed === undefined) throw new Error(`the list on the card lacks ${ID}`);
  return listed;
}

/** What a terminal gets out of a card with the right identity and password (PROTOCOL 1.2). */
export function openedCard({ card, identity, password }: PublishedPatient): {
  readonly own: CardIdentity;
  readonly hubs: readonly ListedHub[];
} {
  const { user, C, hubs } = openCard(fast, card, parseCredentials(identity, password));
  return { own: { UID: user.UID, C }, hubs };
}

/** One honest login at `hub`, at the time `now` of both: what both ends agreed on, and what a listener heard. */
export function logIn(
  patient: PublishedPatient,
  hub: PublishedHub,
  now = T0,
): { readonly recorded: Recorded; readonly atDevice: Agreement; readonly atHub: Agreement } {
  const { own } = openedCard(patient);
  const login = makeLogin(fast, own, hub, now);
  const { challenge, agreement } = hub.answer(login, now);
  const atDevice = readChallenge(fast, own, hub.ID, login, challenge, now);
  return { recorded: { login, challenge }, atDevice, atHub: agreement };
}
