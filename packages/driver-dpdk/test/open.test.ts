import { afterEach, describe, expect, test } from '@jest/globals';
import { type LinkQueue } from '@lunetta/core';
import { missingInstructions } from '../src/cpu.js';
import { ealArguments } from '../src/eal-arguments.js';
import { ealRemedy } from '../src/eal-error.js';
import { DpdkDriver, dpdkOptionsSchema, loadAddon, type DpdkPort } from '../src/index.js';
import { describeDpdk } from './support/describe-dpdk.js';
import { openDpdk, openRingPair, uniqueName } from './support/dpdk-fixture.js';

const parse = (options: object): ReturnType<typeof dpdkOptionsSchema.parse> => dpdkOptionsSchema.parse(options);

describe('options of DPDK', () => {
  test.each([
    [{ device: 'eth0' }, 'device'],
    [{ device: 'net_null0', queue: 1 }, 'queue'],
    [{ device: 'net_null0', buffers: 512 }, 'buffers'],
    [{ device: 'net_null0', rss: { table: [1] } }, 'table'],
    [{ device: '0000:01:00.0', frames: 'webassembly' }, 'frames'],
  ])('%j is refused', (options, field) => {
    const issues = dpdkOptionsSchema.safeParse(options).error?.issues ?? [];
    expect(issues.flatMap(({ path }) => path)).toContain(field);
  });

  test('no PCI device is looked for unless one is named', () => {
    expect(ealArguments(parse({ device: 'net_null0' }), 0)).toEqual(expect.arrayContaining(['--no-pci', '--no-huge']));
    const named = ealArguments(parse({ device: '01:00.0', eal: { devices: ['0000:02:00.1'] } }), 0);
    expect(named).toEqual(expect.arrayContaining(['-a', '0000:01:00.0', '-a', '0000:02:00.1', '--in-memory']));
    expect(named).not.toContain('--no-pci');
  });

  test('hugepages are used where there are some', () => {
    expect(ealArguments(parse({ device: 'net_null0' }), 2 ** 30)).toContain('--in-memory');
    expect(ealArguments(parse({ device: 'net_null0', eal: { memory: 'none' } }), 2 ** 30)).toContain('--no-huge');
  });
});

describe('where DPDK cannot run', () => {
  test('a processor without the instructions is told before anything is loaded', () => {
    expect(missingInstructions('x64', 'flags\t\t: fpu sse2 ssse3')).toEqual(['sse4_1', 'sse4_2', 'popcnt']);
    expect(missingInstructions('x64', 'flags\t\t: ssse3 sse4_1 sse4_2 popcnt')).toEqual([]);
    expect(missingInstructions('arm64', 'Features\t: fp asimd crc32')).toEqual([]);
  });

  test('an add-on that was not built', () => {
    expect(() => loadAddon('/nowhere/lunetta_dpdk.node')).toThrow(/cannot load its native add-on .*npm run setup$/);
  });

  test.each([
    ['EAL: No free 2048 kB hugepages reported on node 0', 'vm.nr_hugepages'],
    ['EAL: FATAL: unsupported cpu type.', 'processor'],
    ['EAL: librte_net_foo.so: cannot open shared object file', 'plugin'],
    ['EAL: VFIO support could not be initialized', 'modprobe vfio-pci'],
    ['EAL: Cannot create lock on /var/run: Permission denied', 'Run as root'],
  ])('%s: the remedy', (log, remedy) => {
    expect(ealRemedy(log)).toContain(remedy);
  });
});

describeDpdk('opening and closing', () => {
  const open: DpdkPort[] = [];
  afterEach(async () => {
    for (const port of open.splice(0)) await port.close();
  });
  const keep = async (opening: Promise<DpdkPort>): Promise<DpdkPort> => {
    const port = await opening;
    open.push(port);
    return port;
  };

  test('again and again in one process, with everything back', async () => {
    const device = `net_null_${uniqueName()}`;
    for (let round = 0; round < 20; round++) {
      const port = await openDpdk(device);
      const queue = port.queue(0);
      expect(queue.poll(0)).toBe(64);
      queue.free.set(Array.from({ length: 64 }, (_, i) => queue.rx[i * 8]));
      queue.counts[0] = 64;
      await port.close();
      expect(queue.audit()).toEqual({ size: 1024, available: 1024, inUse: 0, device: 0 });
      // Nobody can reach memory that is freed.
      expect(queue.memory.bytes.length).toBe(0);
    }
  });

  test('a device that is open already', async () => {
    const device = `net_null_${uniqueName()}`;
    await keep(openDpdk(device));
    await expect(openDpdk(device)).rejects.toMatchObject({ code: 'LUNETTA_ERR_DEVICE_BUSY' });
  });

  test('a driver that there is not, and an interface that there is not', async () => {
    await expect(openDpdk('net_nonsense0')).rejects.toMatchObject({
      code: 'LUNETTA_ERR_DEVICE',
      message: expect.stringMatching(/^interface lan, driver dpdk: .*net_nonsense0.*options\.device/),
    });
    await expect(openDpdk('net_af_packet0,iface=nosuch0')).rejects.toMatchObject({ code: 'LUNETTA_ERR_DEVICE' });
  });

  test('more buffers than there is memory: refused, and nothing is kept', async () => {
    const device = `net_null_${uniqueName()}`;
    await expect(openDpdk(device, { buffers: 400_000 })).rejects.toMatchObject({
      code: 'LUNETTA_ERR_PLATFORM',
      message: expect.stringContaining('Lower options.buffers'),
    });
    await keep(openDpdk(device));
  });

  test('the device shows its address, and Node keeps its processors', async () => {
    const port = await keep(openDpdk(`net_null_${uniqueName()}`));
    expect(port.hardwareAddress).toHaveLength(6);
    expect(port.dpdkDriver).toBe('net_null');
    expect(await new DpdkDriver().devices([])).toContainEqual(expect.objectContaining({ device: port.device }));
  });

  test('frames in a WebAssembly.Memory', async () => {
    const [a, b] = await openRingPair({ frames: 'webassembly' });
    open.push(a, b);
    expect(a.queue(0).memory.buffer).toBeInstanceOf(SharedArrayBuffer);
    sendOne(a.queue(0), 100);
    expect(b.queue(0).poll(0)).toBe(1);
    expect(b.queue(0).rx[2]).toBe(100);
  });

  test('two ports of one memory pass a frame on by its handle, untouched', async () => {
    const memory = uniqueName();
    const [a, b] = await openRingPair({ memory });
    const [c, d] = await openRingPair({ memory });
    open.push(a, b, c, d);
    expect(b.queue(0).memory).toBe(c.queue(0).memory);
    sendOne(a.queue(0), 100);
    const [from, to] = [b.queue(0), c.queue(0)];
    expect(from.poll(0)).toBe(1);
    to.tx.set(from.rx.subarray(0, 8));
    to.poll(1);
    expect(d.queue(0).poll(0)).toBe(1);
    expect(d.queue(0).rx[0]).toBe(from.rx[0]);
    for (const port of [a, b, c, d]) expect(Object.values(port.statistics().refused)).not.toContain(1);
  });
});

/** Sends a frame of zeros out of the stock. */
function sendOne(queue: LinkQueue, length: number): void {
  queue.poll(0);
  const { counts, stock, memory, headroom } = queue;
  counts[1]--;
  const handle = stock[counts[1]];
  queue.tx.set([handle, memory.bufferAt(handle) + headroom, length, 0]);
  queue.poll(1);
  expect(counts[3]).toBe(1);
}
