import { execFileSync } from 'node:child_process';

let made = 0;

/** A network namespace of the test's own, with no IPv6, so that the kernel says nothing unasked. */
export class Netns {
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

  /** Runs a command in the namespace and returns its output. */
  exec(command: string, ...words: string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.name, command, ...words], { encoding: 'utf8' });
  }

  /** `ip ...` in the namespace. */
  ip(...words: string[]): string {
    return execFileSync('ip', ['-n', this.name, ...words], { encoding: 'utf8', stdio: 'pipe' });
  }

  /** What `ip` says of a device, or undefined if there is none. */
  link(device: string): { mtu: number; flags: string[] } | undefined {
    const links = JSON.parse(this.ip('-json', 'link', 'show') || '[]') as { ifname: string }[];
    return links.find((link) => link.ifname === device) as { mtu: number; flags: string[] } | undefined;
  }

  remove(): void {
    execFileSync('ip', ['netns', 'del', this.name]);
  }
}
