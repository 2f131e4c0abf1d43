import type { PresentedCard } from '../../hardware/card-reader.ts';
import { equalConstantTime, fromHex, toHex, wipe } from '../../protocol/bytes.ts';
import { type CardeaCard, encodeCardImage } from '../../protocol/card-image.ts';
import { isElement } from '../../protocol/oprf.ts';
import { parsePin } from '../../protocol/pin.ts';
import { PinAttempt } from '../../protocol/pin-attempt.ts';
import { changePin } from '../../protocol/pin-change.ts';
import { CardChangedError } from '../errors.ts';
import type { HubSession } from '../hub-session.ts';
import { TapRefusedError } from './failures.ts';
import type { TapTools } from './tap-tools.ts';

/** How long the reader waits for a card that was taken away before the write. */
const CARD_WAIT_MS = 60_000;

/** The session and the card that a new PIN is for. */
export interface NewPinContext {
  readonly session: HubSession;
  readonly card: PresentedCard;
  readonly image: CardeaCard;
  readonly usk: Uint8Array;
}

/** A new PIN on its way: evaluated and sealed, written, confirmed (PROTOCOL 2.6). */
export class NewPin {
  readonly #tools: TapTools;
  readonly #context: NewPinContext;
  readonly #attempt: PinAttempt;
  #card: PresentedCard;
  #cardLost = false;
  #image: CardeaCard | undefined;

  /** @throws TapRefusedError when the two entries differ or are no PIN */
  constructor(tools: TapTools, context: NewPinContext, text: string, again: string) {
    if (text.normalize('NFC') !== again.normalize('NFC')) throw new TapRefusedError('new-pin-differs');
    this.#tools = tools;
    this.#context = context;
    this.#card = context.card;
    this.#attempt = attemptOf(tools, text);
  }

  /** The card as it lies on the reader now; it may have been taken away and laid back. */
  get card(): PresentedCard {
    return this.#card;
  }

  /** Has the new PIN evaluated, seals the boxes and has the hub keep what proves them. */
  async prepare(): Promise<{ readonly pinVersion: number }> {
    const { session, image, usk } = this.#context;
    const { blinded } = this.#attempt;
    const answer = await session.call('oprf.evaluate', { blinded: toHex(blinded) });
    const evaluated = fromHex(answer.evaluated);
    // The same refusals as at a login: a hub that hands back what it was given would know the card's key.
    if (
      answer.pinVersion <= image.pinVersion ||
      !isElement(evaluated) ||
      equalConstantTime(evaluated, blinded)
    ) {
      throw new TapRefusedError('new-pin-refused');
    }
    const { pinVersion } = answer;
    const { primitives, surroundings } = this.#tools;
    const changed = await changePin(primitives, {
      card: image,
      usk,
      attempt: this.#attempt,
      evaluated,
      pinVersion,
      random: surroundings.random,
    });
    await session.call('pin.prepare', { pinVersion, cs: toHex(changed.cs), proof: toHex(changed.proof) });
    this.#image = changed.image;
    return { pinVersion };
  }

  /**
   * Writes the new image into `slot` and has it read back. When an earlier call failed, it waits first
   * for the card to be laid on again.
   * @throws CardChangedError when another one was laid there; CardRemovedError
   */
  async write(slot: 0 | 1, signal: AbortSignal): Promise<void> {
    if (this.#cardLost) this.#card = await this.#cardAgain(signal);
    this.#cardLost = true;
    await this.#card.writeSlot(slot, encodeCardImage(this.#tools.primitives, this.#prepared()));
    this.#cardLost = false;
  }

  /** Tells the hub that the card holds the new image. `rc`: the registration centre has heard too. */
  async confirm(): Promise<{ readonly rc: boolean }> {
    return await this.#context.session.call('pin.changed', { pinVersion: this.#prepared().pinVersion });
  }

  wipe(): void {
    this.#attempt.wipe();
  }

  #prepared(): CardeaCard {
    if (this.#image === undefined) throw new TapRefusedError('new-pin-refused');
    return this.#image;
  }

  async #cardAgain(signal: AbortSignal): Promise<PresentedCard> {
    const { reader, surroundings } = this.#tools;
    const patience = new AbortController();
    const timer = surroundings.clock.after(CARD_WAIT_MS, () =>
      patience.abort(new TapRefusedError('cancelled')),
    );
    try {
      const card = await reader.waitForCard(AbortSignal.any([signal, patience.signal]));
      if (!equalConstantTime(card.uid, this.#context.card.uid)) {
        throw new CardChangedError('another card was laid on the reader');
      }
      return card;
    } finally {
      timer.cancel();
    }
  }
}

function attemptOf({ primitives, surroundings }: TapTools, text: string): PinAttempt {
  let pin: Uint8Array;
  try {
    pin = parsePin(text);
  } catch (cause) {
    throw new TapRefusedError('new-pin-format', { cause });
  }
  try {
    return PinAttempt.make(primitives, pin, surroundings.random);
  } finally {
    wipe(pin);
  }
}
