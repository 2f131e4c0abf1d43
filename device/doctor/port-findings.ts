import { advice, type Finding, fine, untested, wrong } from './finding.ts';
import type { PortDevice, PortFacts } from './port-facts.ts';

/** From here on an adapter's delay is felt: FTDI's is 16 ms as it leaves the factory (HARDWARE 6). */
const LATENCY_FELT_MS = 2;
const MINI_UART = /^\/dev\/ttyS\d+$/;
const USB_ADAPTER = /^\/dev\/tty(USB|ACM)\d+$/;

/** What is to be said of the serial port, before anything is sent through it (HARDWARE 7). */
export function portFindings(facts: PortFacts): Finding[] {
  const { device } = facts;
  if (device === undefined || !device.isCharacterDevice) return [missing(facts)];
  const where = device.path === facts.path ? facts.path : `${facts.path} (${device.path})`;
  return [
    fine('serial-port', `${where} is there`),
    permission(facts, device),
    otherPrograms(device),
    consoleConflict(facts, device),
    ...tuning(facts, device),
  ];
}

/** Whether the port can be opened, and is nobody else's: else there is no sense in trying the reader. */
export function canBeTried({ device }: PortFacts): boolean {
  if (device === undefined || !device.isCharacterDevice) return false;
  return device.mayUse && device.holders.length === 0 && !device.isConsole;
}

function missing({ path, device, ports, model }: PortFacts): Finding {
  const what =
    device === undefined ? `there is nothing at ${path}` : `${path} is not a serial port but something else`;
  if (ports.length > 0) {
    return wrong(
      'serial-port',
      what,
      `plug the reader in, or choose a port with --reader: ${ports.join(', ')}`,
    );
  }
  return wrong(
    'serial-port',
    what,
    isPi(model)
      ? 'plug the reader in; or, for the pins of this Pi, run "sudo raspi-config", Interface Options, Serial Port: login shell no, hardware yes; and start anew'
      : 'plug the reader in: no serial port is there at all',
  );
}

function permission({ user, path }: PortFacts, { mayUse, group, isMember }: PortDevice): Finding {
  if (mayUse) return fine('permission', `${user} may use it`);
  const what = `${user} may not read and write ${path}`;
  if (isMember)
    return wrong('permission', what, `log out and in again: ${user} is a member of ${group} from then on`);
  return wrong(
    'permission',
    what,
    `run "sudo usermod -aG ${group ?? 'dialout'} ${user}", then log out and in again`,
  );
}

function otherPrograms({ holders, hiddenProcesses }: PortDevice): Finding {
  if (holders.length > 0) {
    const programs = holders.map(({ command, pid }) => `${command} (process ${pid})`).join(', ');
    return wrong(
      'other-programs',
      `the port is held by ${programs}`,
      `stop ${holders.length > 1 ? 'them' : 'it'} first`,
    );
  }
  if (hiddenProcesses > 0) {
    return untested(
      'other-programs',
      `no program of this user holds it; ${hiddenProcesses} processes of others cannot be looked into`,
      'if the reader does not answer, run this with sudo to see them, too',
    );
  }
  return fine('other-programs', 'no other program holds it');
}

/** A console writes into the chip, and eats its answers. */
function consoleConflict({ model }: PortFacts, device: PortDevice): Finding {
  const remedy = isPi(model)
    ? 'run "sudo raspi-config", Interface Options, Serial Port: login shell no, hardware yes; and start anew'
    : `take "console=" with ${nameOf(device)} off the kernel's command line, and start anew`;
  if (device.isConsole) return wrong('console', 'the port is the console of this system', remedy);
  if (device.isConsoleAtBoot) {
    return wrong('console', 'the port will be the console after the next start', remedy);
  }
  if (device.hasLoginPrompt) {
    const unit = `serial-getty@${nameOf(device)}.service`;
    return wrong(
      'console',
      'a login prompt is set up on the port',
      `run "sudo systemctl mask --now ${unit}"`,
    );
  }
  return fine('console', 'neither console nor login prompt is on it');
}

function tuning({ model }: PortFacts, device: PortDevice): Finding[] {
  const found: Finding[] = [];
  if (device.modemManagerRuns && USB_ADAPTER.test(device.path)) {
    found.push(
      advice(
        'modem-manager',
        'ModemManager talks to every adapter that is plugged in, and may disturb the reader',
        'run "sudo systemctl disable --now ModemManager", or tell it to leave this adapter alone by a udev rule',
      ),
    );
  }
  if (device.latencyMs !== undefined && device.latencyMs > LATENCY_FELT_MS) {
    const file = `/sys/bus/usb-serial/devices/${nameOf(device)}/latency_timer`;
    found.push(
      advice(
        'adapter',
        `the adapter holds bytes back for ${device.latencyMs} ms, at every step of a tap`,
        `run "echo 1 | sudo tee ${file}", and keep it by a udev rule`,
      ),
    );
  }
  if (isPi(model) && MINI_UART.test(device.path)) {
    found.push(
      advice(
        'uart',
        'this is the mini UART, which is slow and changes its speed with the processor',
        'put "dtoverlay=disable-bt" into config.txt, run "sudo systemctl disable hciuart", and start anew: the better one then takes its place',
      ),
    );
  }
  return found;
}

function nameOf({ path }: PortDevice): string {
  return path.replace(/^.*\//, '');
}

function isPi(model: string | undefined): boolean {
  return model?.startsWith('Raspberry Pi') === true;
}
