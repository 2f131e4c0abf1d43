import { RcUnreachableError } from '../../certs/rc-errors.ts';
import type { PendingPin } from '../../hub/card.ts';
import type { Rc } from '../../hub/feed/rc.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import type { CardeaCard } from '../../protocol/card-image.ts';
import { deriveOprfKey, deriveOprfSeed, deriveUsk } from '../../protocol/keys.ts';
import { evaluate } from '../../protocol/oprf.ts';
import { parsePin } from '../../protocol/pin.ts';
import { PinAttempt } from '../../protocol/pin-attempt.ts';
import { type ChangedPin, changePin, isPinChangeProof, pinChangeProof } from '../../protocol/pin-change.ts';
import type { HubCard } from '../../protocol/rc-api/cards.ts';
import type { CompactPage } from '../../protocol/rc-api/compact-page.ts';
import type {
  FeedCard,
  FeedPage,
  FeedQuery,
  ReportsRequest,
  ReportsResponse,
  TryReport,
} from '../../protocol/rc-api/feed.ts';
import { beginRegistration, hubCardSecrets, makeCard } from '../../protocol/registration.ts';
import type { AuditDelivery, AuditReceipt, AuditWireRow } from '../../runtime/audit/wire.ts';
import type { Clock } from '../../runtime/clock.ts';
import { systemRandom } from '../../runtime/random.ts';
import { compactPage } from '../support/compact-feed.ts';
import { fast } from '../support/fast.ts';

export const HUB_ID = 'hub-1';
const CA_PIN = new Uint8Array(16).fill(0xca);

/** A card in a patient's hand, and its recovery code. */
export interface Issued {
  readonly image: CardeaCard;
  readonly code: Uint8Array | null;
}

/** The registration centre for one hub, in memory: real keys and cards, the counting of PROTOCOL 2.5 and 2.6. */
export class TestRc implements Rc {
  /** Nothing is answered while it is. */
  isAway = false;
  generation = toHex(systemRandom(16));
  readonly reports: ReportsRequest[] = [];
  /** The hub's audit trail as it was told, and how many rows came at once. */
  readonly audit: AuditWireRow[] = [];
  readonly deliveries: number[] = [];
  readonly asked: string[] = [];
  readonly feedQueries: FeedQuery[] = [];
  /** Otherwise it is another implementation, which has the feed in JSON alone. */
  hasCompactFeed = true;
  readonly #clock: Clock;
  readonly #masterKey = systemRandom(32);
  readonly #cards = new Map<string, HubCard>();
  readonly #changes: string[] = [];
  readonly #tries = new Map<string, TryReport>();
  readonly #waiting = new Set<() => void>();
  /** Whether changes of cards appear on the feed. */
  isFeeding = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async register(pin: string, { recovery = false } = {}): Promise<Issued> {
    const p = fast;
    const random = systemRandom;
    const masterKey = this.#masterKey;
    const attempt = PinAttempt.make(p, parsePin(pin), random);
    const { uid, evaluated, usk } = beginRegistration(p, { masterKey, blinded: attempt.blinded, random });
    const made = await makeCard(p, {
      uid,
      keyId: 0,
      usk,
      caPin: CA_PIN,
      attempt,
      evaluated,
      logN: 0,
      random,
      recovery,
    });
    const patientId = random(16);
    const secrets = hubCardSecrets(p, {
      masterKey,
      masterKey0: masterKey,
      uid,
      patientId,
      hubId: HUB_ID,
    });
    this.change({
      uid: toHex(uid),
      status: 'active',
      locked: false,
      subject: toHex(secrets.subject),
      cs: toHex(made.cs),
      rs: made.rs && toHex(made.rs),
      psk: toHex(secrets.psk),
      oprfSeed: toHex(secrets.oprfSeed),
      pinVersion: 1,
      epoch: 0,
      pending: [],
    });
    return { image: made.image, code: made.recoveryCode };
  }

  card(uid: Uint8Array): HubCard {
    const card = this.#cards.get(toHex(uid));
    if (card === undefined) throw new Error('no such card');
    return card;
  }

  change(card: HubCard): void {
    this.#cards.set(card.uid, card);
    this.#changes.push(card.uid);
    for (const go of [...this.#waiting]) go();
  }

  revoke(uid: Uint8Array): void {
    this.change({ ...this.card(uid), status: 'revoked' });
  }

  unlock(uid: Uint8Array): void {
    const card = this.card(uid);
    this.change({ ...card, locked: false, epoch: card.epoch + 1 });
  }

  secretsOf(uid: Uint8Array): { readonly usk: Uint8Array } {
    return { usk: deriveUsk(fast, this.#masterKey, uid) };
  }

  /** A new PIN that the RC will believe, as a terminal makes it. */
  provedPin(usk: Uint8Array, pinVersion: number): PendingPin {
    const cs = fast.x25519Public(systemRandom(32));
    return { pinVersion, cs, proof: pinChangeProof(fast, usk, pinVersion, cs) };
  }

  /** `card` under `pin` as a terminal makes it at another hub, which has told of it, as prepared or as changed. */
  async newPinElsewhere(
    card: CardeaCard,
    pin: string,
    { pinVersion = card.pinVersion + 1, changed = false } = {},
  ): Promise<ChangedPin> {
    const attempt = PinAttempt.make(fast, parsePin(pin), systemRandom);
    const { usk } = this.secretsOf(card.uid);
    const key = deriveOprfKey(fast, deriveOprfSeed(fast, this.#masterKey, card.uid), pinVersion);
    const evaluated = evaluate(fast, key, attempt.blinded);
    const made = await changePin(fast, { card, usk, attempt, evaluated, pinVersion, random: systemRandom });
    const { cs, proof } = made;
    this.#takePin({
      uid: toHex(card.uid),
      pinVersion,
      base: card.pinVersion,
      cs: toHex(cs),
      proof: toHex(proof),
      changed,
    });
    return made;
  }

  /** As after a restore: another generation, and what the card was before. */
  restoreTo(card: HubCard): void {
    this.generation = toHex(systemRandom(16));
    this.#tries.clear();
    this.change(card);
  }

  async feed(query: FeedQuery, signal?: AbortSignal): Promise<FeedPage | CompactPage> {
    const page = await this.#feed(query, signal);
    return this.hasCompactFeed ? compactPage(page) : page;
  }

  async #feed(query: FeedQuery, signal?: AbortSignal): Promise<FeedPage> {
    this.#answering();
    this.feedQueries.push(query);
    let page = this.#page(query);
    if (page.changes.length === 0 && query.wait) {
      await this.#untilChange(Number(query.wait) * 1_000, signal);
      this.#answering();
      page = this.#page(query);
    }
    return page;
  }

  async feedCard(uid: string): Promise<FeedCard> {
    this.#answering();
    this.asked.push(uid);
    return { card: this.#cards.get(uid) ?? null };
  }

  async report(reports: ReportsRequest): Promise<ReportsResponse> {
    this.#answering();
    this.reports.push(reports);
    for (const pin of reports.pins) this.#takePin(pin);
    for (const tries of reports.tries) this.#takeTries(tries);
    const uids = new Set([...reports.pins, ...reports.tries].map(({ uid }) => uid));
    return { cards: [...uids].flatMap((uid) => this.#cards.get(uid) ?? []) };
  }

  async tellAudit({ after, rows }: AuditDelivery): Promise<AuditReceipt> {
    this.#answering();
    this.deliveries.push(rows.length);
    const head = () => {
      const { number = 0, hash = '00'.repeat(32) } = this.audit.at(-1) ?? {};
      return { number, hash };
    };
    if (after.number > 0 && this.audit[after.number - 1]?.hash !== after.hash)
      return { kept: false, head: head() };
    this.audit.splice(after.number, rows.length, ...rows);
    return { kept: true, head: head() };
  }

  close(): void {
    this.isAway = true;
    for (const go of [...this.#waiting]) go();
  }

  /** Ends the questions that are held open. */
  breakConnections(): void {
    for (const go of [...this.#waiting]) go();
  }

  #answering(): void {
    if (this.isAway) throw new RcUnreachableError('the registration centre is away');
  }

  #page({ generation, after = 0, limit = 1_000 }: FeedQuery): FeedPage {
    const from = generation === this.generation ? Number(after) : 0;
    const visible = this.isFeeding ? this.#changes : [];
    const changes = visible.slice(from, from + Number(limit)).flatMap((uid, index) => {
      const card = this.#cards.get(uid);
      return card === undefined ? [] : [{ sequence: from + index + 1, card }];
    });
    const cursor = from + changes.length;
    const more = cursor < visible.length;
    return { generation: this.generation, time: this.#clock.now(), changes, cursor, more };
  }

  #untilChange(waitMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = () => {
        this.#waiting.delete(go);
        timer.cancel();
        signal?.removeEventListener('abort', go);
        if (signal?.aborted) reject(signal.reason);
        else resolve();
      };
      const timer = this.#clock.after(waitMs, go);
      this.#waiting.add(go);
      signal?.addEventListener('abort', go, { once: true });
    });
  }

  #takePin({ uid, pinVersion, cs, proof, changed }: ReportsRequest['pins'][number]): void {
    const card = this.#cards.get(uid);
    if (card === undefined || pinVersion <= card.pinVersion) return;
    const usk = deriveUsk(fast, this.#masterKey, fromHex(uid));
    if (!isPinChangeProof(fast, usk, pinVersion, fromHex(cs), fromHex(proof))) return;
    if (changed) this.change({ ...card, pinVersion, cs, locked: false, epoch: card.epoch + 1, pending: [] });
    else this.#cards.set(uid, { ...card, pending: [{ pinVersion, cs, proof }, ...card.pending] });
  }

  #takeTries(report: TryReport): void {
    const card = this.#cards.get(report.uid);
    const before = this.#tries.get(report.uid);
    if (card === undefined || report.epoch < card.epoch) return;
    if (before !== undefined && before.epoch === report.epoch && before.running >= report.running) return;
    this.#tries.set(report.uid, report);
    if (report.locked && !card.locked) this.change({ ...card, locked: true });
  }
}
