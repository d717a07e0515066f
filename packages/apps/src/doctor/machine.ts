import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';

/** One thing that was looked at. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** If it is not as it should be: what mends it. */
  readonly remedy?: string;
}

const TUN = '/dev/net/tun';
/** The oldest Node that is supported, as in package.json. */
const LEAST_NODE = [20, 19] as const;
/** Bit of CAP_NET_ADMIN in a capability set (linux/capability.h). */
const CAP_NET_ADMIN = 12n;

export function checkNode(version: string = process.versions.node): Finding {
  const what = `Node.js ${version}`;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  return ok
    ? { what, ok }
    : { what, ok, remedy: `install Node.js ${LEAST_NODE.join('.')} or newer: https://nodejs.org` };
}

export function checkPlatform(): Finding {
  const ok = process.platform === 'linux';
  const what = 'Linux';
  return ok
    ? { what, ok }
    : { what, ok, remedy: 'TAP devices are a thing of Linux: run it there, or in a Linux container' };
}

export function checkTunDevice(): Finding {
  const what = `${TUN} can be opened`;
  if (!existsSync(TUN)) {
    return { what, ok: false, remedy: `as root: modprobe tun; in a container: start it with --device ${TUN}` };
  }
  try {
    accessSync(TUN, constants.R_OK | constants.W_OK);
    return { what, ok: true };
  } catch {
    return { what, ok: false, remedy: `as root: chmod 0666 ${TUN}` };
  }
}

/** CAP_NET_ADMIN, which making a device takes; attaching to one that was made for the user takes none. */
export function checkRights(): Finding {
  const what = 'right to make devices (CAP_NET_ADMIN)';
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (effective !== undefined && ((BigInt(`0x${effective}`) >> CAP_NET_ADMIN) & 1n) === 1n) return { what, ok: true };
  return {
    what,
    ok: false,
    remedy:
      'run as root; or let root make the device for you: sudo ip tuntap add dev lun0 mode tap user $USER; ' +
      'or work in a namespace of your own: unshare --user --map-root-user --net',
  };
}

/** Whether one without rights can have a network of his own to try things in. */
export function checkUserNamespaces(): Finding {
  const what = 'user namespaces allowed (to try it without rights)';
  const { status, error } = spawnSync('unshare', ['--user', '--map-root-user', '--net', 'true'], { stdio: 'ignore' });
  if (status === 0) return { what, ok: true };
  const remedy =
    error === undefined
      ? 'as root, those of the two that exist here: sysctl kernel.unprivileged_userns_clone=1 ' +
        'kernel.apparmor_restrict_unprivileged_userns=0'
      : 'install unshare (package util-linux)';
  return { what, ok: false, remedy };
}
