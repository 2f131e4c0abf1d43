import { describe, expect, it } from 'vitest';
import {
  NoRecoveryCodeError,
  openPinBox,
  openUskBox,
  sealPinBox,
  sealRecoveryBox,
  sealUskBox,
} from '../../protocol/boxes.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { type CardeaCard, decodeCardImage, encodeCardImage } from '../../protocol/card-image.ts';
import { openWithPin, openWithRecoveryCode } from '../../protocol/card-secrets.ts';
import { SUITE } from '../../protocol/constants.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import {
  cardKeyPair,
  deriveOprfKey,
  deriveOprfSeed,
  derivePsk,
  deriveSubject,
  deriveUsk,
  recoveryKeyPair,
} from '../../protocol/keys.ts';
import { evaluate } from '../../protocol/oprf.ts';
import { changePin, isPinChangeProof, pinChangeProof } from '../../protocol/pin-change.ts';
import { parseRecoveryCode } from '../../protocol/recovery-code.ts';
import { hubCardSecrets, makeCard } from '../../protocol/registration.ts';
import { attemptWith, cardeaCases } from './cards.ts';
import { fixedRandom } from './support.ts';

// Every value of the parts `keys`, `boxes`, `card` and `pin_change`, and the OPRF's of `login`.
describe.each(cardeaCases)('vectors/cardea-1.json, hub $keys.hub_id', (vector) => {
  const { keys, boxes, card, login, pin_change: change } = vector;
  const masterKey = fromHex(keys.k_rc);
  const uid = fromHex(keys.uid);
  const usk = fromHex(keys.usk);
  const seed = fromHex(boxes.seed);
  const rwd = fromHex(boxes.rwd);
  const binding = {
    keyId: keys.key_id,
    uid,
    caPin: fromHex(keys.ca_pin),
    pinVersion: keys.pin_version,
    logN: boxes.log_n,
    salt: fromHex(boxes.salt),
  };
  const image: CardeaCard = {
    suite: SUITE.cardea1,
    sequence: card.sequence,
    ...binding,
    pinBox: fromHex(boxes.pin_box),
    recoveryBox: fromHex(boxes.recovery_box),
    uskBox: fromHex(boxes.usk_box),
  };
  const attempt = attemptWith(boxes.pin, login.blind);
  const evaluated = fromHex(login.evaluated);
  const hasCode = boxes.recovery_code !== '';

  it('derives the keys of the card', () => {
    expect(toHex(deriveUsk(noble, masterKey, uid))).toBe(keys.usk);
    expect(toHex(derivePsk(noble, usk, keys.hub_id))).toBe(keys.psk);
    expect(toHex(deriveOprfSeed(noble, masterKey, uid))).toBe(keys.oprf_seed);
    expect(toHex(deriveOprfKey(noble, fromHex(keys.oprf_seed), keys.pin_version))).toBe(keys.oprf_scalar);
    expect(toHex(deriveSubject(noble, fromHex(keys.k_rc0), fromHex(keys.patient_id), keys.hub_id))).toBe(
      keys.subject,
    );
  });

  it('gives the hub its part of them', () => {
    const secrets = hubCardSecrets(noble, {
      masterKey,
      masterKey0: fromHex(keys.k_rc0),
      uid,
      patientId: fromHex(keys.patient_id),
      hubId: keys.hub_id,
    });
    expect(toHex(secrets.psk)).toBe(keys.psk);
    expect(toHex(secrets.subject)).toBe(keys.subject);
    expect(toHex(secrets.oprfSeed)).toBe(keys.oprf_seed);
  });

  it('blinds, evaluates and finalizes the PIN', () => {
    expect(toHex(attempt.blinded)).toBe(login.blinded);
    expect(toHex(evaluate(noble, fromHex(keys.oprf_scalar), attempt.blinded))).toBe(login.evaluated);
    expect(toHex(attempt.finalize(noble, evaluated))).toBe(boxes.rwd);
  });

  it('stretches, seals and opens the boxes', async () => {
    const observed: Record<'stretched' | 'key', string> = { stretched: '', key: '' };
    const observing: Primitives = {
      ...noble,
      scrypt: async (...input) => {
        const stretched = await noble.scrypt(...input);
        observed.stretched = toHex(stretched);
        return stretched;
      },
      seal: (key, ...input) => {
        observed.key = toHex(key);
        return noble.seal(key, ...input);
      },
    };
    expect(toHex(await sealPinBox(observing, binding, rwd, seed))).toBe(boxes.pin_box);
    expect(observed).toEqual({ stretched: boxes.stretched, key: boxes.pin_key });
    expect(toHex(await openPinBox(noble, image, rwd))).toBe(boxes.seed);
    expect(toHex(sealUskBox(noble, binding, seed, usk))).toBe(boxes.usk_box);
    expect(toHex(openUskBox(noble, image, seed))).toBe(keys.usk);
  });

  it('makes the card key', () => {
    const pair = cardKeyPair(noble, seed);
    expect(toHex(pair.privateKey)).toBe(boxes.card_private);
    expect(toHex(pair.publicKey)).toBe(boxes.card_public);
  });

  it('opens the card with its PIN', async () => {
    const secrets = await openWithPin(noble, image, attempt, evaluated);
    expect(toHex(secrets.usk)).toBe(keys.usk);
    expect(toHex(secrets.cardKey.privateKey)).toBe(boxes.card_private);
    expect(toHex(secrets.cardKey.publicKey)).toBe(boxes.card_public);
  });

  it(hasCode ? 'seals and opens with the recovery code' : 'has no recovery code', () => {
    if (!hasCode) {
      expect(() => openWithRecoveryCode(noble, image, new Uint8Array(20))).toThrow(NoRecoveryCodeError);
      return;
    }
    const code = parseRecoveryCode(boxes.recovery_code);
    expect(toHex(sealRecoveryBox(noble, binding, code, usk))).toBe(boxes.recovery_box);
    const secrets = openWithRecoveryCode(noble, image, code);
    expect(toHex(secrets.usk)).toBe(keys.usk);
    expect(toHex(secrets.cardKey.publicKey)).toBe(boxes.recovery_public);
    expect(toHex(recoveryKeyPair(noble, code, uid).publicKey)).toBe(boxes.recovery_public);
  });

  it('encodes and decodes the card image', () => {
    expect(toHex(encodeCardImage(noble, image))).toBe(card.image);
    expect(decodeCardImage(noble, fromHex(card.image))).toEqual(image);
  });

  it('changes the PIN, with its proof', async () => {
    const next = attemptWith(change.new_pin, login.blind);
    const key = deriveOprfKey(noble, fromHex(keys.oprf_seed), change.pin_version);
    const answer = evaluate(noble, key, next.blinded);
    expect(toHex(next.finalize(noble, answer))).toBe(change.rwd);
    const changed = await changePin(noble, {
      card: image,
      usk,
      attempt: next,
      evaluated: answer,
      pinVersion: change.pin_version,
      random: fixedRandom(change.seed, change.salt),
    });
    expect(toHex(encodeCardImage(noble, changed.image))).toBe(change.image);
    expect(toHex(changed.cs)).toBe(change.card_public);
    expect(toHex(changed.proof)).toBe(change.proof);
    expect(toHex(pinChangeProof(noble, usk, change.pin_version, fromHex(change.card_public)))).toBe(
      change.proof,
    );
    expect(isPinChangeProof(noble, usk, change.pin_version, changed.cs, fromHex(change.proof))).toBe(true);
    expect(toHex((await openWithPin(noble, changed.image, next, answer)).cardKey.publicKey)).toBe(
      change.card_public,
    );
  });
});

describe('vectors/cardea-1.json, cards under their first PIN', () => {
  const firstPins = cardeaCases.filter(({ keys }) => keys.pin_version === 1);

  it.each(firstPins)('makes the whole card at registration, hub $keys.hub_id', async (vector) => {
    const { keys, boxes, login } = vector;
    const hasCode = boxes.recovery_code !== '';
    const code = [...boxes.recovery_code].map((letter) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(letter));
    const made = await makeCard(noble, {
      uid: fromHex(keys.uid),
      keyId: keys.key_id,
      usk: fromHex(keys.usk),
      caPin: fromHex(keys.ca_pin),
      attempt: attemptWith(boxes.pin, login.blind),
      evaluated: fromHex(login.evaluated),
      logN: boxes.log_n,
      random: fixedRandom(boxes.seed, boxes.salt, toHex(Uint8Array.from(code))),
      recovery: hasCode,
    });
    expect(made.image).toEqual({ ...decodeCardImage(noble, fromHex(vector.card.image)), sequence: 1 });
    expect(toHex(made.cs)).toBe(boxes.card_public);
    expect(toHex(made.rs ?? new Uint8Array(0))).toBe(boxes.recovery_public);
    expect(String.fromCharCode(...(made.recoveryCode ?? []))).toBe(boxes.recovery_code);
  });
});
