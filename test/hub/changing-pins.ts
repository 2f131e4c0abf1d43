import { toHex } from '../../protocol/bytes.ts';
import type { CardeaCard } from '../../protocol/card-image.ts';
import { openWithPin } from '../../protocol/card-secrets.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { type ChangedPin, changePin } from '../../protocol/pin-change.ts';
import { systemRandom } from '../../runtime/random.ts';
import type { Site } from './site.ts';
import { attemptOf, type TestDevice } from './test-device.ts';

export const PIN = '246810';
export const NEW_PIN = '135791';

/** As far as the new image: evaluated for, not yet prepared. */
export async function makeChange(device: TestDevice, card: CardeaCard, usk: Uint8Array): Promise<ChangedPin> {
  const attempt = attemptOf(NEW_PIN);
  const offer = await device.call('oprf.evaluate', { blinded: toHex(attempt.blinded) });
  return changePin(noble, {
    card,
    usk,
    attempt,
    evaluated: Uint8Array.from(Buffer.from(offer.evaluated, 'hex')),
    pinVersion: offer.pinVersion,
    random: systemRandom,
  });
}

export function prepared({ image, cs, proof }: ChangedPin) {
  return { pinVersion: image.pinVersion, cs: toHex(cs), proof: toHex(proof) };
}

export async function uskOf(site: Site, card: CardeaCard): Promise<Uint8Array> {
  const attempt = attemptOf(PIN);
  const { device, challenge } = await site.challenge(card, attempt.blinded);
  device.close();
  const { usk } = await openWithPin(noble, card, attempt, challenge.evaluated);
  await site.settled();
  return usk;
}

export async function changeWhole(site: Site, card: CardeaCard): Promise<ChangedPin> {
  const usk = await uskOf(site, card);
  const { device } = await site.logIn(card, PIN);
  const changed = await makeChange(device, card, usk);
  await device.call('pin.prepare', prepared(changed));
  await device.call('pin.changed', { pinVersion: changed.image.pinVersion });
  return changed;
}
