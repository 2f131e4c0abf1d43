import { equalConstantTime, fromHex, toHex, wipe } from '../../protocol/bytes.ts';
import { type CardeaCard, encodeCardImage } from '../../protocol/card-image.ts';
import { PinFormatError, parsePin } from '../../protocol/pin.ts';
import { PinAttempt } from '../../protocol/pin-attempt.ts';
import { changePin } from '../../protocol/pin-change.ts';
import { checkPinStrength, WeakPinError } from '../../protocol/pin-policy.ts';
import type { HubSession } from '../hub-session.ts';
import { TapRefusedError } from './failures.ts';
import type { TapTools } from './tap-tools.ts';
import type { TappedCard } from './tapped-card.ts';

/** The session and the card that a new PIN is for. */
export interface NewPinContext {
  readonly session: HubSession;
  readonly card: TappedCard;
  readonly image: CardeaCard;
  readonly usk: Uint8Array;
}

/** A new PIN on its way: evaluated and sealed, written, confirmed (PROTOCOL 2.6). */
export class NewPin {
  readonly #tools: TapTools;
  readonly #context: NewPinContext;
  readonly #attempt: PinAttempt;
  #image: CardeaCard | undefined;

  /** @throws TapRefusedError when the two entries differ, are no PIN, or one that is guessed first */
  constructor(tools: TapTools, context: NewPinContext, text: string, again: string) {
    if (text.normalize('NFC') !== again.normalize('NFC')) throw new TapRefusedError('new-pin-differs');
    this.#tools = tools;
    this.#context = context;
    this.#attempt = attemptOf(tools, text);
  }

  /** Has the new PIN evaluated, seals the boxes and has the hub keep what proves them. */
  async prepare(): Promise<{ readonly pinVersion: number }> {
    const { primitives, surroundings } = this.#tools;
    const { session, image, usk } = this.#context;
    const { blinded } = this.#attempt;
    const answer = await session.call('oprf.evaluate', { blinded: toHex(blinded) });
    const evaluated = fromHex(answer.evaluated);
    // The same refusals as at a login: a hub that hands back what it was given would know the card's key.
    if (
      answer.pinVersion <= image.pinVersion ||
      !primitives.isElement(evaluated) ||
      equalConstantTime(evaluated, blinded)
    ) {
      throw new TapRefusedError('new-pin-refused');
    }
    const { pinVersion } = answer;
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

  /** Writes the new image beside the old one. @throws as `TappedCard.writeNext` */
  async write(signal: AbortSignal): Promise<void> {
    await this.#context.card.writeNext(encodeCardImage(this.#tools.primitives, this.#prepared()), signal);
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
}

function attemptOf({ primitives, surroundings }: TapTools, text: string): PinAttempt {
  let pin: Uint8Array | undefined;
  try {
    pin = parsePin(text);
    checkPinStrength(text);
    return PinAttempt.make(primitives, pin, surroundings.random);
  } catch (cause) {
    if (cause instanceof WeakPinError) throw new TapRefusedError('new-pin-weak', { cause });
    if (cause instanceof PinFormatError) throw new TapRefusedError('new-pin-format', { cause });
    throw cause;
  } finally {
    wipe(pin);
  }
}
