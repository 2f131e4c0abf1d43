import type { Question } from '../../hardware/panel/panel.ts';
import { equalConstantTime, wipe } from '../../protocol/bytes.ts';
import { encodeCardImage, type LimbasiyaCard } from '../../protocol/card-image.ts';
import { SUITE } from '../../protocol/constants.ts';
import { type OpenedCard, openCard, WrongCredentialsError } from '../../protocol/limbasiya/card.ts';
import { ClockError } from '../../protocol/limbasiya/clock.ts';
import { type Credentials, parseCredentials, parsePassword } from '../../protocol/limbasiya/credentials.ts';
import { LimbasiyaDeviceLogin } from '../../protocol/limbasiya/device-login.ts';
import { decodeList, type ListedHub } from '../../protocol/limbasiya/list.ts';
import { changePassword, computeTau, renewList } from '../../protocol/limbasiya/updation.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { parseAddress } from '../../runtime/address.ts';
import { HubRefusedError } from '../errors.ts';
import { HubLink } from '../hub-link.ts';
import { HubSession } from '../hub-session.ts';
import { TapRefusedError } from './failures.ts';
import type { LimbasiyaTools } from './limbasiya-tools.ts';
import { CANCELLED, type Done, need, PROMPTS, type SuiteTap } from './suite-tap.ts';
import type { TapTools } from './tap-tools.ts';
import type { TappedCard } from './tapped-card.ts';
import { Visit } from './visit-action.ts';

/**
 * A tap with a card of the suite `limbasiya-2021` (PROTOCOL 1.2, 1.3). The card itself checks identity and
 * password: nobody else is asked, and nobody counts.
 */
export class LimbasiyaTap implements SuiteTap {
  readonly #tools: TapTools;
  readonly #limbasiya: LimbasiyaTools;
  readonly visit: Visit;
  readonly #card: TappedCard;
  readonly #image: LimbasiyaCard;
  #identity: string | undefined;
  #credentials: Credentials | undefined;
  #opened: OpenedCard | undefined;
  #hubs: readonly ListedHub[] = [];
  #hub: ListedHub | undefined;
  /** What is to be written: the card with a newer list, or under its new password. */
  #next: LimbasiyaCard | undefined;
  #link: HubLink | undefined;
  #login: LimbasiyaDeviceLogin | undefined;
  #isOver = false;

  constructor(tools: TapTools, limbasiya: LimbasiyaTools, card: TappedCard, image: LimbasiyaCard) {
    this.#tools = tools;
    this.#limbasiya = limbasiya;
    this.visit = new Visit(tools);
    this.#card = card;
    this.#image = image;
  }

  async ask(question: Question, signal: AbortSignal): Promise<Done> {
    const text = await this.#tools.panel.ask(question, PROMPTS[question], signal);
    if (text === undefined) return CANCELLED;
    if (question === 'identity') {
      this.#identity = text;
      return { event: { type: 'typed' }, note: 'who it is' };
    }
    if (question === 'password') {
      this.#credentials = parseCredentials(need(this.#identity), text);
      return { event: { type: 'typed' }, note: 'for the card alone; it goes nowhere' };
    }
    const again = await this.#tools.panel.ask('new-password-again', PROMPTS['new-password-again'], signal);
    if (again === undefined) return CANCELLED;
    if (text.normalize('NFC') !== again.normalize('NFC')) throw new TapRefusedError('new-password-differs');
    this.#next = this.#underNewPassword(text);
    return { event: { type: 'typed' }, note: 'twice the same; W, X, Y, Z and E made anew' };
  }

  /** The check of `E`. */
  async openCard(): Promise<Done> {
    try {
      this.#opened = openCard(this.#tools.primitives, this.#image, need(this.#credentials));
    } catch (error) {
      if (!(error instanceof WrongCredentialsError)) throw error;
      return { event: { type: 'not-opened' }, note: 'E does not match; nobody was asked, nobody counts' };
    }
    this.#hubs = this.#opened.hubs;
    return { event: { type: 'opened' }, note: `E matches; the card lists ${names(this.#hubs)}` };
  }

  /** The RC's list for this card (`τ`), where it can be had; else the login goes on with the card's. */
  async refreshList(): Promise<Done> {
    const { C, user, List } = need(this.#opened);
    const { primitives, surroundings } = this.#tools;
    const T = surroundings.clock.now();
    try {
      const tau = computeTau(primitives, { UID: user.UID, C }, T);
      const fresh = await this.#limbasiya.cardList({ UID: user.UID, tau, T });
      if (equalConstantTime(fresh, List)) {
        return { event: { type: 'list-known', changed: false }, note: 'the card has the latest list' };
      }
      this.#hubs = decodeList(fresh);
      this.#next = renewList(primitives, this.#image, need(this.#credentials), fresh);
      return { event: { type: 'list-known', changed: true }, note: `a newer list: ${names(this.#hubs)}` };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return {
        event: { type: 'list-known', changed: false },
        note: `not refreshed, the card's list serves: ${why}`,
      };
    }
  }

  /** The card with the newer list, if it still lies there and holds it; nothing waits for this. */
  async writeList(signal: AbortSignal): Promise<Done> {
    try {
      await this.#write(signal);
      return { note: `the newer list written to slot ${this.#card.slotName} and read back` };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { note: `the card keeps its older list: ${why}` };
    }
  }

  /** The hub that the terminal is set to, or the card's only one, or what the patient chooses. */
  async chooseHub(signal: AbortSignal): Promise<Done> {
    const { wanted } = this.#limbasiya;
    const hubs = this.#hubs.filter(
      ({ ID, address }) => wanted === undefined || [ID, address].includes(wanted),
    );
    if (hubs.length === 0) throw new TapRefusedError('hub-not-on-card');
    const { panel } = this.#tools;
    if (hubs.length > 1 && panel.choose === undefined) throw new TapRefusedError('no-hub-chosen');
    const chosen = hubs.length === 1 ? 0 : await panel.choose?.('Clinic', hubs.map(nameOf), signal);
    if (chosen === undefined) return CANCELLED;
    this.#hub = need(hubs[chosen]);
    return { event: { type: 'hub-chosen' }, note: nameOf(this.#hub) };
  }

  async callHub(): Promise<Done> {
    const { ID, address } = need(this.#hub);
    this.#hangUp();
    const trust = this.#limbasiya.trust(ID);
    const { surroundings } = this.#tools;
    const link = await HubLink.call(surroundings, parseAddress(address), trust, SUITE.limbasiya2021);
    this.#link = link;
    // The tap has ended while the hub was called.
    if (this.#isOver) this.#hangUp();
    return { event: { type: 'hub-up' }, note: `${ID} in ${link.hub.location}` };
  }

  async claim(): Promise<Done> {
    const link = need(this.#link);
    const { C, user } = need(this.#opened);
    const { primitives, surroundings } = this.#tools;
    this.#login = new LimbasiyaDeviceLogin(primitives, {
      hello: link.hello,
      card: { UID: user.UID, C },
      hub: need(this.#hub),
    });
    link.send(this.#login.login(surroundings.clock.now()));
    const challenge = await this.#receiveChallenge(link);
    const { VT } = this.#login.readChallenge(challenge, surroundings.clock.now());
    return { event: { type: 'agreed' }, note: `sigma is the hub's; SK agreed, for ${VT} s` };
  }

  async prove(): Promise<Done> {
    const link = need(this.#link);
    const login = need(this.#login);
    link.send(login.prove());
    const { welcome, session } = login.readWelcome(await link.receive());
    this.visit.begin(new HubSession(link, session));
    return {
      event: { type: 'welcomed', welcome: { location: welcome.location, failed: welcome.failed } },
      note: `both have the session key ${session.fingerprint}`,
    };
  }

  /** The card under its new password. */
  async writeCard(signal: AbortSignal): Promise<Done> {
    await this.#write(signal);
    return { event: { type: 'written' }, note: `written to slot ${this.#card.slotName} and read back` };
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.visit.end();
    this.#hangUp();
    this.#opened?.wipe();
    wipe(...this.#hubs.map(({ SSK }) => SSK));
    if (this.#credentials !== undefined) wipe(this.#credentials.ID, this.#credentials.PW);
    this.#identity = undefined;
  }

  /** ERROR 8 says the hub's time: what is to be shown is how far apart the two clocks are. @throws ClockError */
  async #receiveChallenge(link: HubLink): Promise<Uint8Array> {
    try {
      return await link.receive();
    } catch (error) {
      const isClock = error instanceof HubRefusedError && error.wireCode === WIRE_ERROR.clock;
      if (!isClock || !DECIMAL_MS.test(error.text)) throw error;
      throw new ClockError(Number(error.text) - this.#tools.surroundings.clock.now());
    }
  }

  #underNewPassword(text: string): LimbasiyaCard {
    let password: Uint8Array;
    try {
      password = parsePassword(text);
    } catch (cause) {
      throw new TapRefusedError('new-password-format', { cause });
    }
    try {
      return changePassword(this.#tools.primitives, this.#image, need(this.#credentials), password);
    } finally {
      wipe(password);
    }
  }

  async #write(signal: AbortSignal): Promise<void> {
    await this.#card.writeNext(encodeCardImage(this.#tools.primitives, need(this.#next)), signal);
  }

  #hangUp(): void {
    this.#login?.wipe();
    this.#link?.close();
    this.#login = undefined;
    this.#link = undefined;
  }
}

const DECIMAL_MS = /^\d{1,15}$/;

function nameOf({ ID, Loc }: ListedHub): string {
  return `${ID}, ${Loc}`;
}

function names(hubs: readonly ListedHub[]): string {
  return hubs.map(({ ID }) => ID).join(', ') || 'no hub';
}
