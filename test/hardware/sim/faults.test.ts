import { describe, expect, it } from 'vitest';
import {
  anyCommand,
  cardWrite,
  commandOf,
  type Fault,
  FaultPlan,
  faults,
} from '../../../hardware/sim/faults.ts';
import { ACK, bytes, freshSmartCard, freshTag, hex, NACK, startedBench } from './host.ts';

const REPLY = '0000ff06fad50332010607e800';
const VERSION = `${ACK}${REPLY}`;

/** What the line carries when GetFirmwareVersion meets `fault`; and what it carries later. */
async function line(fault: Fault, laterMs = 0) {
  const { host, chip, clock } = startedBench();
  host.heard();
  chip.faults.inject(fault);
  host.command('02');
  const atOnce = host.heard();
  await clock.advance(laterMs);
  const later = host.heard();
  host.command('02');
  return { atOnce, later, next: host.heard() };
}

describe('a plan of faults', () => {
  it('lets the n-th command that matches meet the fault, and no other', () => {
    const plan = new FaultPlan();
    const fault = faults.dropAck();
    plan.inject(fault, { which: commandOf(0x40), nth: 2 });
    const commands = ['02', '4001', '02', '4001', '4001'].map((text) => plan.meet(bytes(text)));
    expect(commands.map((met) => met === fault)).toEqual([false, false, false, true, false]);
  });

  it('repeats it as often as it is told', () => {
    const plan = new FaultPlan();
    const fault = faults.dropAck();
    plan.inject(fault, { nth: 2, times: 2 });
    const met = [1, 2, 3, 4].map(() => plan.meet(bytes('02')) === fault);
    expect(met).toEqual([false, true, true, false]);
  });

  it('gives one command one fault, the next the other; and none once cleared', () => {
    const plan = new FaultPlan();
    const [first, second, third] = [faults.dropAck(), faults.dropReply(), faults.hang()];
    for (const fault of [first, second, third]) plan.inject(fault);
    expect(plan.meet(bytes('02'))).toBe(first);
    expect(plan.meet(bytes('02'))).toBe(second);
    plan.clear();
    expect(plan.meet(bytes('02'))).toEqual({});
  });

  it('knows the commands that write to a card', () => {
    const writes = ['4001a20401020304', `4001a004${'00'.repeat(16)}`, '42a20401020304', '400100d6000001ff'];
    const others = ['40013004', '400100b0000010', '423a0405', '0206', '14a2'];
    expect(writes.map((text) => cardWrite(bytes(text)))).toEqual(writes.map(() => true));
    expect(others.map((text) => cardWrite(bytes(text)))).toEqual(others.map(() => false));
    expect(anyCommand(bytes('02'))).toBe(true);
  });
});

describe('faults on the line', () => {
  it.each<[string, Fault, string]>([
    ['a command that was not heard', faults.unheard(), ''],
    ['a dropped ACK', faults.dropAck(), REPLY],
    ['a dropped reply', faults.dropReply(), ACK],
    ['a doubled ACK', faults.duplicateAck(), `${ACK}${ACK}${REPLY}`],
    ['a doubled reply', faults.duplicateReply(), `${ACK}${REPLY}${REPLY}`],
    ['a flipped bit in the reply', faults.flipReply(7, 0x01), `${ACK}0000ff06fad50333010607e800`],
    [
      'a flipped bit from the end of the reply',
      faults.flipReply(-3, 0x80),
      `${ACK}0000ff06fad50332010687e800`,
    ],
    ['a flipped bit in the ACK', faults.flipAck(2, 0x01), `0000fe00ff00${REPLY}`],
    ['a wrong LCS', faults.badLcs(), `${ACK}0000ff06fbd50332010607e800`],
    ['a wrong DCS', faults.badDcs(), `${ACK}0000ff06fad50332010607e900`],
    ['junk before the ACK', faults.junkBeforeAck(0x00, 0xff, 0x55), `00ff55${VERSION}`],
    ['junk before the reply', faults.junkBeforeReply(0xaa), `${ACK}aa${REPLY}`],
    ['long preambles', faults.longPreamble(3), `000000${ACK}000000${REPLY}`],
    ['a reply cut short', faults.cutReply(9), `${ACK}0000ff06fad5033201`],
    ['an error frame', faults.errorFrame(), `${ACK}0000ff01ff7f8100`],
    ['a status', faults.status(0x0d), `${ACK}0000ff03fdd5030d1b00`],
  ])('%s', async (_, fault, expected) => {
    const { atOnce, next } = await line(fault);
    expect(atOnce).toBe(expected);
    expect(next).toBe(VERSION);
  });

  it('a late reply comes late, even when its command was given up', async () => {
    const { atOnce, later } = await line(faults.lateReply(100), 100);
    expect([atOnce, later]).toEqual([ACK, REPLY]);
    const { host, chip, clock } = startedBench();
    host.heard();
    chip.faults.inject(faults.lateReply(100));
    host.command('02');
    host.send(ACK);
    await clock.advance(100);
    expect(host.heard()).toBe(VERSION);
  });

  it('a late ACK holds up everything', async () => {
    const { atOnce, later } = await line(faults.lateAck(50), 50);
    expect([atOnce, later]).toEqual(['', VERSION]);
  });

  it('a slow chip answers late, and not at all when its command was given up', async () => {
    const { atOnce, later } = await line(faults.slow(4_000), 4_000);
    expect([atOnce, later]).toEqual([ACK, REPLY]);
    const { host, chip, clock } = startedBench();
    chip.faults.inject(faults.slow(4_000));
    host.command('02');
    host.send(ACK);
    host.heard();
    await clock.advance(5_000);
    expect(host.heard()).toBe('');
  });

  it('splits ACK and reply', async () => {
    const { atOnce, later } = await line(faults.split(4, 1), 100);
    expect(atOnce).toBe(ACK.slice(0, 8));
    expect(later).toBe(VERSION.slice(8));
  });

  it('hangs until the host sends an ACK, deaf to new commands', async () => {
    const { host, chip, clock } = startedBench();
    host.heard();
    chip.faults.inject(faults.hang());
    host.command('02');
    expect(host.heard()).toBe(ACK);
    host.command('02');
    await clock.advance(10_000);
    expect(host.heard()).toBe('');
    host.send(ACK);
    host.command('02');
    expect(host.heard()).toBe(VERSION);
  });

  it('gives the undamaged frame when asked with a NACK', async () => {
    const { host, chip } = startedBench();
    host.heard();
    chip.faults.inject(faults.badDcs());
    host.command('02');
    host.heard();
    host.send(NACK);
    expect(host.heard()).toBe(REPLY);
  });

  it('a reply that the chip sends while the host has changed its speed is rubbish', async () => {
    const { host, chip, clock } = startedBench();
    chip.setHostSpeed(115_200);
    chip.faults.inject(faults.slow(10));
    host.command('02');
    host.heard();
    chip.setHostSpeed(9_600);
    await clock.advance(10);
    expect(host.heard()).toHaveLength(REPLY.length);
    chip.setHostSpeed(115_200);
    host.send(NACK);
    expect(host.heard()).toBe(REPLY);
  });
});

describe('faults with a card', () => {
  function withTag() {
    const started = startedBench();
    const { tag, dump } = freshTag();
    started.field.put(tag);
    started.host.ask('4a 01 00');
    return {
      ...started,
      tag,
      dump,
      take: () => started.field.take(),
      page4: () => hex(dump.subarray(16, 20)),
    };
  }

  function withSmartCard() {
    const started = startedBench();
    const { card, dump } = freshSmartCard();
    started.field.put(card);
    started.host.ask('4a 01 00');
    started.host.ask('40 01 00a4040007f0434152444541');
    return { ...started, dump, take: () => started.field.take() };
  }

  const WRITE = '40 01 a2 04 fedcba98';
  const UPDATE = `40 01 00d60000f0${'ff'.repeat(240)}`;

  it('takes the card away before the command', () => {
    const { chip, host, take, page4, field } = withTag();
    chip.faults.inject(faults.removeBefore(take));
    expect(host.ask(WRITE)).toBe('4101');
    expect(page4()).toBe('0300fe00');
    expect(field.card()).toBeNull();
  });

  it('takes the card away after the command', () => {
    const { chip, host, take, page4, field } = withTag();
    chip.faults.inject(faults.removeAfter(take));
    expect(host.ask(WRITE)).toBe('4100');
    expect(page4()).toBe('fedcba98');
    expect(field.card()).toBeNull();
  });

  it('takes the card away while it is read', () => {
    const { chip, host, take, field } = withTag();
    chip.faults.inject(faults.removeDuringRead(take));
    expect(host.ask('40 01 30 04')).toBe('4101');
    expect(field.card()).toBeNull();
  });

  it.each([
    ['old', '0300fe00'],
    ['new', 'fedcba98'],
    ['zero', '00000000'],
    ['mix', '5688ba88'],
  ] as const)('tears a page: %s', (how, content) => {
    const removed = withTag();
    removed.chip.faults.inject(faults.removeDuringWrite(removed.take, how), { which: cardWrite });
    expect(removed.host.ask(WRITE)).toBe('4101');
    expect(removed.page4()).toBe(content);
    expect(removed.field.card()).toBeNull();

    const torn = withTag();
    torn.chip.faults.inject(faults.tear(how), { which: cardWrite });
    expect(torn.host.ask(WRITE)).toBe('4101');
    expect(torn.page4()).toBe(content);
    expect(torn.host.ask('4a 01 00')).toMatch(/^4b01/);
    expect(torn.host.ask(WRITE)).toBe('4100');
    expect(torn.page4()).toBe('fedcba98');
  });

  it('tears in the second half of a COMPATIBILITY_WRITE', () => {
    const { chip, host, page4 } = withTag();
    chip.faults.inject(faults.tear('zero'));
    expect(host.ask(`40 01 a0 04 fedcba98${'00'.repeat(12)}`)).toBe('4101');
    expect(page4()).toBe('00000000');
  });

  it('does not tear a later write where its own command wrote nothing', () => {
    const { chip, host, page4 } = withTag();
    chip.faults.inject(faults.tear('zero'));
    host.ask('40 01 30 04');
    expect(host.ask(WRITE)).toBe('4100');
    expect(page4()).toBe('fedcba98');
  });

  it.each([
    ['old', '00'],
    ['new', 'ff'],
  ] as const)('tears an APDU that comes in several blocks: %s', (how, content) => {
    const { chip, host, dump, take, field } = withSmartCard();
    chip.faults.inject(faults.removeDuringWrite(take, how));
    expect(host.ask(UPDATE)).toBe('4101');
    expect(hex(dump.subarray(7, 247))).toBe(content.repeat(240));
    expect(field.card()).toBeNull();
  });

  it("loses a tag's acknowledgement of a page that is written", () => {
    const { chip, host, page4 } = withTag();
    chip.faults.inject(faults.acknowledgementLost());
    expect(host.ask(WRITE)).toBe('4101');
    expect(page4()).toBe('fedcba98');
    expect(host.ask('40 01 30 04')).toMatch(/^4100fedcba98/);
  });

  it("loses a smart card's acknowledgement, however often the chip asks for it", () => {
    const { chip, host, dump } = withSmartCard();
    chip.faults.inject(faults.acknowledgementLost());
    expect(host.ask(UPDATE)).toBe('4101');
    expect(hex(dump.subarray(7, 247))).toBe('ff'.repeat(240));
  });
});
