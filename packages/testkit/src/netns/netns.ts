import { execFileSync } from 'node:child_process';

const PATIENCE_MS = 30_000;
let made = 0;

/** A Linux network namespace of the test's own, with no IPv6, so that the kernel says nothing unasked. Takes root. */
export class Netns {
  /** As `ip netns` knows it. */
  readonly name = `lun-${process.pid}-${process.env['JEST_WORKER_ID'] ?? 0}-${made++}`;

  constructor() {
    execFileSync('ip', ['netns', 'add', this.name]);
    try {
      this.exec('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Runs a command in the namespace and returns its output; throws if the command fails. */
  exec(command: string, ...words: string[]): string {
    const all = ['netns', 'exec', this.name, command, ...words];
    return execFileSync('ip', all, { encoding: 'utf8', timeout: PATIENCE_MS });
  }

  /** `ip ...` in the namespace. */
  ip(...words: string[]): string {
    return execFileSync('ip', ['-n', this.name, ...words], { encoding: 'utf8', stdio: 'pipe' });
  }

  /** What `ip` says of a device, or undefined if there is none. */
  link(device: string): { mtu: number; flags: string[] } | undefined {
    return this.links.find(({ ifname }) => ifname === device);
  }

  /** Names of the devices in it. */
  get devices(): string[] {
    return this.links.flatMap(({ ifname }) => ifname ?? []);
  }

  /** Removes the namespace, and the devices in it. */
  remove(): void {
    execFileSync('ip', ['netns', 'del', this.name]);
  }

  private get links(): { ifname?: string; mtu: number; flags: string[] }[] {
    const links = this.ip('-json', 'link', 'show') || '[]';
    return JSON.parse(links) as { ifname?: string; mtu: number; flags: string[] }[];
  }
}
