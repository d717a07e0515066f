import type { StackSettings } from '@lunetta/core';

/** What a shell line of a script means here: settings for the stack, or nothing. */
export interface ShellMeaning {
  readonly settings: StackSettings;
  /** Lines that say what was left out. */
  readonly notes: readonly string[];
}

/** Settings of Linux by their sysctl names, as far as there is one of ours that means the same. */
const SYSCTLS: Readonly<Record<string, (value: number) => StackSettings>> = {
  'net.ipv4.icmp_msgs_per_sec': (value) => ({ icmp: { errorsPerSecond: value } }),
  'net.ipv4.icmp_msgs_burst': (value) => ({ icmp: { burst: value } }),
  'net.core.rmem_default': (value) => ({ udp: { receiveBufferSize: value } }),
  'net.ipv4.ipfrag_time': (value) => ({ reassembly: { timeoutMs: value * 1000 } }),
  'net.ipv4.ipfrag_high_thresh': (value) => ({ reassembly: { maxBytes: value } }),
  'net.ipv4.tcp_timestamps': (value) => ({ tcp: { timestamps: value !== 0 } }),
  'net.ipv4.tcp_sack': (value) => ({ tcp: { sack: value !== 0 } }),
  'net.ipv4.tcp_window_scaling': (value) => ({ tcp: { windowScaling: value !== 0 } }),
  'net.ipv4.tcp_ecn': (value) => ({ tcp: { ecn: value === 1 } }),
  'net.ipv4.tcp_syncookies': (value) => ({ tcp: { synCookies: value !== 0 } }),
  'net.ipv4.tcp_max_syn_backlog': (value) => ({ tcp: { maxHalfOpen: value } }),
  'net.ipv4.tcp_fin_timeout': (value) => ({ tcp: { finWaitMs: value * 1000 } }),
  'net.ipv4.neigh.default.gc_thresh3': (value) => ({ arp: { maxNeighbours: value } }),
};

/** What a name means: one of {@link SYSCTLS}, or `lunetta.GROUP.NAME` for a number among our own settings. */
function settingOf(name: string, value: number): StackSettings | undefined {
  const own = /^lunetta\.(\w+)\.(\w+)$/.exec(name);
  return own === null ? SYSCTLS[name]?.(value) : { [own[1]]: { [own[2]]: value } };
}

/** Reads the shell lines of a script: `sysctl -w NAME=VALUE`; anything else is left out with a note. */
export function readShell(lines: readonly string[]): ShellMeaning {
  let settings: StackSettings = {};
  const notes: string[] = [];
  for (const line of lines
    .join('\n')
    .split('\n')
    .map((each) => each.trim())) {
    if (line === '') continue;
    const match = /^sysctl\s+(?:-q\s+)?(?:-w\s+)?([\w.]+)="?(\d+)"?(?:\s+[\d ]*)?$/.exec(line);
    const setting = match === null ? undefined : settingOf(match[1], Number(match[2]));
    if (setting === undefined) notes.push(`left out: ${line}`);
    else settings = merge(settings, setting);
  }
  return { settings, notes };
}

function merge(settings: StackSettings, others: StackSettings): StackSettings {
  const merged: Record<string, object | undefined> = { ...settings };
  for (const [group, values] of Object.entries(others) as [string, object][]) {
    merged[group] = { ...merged[group], ...values };
  }
  return merged;
}
