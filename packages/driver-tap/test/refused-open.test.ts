import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LunettaError } from '@lunetta/core';
import { loadAddon } from '../src/addon.js';
import { TapDriver, tapOptionsSchema } from '../src/index.js';
import { describeTap } from '@lunetta/testkit/jest';
import { DriverBundle } from './support/driver-child.js';
import { makeNetns } from './support/tap-fixture.js';

const lan = { interfaceName: 'lan' };

describe('opening where it cannot work', () => {
  test('another operating system', async () => {
    const attempt = new TapDriver('darwin').open(tapOptionsSchema.parse({}), lan);
    await expect(attempt).rejects.toMatchObject({
      code: 'LUNETTA_ERR_PLATFORM',
      message: expect.stringContaining('this is darwin'),
    });
  });

  test('a name too long that no schema has seen', async () => {
    const attempt = new TapDriver('linux').open({ ...tapOptionsSchema.parse({}), device: 'sixteen-bytes-xy' }, lan);
    await expect(attempt).rejects.toMatchObject({
      code: 'LUNETTA_ERR_DEVICE_NAME',
      message: expect.stringContaining('has 16 bytes; Linux takes at most 15'),
    });
  });

  test('an add-on that was not built', () => {
    const attempt = (): unknown => loadAddon('/nowhere/lunetta_tap.node');
    expect(attempt).toThrow(LunettaError);
    expect(attempt).toThrow(/^driver tap: cannot load its native add-on .*Build it with: npm run setup$/);
  });
});

describeTap('opening without what it takes', () => {
  let bundle: DriverBundle;
  beforeAll(() => {
    bundle = new DriverBundle();
  });
  afterAll(() => bundle.remove());

  const attempt = `
    try { await open({ device: 'lun0', netns: NETNS }, REQUEST); report('opened'); }
    catch (error) { report({ code: error.code, message: error.message }); }`;
  const outcome = (
    launcher: string[],
    { netns, request = {} }: { netns?: string; request?: object } = {},
  ): { code: string; message: string } => {
    const script = attempt.replace('NETNS', JSON.stringify(netns) ?? 'undefined');
    const { stdout, stderr } = bundle.run(script.replace('REQUEST', JSON.stringify(request)), launcher);
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as { code: string; message: string };
  };
  const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
  const within = (netns: string): string[] => ['ip', 'netns', 'exec', netns];

  test('no /dev/net/tun', () => {
    const netns = makeNetns();
    const withoutTun = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /dev/net && exec "$@"', 'sh'];
    expect(outcome([...within(netns.name), ...withoutTun])).toEqual({
      code: 'LUNETTA_ERR_PLATFORM',
      message: expect.stringMatching(
        /no usable \/dev\/net\/tun here \(ENOENT\).*modprobe tun.*--device \/dev\/net\/tun/,
      ),
    });
  });

  test('a /dev/net/tun that may not be opened', () => {
    const netns = makeNetns();
    const lockedTun = [
      'unshare',
      '--mount',
      'sh',
      '-c',
      'mount -t tmpfs none /dev/net && mknod -m 600 /dev/net/tun c 10 200 && exec "$@"',
      'sh',
    ];
    const error = outcome([...within(netns.name), ...lockedTun, ...asNobody]);
    expect(error).toMatchObject({ code: 'LUNETTA_ERR_PERMISSION' });
    expect(error.message).toMatch(/no permission to open \/dev\/net\/tun \(EACCES\)/);
  });

  // The device node's mode may differ between machines: a node that everybody may open tests what comes after it.
  const openTun = [
    'unshare',
    '--mount',
    'sh',
    '-c',
    'mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200 && exec "$@"',
    'sh',
  ];

  test('no right to create a device', () => {
    const netns = makeNetns();
    const error = outcome([...within(netns.name), ...openTun, ...asNobody]);
    expect(error).toMatchObject({ code: 'LUNETTA_ERR_PERMISSION' });
    expect(error.message).toMatch(/ip tuntap add dev lun0 mode tap user.*setcap.*unshare --user/);
  });

  test('a device made for the user can be attached to without any right, but its MTU cannot be set', () => {
    const netns = makeNetns();
    netns.ip('tuntap', 'add', 'dev', 'lun0', 'mode', 'tap', 'user', 'nobody');
    const launcher = [...within(netns.name), ...openTun, ...asNobody];
    expect(outcome(launcher)).toBe('opened');
    expect(outcome(launcher, { request: { mtu: 1500 } })).toBe('opened');
    const error = outcome(launcher, { request: { mtu: 1400 } });
    expect(error).toMatchObject({ code: 'LUNETTA_ERR_PERMISSION' });
    expect(error.message).toMatch(/MTU of lun0 to 1400 .*ip link set dev lun0 mtu 1400/);
  });

  test('no right to enter another network namespace', () => {
    const netns = makeNetns();
    const error = outcome([...openTun, ...asNobody], { netns: netns.name });
    expect(error).toMatchObject({
      code: 'LUNETTA_ERR_PERMISSION',
      message: expect.stringContaining(`network namespace ${netns.name}`),
    });
  });

  test('works without root in a user namespace of its own', () => {
    const launcher = ['unshare', '--user', '--map-root-user', '--net'];
    expect(outcome([...openTun, ...asNobody, ...launcher])).toBe('opened');
  });
});
