import { decodeCardImage } from '../../../protocol/card-image.ts';
import { openWithPin } from '../../../protocol/card-secrets.ts';
import { openCard } from '../../../protocol/limbasiya/card.ts';
import { parseCredentials } from '../../../protocol/limbasiya/credentials.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, attemptLater, control, judge } from '../lab.ts';
import { attemptOf, CardeaNetwork, evaluationOf } from '../worlds/cardea.ts';
import { PublishedNetwork } from '../worlds/published.ts';

const RANDOM_CARDS = 500;

/**
 * Somebody lays a card on the reader that they made: random bytes; or another patient's image with bytes changed
 * and its checksum made right again. Success: a terminal opens it, or fails in any way but a refusal.
 */
export const hostileCard: Attack = {
  id: 'hostile-card',
  title: 'A card that was made up, or changed, is opened',

  'limbasiya-2021'() {
    const { card } = new PublishedNetwork(['goa-01']).register('maria', 'monsoon');
    const credentials = parseCredentials('maria', 'monsoon');
    control(attempt(() => openCard(fast, card, credentials)) !== undefined, 'the card itself opens');
    const changed = (['w', 'y', 'e'] as const).some((field) =>
      everyByteOf(card[field]).some(
        (value) => attempt(() => openCard(fast, { ...card, [field]: value }, credentials)) !== undefined,
      ),
    );
    const c = everyByteOf(card.x).some(
      (x) => attempt(() => openCard(fast, { ...card, x }, credentials)) !== undefined,
    );
    return judge(someRandomCardIsRead() || changed || c, {
      breaks: c
        ? 'X, which carries C, is covered by no check: a changed card opens, and fails at every hub'
        : 'a made-up card was opened',
      holds: 'nothing but the card itself opens',
    });
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    const patient = await network.register('482913');
    const { card } = patient;
    const row = network.hub(0).row(patient);
    const open = (changed: typeof card) => {
      const typed = attemptOf(patient.pin);
      const evaluated = evaluationOf(row, 1, typed.blinded);
      return attemptLater(() => openWithPin(fast, changed, typed, evaluated));
    };
    control((await open(card)) !== undefined, 'the card itself opens');
    const changed: (typeof card)[] = [{ ...card, keyId: card.keyId + 1 }];
    for (const field of ['uid', 'caPin', 'salt', 'pinBox', 'uskBox'] as const) {
      // Every fourth byte: each opening takes two multiplications.
      changed.push(...everyByteOf(card[field], 4).map((value) => ({ ...card, [field]: value })));
    }
    const opened = await Promise.all(changed.map(open));
    return judge(someRandomCardIsRead() || opened.some((secrets) => secrets !== undefined), {
      breaks: 'a made-up card was opened',
      holds: `none of ${changed.length} changed cards opened: the boxes are bound to all that stands beside them`,
    });
  },
};

function everyByteOf(value: Uint8Array, step = 1): Uint8Array[] {
  const places = Array.from({ length: Math.ceil(value.length / step) }, (_, n) => n * step);
  return places.map((place) => value.map((byte, at) => (at === place ? byte ^ 0x80 : byte)));
}

function someRandomCardIsRead(): boolean {
  const sizes = [0, 1, 16, 215, 216, 420];
  return Array.from({ length: RANDOM_CARDS }, (_, n) => systemRandom(sizes[n % sizes.length] ?? 0)).some(
    (slot) => attempt(() => decodeCardImage(fast, slot)) !== undefined,
  );
}
