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

describeTap('lunetta echo over AF_XDP, against a Linux kernel', () => {
  describeDpdk('by configuration alone', () => {
    describeUnless(obstacle(), 'AF_XDP', 'net_af_xdp', () => {
      const fixture = new NamespaceFixture();

      test('answers datagrams and pings, and ends on SIGINT', async () => {
        const echo = await fixture.lunettaOn(NET_AF_XDP, ['echo'], /ends it\n/);
        const { netns } = fixture;
        expect(netns.exec('ping', '-c', '3', '-i', '0.2', '-W', '5', STACK)).toContain(' 0% packet loss');
        expect(netns.echo(STACK, 7, 0, 5, 1472)).toBe('same\nsame\nsame\n');
        await echo.output(/^datagrams echoed: 3 \(1477 bytes, \d+\/s\), pings answered: 3, dropped: 0; last from /m);
        echo.signal('SIGINT');
        expect(await echo.end()).toMatchObject({ code: 0, signal: null });
      });
    });
  });
});
