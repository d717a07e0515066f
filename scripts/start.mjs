#!/usr/bin/env node
/**
 * `npm start`: set-up, then the UDP echo server on a TAP device. Without the rights for that on this host, or with
 * `--demo`, the same runs in a network namespace of its own with a small client as its peer, and ends after it.
 * Other arguments go on to `lunetta echo`.
 */
import './setup/node-version.mjs';

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ROOT, hasCommand } from './setup/run.mjs';
import { setUpOrExit } from './setup.mjs';

const DEVICE = 'lun0';
const KERNEL_SIDE = '10.99.0.1/24';
const OUR_SIDE = '10.99.0.2/24';
const OUR_ADDRESS = OUR_SIDE.split('/')[0];
const ECHO_PORT = '7';
const CLI = join(ROOT, 'packages', 'apps', 'bin', 'lunetta.js');
/** Set for the run inside of the namespace. */
const INSIDE = 'LUNETTA_START_INSIDE';
const DEVICE_PATIENCE_MS = 10_000;
const EXIT_PATIENCE_MS = 5000;
const SIGNAL_GRACE_MS = 500;

/** Says what is wrong and what mends it, and ends. */
function fail(message) {
  console.error(`start: ${message}`);
  process.exit(1);
}

/** CAP_NET_ADMIN of this process, capability 12 of linux/capability.h. */
function mayMakeDevices() {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return effective !== null && ((BigInt(`0x${effective[1]}`) >> 12n) & 1n) === 1n;
}

function checkTun() {
  const tun = '/dev/net/tun';
  if (!existsSync(tun)) {
    fail(`There is no ${tun}. As root: modprobe tun. In a container: run it with --device ${tun}.`);
  }
  try {
    accessSync(tun, constants.R_OK | constants.W_OK);
  } catch {
    fail(`You may not open ${tun}. Try: sudo npm start, or as root: chmod 0666 ${tun}`);
  }
}

/** Runs this script again in a network namespace of its own, as its root. */
function runInNamespace(args) {
  const options = mayMakeDevices() ? ['--net'] : ['--user', '--map-root-user', '--net'];
  if (!hasCommand('unshare') || spawnSync('unshare', [...options, 'true'], { stdio: 'inherit' }).status !== 0) {
    fail(
      'Without rights for TAP devices the demonstration needs a user namespace, and this host forbids it.\n' +
        'Run it as root (sudo npm start), or allow them as root: sysctl kernel.unprivileged_userns_clone=1 ' +
        'kernel.apparmor_restrict_unprivileged_userns=0 (those of the two that exist here).',
    );
  }
  const { status } = spawnSync('unshare', [...options, process.execPath, import.meta.filename, ...args], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  });
  process.exit(status ?? 1);
}

/** Starts the echo server and gives the kernel's side of its device an address. */
async function startEcho(args) {
  const options = ['echo', '--driver', 'tap', '--device', DEVICE, '--address', OUR_SIDE, ...args];
  const server = spawn(process.execPath, [CLI, ...options], { stdio: 'inherit' });
  const giveUpAt = Date.now() + DEVICE_PATIENCE_MS;
  while (!readFileSync('/proc/self/net/dev', 'utf8').includes(` ${DEVICE}:`)) {
    if (server.exitCode !== null) process.exit(server.exitCode || 1); // it has said why
    if (Date.now() > giveUpAt) {
      server.kill();
      fail(`The device ${DEVICE} did not appear within ${DEVICE_PATIENCE_MS / 1000} s.`);
    }
    await sleep(20);
  }
  for (const change of [
    ['addr', 'replace', KERNEL_SIDE, 'dev', DEVICE],
    ['link', 'set', DEVICE, 'up'],
  ]) {
    if (spawnSync('ip', change, { stdio: 'inherit' }).status !== 0) {
      server.kill();
      fail(`"ip ${change.join(' ')}" failed, see above.`);
    }
  }
  return server;
}

/** The echo server for as long as the user wants it. */
async function serve(args) {
  const server = await startEcho(args);
  console.log(
    `The echo server answers at ${OUR_ADDRESS} (device ${DEVICE}). In a second terminal, try:\n` +
      `  ping ${OUR_ADDRESS}\n` +
      `  echo hello | nc -u -w1 ${OUR_ADDRESS} ${ECHO_PORT}\n` +
      'Ctrl-C ends it.',
  );
  // Ctrl-C in a terminal reaches the server too, and we wait for it to close its device; a signal sent to us alone
  // is passed on.
  process.on('SIGINT', () => setTimeout(() => server.kill('SIGINT'), SIGNAL_GRACE_MS));
  process.on('SIGTERM', () => server.kill('SIGTERM'));
  const [code] = await once(server, 'exit');
  process.exit(code ?? 1);
}

/** The echo server and a client that talks to it, then the end of both. */
async function demonstrate(args) {
  const server = await startEcho(args);
  const client = spawn(process.execPath, [join(ROOT, 'scripts', 'demo-client.mjs'), OUR_ADDRESS, ECHO_PORT], {
    stdio: 'inherit',
  });
  const [clientCode] = await once(client, 'exit');
  if (server.exitCode !== null) fail('The echo server ended by itself.');
  const kill = setTimeout(() => server.kill('SIGKILL'), EXIT_PATIENCE_MS);
  server.kill('SIGINT');
  const [serverCode] = await once(server, 'exit');
  clearTimeout(kill);
  if (serverCode !== 0) fail('The echo server did not close cleanly.');
  if (clientCode !== 0) fail('Not every datagram came back, see above.');
  console.log('All came back. With rights for TAP devices (sudo npm start) you can talk to it from a second terminal.');
}

const demo = process.argv.includes('--demo');
const args = process.argv.slice(2).filter((argument) => argument !== '--demo');

if (process.env[INSIDE] === '1') {
  await demonstrate(args);
} else {
  if (process.platform !== 'linux') fail('TAP devices are a thing of Linux; run this there, or in a Linux container.');
  const leftOut = await setUpOrExit({ groups: ['network'] });
  if (leftOut.some(({ what }) => what.includes('driver-tap'))) fail('The TAP driver is not built, see above.');
  if (!hasCommand('ip')) fail('The command "ip" is missing, see above.');
  checkTun();
  if (!demo && mayMakeDevices()) {
    await serve(args);
  } else {
    if (!demo) console.log('No rights for TAP devices here: running in a network namespace of its own, with a client.');
    runInNamespace(args);
  }
}
