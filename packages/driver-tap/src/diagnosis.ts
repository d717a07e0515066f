import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { LunettaError, type LinkDiagnosis, type LinkFinding, type LinkPort } from '@lunetta/core';

const TUN = '/dev/net/tun';
/** Bit of CAP_NET_ADMIN in a capability set (linux/capability.h). */
const CAP_NET_ADMIN = 12n;

/**
 * Looks at what TAP devices need of this machine.
 *
 * @param platform Node's name of the operating system
 * @param open opens a device of a name that nobody has
 */
export async function diagnose(platform: string, open: () => Promise<LinkPort>): Promise<LinkDiagnosis> {
  const trial = await tryToOpen(open);
  return {
    usable: trial.every(({ ok }) => ok),
    findings: [checkPlatform(platform), checkTunDevice(), checkRights(), ...trial],
  };
}

function checkPlatform(platform: string): LinkFinding {
  const ok = platform === 'linux';
  const what = 'Linux';
  return ok
    ? { what, ok }
    : { what, ok, remedy: 'TAP devices are a thing of Linux: run it there, or in a Linux container' };
}

function checkTunDevice(): LinkFinding {
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
function checkRights(): LinkFinding {
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

/** Makes a device, which is gone again a moment later: no other test knows all that may stand in the way. */
async function tryToOpen(open: () => Promise<LinkPort>): Promise<LinkFinding[]> {
  const addon = 'native add-on built';
  const device = 'a TAP device can be made';
  try {
    await (await open()).close();
    return [
      { what: addon, ok: true },
      { what: device, ok: true },
    ];
  } catch (error) {
    if (!(error instanceof LunettaError)) throw error;
    const remedy = error.message.replace(/^(interface doctor, )?driver tap: /, '');
    if (error.code === 'LUNETTA_ERR_ADDON_NOT_BUILT') return [{ what: addon, ok: false, remedy }];
    return [
      { what: addon, ok: true },
      { what: device, ok: false, remedy },
    ];
  }
}
