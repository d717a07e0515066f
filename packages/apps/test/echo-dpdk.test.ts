import { createRequire } from 'node:module';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeTap, describeUnless } from '@lunetta/testkit/jest';
import { NamespaceFixture } from './support/namespace-fixture.js';

const STACK = '10.99.0.2';
const HOST = '10.99.0.1';

/** Why DPDK cannot be tested here, or undefined. */
function obstacle(): string | undefined {
  try {
    createRequire(import.meta.url)('../../driver-dpdk/build/Release/lunetta_dpdk.node');
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n', 1)[0];
  }
}

// What `echo.test.ts` shows on TAP, on DPDK's devices: only the configuration is another.
describeTap('lunetta echo over DPDK, against a Linux kernel', () => {
  describeUnless(obstacle(), 'DPDK', 'by configuration alone', () => {
    const fixture = new NamespaceFixture();
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'lunetta-echo-dpdk-'));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test.each([
      ['net_tap', 'net_tap0,iface=lun0', 'lun0'],
      ['net_af_packet', 'net_af_packet0,iface=own0', 'far0'],
    ])('%s: answers datagrams and pings, says what passes, and ends on SIGINT', async (_, device, kernelDevice) => {
      const { netns } = fixture;
      if (kernelDevice === 'far0') {
        netns.ip('link', 'add', 'own0', 'type', 'veth', 'peer', 'name', 'far0');
        netns.ip('link', 'set', 'own0', 'up');
        netns.exec('ethtool', '-K', 'far0', 'tx', 'off'); // a kernel leaves checksums on veth unfinished
      }
      const config = join(folder, 'lunetta.config.json');
      const lan = { name: 'lan', driver: 'dpdk', addresses: [`${STACK}/24`] };
      const options = { device, eal: { memory: 'none' } };
      writeFileSync(config, JSON.stringify({ interfaces: [{ ...lan, options }] }));
      const echo = fixture.lunetta(['echo', '--config', config]);
      await echo.output(/^UDP echo on 10\.99\.0\.2 port 7 \(dpdk:net_\w+\); Ctrl-C ends it\n$/);
      netns.ip('addr', 'add', `${HOST}/24`, 'dev', kernelDevice);
      netns.ip('link', 'set', kernelDevice, 'up');
      expect(netns.exec('ping', '-c', '3', '-i', '0.2', '-W', '5', STACK)).toContain(' 0% packet loss');
      expect(netns.echo(STACK, 7, 0, 5, 1472)).toBe('same\nsame\nsame\n');
      await echo.output(/^datagrams echoed: 3 \(1477 bytes, \d+\/s\), pings answered: 3, dropped: 0; last from /m);
      echo.signal('SIGINT');
      expect(await echo.end()).toMatchObject({ code: 0, signal: null, stderr: '' });
    });
  });
});
