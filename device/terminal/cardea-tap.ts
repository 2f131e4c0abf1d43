import type { Question } from '../../hardware/panel/panel.ts';
import { wipe } from '../../protocol/bytes.ts';
import type { CardeaCard } from '../../protocol/card-image.ts';
import { type CardSecrets, openWithPin, openWithRecoveryCode } from '../../protocol/card-secrets.ts';
import { DeviceLogin } from '../../protocol/login/device.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { parsePin } from '../../protocol/pin.ts';
import { PinAttempt } from '../../protocol/pin-attempt.ts';
import { parseRecoveryCode } from '../../protocol/recovery-code.ts';
import { HubLink } from '../hub-link.ts';
import { HubSession } from '../hub-session.ts';
import { NewPin } from './new-pin-action.ts';
import { CANCELLED, type Done, need, PROMPTS, type SuiteTap } from './suite-tap.ts';
import type { TapTools } from './tap-tools.ts';
import type { TappedCard } from './tapped-card.ts';
import { Visit } from './visit-action.ts';

const BLINDED_LENGTH = 32;

/** A tap with a card of the suite `cardea-1`. */
export class CardeaTap implements SuiteTap {
  readonly #tools: TapTools;
  readonly visit: Visit;
  readonly #card: TappedCard;
  readonly #image: CardeaCard;
  #attempt: PinAttempt | undefined;
  #secrets: CardSecrets | undefined;
  #recovering = false;
  #evaluated: Uint8Array | undefined;
  #link: HubLink | undefined;
  #login: DeviceLogin | undefined;
  #session: HubSession | undefined;
  #newPin: NewPin | undefined;
  #isOver = false;

  constructor(tools: TapTools, card: TappedCard, image: CardeaCard) {
    this.#tools = tools;
    this.visit = new Visit(tools);
    this.#card = card;
    this.#image = image;
  }

  /** Connects to the hub and checks its certificate against the pin on the card. */
  async callHub(): Promise<Done> {
    const { address, trust } = this.#tools.hub();
    this.#hangUp();
    const link = await HubLink.call(this.#tools.surroundings, address, trust(this.#image.caPin));
    this.#link = link;
    // The tap has ended while the hub was called.
    if (this.#isOver) this.#hangUp();
    const { hubId, location, notAfter } = link.hub;
    const until = new Date(notAfter).toISOString().slice(0, 10);
    return {
      event: { type: 'hub-up' },
      note: `${hubId} in ${location}, certified by the card's network until ${until}`,
    };
  }

  /** Asks the patient; what is typed is turned into what the protocol needs at once, and kept as that alone. */
  async ask(question: Question, signal: AbortSignal): Promise<Done> {
    const text = await this.#tools.panel.ask(question, PROMPTS[question], signal);
    if (text === undefined) return CANCELLED;
    const { primitives, surroundings } = this.#tools;
    if (question === 'recovery-code') {
      this.#recovering = true;
      this.#secrets = openWithRecoveryCode(primitives, this.#image, parseRecoveryCode(text));
      return { event: { type: 'typed' }, note: "the code opened the card's recovery box" };
    }
    if (question === 'new-pin') {
      const again = await this.#tools.panel.ask('new-pin-again', PROMPTS['new-pin-again'], signal);
      if (again === undefined) return CANCELLED;
      const context = {
        session: need(this.#session),
        card: this.#card,
        image: this.#image,
        usk: need(this.#secrets).usk,
      };
      this.#newPin = new NewPin(this.#tools, context, text, again);
      return { event: { type: 'typed' }, note: 'twice the same' };
    }
    const pin = parsePin(text);
    this.#attempt = PinAttempt.make(primitives, pin, surroundings.random);
    wipe(pin);
    return { event: { type: 'typed' }, note: 'blinded; the PIN itself goes nowhere' };
  }

  /** LOGIN out, CHALLENGE in. A repeated call sends the same blinded PIN, which costs no new try. */
  async claim(): Promise<Done> {
    const link = need(this.#link);
    const image = this.#image;
    this.#login = new DeviceLogin(this.#tools.primitives, {
      hello: link.hello,
      hubId: link.hub.hubId,
      hubStatic: link.hub.hubStatic,
      random: this.#tools.surroundings.random,
    });
    const blinded = this.#recovering ? new Uint8Array(BLINDED_LENGTH) : need(this.#attempt).blinded;
    link.send(this.#login.login({ uid: image.uid, pinVersion: image.pinVersion, blinded }));
    const { status, attemptsLeft, evaluated } = this.#login.readChallenge(await link.receive());
    this.#evaluated = evaluated;
    return {
      event: { type: 'challenged', status, attemptsLeft },
      note: claimNote(status, attemptsLeft, this.#recovering),
    };
  }

  /** Opens the card with the PIN and the hub's evaluation of it. */
  async openCard(): Promise<Done> {
    const image = this.#image;
    try {
      this.#secrets = await openWithPin(
        this.#tools.primitives,
        image,
        need(this.#attempt),
        need(this.#evaluated),
      );
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'wrong-pin')) throw error;
      return { event: { type: 'not-opened' }, note: 'the PIN does not open the card' };
    }
    const stretched = image.logN === 0 ? 'not stretched' : `stretched by scrypt, N = 2^${image.logN}`;
    return { event: { type: 'opened' }, note: `the PIN opened the card (${stretched})` };
  }

  /** PROOF out, WELCOME in: from here on each knows the other. */
  async prove(): Promise<Done> {
    const link = need(this.#link);
    const login = need(this.#login);
    const { cardKey, usk } = need(this.#secrets);
    link.send(login.prove({ cardKey, usk, terminalId: this.#tools.terminalId }));
    const { welcome, session } = login.readWelcome(await link.receive());
    this.#session = new HubSession(link, session);
    this.visit.begin(this.#session);
    await this.#tools.remember(link.hub);
    return {
      // The certificate's L is what the hub has shown to be its own; the WELCOME's says the same.
      event: { type: 'welcomed', welcome: { location: link.hub.location, failed: welcome.failed } },
      note: `both proved who they are; session key ${session.fingerprint}, for ${welcome.validitySeconds} s`,
    };
  }

  async prepareNewPin(): Promise<Done> {
    const { pinVersion } = await need(this.#newPin).prepare();
    return {
      event: { type: 'prepared' },
      note: `PIN number ${pinVersion} evaluated, its boxes sealed, the hub told`,
    };
  }

  /** Writes the new image into the slot that is not current, once the card lies there. */
  async writeCard(signal: AbortSignal): Promise<Done> {
    await need(this.#newPin).write(signal);
    return { event: { type: 'written' }, note: `written to slot ${this.#card.slotName} and read back` };
  }

  async confirmNewPin(): Promise<Done> {
    const { rc } = await need(this.#newPin).confirm();
    return {
      event: { type: 'confirmed' },
      note: rc
        ? 'the hub and the registration centre know the new PIN'
        : 'the hub knows the new PIN; it will tell the registration centre',
    };
  }

  /** Takes leave of the hub, closes the connection, wipes every secret. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.visit.end();
    this.#hangUp();
    this.#attempt?.wipe();
    this.#secrets?.wipe();
    this.#newPin?.wipe();
  }

  #hangUp(): void {
    this.#login?.wipe();
    this.#link?.close();
    this.#login = undefined;
    this.#link = undefined;
  }
}

function claimNote(status: number, attemptsLeft: number, recovering: boolean): string {
  if (status !== STATUS.goOn) return 'the hub refuses this card';
  if (recovering) return 'the hub goes on; no PIN, no try';
  return `the hub answered for the blinded PIN, and counted a try first: ${attemptsLeft} left`;
}
