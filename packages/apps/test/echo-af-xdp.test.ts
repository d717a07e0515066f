import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { describeTap, describeUnless } from '@lunetta/testkit/jest';
import { describeDpdk } from './support/describe-dpdk.js';
import { NET_AF_XDP, STACK } from './support/kernel-link.js';
import { NamespaceFixture } from './support/namespace-fixture.js';

/** Why there are no AF_XDP sockets here, or undefined. */
function obstacle(): string | undefined {
  const { status, stderr } = spawnSync('python3', ['-c', 'import socket; socket.socket(44, socket.SOCK_RAW)'], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : `this kernel has no AF_XDP: ${stderr.trimEnd().split('\n').at(-1)}`;
}

// DPDK's net_af_xdp shares its process with no other: it is `lunetta` that runs it.
describeTap('lunetta echo over AF_XDP, against a Linux kernel', () => {
  describeDpdk('by configuration alone', () => {
    describeUnless(obstacle(), 'AF_XDP', 'net_af_xdp', () => {
      const fixture = new NamespaceFixture();

      test('answers datagrams and pings; what DPDK 22.11 does not give back at the end is told', async () => {
        const echo = await fixture.lunettaOn(NET_AF_XDP, ['echo'], /ends it\n/);
        const { netns } = fixture;
        expect(netns.exec('ping', '-c', '3', '-i', '0.2', '-W', '5', STACK)).toContain(' 0% packet loss');
        expect(netns.echo(STACK, 7, 0, 5, 1472)).toBe('same\nsame\nsame\n');
        await echo.output(/^datagrams echoed: 3 \(1477 bytes, \d+\/s\), pings answered: 3, dropped: 0; last from /m);
        echo.signal('SIGINT');
        const { code, signal, stderr } = await echo.end();
        const [, kept] = /: (\d+) frame buffers were not given back/.exec(stderr) ?? [undefined, '0'];
        expect({ signal, code }).toEqual({ signal: null, code: kept === '0' ? 0 : 1 });
        // At most those in its ring of empty buffers, and in its ring of what was sent.
        expect(Number(kept)).toBeLessThanOrEqual(2 * 2048);
      });
    });
  });
});
