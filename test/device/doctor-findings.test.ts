import { describe, expect, it } from 'vitest';
import { clockFindings } from '../../device/doctor/clock-findings.ts';
import type { Finding } from '../../device/doctor/finding.ts';
import type { HubFacts, NetworkFacts } from '../../device/doctor/network-facts.ts';
import { networkFindings } from '../../device/doctor/network-findings.ts';
import type { PanelFacts } from '../../device/doctor/panel-facts.ts';
import { panelFindings } from '../../device/doctor/panel-findings.ts';
import type { PortDevice, PortFacts } from '../../device/doctor/port-facts.ts';
import { canBeTried, portFindings } from '../../device/doctor/port-findings.ts';
import type { CardFacts, ReaderFacts } from '../../device/doctor/reader-facts.ts';
import { readerFindings } from '../../device/doctor/reader-findings.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 24, 12);

/** The finding of one part, as `verdict: what → remedy`; undefined where there is none. */
function of(part: string, findings: readonly Finding[]): string | undefined {
  const found = findings.find((finding) => finding.part === part);
  if (found === undefined) return undefined;
  const { verdict, what, remedy } = found;
  return remedy === undefined ? `${verdict}: ${what}` : `${verdict}: ${what} → ${remedy}`;
}

function verdicts(findings: readonly Finding[]): Record<string, string> {
  return Object.fromEntries(findings.map(({ part, verdict }) => [part, verdict]));
}

describe('the serial port', () => {
  const device: PortDevice = {
    path: '/dev/ttyUSB0',
    isCharacterDevice: true,
    mayUse: true,
    group: 'dialout',
    isMember: false,
    holders: [],
    hiddenProcesses: 0,
    isConsole: false,
    isConsoleAtBoot: false,
    hasLoginPrompt: false,
    modemManagerRuns: false,
    latencyMs: undefined,
  };
  const facts = (changes: Partial<PortDevice> = {}, others: Partial<PortFacts> = {}): PortFacts => ({
    path: '/dev/ttyUSB0',
    device: { ...device, ...changes },
    ports: ['/dev/ttyUSB0'],
    model: undefined,
    user: 'clinic',
    ...others,
  });
  const PI = 'Raspberry Pi 4 Model B Rev 1.4';

  it('is fine where nothing stands in the way', () => {
    expect(verdicts(portFindings(facts()))).toEqual({
      'serial-port': 'fine',
      permission: 'fine',
      'other-programs': 'fine',
      console: 'fine',
    });
    expect(canBeTried(facts())).toBe(true);
  });

  it('that is not there is told with those that are, or with how a Pi gets one', () => {
    const { device: _, ...gone } = facts();
    expect(of('serial-port', portFindings({ ...gone, ports: ['/dev/ttyACM0', '/dev/serial0'] }))).toBe(
      'wrong: there is nothing at /dev/ttyUSB0 → plug the reader in, or choose a port with --reader: /dev/ttyACM0, /dev/serial0',
    );
    expect(of('serial-port', portFindings({ ...gone, ports: [] }))).toMatch(
      /no serial port is there at all$/,
    );
    expect(of('serial-port', portFindings({ ...gone, ports: [], model: PI }))).toMatch(/raspi-config/);
    expect(canBeTried(gone)).toBe(false);
  });

  it('that is a file is no port', () => {
    const file = facts({ isCharacterDevice: false });
    expect(of('serial-port', portFindings(file))).toMatch(/^wrong: .* is not a serial port/);
    expect(canBeTried(file)).toBe(false);
  });

  it('is named with where its link leads', () => {
    const link = facts({ path: '/dev/ttyAMA0' }, { path: '/dev/serial0' });
    expect(of('serial-port', portFindings(link))).toBe('fine: /dev/serial0 (/dev/ttyAMA0) is there');
  });

  it('that may not be used is told with the group to join, or that it counts after the next login', () => {
    const forbidden = facts({ mayUse: false });
    expect(of('permission', portFindings(forbidden))).toBe(
      'wrong: clinic may not read and write /dev/ttyUSB0 → run "sudo usermod -aG dialout clinic", then log out and in again',
    );
    expect(canBeTried(forbidden)).toBe(false);
    const member = facts({ mayUse: false, isMember: true });
    expect(of('permission', portFindings(member))).toMatch(/→ log out and in again/);
  });

  it('that others hold is told with who they are; those that cannot be seen are no finding against it', () => {
    const holders = [
      { pid: 812, command: 'node' },
      { pid: 900, command: 'minicom' },
    ];
    expect(of('other-programs', portFindings(facts({ holders })))).toBe(
      'wrong: the port is held by node (process 812), minicom (process 900) → stop them first',
    );
    expect(canBeTried(facts({ holders }))).toBe(false);
    const hidden = facts({ hiddenProcesses: 77 });
    expect(of('other-programs', portFindings(hidden))).toMatch(/^untested: .* 77 processes .*sudo/);
    expect(canBeTried(hidden)).toBe(true);
  });

  it('that is a console, will be one, or has a login prompt eats what the reader says', () => {
    const pi = { model: PI };
    expect(of('console', portFindings(facts({ isConsole: true }, pi)))).toMatch(/^wrong: .*→.*raspi-config/);
    expect(of('console', portFindings(facts({ isConsole: true })))).toMatch(/console=.* ttyUSB0/);
    expect(canBeTried(facts({ isConsole: true }))).toBe(false);
    expect(of('console', portFindings(facts({ isConsoleAtBoot: true }, pi)))).toMatch(/after the next start/);
    expect(of('console', portFindings(facts({ hasLoginPrompt: true, path: '/dev/ttyS0' })))).toBe(
      'wrong: a login prompt is set up on the port → run "sudo systemctl mask --now serial-getty@ttyS0.service"',
    );
  });

  it('is advised on where it works and could be better', () => {
    expect(of('modem-manager', portFindings(facts({ modemManagerRuns: true })))).toMatch(/^advice: /);
    const onPins = facts({ modemManagerRuns: true, path: '/dev/ttyAMA0' });
    expect(of('modem-manager', portFindings(onPins))).toBeUndefined();
    expect(of('adapter', portFindings(facts({ latencyMs: 16 })))).toMatch(/^advice: .* 16 ms/);
    expect(of('adapter', portFindings(facts({ latencyMs: 1 })))).toBeUndefined();
    const mini = { path: '/dev/ttyS0' };
    expect(of('uart', portFindings(facts(mini, { model: PI })))).toMatch(/disable-bt/);
    expect(of('uart', portFindings(facts(mini)))).toBeUndefined();
  });
});

describe('the reader', () => {
  const chip = { state: 'answers', firmware: 'PN532 1.6', speed: 921_600 } as const;
  const read = { state: 'read', description: 'NTAG215', holds: 'cardea-1', readMs: 51.4 } as const;
  const reader = (card: CardFacts): ReaderFacts => ({ chip, card });

  it('is fine with the card that it read', () => {
    const findings = readerFindings(reader(read));
    expect(verdicts(findings)).toEqual({ reader: 'fine', speed: 'fine', antenna: 'fine', card: 'fine' });
    expect(of('reader', findings)).toBe('fine: a PN532 1.6 answers');
    expect(of('speed', findings)).toBe('fine: the line runs at 921,600 baud');
    expect(of('card', findings)).toBe('fine: NTAG215, registered (cardea-1), read in 51 ms');
  });

  it('takes cards that nobody has yet for as good', () => {
    const empty = readerFindings(reader({ ...read, holds: 'empty slots' }));
    expect(of('card', empty)).toBe('fine: NTAG215, prepared, with no patient on it yet');
    const fresh = readerFindings(reader({ ...read, holds: 'nothing' }));
    expect(of('card', fresh)).toBe('fine: NTAG215, fresh and ready to be registered');
  });

  it('at its first speed works, and could be faster', () => {
    const slow = readerFindings({ chip: { ...chip, speed: 115_200 }, card: read });
    expect(of('speed', slow)).toMatch(/^advice: the line runs at 115,200 baud, and not faster/);
  });

  it('that fails is told in the words of the failure, remedy and all', () => {
    const failure = { code: 'reader-silent', message: 'no PN532 answers: set its switches to serial' };
    const card = { state: 'untested', why: 'without the reader no card can be tested' } as const;
    const findings = readerFindings({ chip: { state: 'fails', failure }, card });
    expect(of('reader', findings)).toBe('wrong: no PN532 answers → set its switches to serial');
    expect(of('card', findings)).toBe('untested: without the reader no card can be tested');
    const short = { code: 'x', message: 'it is odd' };
    expect(of('reader', readerFindings({ chip: { state: 'fails', failure: short }, card }))).toMatch(
      /^wrong: it is odd → set its switches/,
    );
  });

  it('without a card says nothing for or against its antenna', () => {
    const findings = readerFindings(reader({ state: 'not-laid', waitedMs: 20_000 }));
    expect(of('antenna', findings)).toMatch(/^untested: no card was seen within 20 s →/);
    expect(of('card', findings)).toBeUndefined();
  });

  it('is not to blame for a card that is not ours, but for one that it cannot read', () => {
    const failing = (code: string, message: string) =>
      readerFindings(reader({ state: 'fails', failure: { code, message } }));
    const foreign = failing('card-foreign', 'the card holds a contact: use another card');
    expect(verdicts(foreign)).toMatchObject({ antenna: 'fine', card: 'advice' });
    expect(of('card', foreign)).toBe('advice: the card holds a contact → use another card');
    expect(verdicts(failing('card-unreadable', 'it cannot be read: lay it flat'))).toMatchObject({
      card: 'wrong',
    });
    expect(verdicts(failing('damaged-card', 'neither of its two slots holds an image'))).toMatchObject({
      card: 'wrong',
    });
  });
});

describe('the panel', () => {
  const answers = (changes: Partial<PanelFacts & { state: 'answers' }> = {}): PanelFacts => ({
    state: 'answers',
    parts: ['light', 'piezo', 'display', 'keypad'],
    missing: [],
    keys: 'right',
    ...changes,
  });

  it('need not be there', () => {
    expect(verdicts(panelFindings({ state: 'none' }))).toEqual({ panel: 'fine' });
  });

  it('can tell of its keys, and what it shows is for people to judge', () => {
    expect(verdicts(panelFindings(answers()))).toEqual({
      panel: 'fine',
      'panel-light': 'untested',
      'panel-piezo': 'untested',
      'panel-display': 'untested',
      'panel-keypad': 'fine',
    });
    expect(verdicts(panelFindings(answers({ parts: ['piezo'] })))).toEqual({
      panel: 'fine',
      'panel-piezo': 'untested',
    });
  });

  it.each([
    ['wrong', 'wrong'],
    ['none', 'untested'],
    [undefined, 'untested'],
  ] as const)('whose keys came %s is %s', (keys, verdict) => {
    expect(verdicts(panelFindings(answers({ keys })))).toMatchObject({ 'panel-keypad': verdict });
  });

  it('that fails, or misses a part, is wrong', () => {
    expect(verdicts(panelFindings(answers({ missing: ['keypad'], keys: undefined })))).toMatchObject({
      'panel-keypad': 'wrong',
    });
    const failure = { code: 'panel-lost', message: 'the board is gone: plug it in again' };
    expect(of('panel', panelFindings({ state: 'fails', failure }))).toBe(
      'wrong: the board is gone → plug it in again',
    );
  });
});

describe('the network', () => {
  const certificate = { notBefore: NOW - DAY, notAfter: NOW + 13.5 * DAY };
  const hub: HubFacts = {
    state: 'answers',
    address: 'goa:8441',
    hubId: 'goa-01',
    location: 'Goa',
    certificate,
    trust: 'trusted',
  };
  const network = (changes: Partial<NetworkFacts> = {}): NetworkFacts => ({
    membership: {
      state: 'joined',
      terminalId: 'desk-1',
      certificate: { notBefore: NOW - DAY, notAfter: NOW + 89 * DAY },
    },
    hub,
    rc: { state: 'answers', address: 'rc:8440', hubs: 2 },
    ...changes,
  });
  const findings = (changes: Partial<NetworkFacts> = {}, now = NOW) => networkFindings(network(changes), now);

  it('is fine where all is in order', () => {
    expect(verdicts(findings())).toEqual({
      membership: 'fine',
      'terminal-certificate': 'fine',
      hub: 'fine',
      'hub-certificate': 'fine',
      'hub-trust': 'fine',
      'registration-centre': 'fine',
    });
    expect(of('hub', findings())).toBe('fine: goa-01 in Goa answers at goa:8441');
    expect(of('hub-certificate', findings())).toBe(
      'fine: the certificate of goa-01 holds until 2026-12-08, 13 days from now',
    );
  });

  it('that was not joined is allowed, and leaves the trust in a hub to the card', () => {
    const alone = findings({
      membership: { state: 'not-joined' },
      hub: { ...hub, trust: undefined },
      rc: { state: 'untested' },
    });
    expect(verdicts(alone)).toMatchObject({
      membership: 'advice',
      'hub-trust': 'untested',
      'registration-centre': 'untested',
    });
  });

  it('tells of certificates that end soon, have ended, or have not begun', () => {
    const until = (notAfter: number) =>
      findings({ hub: { ...hub, certificate: { ...certificate, notAfter } } });
    expect(of('hub-certificate', until(NOW + 6.5 * DAY))).toMatch(
      /^advice: .* 6 days from now → see that goa-01/,
    );
    expect(of('hub-certificate', until(NOW - 1))).toMatch(/^wrong: .* ended on 2026-11-24, .* clock first/);
    const early = findings({}, NOW - 2 * DAY);
    expect(of('hub-certificate', early)).toMatch(
      /^wrong: .* only from 2026-11-23 on, and it is 2026-11-22 here/,
    );
    expect(of('terminal-certificate', early)).toMatch(/^wrong: /);
    const old = findings({}, NOW + 80 * DAY);
    expect(of('terminal-certificate', old)).toMatch(/^advice: .* 9 days from now → join/);
  });

  it('tells once of a hub whose dates alone are at fault, and of one of another network', () => {
    const trust = { code: 'hub-certificate-expired', message: 'a certificate has expired: check the clock' };
    const late = findings({ hub: { ...hub, trust } }, NOW + 20 * DAY);
    expect(verdicts(late)).toMatchObject({ 'hub-certificate': 'wrong' });
    expect(of('hub-trust', late)).toBeUndefined();
    const foreign = { code: 'hub-certificate-foreign', message: 'the hub belongs to another network' };
    expect(of('hub-trust', findings({ hub: { ...hub, trust: foreign } }))).toMatch(
      /^wrong: the hub belongs to another network → check the address/,
    );
  });

  it('tells what failed in its own words', () => {
    const failure = { code: 'x', message: 'nobody answers: is it running?' };
    const broken = findings({
      membership: { state: 'fails', failure },
      hub: { state: 'fails', address: 'goa:8441', failure },
      rc: { state: 'fails', address: 'rc:8440', failure },
    });
    for (const part of ['membership', 'hub', 'registration-centre']) {
      expect(of(part, broken)).toBe('wrong: nobody answers → is it running?');
    }
    expect(of('hub', findings({ hub: { state: 'not-chosen', failure } }))).toMatch(/^wrong: /);
  });

  it('gives the clock bounds that it cannot be before', () => {
    const clock = (now: number, changes = {}) =>
      of(
        'clock',
        clockFindings({ now, latestNotBefore: 0, isSynchronised: undefined, ...changes }, network()),
      );
    expect(clock(NOW)).toBe('fine: 2026-11-24 12:00 UTC, which is possible');
    expect(clock(NOW, { isSynchronised: true })).toBe('fine: 2026-11-24 12:00 UTC, by a time server');
    expect(clock(NOW, { isSynchronised: false })).toMatch(/^advice: .* no time server now →/);
    expect(clock(NOW - 2 * DAY)).toMatch(
      /^wrong: it shows 2026-11-22 12:00 UTC, and it is 2026-11-23 12:00 at least/,
    );
    expect(clock(NOW, { latestNotBefore: NOW + DAY })).toMatch(/^wrong: /);
    const alone: NetworkFacts = {
      membership: { state: 'not-joined' },
      hub: { ...hub, certificate: { notBefore: NOW + DAY, notAfter: NOW + DAY }, trust: undefined },
      rc: { state: 'untested' },
    };
    const told = (now: number) =>
      of('clock', clockFindings({ now, latestNotBefore: 0, isSynchronised: undefined }, alone));
    // A hub that nobody vouches for proves nothing about the time.
    expect(told(NOW)).toMatch(/^fine: /);
    expect(told(0)).toMatch(/^wrong: it shows 1970-01-01 00:00 UTC/);
  });
});

describe('every finding that something is wrong', () => {
  it('has a remedy', () => {
    const failure = { code: 'x', message: 'no colon in here' };
    const all = [
      ...networkFindings(
        {
          membership: { state: 'fails', failure },
          hub: { state: 'not-chosen', failure },
          rc: { state: 'fails', address: 'rc:8440', failure },
        },
        NOW,
      ),
      ...panelFindings({ state: 'fails', failure }),
      ...readerFindings({ chip: { state: 'fails', failure }, card: { state: 'fails', failure } }),
    ];
    const wrong = all.filter(({ verdict }) => verdict === 'wrong');
    expect(wrong).toHaveLength(6);
    for (const { remedy } of wrong) expect(remedy).toMatch(/\w/);
  });
});
