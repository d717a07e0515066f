import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createStack, type LunettaConfig, type LunettaStack } from 'lunetta';
import { Netns, describeTap } from '@lunetta/testkit/jest';
import { joinByRouter, ping, run, tap } from './support/linux-hosts.js';

const CRAFTED = fileURLToPath(new URL('./support/crafted-datagrams.py', import.meta.url));
/** Debian's own Python, which its scapy is for. */
const SYSTEM_PYTHON = '/usr/bin/python3';
const STACK = '10.99.1.2';
const KERNEL = '10.99.1.1';

// These tests start processes, which on a busy machine takes its time.
jest.setTimeout(60_000);

describeTap('a host beside Linux', () => {
  let netns: Netns;
  let stack: LunettaStack;

  beforeEach(() => {
    netns = new Netns();
  });
  afterEach(async () => {
    await stack.close();
    netns.remove();
  });

  async function start(config: Partial<LunettaConfig> = {}): Promise<void> {
    stack = await createStack({ interfaces: [tap(netns, 'lunA', '10.99.1')], ...config });
    const socket = stack.udp.open();
    socket.onDatagram = (datagram) => void datagram.reply();
    socket.bind({ port: 7 });
  }

  test('answers pings of every size up to the largest, in fragments from 1,473 bytes on', async () => {
    await start();
    for (const size of [0, 1, 7, 8, 1471, 1472, 1473, 2952, 2953, 8000, 65_507]) {
      await ping(netns, STACK, '-s', String(size));
    }
    await expect(run(netns, 'ping', '-c', '1', '-W', '1', '-M', 'do', '-s', '1473', STACK)).rejects.toThrow('too long');
  });

  test('pings Linux with every size up to the largest', async () => {
    await start();
    for (const size of [0, 1472, 1473, 8000, 65_507]) {
      expect(await stack.ping(KERNEL, { size })).toMatchObject({ error: undefined, size });
    }
  });

  test('is seen by nmap as what it is: a port that answers, one that refuses, one that is silent', async () => {
    await start();
    const silent = stack.udp.open();
    silent.onDatagram = () => undefined;
    silent.bind({ port: 9 });
    stack.tcp.listen({ port: 80 });
    const udp = await run(netns, 'nmap', '-n', '-Pn', '-sU', '--data-length', '8', '-p', '7,9,99', '-T4', STACK);
    expect(udp).toMatch(/^7\/udp +open /m);
    expect(udp).toMatch(/^9\/udp +open\|filtered /m);
    expect(udp).toMatch(/^99\/udp +closed /m);
    const tcp = await run(netns, 'nmap', '-n', '-Pn', '-sS', '-p', '80,81', '-T4', STACK);
    expect(tcp).toMatch(/^80\/tcp +open /m);
    expect(tcp).toMatch(/^81\/tcp +closed /m);
    const protocols = await run(netns, 'nmap', '-n', '-Pn', '-sO', '-p', '1,6,17,99', '-T4', STACK);
    expect(protocols).toMatch(/^1 +open /m);
    expect(protocols).toMatch(/^99 +closed /m);
  });

  test.each([
    ['echo requests', ['--icmp']],
    ['datagrams to a closed port from anywhere', ['--udp', '-p', '99', '--rand-source']],
    ['requests for connections from anywhere', ['-S', '-p', '80', '--rand-source']],
    ['first fragments that nothing follows', ['--icmp', '-x', '-d', '64', '--rand-source']],
  ])('lives through hping3’s flood of %s, and answers afterwards', async (_, words) => {
    await start();
    stack.tcp.listen({ port: 80 });
    await run(netns, 'hping3', '-q', '-i', 'u20', '-c', '10000', ...words, STACK).catch((error: Error) => {
      // hping3 ends with 1 where something was not answered.
      if (!error.message.includes('packets transmitted')) throw error;
    });
    await ping(netns, STACK);
    const [{ rx }] = stack.counters().interfaces;
    const dropped = Object.values(rx.dropped).reduce((sum, count) => sum + count, 0);
    expect(rx.frames).toBeGreaterThan(5000);
    expect(rx.delivered + rx.consumed + rx.forwarded + dropped).toBe(rx.frames);
  });

  test('takes from scapy what is right, and nothing of what no kernel would send', async () => {
    await start({ vlans: [{ name: 'blue', parent: 'lunA', id: 10, addresses: ['10.99.10.2/24'] }] });
    const answered = JSON.parse(await run(netns, SYSTEM_PYTHON, CRAFTED, 'lunA', STACK, '10.99.10.2')) as object;
    expect(answered).toEqual({
      plain: 'reply',
      'fragments in reverse order': 'reply',
      'a fragment twice': 'reply',
      'overlapping fragments': 'nothing',
      'ping of death': 'nothing',
      'a wrong header checksum': 'nothing',
      'a header longer than the datagram': 'nothing',
      'from a broadcast address': 'nothing',
      'from 127.0.0.1': 'nothing',
      'to a group in a unicast frame': 'nothing',
      'a strict source route': 'unreachable 5',
      'record route': 'reply',
      'an unknown protocol': 'unreachable 2',
      'a closed port': 'unreachable 3',
      'TTL 0': 'reply',
      'to the VLAN, with its tag': 'reply in VLAN 10',
      'to the VLAN, in another one': 'nothing',
      'to the VLAN, without a tag': 'nothing',
    });
  });
});

describeTap('a router between two Linux hosts', () => {
  let left: Netns;
  let right: Netns;
  let stack: LunettaStack;

  beforeEach(async () => {
    [left, right] = [new Netns(), new Netns()];
    stack = await createStack({
      interfaces: [tap(left, 'lunA', '10.99.1'), tap(right, 'lunB', '10.99.2', { mtu: 1400 })],
      settings: { ipv4: { forwarding: true } },
    });
    joinByRouter(left, right);
  });
  afterEach(async () => {
    await stack.close();
    left.remove();
    right.remove();
  });

  test('passes pings of every size, cut up for the narrower link, or says how much fits', async () => {
    for (const size of ['0', '1372', '1373', '1472', '8000', '65507']) {
      await ping(left, '10.99.2.1', '-M', 'dont', '-s', size);
    }
    await expect(run(left, 'ping', '-c', '1', '-W', '5', '-M', 'do', '-s', '1400', '10.99.2.1')).rejects.toThrow(
      /mtu ?= ?1400/,
    );
  });

  test('is a hop for traceroute', async () => {
    const output = await run(left, 'traceroute', '-n', '-q', '1', '-w', '5', '10.99.2.1');
    expect(output).toMatch(/^ 1 {2}10\.99\.1\.2 .*\n 2 {2}10\.99\.2\.1 /m);
  });

  test('says that nobody is there', async () => {
    await expect(run(left, 'ping', '-c', '1', '-W', '8', '10.99.2.77')).rejects.toThrow('Destination Host Unreachable');
    await expect(run(left, 'ping', '-c', '1', '-W', '8', '192.0.2.1')).rejects.toThrow('Destination Net Unreachable');
  });

  test.each([[], ['-R'], ['-u', '-b', '50M', '-l', '1300']])('carries iperf3 %s', async (...flags: string[]) => {
    const server = spawn('ip', ['netns', 'exec', right.name, 'iperf3', '-s', '-1', '--forceflush'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(server.stdout, 'data'); // it listens
      const output = await run(left, 'iperf3', '-c', '10.99.2.1', '-t', '2', '--json', ...flags);
      const { end } = JSON.parse(output) as { end: Record<'sum_received' | 'sum', { bytes: number }> };
      expect((end.sum_received ?? end.sum).bytes).toBeGreaterThan(1_000_000);
      const { forwarded } = stack.counters().interfaces[0].rx;
      expect(forwarded).toBeGreaterThan(500);
    } finally {
      server.kill();
    }
  });
});
