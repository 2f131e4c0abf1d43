import { constants, type Stats } from 'node:fs';
import { access, readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Holder, PortDevice, PortFacts } from './port-facts.ts';

/** Where the system keeps what the doctor reads; a test has its own. */
export interface SystemPaths {
  readonly proc: string;
  readonly dev: string;
  readonly sys: string;
  readonly etc: string;
  /** Where a Pi's `cmdline.txt` may be. */
  readonly boot: readonly string[];
  /** Where systemd keeps what is started with the system. */
  readonly systemd: readonly string[];
  /** What runs at this moment, timesyncd's mark among it. */
  readonly run: string;
}

export const SYSTEM_PATHS: SystemPaths = {
  proc: '/proc',
  dev: '/dev',
  sys: '/sys',
  etc: '/etc',
  boot: ['/boot/firmware', '/boot'],
  systemd: ['/etc/systemd/system', '/run/systemd/generator', '/run/systemd/system'],
  run: '/run',
};

/** Who asks: the process that runs, and its user. */
export interface Caller {
  readonly pid: number;
  readonly user: string;
}

/** Looks at the serial port at `path` from the outside; opens nothing. What cannot be read counts as not there. */
export async function gatherPort(path: string, system: SystemPaths, caller: Caller): Promise<PortFacts> {
  const device = await gatherDevice(path, system, caller);
  return {
    path,
    ...(device === undefined ? {} : { device }),
    ports: await serialPorts(system.dev),
    model: (await text(join(system.proc, 'device-tree/model')))?.replaceAll('\0', '').trim(),
    user: caller.user,
  };
}

async function gatherDevice(
  path: string,
  system: SystemPaths,
  caller: Caller,
): Promise<PortDevice | undefined> {
  const real = await orUndefined(realpath(path));
  const found = real === undefined ? undefined : await orUndefined(stat(real));
  if (real === undefined || found === undefined) return undefined;
  const names = [basename(real), basename(path)];
  const running = await text(join(system.proc, 'cmdline'));
  const booted = await Promise.all(system.boot.map((folder) => text(join(folder, 'cmdline.txt'))));
  return {
    path: real,
    isCharacterDevice: found.isCharacterDevice(),
    mayUse: (await orUndefined(access(real, constants.R_OK | constants.W_OK).then(() => true))) ?? false,
    ...(await groupOf(found, system.etc, caller.user)),
    ...(await openedBy(real, system.proc, caller.pid)),
    isConsole: isConsoleIn(running, names),
    isConsoleAtBoot: booted.some((line) => isConsoleIn(line, names)),
    hasLoginPrompt: await hasLoginPrompt(basename(real), system.systemd),
    modemManagerRuns: await runs('ModemManager', system.proc),
    latencyMs: await latencyOf(basename(real), system.sys),
  };
}

/** Names by id first: `ttyUSB0` may be another adapter after the next start. */
async function serialPorts(dev: string): Promise<string[]> {
  const byId = (await names(join(dev, 'serial/by-id'))).map((name) => join(dev, 'serial/by-id', name));
  const all = (await names(dev)).filter((name) => /^(serial\d|tty(USB|ACM|AMA)\d+)$/.test(name));
  return [...byId, ...all.sort().map((name) => join(dev, name))];
}

async function groupOf(
  { gid }: Stats,
  etc: string,
  user: string,
): Promise<Pick<PortDevice, 'group' | 'isMember'>> {
  // name:password:gid:member,member
  const lines = (await text(join(etc, 'group')))?.split('\n') ?? [];
  const entry = lines.map((line) => line.split(':')).find((fields) => fields[2] === String(gid));
  return { group: entry?.[0], isMember: entry?.[3]?.split(',').includes(user) ?? false };
}

async function openedBy(
  device: string,
  proc: string,
  ownPid: number,
): Promise<Pick<PortDevice, 'holders' | 'hiddenProcesses'>> {
  const holders: Holder[] = [];
  let hiddenProcesses = 0;
  for (const pid of await processes(proc)) {
    if (pid === ownPid) continue;
    const folder = join(proc, String(pid), 'fd');
    const files = await orUndefined(readdir(folder));
    if (files === undefined) {
      // Gone in the meantime, or another user's.
      if ((await orUndefined(stat(folder))) !== undefined) hiddenProcesses += 1;
      continue;
    }
    const targets = await Promise.all(files.map((file) => orUndefined(readlink(join(folder, file)))));
    if (targets.includes(device)) holders.push({ pid, command: await commandOf(pid, proc) });
  }
  return { holders, hiddenProcesses };
}

async function processes(proc: string): Promise<number[]> {
  return (await names(proc)).filter((name) => /^\d+$/.test(name)).map(Number);
}

async function commandOf(pid: number, proc: string): Promise<string> {
  return (await text(join(proc, String(pid), 'comm')))?.trim() || 'a program';
}

async function runs(command: string, proc: string): Promise<boolean> {
  for (const pid of await processes(proc)) {
    if ((await commandOf(pid, proc)) === command) return true;
  }
  return false;
}

/** `console=serial0,115200`, by any of the port's names. */
function isConsoleIn(commandLine: string | undefined, portNames: readonly string[]): boolean {
  const consoles = (commandLine ?? '')
    .split(/\s+/)
    .flatMap((word) => /^console=([^,]+)/.exec(word)?.[1] ?? []);
  return consoles.some((name) => portNames.includes(name));
}

/** A unit that is masked leads to `/dev/null`. */
async function hasLoginPrompt(name: string, folders: readonly string[]): Promise<boolean> {
  const unit = `serial-getty@${name}.service`;
  const masked = await Promise.all(folders.map((folder) => orUndefined(readlink(join(folder, unit)))));
  if (masked.includes('/dev/null')) return false;
  const wanted = await Promise.all(folders.map((folder) => names(join(folder, 'getty.target.wants'))));
  return wanted.some((units) => units.includes(unit));
}

async function latencyOf(name: string, sys: string): Promise<number | undefined> {
  const value = await text(join(sys, 'bus/usb-serial/devices', name, 'latency_timer'));
  return value === undefined ? undefined : Number(value);
}

async function names(folder: string): Promise<string[]> {
  return (await orUndefined(readdir(folder))) ?? [];
}

async function text(path: string): Promise<string | undefined> {
  return await orUndefined(readFile(path, 'utf8'));
}

async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch {
    return undefined;
  }
}
