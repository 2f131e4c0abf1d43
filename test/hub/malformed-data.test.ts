import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../hub/limits.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { encodeBody, encodeFrame, FRAME } from '../../protocol/frames.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { ENDINGS, type Ending, MalformedSession, REFUSALS, Witness } from '../soak/malformed-sessions.ts';
import { SeededRandom } from '../soak/seeded-random.ts';
import { Site } from './site.ts';
import { attemptOf } from './test-device.ts';

const PIN = '246810';
/** Of each kind: what is drawn within it differs. */
const OF_EACH_REFUSAL = 3;
const LONG = { timeout: 60_000 };

/** Patients whose sessions are spoilt, another who is served beside that, and what the hub holds of the first. */
async function openSite() {
  const site = await Site.open();
  // A card has thirty logins an hour.
  const patients = await Promise.all(
    Array.from({ length: Math.ceil(ENDINGS.length / LIMITS.loginsPerCard) }, async () => ({
      card: await site.register(PIN),
      attempt: attemptOf(PIN),
    })),
  );
  const other = await site.register(PIN);
  const random = new SeededRandom(42);
  const witness = new Witness(async () => (await site.logIn(other.image, PIN)).device);
  const begin = async ({ card, attempt } = one(patients)) =>
    MalformedSession.begin((await site.logIn(card.image, attempt)).device, random);
  const held = () => Promise.all(patients.map(({ card }) => site.store.findCard(card.image.uid)));
  return { site, patients, witness, begin, held };
}

function one<T>(items: readonly T[], index = 0): T {
  const item = items[index % items.length];
  if (item === undefined) throw new RangeError('there is none');
  return item;
}

async function recordsOf({ hub }: Site) {
  return (await hub.services.archive.export(null)).items;
}

describe('a session in which malformed requests are sealed as they should be', () => {
  it(
    'answers each with its error and goes on, keeps nothing, and changes nothing of the card',
    LONG,
    async () => {
      const { site, witness, begin, held } = await openSite();
      const session = await begin();
      const before = await held();
      for (const [what, draw] of REFUSALS) {
        for (let times = 0; times < OF_EACH_REFUSAL; times++) await session.refuse(what, draw);
        await witness.look();
      }
      expect(await held()).toEqual(before);
      expect(await recordsOf(site)).toEqual([]);
      expect([...site.errors, ...site.warnings]).toEqual([]);
    },
  );
});

describe('a session in which anything comes that is no request', () => {
  it('ends alike whatever it was, and the next login is right at once', LONG, async () => {
    const { site, patients, witness, begin, held } = await openSite();
    for (const patient of patients) await (await begin(patient)).end(one(ENDINGS));
    await site.settled();
    const before = await held();
    for (const [index, ending] of ENDINGS.slice(1).entries()) {
      const session = await begin(one(patients, index));
      await session.end(ending);
      await witness.look();
    }
    await site.settled();
    expect(await held()).toEqual(before);
    expect(await recordsOf(site)).toEqual([]);
    expect(site.hub.services.sessions.count).toBe(1);
    expect([...site.errors, ...site.warnings]).toEqual([]);
  });
});

describe('whoever spoils sessions', () => {
  const GOOD = utf8('{"id":1,"method":"encounter.checkIn","params":{}}');

  it('notices what is answered as if it were right, ends otherwise, or is kept', LONG, async () => {
    const { begin } = await openSite();
    const session = await begin();
    const good = (_: unknown, id: number) => ({
      plaintext: utf8(`{"id":${id},"method":"session.info","params":{}}`),
      answered: 'params-invalid' as const,
    });
    await expect(session.refuse('a good request', good)).rejects.toThrow(
      /be answered with params-invalid, and/,
    );
    const answered: Ending = [
      'a good request',
      ({ transport }) => ({
        bytes: encodeFrame(encodeBody(FRAME.data, transport.seal(GOOD))),
        ends: WIRE_ERROR.malformed,
      }),
    ];
    await expect(session.end(answered)).rejects.toThrow('a good request: it was answered');
    const otherwise: Ending = ['no bytes', () => ({ bytes: new Uint8Array(2), ends: WIRE_ERROR.internal })];
    await expect(session.end(otherwise)).rejects.toThrow('should end with ERROR 7, and ended with ERROR 1');
    await expect(begin()).rejects.toThrow('has records: Patient,Encounter');
  });

  it('notices that somebody else was disturbed', LONG, async () => {
    const { witness, site } = await openSite();
    await witness.look();
    await witness.look();
    await site.restart();
    await expect(witness.look()).rejects.toThrow("somebody else's session was disturbed");
  });
});
