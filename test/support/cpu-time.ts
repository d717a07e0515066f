import { readFileSync, readdirSync } from 'node:fs';

/** CPU time that the threads of a process have had, in milliseconds. */
export function cpuTimeMs(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).reduce((sum, thread) => {
    const [runNs] = readFileSync(`${tasks}/${thread}/schedstat`, 'utf8').split(' ');
    return sum + Number(runNs) / 1e6;
  }, 0);
}
