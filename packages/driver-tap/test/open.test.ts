import { expect, test } from '@jest/globals';
import { COUNT_STATE, STATE_DOWN, STATE_UP, type LunettaError } from '@lunetta/core';
import { describeTap } from '@lunetta/testkit/jest';
import { makeNetns, openTap } from './support/tap-fixture.js';

const failure = (attempt: Promise<unknown>): Promise<LunettaError> =>
  attempt.then(
    () => Promise.reject(new Error('it was opened')),
    (error: unknown) => error as LunettaError,
  );

describeTap('opening a TAP device', () => {
  test('creates it, down, and takes it away again at close', async () => {
    const netns = makeNetns();
    const { port, queue } = await openTap(netns, { up: false });
    expect(port).toMatchObject({ driver: 'tap', device: 'lun0', mtu: 1500, linkState: 'down', created: true });
    expect(queue.counts[COUNT_STATE]).toBe(STATE_DOWN);
    expect(netns.link('lun0')?.flags).not.toContain('UP');
    await port.close();
    expect(netns.link('lun0')).toBeUndefined();
  });

  test('gives the kernel its address, brings the device up and sets the MTU', async () => {
    const netns = makeNetns();
    const { port, queue } = await openTap(netns, { hostAddress: '10.98.7.1/20' }, { mtu: 9000 });
    expect(port).toMatchObject({ mtu: 9000, linkState: 'up' });
    expect(queue.counts[COUNT_STATE]).toBe(STATE_UP);
    expect(queue.memory.bufferSize).toBeGreaterThanOrEqual(queue.headroom + 18 + 9000);
    expect(netns.link('lun0')).toMatchObject({ mtu: 9000, flags: expect.arrayContaining(['UP', 'LOWER_UP']) });
    expect(netns.ip('-brief', 'addr', 'show', 'lun0')).toContain('10.98.7.1/20');
    expect(netns.ip('addr', 'show', 'lun0')).toContain('brd 10.98.15.255');
  });

  test('persist leaves a device that we created; it is attached to the next time, as it is', async () => {
    const netns = makeNetns();
    const first = await openTap(netns, { persist: true, hostAddress: '10.98.7.1/24' });
    await first.port.close();
    expect(netns.link('lun0')).toBeDefined();
    const second = await openTap(netns, { hostAddress: '10.98.9.1/24', persist: false });
    expect(second.port).toMatchObject({ created: false, linkState: 'up' });
    expect(netns.ip('addr', 'show', 'lun0')).not.toContain('10.98.9.1');
    await second.port.close();
    expect(netns.link('lun0')).toBeDefined();
  });

  test.each([[[]], [['multi_queue']], [['vnet_hdr']]])('attaches to a device made by ip tuntap %j', async (flags) => {
    const netns = makeNetns();
    netns.ip('tuntap', 'add', 'dev', 'pre0', 'mode', 'tap', ...flags);
    netns.ip('link', 'set', 'pre0', 'mtu', '1280', 'up');
    const { port } = await openTap(netns, { device: 'pre0' });
    expect(port).toMatchObject({ device: 'pre0', created: false, mtu: 1280, linkState: 'up' });
  });

  test('takes the smallest and the largest MTU', async () => {
    const netns = makeNetns();
    const small = await openTap(netns, { device: 'small' }, { mtu: 68 });
    const large = await openTap(netns, { device: 'large', buffers: 256 }, { mtu: 65_521 });
    expect([small.port.mtu, large.port.mtu]).toEqual([68, 65_521]);
    expect(large.queue.memory.bufferSize).toBeGreaterThanOrEqual(large.queue.headroom + 18 + 65_521);
  });

  test('frame buffers begin where the IP header is aligned', async () => {
    const { queue } = await openTap(makeNetns());
    expect(queue.headroom).toBeGreaterThanOrEqual(64);
    expect((queue.memory.bufferAt(3) + queue.headroom + 14) % 4).toBe(0);
  });

  test('two ports in one process', async () => {
    const netns = makeNetns();
    const ports = [await openTap(netns, { device: 'a' }), await openTap(netns, { device: 'b' })];
    expect(ports.map(({ port }) => port.device)).toEqual(['a', 'b']);
  });
});

describeTap('opening a TAP device in vain', () => {
  test('device busy', async () => {
    const netns = makeNetns();
    await openTap(netns);
    const error = await failure(openTap(netns));
    expect(error).toMatchObject({ name: 'LunettaError', code: 'LUNETTA_ERR_DEVICE_BUSY' });
    expect(error.message).toMatch(/^interface lan, driver tap: lun0 is in use .*options\.device$/);
  });

  test('no TAP device, but something else', async () => {
    const netns = makeNetns();
    netns.ip('link', 'add', 'br0', 'type', 'bridge');
    netns.ip('tuntap', 'add', 'dev', 'tun0', 'mode', 'tun');
    for (const device of ['br0', 'tun0']) {
      const error = await failure(openTap(netns, { device }));
      expect(error).toMatchObject({ code: 'LUNETTA_ERR_DEVICE', message: expect.stringContaining('is no TAP device') });
    }
  });

  test('a name that the kernel refuses', async () => {
    const error = await failure(openTap(makeNetns(), { device: 'all' }));
    expect(error).toMatchObject({ code: 'LUNETTA_ERR_DEVICE_NAME' });
  });

  test('an MTU out of range', async () => {
    const netns = makeNetns();
    expect(await failure(openTap(netns, {}, { mtu: 67 }))).toMatchObject({ code: 'LUNETTA_ERR_CONFIG' });
    expect(await failure(openTap(netns, {}, { mtu: 65_522 }))).toMatchObject({ code: 'LUNETTA_ERR_CONFIG' });
  });

  test('a network namespace that is not there, or is none', async () => {
    const netns = makeNetns();
    const missing = await failure(openTap(netns, { netns: 'lun-nowhere' }));
    expect(missing).toMatchObject({ code: 'LUNETTA_ERR_DEVICE', message: expect.stringContaining('ip netns add') });
    expect(await failure(openTap(netns, { netns: '/proc/self/status' }))).toMatchObject({ code: 'LUNETTA_ERR_DEVICE' });
  });

  test('an address that the kernel refuses leaves no device behind', async () => {
    const netns = makeNetns();
    const error = await failure(openTap(netns, { hostAddress: '224.0.0.1/24' }));
    expect(error).toMatchObject({
      code: 'LUNETTA_ERR_DEVICE',
      message: expect.stringContaining('options.hostAddress'),
    });
    expect(netns.link('lun0')).toBeUndefined();
  });

  test('the process stays in its own network namespace, also after a failure', async () => {
    const { readlinkSync } = await import('node:fs');
    const before = readlinkSync('/proc/thread-self/ns/net');
    const netns = makeNetns();
    await openTap(netns);
    await failure(openTap(netns));
    expect(readlinkSync('/proc/thread-self/ns/net')).toBe(before);
  });
});
