/** What the system says about the serial port that `--reader` names. */
export interface PortFacts {
  /** As `--reader` has it. */
  readonly path: string;
  /** Absent: there is nothing at `path`. */
  readonly device?: PortDevice;
  /** Ports that are there. */
  readonly ports: readonly string[];
  /** `Raspberry Pi 4 Model B Rev 1.4`, where the machine says what it is. */
  readonly model: string | undefined;
  readonly user: string;
}

export interface PortDevice {
  /** Where links lead: `/dev/ttyAMA0` for `/dev/serial0`. */
  readonly path: string;
  readonly isCharacterDevice: boolean;
  /** This process may read and write it. */
  readonly mayUse: boolean;
  /** The group that may; undefined where the system has no name for it. */
  readonly group: string | undefined;
  /** The user is a member of that group by the system's list, which counts from the next login on. */
  readonly isMember: boolean;
  /** Programs that have it open, this one not counted. */
  readonly holders: readonly Holder[];
  /** Processes of other users, whose files this one may not see. */
  readonly hiddenProcesses: number;
  /** It is a console of the system that runs. */
  readonly isConsole: boolean;
  /** It will be, after the next start. */
  readonly isConsoleAtBoot: boolean;
  /** A login prompt is set up on it (serial-getty). */
  readonly hasLoginPrompt: boolean;
  /** ModemManager runs, which talks to every new serial adapter. */
  readonly modemManagerRuns: boolean;
  /** How long a USB adapter holds bytes back, ms; undefined where it has no such setting. */
  readonly latencyMs: number | undefined;
}

export interface Holder {
  readonly pid: number;
  readonly command: string;
}
