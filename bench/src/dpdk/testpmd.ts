import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../report.js';
import { CLIENT_CPU, SERVER_CPU } from '../tap/process.js';

const SECONDS = 4;
/** Of 64 frames each, which are under way. */
const BURSTS = 4;
const PATIENCE_MS = 30_000;
/** For the two ends of a cable to find each other. */
const MEETING_MS = 1000;
/** `--file-prefix` of each. */
let started = 0;

/** How dpdk-testpmd forwards. */
interface Forwarding {
  /** DPDK's name and arguments of the device. */
  readonly spec: string;
  readonly cpu: number;
  readonly mode: 'macswap' | 'io';
  readonly bytes: number;
}

/** DPDK's own dpdk-testpmd, which sends back what it receives. */
export class Testpmd {
  private output = '';
  private readonly child: ChildProcess;

  constructor({ spec, cpu, mode, bytes }: Forwarding) {
    const eal = [`--lcores=0@${cpu},1@${cpu}`, '--no-huge', '-m', '256', '--no-pci', '--no-telemetry', '--no-shconf'];
    const prefix = `--file-prefix=lunetta-testpmd-${process.pid}-${started++}`;
    const forward = [`--forward-mode=${mode}`, '--nb-cores=1', '--port-topology=loop', '--burst=64'];
    const more = ['--total-num-mbufs=4096', `--txpkts=${bytes}`, '--interactive'];
    this.child = spawn('dpdk-testpmd', [...eal, prefix, `--vdev=${spec}`, '--', ...forward, ...more]);
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.on('data', (text: Buffer) => (this.output += text.toString()));
    }
  }

  /** Waits until it can be told something. */
  async ready(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!this.output.includes('testpmd>')) {
      if (this.child.exitCode !== null || performance.now() > deadline) throw this.failure('does not start');
      await sleep(10);
    }
  }

  /** Lets it forward. @param bursts of frames that it puts under way */
  start(bursts: number): void {
    this.child.stdin!.write(bursts > 0 ? `start tx_first ${bursts}\n` : 'start\n');
  }

  /** Millions of frames a second that it forwards, the median of some seconds; then it ends, and only then shows what it has found. */
  async mpps(): Promise<number> {
    for (let second = 0; second <= SECONDS; second++) {
      this.child.stdin!.write('show port stats all\n');
      await sleep(1000);
    }
    await this.end();
    const rates = [...this.output.matchAll(/Tx-pps:\s+(\d+)/g)]
      .map(([, rate]) => Number(rate))
      .filter((rate) => rate > 0);
    if (rates.length === 0) throw this.failure('forwarded nothing');
    return median(rates) / 1e6;
  }

  async end(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.stdin!.write('quit\n');
    await ended;
  }

  private failure(what: string): Error {
    return new Error(`dpdk-testpmd ${what}:\n${this.output.slice(-2000)}`);
  }
}

/** dpdk-testpmd at the other end of a memif, on the other core: it sends back what it receives. */
export class MemifPartner {
  private readonly folder = mkdtempSync(join(tmpdir(), 'lunetta-bench-'));
  /** DPDK's name and arguments of our end. */
  readonly spec = this.end('server');
  private testpmd: Testpmd | undefined;

  /** Waits until it is there: before, what is sent is lost. Our end is open. */
  async meet(bytes: number): Promise<void> {
    this.testpmd = new Testpmd({ spec: this.end('client'), cpu: CLIENT_CPU, mode: 'io', bytes });
    await this.testpmd.ready();
    this.testpmd.start(0);
    await sleep(MEETING_MS);
  }

  async leave(): Promise<void> {
    await this.testpmd?.end();
    rmSync(this.folder, { recursive: true });
  }

  private end(role: 'server' | 'client'): string {
    return `net_memif0,role=${role},socket=${join(this.folder, 'socket')},socket-abstract=no`;
  }
}

/** Millions of frames a second that dpdk-testpmd forwards with MAC addresses swapped, on one core. */
export async function testpmdMpps(device: string, bytes: number): Promise<number> {
  const partner = device === 'net_memif' ? new MemifPartner() : undefined;
  const testpmd = new Testpmd({ spec: deviceSpec(device, bytes, partner), cpu: SERVER_CPU, mode: 'macswap', bytes });
  await testpmd.ready();
  await partner?.meet(bytes);
  testpmd.start(BURSTS);
  const mpps = await testpmd.mpps();
  await partner?.leave();
  return mpps;
}

/** DPDK's name and arguments of a device. @param device `net_null`, `net_ring` or `net_memif`, which has a partner */
export function deviceSpec(device: string, bytes: number, partner?: MemifPartner): string {
  return partner?.spec ?? (device === 'net_null' ? `net_null0,size=${bytes}` : 'net_ring0');
}
