import { expect, test } from '@jest/globals';
import type { LinkEvent } from '@lunetta/core';
import { MemoryDriver, PortFarEnd, VirtualHost } from '@lunetta/testkit';
import { describeLinkDriver } from '@lunetta/testkit/jest';

const request = { interfaceName: 'test0' };

describeLinkDriver('memory, opened by name', {
  open: async () => {
    const driver = new MemoryDriver({ buffers: 1024 });
    const port = await driver.open({ cable: 'x' }, request);
    const peer = new PortFarEnd(await driver.open({ cable: 'x' }, request));
    return { port, peer, destroy: () => undefined };
  },
});

test('a link comes up when its other end is opened', async () => {
  const host = new VirtualHost();
  const driver = new MemoryDriver({ scheduler: host.scheduler });
  const first = await driver.open({ cable: 'x' }, request);
  const events: LinkEvent[] = [];
  first.setListener({ onWake: () => undefined, onEvent: (event) => events.push(event) });
  host.settle();
  expect(first.linkState).toBe('down');
  await driver.open({ cable: 'x' }, request);
  host.settle();
  expect([first.linkState, events]).toEqual(['up', ['down', 'up']]);
});

test('cables of different names and drivers are different cables', async () => {
  const drivers = [new MemoryDriver(), new MemoryDriver()] as const;
  const ports = [
    await drivers[0].open({ cable: 'x' }, request),
    await drivers[0].open({ cable: 'y' }, request),
    await drivers[1].open({ cable: 'x' }, request),
  ];
  expect(ports.map((port) => port.device)).toEqual(['x:a', 'y:a', 'x:a']);
});

test('a third end is refused; with both ends closed the name is free again', async () => {
  const driver = new MemoryDriver();
  const ends = [await driver.open({ cable: 'x' }, request), await driver.open({ cable: 'x' }, request)];
  await expect(driver.open({ cable: 'x' }, request)).rejects.toMatchObject({
    code: 'LUNETTA_ERR_DEVICE_BUSY',
    message: expect.stringContaining("interface 'test0'"),
  });
  for (const end of ends) await end.close();
  expect((await driver.open({ cable: 'x' }, request)).device).toBe('x:a');
});

test('the address and the MTU asked for are taken; both ends want the same MTU', async () => {
  const driver = new MemoryDriver();
  const hardwareAddress = Uint8Array.of(2, 0, 0, 0, 0, 9);
  const port = await driver.open({ cable: 'x' }, { ...request, hardwareAddress, mtu: 1400 });
  expect([port.mtu, port.hardwareAddress]).toEqual([1400, hardwareAddress]);
  const other = driver.open({ cable: 'x' }, { ...request, mtu: 1500 });
  await expect(other).rejects.toMatchObject({ code: 'LUNETTA_ERR_CONFIG' });
});

test('options are checked, each with its place', async () => {
  const { validate } = new MemoryDriver().optionsSchema['~standard'];
  expect(await validate({ cable: 'x', wakeup: 'level' })).toEqual({ value: { cable: 'x', wakeup: 'level' } });
  const result = await validate({ mtu: 0, colour: 'red' });
  expect(result.issues?.map(({ path }) => path)).toEqual([['colour'], ['cable'], ['mtu']]);
});
