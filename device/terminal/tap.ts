import type { PresentedCard } from '../../hardware/card-reader.ts';
import { isZero } from '../../protocol/bytes.ts';
import { SUITE } from '../../protocol/constants.ts';
import { SuiteRefusedError } from '../errors.ts';
import { CardeaTap } from './cardea-tap.ts';
import { LimbasiyaTap } from './limbasiya-tap.ts';
import { type Done, need, type SuiteTap } from './suite-tap.ts';
import type { TapTools } from './tap-tools.ts';
import { TappedCard } from './tapped-card.ts';

/** One tap: the card that was laid on, and what is done with it under its suite. `end` wipes and closes all of it. */
export class Tap {
  readonly #tools: TapTools;
  readonly #presented: PresentedCard;
  #card: TappedCard | undefined;
  #cardea: CardeaTap | undefined;
  #limbasiya: LimbasiyaTap | undefined;

  constructor(tools: TapTools, card: PresentedCard) {
    this.#tools = tools;
    this.#presented = card;
  }

  get suite(): SuiteTap {
    return this.#cardea ?? need(this.#limbasiya);
  }

  get cardea(): CardeaTap {
    return need(this.#cardea);
  }

  get limbasiya(): LimbasiyaTap {
    return need(this.#limbasiya);
  }

  /** Reads the card; its suite decides how the tap goes on. @throws SuiteRefusedError */
  async readCard(): Promise<Done> {
    const card = await TappedCard.read(this.#tools, this.#presented);
    const { image } = card;
    const found = `${this.#presented.kind}, image ${image.sequence} in slot ${card.slotName}`;
    this.#card = card;
    if (image.suite === SUITE.cardea1) {
      this.#cardea = new CardeaTap(this.#tools, card, image);
      return {
        event: { type: 'card-read', suite: 'cardea-1', recoverable: !isZero(image.recoveryBox) },
        note: `${found}, PIN number ${image.pinVersion}`,
      };
    }
    const { limbasiya } = this.#tools;
    if (limbasiya === undefined) {
      throw new SuiteRefusedError(
        'the card is of suite limbasiya-2021, which this terminal takes only with --allow limbasiya-2021',
      );
    }
    this.#limbasiya = new LimbasiyaTap(this.#tools, limbasiya, card, image);
    return {
      event: { type: 'card-read', suite: 'limbasiya-2021' },
      note: `${found}, suite limbasiya-2021, ${image.z.length} bytes of masked hubs`,
    };
  }

  /** Zeros in the slot that is not current, once the one that is was acknowledged (PROTOCOL 2.2). */
  async clearOldImage(): Promise<Done> {
    return { note: await need(this.#card).clearOld() };
  }

  async end(): Promise<void> {
    await this.#card?.settled();
    await this.#cardea?.end();
    await this.#limbasiya?.end();
  }
}
