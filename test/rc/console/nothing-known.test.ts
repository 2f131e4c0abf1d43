import { afterEach, describe, expect, it } from 'vitest';
import { toHex } from '../../../protocol/bytes.ts';
import { noble } from '../../../protocol/crypto/noble.ts';
import { parsePin } from '../../../protocol/pin.ts';
import { PinAttempt } from '../../../protocol/pin-attempt.ts';
import type { RegistrationCompletion, RegistrationRequest } from '../../../protocol/rc-api/cards.ts';
import { type RegisterCardOptions, registerCard } from '../../../rc/console/register-card.ts';
import { seededRandom, systemRandom } from '../../../runtime/random.ts';
import { Rig, tag } from '../../hardware/rig.ts';
import { TestRc } from '../running-rc.ts';

let rig = new Rig();
afterEach(async () => {
  await rig.close();
  rig = new Rig();
});

/** All that the registration centre is sent of a card with this PIN; the console's random bytes are always the same. */
async function sentWith(pin: string) {
  const rc = await TestRc.start();
  const admin = await rc.admin();
  const sent: { begun: RegistrationRequest[]; completed: RegistrationCompletion[] } = {
    begun: [],
    completed: [],
  };
  const client: RegisterCardOptions['client'] = {
    card: (uid) => admin.card(uid),
    beginRegistration: (request) => {
      sent.begun.push(request);
      return admin.beginRegistration(request);
    },
    completeRegistration: (id, completion) => {
      sent.completed.push(completion);
      return admin.completeRegistration(id, completion);
    },
  };
  const card = await rig.tap(tag().card);
  const made = registerCard({
    client,
    card,
    pin,
    surroundings: { clock: rig.clock, random: seededRandom('the console') },
    patient: { name: 'Asha Naik' },
    facts: { name: 'Asha Naik', born: '1984-07-09' },
    logN: 0,
    recovery: false,
    force: false,
  });
  await rig.run(made);
  rig.field.take();
  return sent;
}

describe('the registration centre', () => {
  it('is sent the same whatever the PIN is, but for its blinded form, and no date of birth', async () => {
    const digits = await sentWith('482913');
    const passphrase = await sentWith('a rather long passphrase of many words');
    expect(passphrase.completed).toEqual(digits.completed);
    expect(JSON.stringify([digits, passphrase])).not.toMatch(/1984|482913|passphrase of/);
    expect(Object.keys(digits.begun[0] ?? {})).toEqual(['blinded']);
    expect(digits.begun[0]?.blinded).toHaveLength(passphrase.begun[0]?.blinded.length ?? 0);
  });

  it('sees another blinded form of the same PIN each time: there is nothing to compare', () => {
    const forms = [1, 2, 3].map(() =>
      toHex(PinAttempt.make(noble, parsePin('482913'), systemRandom).blinded),
    );
    expect(new Set(forms).size).toBe(3);
  });
});
