import { execFileSync } from 'node:child_process';

/**
 * The command line that runs another under a limit: no file of its may grow beyond `kib`, as on a disk that is full.
 * The shell's blocks have 512 bytes.
 */
export function withFileSizeLimit(kib: number, line: readonly string[]): string[] {
  return ['sh', '-c', `ulimit -S -f ${2 * kib}; exec "$@"`, 'sh', ...line];
}

/** Makes room for a process that was started so. */
export function liftFileSizeLimit(pid: number | undefined): void {
  execFileSync('prlimit', ['--pid', String(pid), '--fsize=unlimited:']);
}
