import { readdir, readFile } from 'node:fs/promises';

/** What a process has used of the processors, user and system, all its threads, ms. */
export async function cpuMs(pid: number): Promise<number> {
  const folder = `/proc/${pid}/task`;
  const threads = await readdir(folder);
  const spent = await Promise.all(threads.map((thread) => readFile(`${folder}/${thread}/schedstat`, 'utf8')));
  return spent.reduce((sum, line) => sum + Number(line.split(' ')[0]), 0) / 1e6;
}

/** What a process has in memory (VmRSS), MB. @throws Error when it is gone */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error('the process has no VmRSS: it is gone');
  return Number(kilobytes) / 1024;
}
