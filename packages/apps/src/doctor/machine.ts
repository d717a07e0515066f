import { spawnSync } from 'node:child_process';
import type { LinkFinding } from 'lunetta';

/** The oldest Node that is supported, as in package.json. */
const LEAST_NODE = [20, 19] as const;

export function checkNode(version: string = process.versions.node): LinkFinding {
  const what = `Node.js ${version}`;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  return ok
    ? { what, ok }
    : { what, ok, remedy: `install Node.js ${LEAST_NODE.join('.')} or newer: https://nodejs.org` };
}

/** Whether one without rights can have a network of his own to try things in. */
export function checkUserNamespaces(): LinkFinding {
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
