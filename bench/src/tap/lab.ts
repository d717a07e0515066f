import { execFileSync } from 'node:child_process';

let made = 0;

/** Network namespaces and processes of a measurement; all go away at its end, also after an error or an interrupt. */
export class Lab {
  private readonly cleanUps: (() => void)[] = [];
  private readonly onSignal = (): never => {
    try {
      this.close();
    } catch (failure) {
      console.error(failure);
    }
    process.exit(130);
  };

  /** @throws Error if network namespaces cannot be made here */
  constructor() {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) {
      throw new Error('This makes network namespaces and TAP devices: run it as root on Linux');
    }
    process.once('SIGINT', this.onSignal).once('SIGTERM', this.onSignal);
  }

  /** Has something undone at the end, the last thing first. */
  atEnd(cleanUp: () => void): void {
    this.cleanUps.push(cleanUp);
  }

  /** A namespace with no IPv6, so that the kernel says nothing unasked. */
  netns(): Netns {
    const netns = new Netns();
    this.atEnd(() => netns.remove());
    netns.quiet();
    return netns;
  }

  /** Ends the processes and removes the namespaces, all that can be; idempotent. @throws the first failure, at the end */
  close(): void {
    process.off('SIGINT', this.onSignal).off('SIGTERM', this.onSignal);
    const failures: unknown[] = [];
    for (let cleanUp = this.cleanUps.pop(); cleanUp !== undefined; cleanUp = this.cleanUps.pop()) {
      try {
        cleanUp();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Runs a measurement in a lab of its own. */
export async function inLab<Result>(task: (lab: Lab) => Promise<Result>): Promise<Result> {
  const lab = new Lab();
  try {
    return await task(lab);
  } finally {
    lab.close();
  }
}

/** A network namespace. */
export class Netns {
  readonly name = `lun-${process.pid}-b${made++}`;

  constructor() {
    execFileSync('ip', ['netns', 'add', this.name]);
  }

  /** `ip ...` in the namespace. */
  ip(words: string): void {
    execFileSync('ip', ['-n', this.name, ...words.split(' ')]);
  }

  quiet(): void {
    const settings = ['net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1'];
    execFileSync('ip', ['netns', 'exec', this.name, 'sysctl', '-qw', ...settings]);
    this.ip('link set lo up');
  }

  remove(): void {
    execFileSync('ip', ['netns', 'del', this.name]);
  }
}
