import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { median } from '../report.js';

const SECONDS = 4;

/**
 * Millions of frames a second that DPDK's own dpdk-testpmd forwards with MAC addresses swapped, on one core.
 *
 * @param device `net_null` or `net_ring`
 */
export async function testpmdMpps(device: string, bytes: number): Promise<number> {
  const spec = device === 'net_null' ? `net_null0,size=${bytes}` : 'net_ring0';
  const eal = ['--lcores=0@0,1@1', '--no-huge', '-m', '256', '--no-pci', '--no-telemetry', '--no-shconf'];
  const forward = ['--forward-mode=macswap', '--nb-cores=1', '--port-topology=loop', '--burst=64', '--stats-period=1'];
  const more = ['--total-num-mbufs=4096', '--tx-first', `--txpkts=${bytes}`];
  const words = [...eal, `--file-prefix=lunetta-testpmd-${process.pid}`, `--vdev=${spec}`, '--', ...forward, ...more];
  const child = spawn('dpdk-testpmd', words, { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  const ended = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGINT'), (SECONDS + 2) * 1000);
  await ended;
  clearTimeout(timer);
  const rates = [...output.matchAll(/Tx-pps:\s+(\d+)/g)].map(([, rate]) => Number(rate)).filter((rate) => rate > 0);
  if (rates.length === 0) throw new Error(`dpdk-testpmd forwarded nothing:\n${output.slice(-2000)}`);
  return median(rates) / 1e6;
}
