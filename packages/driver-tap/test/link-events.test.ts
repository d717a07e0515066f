import { expect, test } from '@jest/globals';
import { COUNT_SENT, COUNT_STATE, STATE_DOWN, STATE_GONE, STATE_UP } from '@lunetta/core';
import { describeTap } from '@lunetta/testkit/jest';
import { makeNetns, makePeer, openTap, testFrame, turns, until } from './support/tap-fixture.js';

describeTap('link events', () => {
  test('down and up: frames to send are dropped and counted meanwhile, and an armed queue wakes afterwards', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    const peer = await makePeer(netns);
    tap.queue.arm();
    netns.ip('link', 'set', 'lun0', 'down');
    // The monitor has not told yet: the kernel refuses the frame.
    tap.send([testFrame(60)]);
    expect(tap.dropped).toEqual({ txDown: 1 });
    expect(tap.queue.counts[COUNT_SENT]).toBe(1);
    await until(() => tap.events.length > 0, 'the event');
    expect([tap.events, tap.port.linkState, tap.queue.counts[COUNT_STATE]]).toEqual([['down'], 'down', STATE_DOWN]);
    tap.send([testFrame(60)]);
    expect(tap.dropped).toEqual({ txDown: 2 });
    expect(tap.queue.audit().inUse).toBe(tap.queue.stock.length);

    netns.ip('link', 'set', 'lun0', 'up');
    await until(() => tap.events.length > 1, 'the event');
    expect([tap.events, tap.port.linkState, tap.queue.counts[COUNT_STATE]]).toEqual([['down', 'up'], 'up', STATE_UP]);
    peer.send(testFrame(60));
    await until(() => tap.wakes > 0, 'the wake-up');
    expect(await tap.received(1)).toEqual([testFrame(60)]);
  });

  test('frames that wait while the link is down wake nobody and are not shown', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    const peer = await makePeer(netns);
    peer.send(testFrame(60));
    await peer.flush();
    netns.ip('link', 'set', 'lun0', 'down');
    await until(() => tap.events.length > 0, 'the event');
    expect(tap.queue.arm()).toBe(true);
    await turns();
    expect([tap.wakes, tap.queue.poll(0)]).toEqual([0, 0]);
  });

  test('carrier off is down, too', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    netns.ip('link', 'set', 'lun0', 'carrier', 'off');
    await until(() => tap.port.linkState === 'down', 'down');
    netns.ip('link', 'set', 'lun0', 'carrier', 'on');
    await until(() => tap.port.linkState === 'up', 'up');
  });

  test('a change of the MTU is told, and held to', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    netns.ip('link', 'set', 'lun0', 'mtu', '900');
    await until(() => tap.events.includes('mtu'), 'the event');
    expect(tap.port.mtu).toBe(900);
    tap.send([testFrame(919)]);
    expect(tap.dropped).toEqual({ txTooLong: 1 });
  });

  test('of an MTU larger than the buffers only what fits is used; frames that do not fit are counted', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns, { offloads: false });
    const peer = await makePeer(netns);
    netns.ip('link', 'set', 'lun0', 'mtu', '9000');
    await until(() => tap.events.includes('mtu'), 'the event');
    const { bufferSize } = tap.queue.memory;
    expect(tap.port.mtu).toBeGreaterThanOrEqual(1900);
    expect(tap.port.mtu).toBeLessThan(bufferSize);
    const largest = testFrame(tap.port.mtu + 14);
    peer.send(testFrame(bufferSize));
    peer.send(testFrame(9014));
    peer.send(largest);
    expect(await tap.received(1)).toEqual([largest]);
    expect(tap.dropped).toEqual({ rxOversized: 2 });
  });

  test('the device’s name follows a renaming', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    netns.ip('link', 'set', 'lun0', 'name', 'other0');
    await until(() => tap.port.device === 'other0', 'the new name');
    expect(tap.events.filter((event) => event === 'gone')).toEqual([]);
  });

  test('only its own device concerns a port', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    const other = await openTap(netns, { device: 'other0' });
    netns.ip('link', 'set', 'other0', 'mtu', '1000');
    netns.ip('link', 'del', 'other0');
    await until(() => other.events.includes('gone'), 'the other device to be gone');
    expect([tap.events, tap.port.linkState]).toEqual([[], 'up']);
  });

  test('joining and leaving a bridge is no event', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    netns.ip('link', 'add', 'br0', 'type', 'bridge');
    netns.ip('link', 'set', 'lun0', 'master', 'br0');
    netns.ip('link', 'set', 'lun0', 'nomaster');
    netns.ip('link', 'set', 'lun0', 'mtu', '1000');
    await until(() => tap.events.length > 0, 'the event');
    expect(tap.events).toEqual(['mtu']);
  });
});

describeTap('a device that is removed', () => {
  test.each([['armed'], ['not armed']])('while idle, %s', async (how) => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    if (how === 'armed') tap.queue.arm();
    netns.ip('link', 'del', 'lun0');
    await until(() => tap.events.length > 0, 'the event');
    await turns();
    expect(tap.events.filter((event) => event === 'gone')).toEqual(['gone']);
    expect([tap.port.linkState, tap.queue.counts[COUNT_STATE]]).toEqual(['gone', STATE_GONE]);
    expect(tap.queue.arm()).toBe(false);
    tap.send([testFrame(60)]);
    expect(tap.dropped).toEqual({ txGone: 1 });
    expect(tap.queue.poll(0)).toBe(0);
  });

  test('under load: the next poll says so, the event comes from the loop, all buffers come back', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    const peer = await makePeer(netns);
    for (let i = 0; i < 500; i++) peer.send(testFrame(60, i));
    await tap.received(1);
    netns.ip('link', 'del', 'lun0');
    tap.send([testFrame(60)]);
    expect(tap.queue.counts[COUNT_STATE]).toBe(STATE_GONE);
    expect(tap.queue.poll(0)).toBe(0);
    expect(tap.events).toEqual([]);
    await until(() => tap.events.length > 0, 'the event');
    await turns();
    expect(tap.events.at(-1)).toBe('gone');
    await tap.port.close();
    expect(tap.queue.audit()).toEqual({ size: 2048, available: 2048, inUse: 0, device: 0 });
  });

  test('moved to another network namespace is gone, too', async () => {
    const [netns, other] = [makeNetns(), makeNetns()];
    const tap = await openTap(netns);
    // `ip` and we hold the target by its path; the device's own namespace stays as it is.
    netns.exec('ip', 'link', 'set', 'lun0', 'netns', `/run/netns/${other.name}`);
    await until(() => tap.events.includes('gone'), 'the event');
    expect(tap.port.linkState).toBe('gone');
  });

  test('its namespace may be deleted before the port is closed', async () => {
    const { Netns } = await import('@lunetta/testkit/jest');
    const netns = new Netns();
    const tap = await openTap(netns);
    netns.remove();
    tap.send([testFrame(60)]);
    await tap.port.close();
    expect(tap.queue.audit()).toMatchObject({ inUse: 0 });
  });
});
