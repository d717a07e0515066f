import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { join } from 'node:path';
import { Netns } from '@lunetta/testkit/jest';
import { CHECKOUT } from './initramfs.js';
import { TAP_DEVICE } from './machine-arguments.js';

const TCP_CLIENT = join(CHECKOUT, 'packages', 'apps', 'test', 'support', 'tcp-client.py');
const UDP_CLIENT = join(import.meta.dirname, 'udp-client.mjs');

/** A Linux kernel at the other end of the second card's cable: 10.99.0.1/24, in a network namespace of its own. */
export class KernelPeer extends Netns {
  constructor() {
    super();
    try {
      this.ip('tuntap', 'add', 'dev', TAP_DEVICE, 'mode', 'tap');
      this.ip('addr', 'add', '10.99.0.1/24', 'dev', TAP_DEVICE);
      this.ip('link', 'set', TAP_DEVICE, 'up');
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Pings an address until `count` answers are there; which requests they answer, counted from 1. */
  ping(address: string, count: number, payloadLength: number): number[] {
    const text = this.exec('ping', '-c', `${count}`, '-i', '0.02', '-w', '20', '-s', `${payloadLength}`, address);
    return [...text.matchAll(/icmp_seq=(\d+)/g)].map(([, number]) => Number(number)).slice(0, count);
  }

  /** Has datagrams of these sizes echoed, one after the other; how many came back unchanged. */
  echo(address: string, port: number, sizes: readonly number[]): number {
    return Number(this.exec(process.execPath, UDP_CLIENT, address, `${port}`, ...sizes.map(String)));
  }

  /** Has that many bytes echoed over TCP: `same`, if they came back so. */
  tcpEcho(address: string, bytes: number): string {
    return this.exec('python3', TCP_CLIENT, 'echo', address, '7', `${bytes}`).trim();
  }

  /** Starts a command; the caller ends it. */
  start(command: string, ...words: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
    return spawn('ip', ['netns', 'exec', this.name, command, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** The first bytes that the service of characters (RFC 864) sends. */
  characters(address: string, bytes: number): string {
    return this.exec('sh', '-c', `nc -d ${address} 19 | head -c ${bytes}`);
  }
}
