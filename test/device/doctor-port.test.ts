import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gatherPort, type SystemPaths } from '../../device/doctor/gather-port.ts';

/** A character device that every machine has stands for the serial port. */
const DEVICE = '/dev/null';
const CALLER = { pid: 100, user: 'clinic' };

/** A system in a folder: files by path, links as `-> target`. */
async function system(files: Readonly<Record<string, string>>): Promise<SystemPaths> {
  const root = await mkdtemp(join(tmpdir(), 'cardea-doctor-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    const whole = join(root, path);
    await mkdir(dirname(whole), { recursive: true });
    if (content.startsWith('-> ')) await symlink(content.slice(3), whole);
    else await writeFile(whole, content);
  }
  return {
    proc: join(root, 'proc'),
    dev: join(root, 'dev'),
    sys: join(root, 'sys'),
    etc: join(root, 'etc'),
    boot: [join(root, 'boot/firmware'), join(root, 'boot')],
    systemd: [join(root, 'etc/systemd/system'), join(root, 'run/systemd/generator')],
    run: join(root, 'run'),
  };
}

const PORT = { 'dev/ttyUSB0': `-> ${DEVICE}` };

async function gather(files: Readonly<Record<string, string>>, name = 'ttyUSB0') {
  const paths = await system(files);
  const facts = await gatherPort(join(paths.dev, name), paths, CALLER);
  return { paths, facts, device: facts.device };
}

describe('looking at a serial port', () => {
  it('sees that nothing is there, and which ports are', async () => {
    const { facts, paths } = await gather(
      {
        'dev/serial/by-id/usb-FTDI-if00': `-> ${DEVICE}`,
        'dev/ttyACM0': `-> ${DEVICE}`,
        'dev/serial0': `-> ${DEVICE}`,
        'dev/tty1': `-> ${DEVICE}`,
        'proc/device-tree/model': 'Raspberry Pi 4 Model B Rev 1.4\0',
      },
      'ttyUSB7',
    );
    expect(facts.device).toBeUndefined();
    expect(facts.ports).toEqual(
      ['serial/by-id/usb-FTDI-if00', 'serial0', 'ttyACM0'].map((name) => join(paths.dev, name)),
    );
    expect(facts.model).toBe('Raspberry Pi 4 Model B Rev 1.4');
    expect(facts.user).toBe('clinic');
  });

  it('sees an empty system without complaint', async () => {
    const { facts } = await gather({}, 'serial0');
    expect(facts).toMatchObject({ ports: [], model: undefined });
  });

  it('follows the link, and finds nothing amiss where nothing is', async () => {
    const { device } = await gather(PORT);
    expect(device).toMatchObject({
      path: DEVICE,
      isCharacterDevice: true,
      mayUse: true,
      holders: [],
      hiddenProcesses: 0,
      isConsole: false,
      isConsoleAtBoot: false,
      hasLoginPrompt: false,
      modemManagerRuns: false,
      latencyMs: undefined,
    });
  });

  it('tells a file from a device', async () => {
    expect((await gather({ 'dev/ttyUSB0': 'text' })).device?.isCharacterDevice).toBe(false);
  });

  it("names the device's group, and whether the user is in it", async () => {
    const lines = 'root:x:0:\ndialout:x:20:pi,clinic\n';
    // /dev/null is root's.
    expect((await gather({ ...PORT, 'etc/group': lines })).device).toMatchObject({
      group: 'root',
      isMember: false,
    });
    const member = { ...PORT, 'etc/group': 'tty:x:0:pi,clinic\n' };
    expect((await gather(member)).device).toMatchObject({ group: 'tty', isMember: true });
    expect((await gather(PORT)).device).toMatchObject({ group: undefined, isMember: false });
  });

  it('finds who has it open, but for itself', async () => {
    const { device } = await gather({
      ...PORT,
      'proc/812/comm': 'node\n',
      'proc/812/fd/0': '-> /dev/tty1',
      'proc/812/fd/21': `-> ${DEVICE}`,
      'proc/900/comm': 'bash\n',
      'proc/900/fd/0': '-> /dev/tty1',
      [`proc/${CALLER.pid}/fd/3`]: `-> ${DEVICE}`,
      'proc/version': 'Linux',
    });
    expect(device?.holders).toEqual([{ pid: 812, command: 'node' }]);
    expect(device?.hiddenProcesses).toBe(0);
  });

  it('counts the processes whose files it may not see', async () => {
    // A file where a folder should be cannot be listed either.
    const { device } = await gather({ ...PORT, 'proc/1/fd': '', 'proc/2/comm': 'gone-already' });
    expect(device).toMatchObject({ holders: [], hiddenProcesses: 1 });
  });

  it.each([
    ['of the device', 'quiet console=null,115200 console=tty1', true],
    ['of the link', 'console=ttyUSB0,115200 rootwait', true],
    ['of another port', 'console=ttyUSB01 console=tty1', false],
    ['of a word that only looks so', 'noconsole=null', false],
  ])('finds the console on the command line by the name %s', async (_, line, expected) => {
    const running = await gather({ ...PORT, 'proc/cmdline': line });
    expect(running.device).toMatchObject({ isConsole: expected, isConsoleAtBoot: false });
    for (const file of ['boot/firmware/cmdline.txt', 'boot/cmdline.txt']) {
      const booting = await gather({ ...PORT, [file]: line });
      expect(booting.device).toMatchObject({ isConsole: false, isConsoleAtBoot: expected });
    }
  });

  it('finds a login prompt that is set up on it, and not one that was masked', async () => {
    const wanted = { [`run/systemd/generator/getty.target.wants/serial-getty@null.service`]: '-> /lib/x' };
    expect((await gather({ ...PORT, ...wanted })).device?.hasLoginPrompt).toBe(true);
    const masked = { ...wanted, 'etc/systemd/system/serial-getty@null.service': '-> /dev/null' };
    expect((await gather({ ...PORT, ...masked })).device?.hasLoginPrompt).toBe(false);
    const other = { 'etc/systemd/system/getty.target.wants/serial-getty@ttyS1.service': '-> /lib/x' };
    expect((await gather({ ...PORT, ...other })).device?.hasLoginPrompt).toBe(false);
  });

  it('finds ModemManager, and how long the adapter holds bytes back', async () => {
    const { device } = await gather({
      ...PORT,
      'proc/55/comm': 'ModemManager\n',
      'sys/bus/usb-serial/devices/null/latency_timer': '16\n',
    });
    expect(device).toMatchObject({ modemManagerRuns: true, latencyMs: 16 });
  });
});
