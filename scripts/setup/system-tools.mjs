import { hasCommand, runQuietly, say } from './run.mjs';

/** Commands that are needed and the Debian packages that bring them. */
const TOOLS = {
  /** node-gyp compiles the native add-ons with these. */
  build: { python3: 'python3', make: 'make', 'g++': 'g++' },
  /** The tests and the demonstration talk to the kernel's own network stack with these. */
  network: {
    ip: 'iproute2',
    ethtool: 'ethtool',
    ping: 'iputils-ping',
    arping: 'iputils-arping',
    nc: 'netcat-openbsd',
    iperf3: 'iperf3',
    curl: 'curl',
    unshare: 'util-linux',
  },
  /** Reviewers of another make: they look at every frame that the stack emits, and at what we make of captures. */
  review: { tshark: 'tshark', tcpdump: 'tcpdump' },
  /** They ask for what no kernel would. */
  strangers: { nmap: 'nmap', hping3: 'hping3', traceroute: 'traceroute', scapy3: 'python3-scapy' },
  /** DPDK with its headers, drivers and the program that it is measured by. */
  dpdk: { 'pkg-config': 'pkg-config', 'dpdk-testpmd': 'dpdk-dev' },
};

/** The Debian packages of the given groups whose commands are missing. */
function missingPackages(groups) {
  const wanted = groups.flatMap((group) => Object.entries(TOOLS[group]));
  return wanted.filter(([command]) => !hasCommand(command)).map(([, debianPackage]) => debianPackage);
}

/**
 * Installs what is missing where that is ours to do (root, apt-get), else says which command does it.
 *
 * @returns what is left out: `{ what, remedy }`
 */
export function installSystemTools(groups) {
  if (process.platform !== 'linux') return [];
  const missing = missingPackages(groups);
  if (missing.length === 0) return [];

  const install = ['install', '-y', '--no-install-recommends', ...missing];
  if (process.getuid() === 0 && hasCommand('apt-get')) {
    say(`installing ${missing.join(' ')}`);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    // A new machine has no package lists, or old ones that name files which are gone: they are fetched first.
    const installed = runQuietly('apt-get', ['update'], { env }) && runQuietly('apt-get', install, { env });
    if (installed && missingPackages(groups).length === 0) return [];
  }
  const command = hasCommand('apt-get')
    ? `apt-get update && apt-get ${install.join(' ')}`
    : `install ${missing.join(' ')}`;
  return [
    { what: `system tools (${missing.join(', ')})`, remedy: process.getuid() === 0 ? command : `as root: ${command}` },
  ];
}
