import { z } from 'zod';
import { parseCertificate } from '../../../certs/certificate.ts';
import { decodeJoinToken, encodeJoinToken } from '../../../certs/join-token.ts';
import { EMPTY_MESSAGE, emptySlots, readContent } from '../../../hardware/cards/ndef.ts';
import { Deframer } from '../../../hardware/pn532/deframer.ts';
import { encodeFrame as encodePn532Frame, HOST_TO_CHIP } from '../../../hardware/pn532/frame.ts';
import { concat, utf8 } from '../../../protocol/bytes.ts';
import { decodeCardImage, encodeCardImage } from '../../../protocol/card-image.ts';
import { currentImage } from '../../../protocol/card-slots.ts';
import { noble } from '../../../protocol/crypto/noble.ts';
import { decodeRequest, encodeRequest } from '../../../protocol/data/messages.ts';
import { encodeFrame, FrameDecoder, MAX_BODY } from '../../../protocol/frames.ts';
import { decodeHello, encodeHello } from '../../../protocol/hello.ts';
import { decodeList, encodeList } from '../../../protocol/limbasiya/list.ts';
import {
  decodeLogin,
  decodeChallenge as decodePublishedChallenge,
  encodeLogin,
  encodeChallenge as encodePublishedChallenge,
} from '../../../protocol/limbasiya/service.ts';
import { HubLogin } from '../../../protocol/login/hub.ts';
import {
  decodeChallenge,
  decodeLoginRequest,
  decodeTerminalId,
  encodeChallenge,
  encodeLoginRequest,
  encodeTerminalId,
} from '../../../protocol/login/messages.ts';
import { registrationCompletion, registrationRequest } from '../../../protocol/rc-api/cards.ts';
import { CompactPageWriter, type PageHead } from '../../../protocol/rc-api/compact-feed.ts';
import { CompactPage } from '../../../protocol/rc-api/compact-page.ts';
import { feedPage, reportsRequest } from '../../../protocol/rc-api/feed.ts';
import { parseRecoveryCode } from '../../../protocol/recovery-code.ts';
import { decodeWelcome, encodeWelcome } from '../../../protocol/welcome.ts';
import { decodeWireError, encodeWireError } from '../../../protocol/wire-error.ts';
import { parseAddress } from '../../../runtime/address.ts';
import { integerSetting, loadSettings } from '../../../runtime/settings.ts';
import { CardeaNetwork, logIn } from '../../attacks/worlds/cardea.ts';
import { logIn as logInPublished, PublishedNetwork } from '../../attacks/worlds/published.ts';
import { changesIn } from '../../support/compact-feed.ts';
import type { Fuzzed } from './fuzz.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

/** What a zod schema refuses, as the servers refuse it. */
class SchemaError extends Error {
  readonly code = 'schema';
}

/** Every parser of what comes from a line, a card, a file or a person; `file` is one that settings are read from. */
export async function parsers(file: {
  readonly path: string;
  write(bytes: Uint8Array): Promise<void>;
}): Promise<readonly Fuzzed[]> {
  const network = await CardeaNetwork.open();
  const hub = network.hub(0);
  const patient = await network.register('482913');
  const { recorded } = await logIn(patient, hub);
  const published = new PublishedNetwork(['goa-01']);
  const reader = published.register('maria', 'monsoon');
  const heard = logInPublished(reader, published.hub(0)).recorded;
  return [
    ...ofTheLine(recorded, hub),
    ...ofThePublishedScheme(published, heard),
    ...ofTheCard(encodeCardImage(noble, patient.card), encodeCardImage(noble, reader.card)),
    ...ofTheReader(),
    ...ofPeopleAndFiles(hub.chain, file),
    ...ofTheApi(),
    feedInBytes(),
  ];
}

function ofTheLine(
  recorded: Awaited<ReturnType<typeof logIn>>['recorded'],
  hub: Awaited<ReturnType<typeof CardeaNetwork.open>>['hubs'][number],
): Fuzzed[] {
  const blinded = recorded.login.slice(-32);
  const request = { uid: new Uint8Array(16).fill(7), pinVersion: 3, blinded };
  const challenge = { status: 0, attemptsLeft: 4, evaluated: blinded } as const;
  const welcome = { sessionId: new Uint8Array(16).fill(9), validitySeconds: 600, failed: 2, location: 'Goa' };
  return [
    {
      name: 'frames',
      samples: [
        encodeFrame(recorded.hello),
        concat(encodeFrame(recorded.login), encodeFrame(recorded.proof)),
      ],
      parse: (input) => {
        const bodies = new FrameDecoder({ maxBody: MAX_BODY }).push(input);
        const whole = concat(...bodies.map(encodeFrame));
        // What is left is the beginning of a frame that has not come whole.
        return concat(whole, input.subarray(whole.length));
      },
    },
    { name: 'HELLO', samples: [recorded.hello], parse: (input) => encodeHello(decodeHello(input)) },
    {
      name: 'LOGIN, as a hub reads it',
      samples: [recorded.login],
      parse: (input) => {
        const login = new HubLogin(noble, {
          hello: recorded.hello,
          hubStatic: hub.keyPair,
          random: () => new Uint8Array(32),
        });
        login.readLogin(input);
        // Only the LOGIN itself authenticates.
        return recorded.login;
      },
    },
    {
      name: 'payload of a LOGIN',
      samples: [encodeLoginRequest(request)],
      parse: (input) => encodeLoginRequest(decodeLoginRequest(input)),
    },
    {
      name: 'payload of a CHALLENGE',
      samples: [encodeChallenge(challenge)],
      parse: (input) => encodeChallenge(decodeChallenge(input)),
    },
    {
      name: 'payload of a PROOF',
      samples: [encodeTerminalId('desk-1'), encodeTerminalId('')],
      parse: (input) => encodeTerminalId(decodeTerminalId(input)),
    },
    {
      name: 'WELCOME',
      samples: [encodeWelcome(welcome)],
      parse: (input) => encodeWelcome(decodeWelcome(input)),
    },
    {
      name: 'ERROR',
      samples: [encodeWireError(5, 'not authenticated')],
      // A text that is too long is cut, and never shown.
      lenient: true,
      parse: (input) => utf8(decodeWireError(input).text),
    },
    {
      name: 'DATA',
      samples: [
        encodeRequest({ id: 1, method: 'session.info', params: {} }),
        encodeRequest({ id: 2, method: 'pin.changed', params: { pinVersion: 2 } }),
      ],
      lenient: true,
      parse: (input) => utf8(JSON.stringify(decodeRequest(input))),
    },
  ];
}

function ofThePublishedScheme(
  network: PublishedNetwork,
  { login, challenge }: ReturnType<typeof logInPublished>['recorded'],
): Fuzzed[] {
  return [
    { name: 'message 1', samples: [encodeLogin(login)], parse: (input) => encodeLogin(decodeLogin(input)) },
    {
      name: 'message 2',
      samples: [encodePublishedChallenge(challenge)],
      parse: (input) => encodePublishedChallenge(decodePublishedChallenge(input)),
    },
    {
      name: 'list of hubs',
      samples: [encodeList(network.hubs)],
      parse: (input) => encodeList(decodeList(input)),
    },
  ];
}

function ofTheCard(cardea: Uint8Array, published: Uint8Array): Fuzzed[] {
  const inSlot = (image: Uint8Array, length: number) =>
    Uint8Array.from({ length }, (_, at) => image[at] ?? 0);
  const area = concat(emptySlots(216), new Uint8Array(32));
  return [
    {
      name: 'card image',
      samples: [inSlot(cardea, 216), inSlot(published, 420)],
      parse: (input) => inSlot(encodeCardImage(noble, decodeCardImage(noble, input)), input.length),
    },
    {
      name: 'both slots',
      samples: [
        concat(inSlot(cardea, 216), new Uint8Array(216)),
        concat(inSlot(cardea, 216), inSlot(cardea, 216)),
      ],
      lenient: true,
      parse: (input) => {
        const half = input.length >> 1;
        const { image } = currentImage(noble, [input.subarray(0, half), input.subarray(half)]);
        return encodeCardImage(noble, image);
      },
    },
    {
      name: 'NDEF',
      samples: [
        area,
        concat(EMPTY_MESSAGE, new Uint8Array(60)),
        Uint8Array.of(3, 4, 0xd1, 1, 0, 0x54, 0xfe, 0),
      ],
      lenient: true,
      parse: (input) => utf8(readContent(input, 496).kind),
    },
  ];
}

function ofTheReader(): Fuzzed[] {
  const read = { kind: 'information', tfi: HOST_TO_CHIP, data: Uint8Array.of(0x40, 1, 0x30, 4) } as const;
  return [
    {
      name: 'PN532 frames',
      samples: [
        encodePn532Frame(read),
        encodePn532Frame(read, { extended: true }),
        concat(encodePn532Frame({ kind: 'ack' }), encodePn532Frame(read)),
      ],
      parse: (input) => {
        const deframer = new Deframer();
        deframer.push(input);
        if (deframer.pending > input.length) throw new Error('it holds more than it was given');
        return undefined;
      },
    },
  ];
}

function ofPeopleAndFiles(
  chain: readonly Uint8Array[],
  file: { readonly path: string; write(bytes: Uint8Array): Promise<void> },
): Fuzzed[] {
  const token = encodeJoinToken({
    kind: 'hub',
    rc: { host: 'rc.example.org', port: 8440 },
    fingerprint: new Uint8Array(32).fill(1),
    secret: new Uint8Array(16).fill(2),
    expires: Date.UTC(2026, 0, 1),
  });
  const schema = z.object({ vt: integerSetting(1, 86_400).default(600) });
  return [
    {
      name: 'join string',
      samples: [utf8(token)],
      // White space around it is dropped.
      lenient: true,
      parse: (input) => utf8(encodeJoinToken(decodeJoinToken(text(input)))),
    },
    {
      name: 'address',
      samples: ['hub.example.org:8441', '10.8.0.1:1', '[::1]:8441'].map(utf8),
      lenient: true,
      parse: (input) => utf8(parseAddress(text(input)).host),
    },
    {
      name: 'recovery code',
      samples: [utf8('FNM6K-PDKB4-4W99X-YF5DB')],
      lenient: true,
      parse: (input) => parseRecoveryCode(text(input)),
    },
    {
      name: 'certificate',
      samples: chain,
      lenient: true,
      parse: (input) => parseCertificate(input).spki,
    },
    {
      name: 'settings',
      samples: ['{"vt": 600}', '{}', '{"vt": "60"}'].map(utf8),
      lenient: true,
      parse: async (input) => {
        await file.write(input);
        const { vt } = await loadSettings(schema, { flags: {}, environment: {}, file: file.path });
        if (vt < 1 || vt > 86_400) throw new Error('a setting out of its bounds');
        return undefined;
      },
    },
  ];
}

/** Bodies of HTTP requests and answers, as they are once read: text, which may be no JSON. */
function ofTheApi(): Fuzzed[] {
  const hex = (length: number) => 'ab'.repeat(length);
  const schemas: readonly [string, z.ZodType, unknown][] = [
    ['registration', registrationRequest, { blinded: hex(32) }],
    ['completed registration', registrationCompletion, { cs: hex(32), rs: null, patient: { name: 'Maria' } }],
    ['reports', reportsRequest, { tries: [], pins: [] }],
    ['feed', feedPage, { generation: hex(16), time: 1, changes: [], cursor: 0, more: false }],
  ];
  return schemas.map(([name, schema, sample]) => ({
    name: `body of ${name}`,
    samples: [utf8(JSON.stringify(sample))],
    lenient: true,
    parse: (input) => {
      const parsed = schema.safeParse(parseJson(text(input)));
      if (!parsed.success) throw new SchemaError('refused');
      return undefined;
    },
  }));
}

function feedInBytes(): Fuzzed {
  const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill);
  const pin = { pinVersion: 3, cs: bytes(32, 1), proof: bytes(32, 2) };
  const card = (rs: Uint8Array | null, pending: readonly (typeof pin)[]) => ({
    uid: bytes(16, 3),
    subject: bytes(16, 4),
    cs: bytes(32, 5),
    rs,
    psk: bytes(32, 6),
    oprfSeed: bytes(32, 7),
    pinVersion: 2,
    epoch: 1,
    revoked: rs === null,
    locked: pending.length > 0,
    pending,
  });
  const head = { generation: 'ab'.repeat(16), time: 9, cursor: 5, more: true, authority: 'cd'.repeat(32) };
  const write = (page: PageHead, changes: ReturnType<typeof changesIn>) => {
    const writer = new CompactPageWriter();
    for (const change of changes) writer.add(change.sequence, change.card);
    return concat(...writer.finish(page));
  };
  return {
    name: 'page of the feed in bytes',
    samples: [
      write(head, [
        { sequence: 2, card: card(null, []) },
        { sequence: 5, card: card(bytes(32, 8), [pin, pin]) },
      ]),
      write(head, []),
    ],
    parse: (input) => {
      const page = new CompactPage(input);
      return write(page, changesIn(page));
    },
  };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new SchemaError('no JSON', { cause });
  }
}
