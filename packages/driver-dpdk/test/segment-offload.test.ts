import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Stack, TX_TSO, type StackSettings } from '@lunetta/core';
import { echoTcp, machineHost } from '@lunetta/testkit';
import { describeTap, Netns } from '@lunetta/testkit/jest';
import type { DpdkPort } from '../src/index.js';
import { describeDpdk } from './support/describe-dpdk.js';
import { openDpdk, uniqueName } from './support/dpdk-fixture.js';

const CLIENT = fileURLToPath(new URL('../../testkit/test/support/kernel-tcp.py', import.meta.url));
const ADDRESS = '10.99.0.2';
const PORT = 7;
const BYTES = 2_000_000;

const run = promisify(execFile);

jest.setTimeout(90_000);

describeTap('against the Linux kernel', () => {
  describeDpdk('a device of DPDK that cuts up TCP segments', () => {
    let netns: Netns;
    let port: DpdkPort;
    let stack: Stack;
    const device = `lunt${process.pid % 10_000}`;

    beforeEach(() => {
      netns = new Netns();
    });
    afterEach(async () => {
      await stack.close();
      expect(port.queue(0).audit()).toMatchObject({ inUse: 0, device: 0 });
      netns.remove();
    });

    async function serve(options: object = {}, settings: StackSettings = {}): Promise<void> {
      port = await openDpdk(`net_tap_${uniqueName()},iface=${device}`, { netns: netns.name, ...options });
      netns.ip('addr', 'add', '10.99.0.1/24', 'dev', device);
      netns.ip('link', 'set', device, 'up');
      stack = new Stack(machineHost(), settings);
      stack.addInterface(port, { name: 'lan', addresses: [`${ADDRESS}/24`] });
      stack.tcp.listen({ port: PORT }).onConnection = echoTcp;
    }

    async function echoed(): Promise<string> {
      const words = ['netns', 'exec', netns.name, 'python3', CLIENT, 'echo', ADDRESS, String(PORT), String(BYTES)];
      return (await run('ip', words)).stdout.trim();
    }

    /** Frames that the kernel has got from us, and those of them whose TCP checksum was wrong. */
    function atTheKernel(): { frames: number; wrong: number } {
      const frames = netns.exec('cat', `/sys/class/net/${device}/statistics/rx_packets`);
      const [names, values] = netns.exec('grep', '^Tcp:', '/proc/net/snmp').split('\n');
      return { frames: Number(frames), wrong: Number(values.split(' ')[names.split(' ').indexOf('InCsumErrors')]) };
    }

    test('gets many in one piece; every byte arrives', async () => {
      await serve();
      expect(port.queue(0).offloads & TX_TSO).toBe(TX_TSO);
      expect(await echoed()).toBe('same');
      const { frames, wrong } = atTheKernel();
      expect(wrong).toBe(0);
      expect(frames).toBeGreaterThan(BYTES / 1460);
      const { segmentsSent } = stack.counters().tcp;
      expect(segmentsSent).toBeLessThan(frames / 2);
    });

    test('gets no more at a time than it cuts up, however short the segments are', async () => {
      await serve({}, { tcp: { minMss: 88 } });
      netns.ip('route', 'replace', '10.99.0.0/24', 'dev', device, 'advmss', '120');
      expect(await echoed()).toBe('same');
      expect(port.statistics()).toMatchObject({ dropped: { txPrepare: 0 } });
      expect(atTheKernel().frames).toBeGreaterThan(BYTES / 120);
    });

    test('gets segments one by one if it is not to', async () => {
      await serve({ tso: false });
      expect(port.queue(0).offloads & TX_TSO).toBe(0);
      expect(await echoed()).toBe('same');
      expect(atTheKernel().wrong).toBe(0);
    });
  });
});
