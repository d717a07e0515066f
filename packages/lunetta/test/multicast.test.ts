import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createStack, type LunettaStack } from 'lunetta';
import { Netns, describeTap } from '@lunetta/testkit/jest';

const PEER = fileURLToPath(new URL('./support/multicast-peer.py', import.meta.url));
const GROUP = '239.1.2.3';
const PORT = 5000;
const KERNEL = '10.99.1.1';
const STACK = '10.99.1.2';

// These tests start processes and wait for a bridge, which on a busy machine takes its time.
jest.setTimeout(60_000);

/** A line of `bridge -j -d mdb show`: what a snooping bridge knows of a group on a port. */
interface MdbEntry {
  readonly port: string;
  readonly grp: string;
  readonly src?: string;
  readonly filter_mode?: string;
  readonly source_list?: readonly { readonly address: string }[];
}

describeTap('multicast with the Linux kernel', () => {
  let netns: Netns;
  let stack: LunettaStack;

  beforeEach(() => {
    netns = new Netns();
  });
  afterEach(async () => {
    await stack.close();
    netns.remove();
  });

  const open = async (hostAddress?: string): Promise<void> => {
    stack = await createStack({
      interfaces: [
        {
          ...{ name: 'lan', driver: 'tap', addresses: [`${STACK}/24`] },
          options: { device: 'lunM', netns: netns.name, up: true, ...(hostAddress && { hostAddress }) },
        },
      ],
    });
  };

  test('a datagram to a group each way', async () => {
    await open(`${KERNEL}/24`);
    const words = ['netns', 'exec', netns.name, 'python3', PEER, KERNEL, GROUP, String(PORT), 'from the kernel'];
    const peer = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: peer.stdout });
    expect(await once(lines, 'line')).toEqual(['ready']);
    expect(netns.exec('cat', '/proc/net/igmp')).toContain('030201EF'); // the kernel as a member

    const socket = stack.udp.open();
    socket.bind({ port: PORT });
    socket.joinGroup(GROUP);
    const heard = new Promise<string>((resolve) => {
      socket.onDatagram = ({ bytes, remoteAddress, localAddress }) => {
        if (remoteAddress !== STACK) resolve(`${new TextDecoder().decode(bytes)} ${remoteAddress} ${localAddress}`);
      };
    });
    const told = once(lines, 'line');
    expect(socket.send(new TextEncoder().encode('from us'), GROUP, PORT)).toBeUndefined();
    expect(await told).toEqual([`from us ${STACK}`]);
    expect(await heard).toBe(`from the kernel ${KERNEL} ${GROUP}`);
    if (peer.exitCode === null) await once(peer, 'exit');
    expect(peer.exitCode).toBe(0);
  });

  /** Puts our device into a bridge that asks for groups in a version of IGMP, every second. */
  const bridge = (version: 2 | 3): void => {
    const settings = ['mcast_snooping', '1', 'mcast_querier', '1', 'mcast_igmp_version', String(version)];
    const intervals = ['startup_query', 'query'].flatMap((name) => [`mcast_${name}_interval`, '100']);
    const patience = ['mcast_query_response_interval', '50'];
    netns.ip('link', 'add', 'br0', 'type', 'bridge', ...settings, ...intervals, ...patience);
    netns.ip('link', 'set', 'lunM', 'master', 'br0');
    netns.ip('link', 'set', 'br0', 'up');
  };

  const groups = (): MdbEntry[] => {
    const [{ mdb }] = JSON.parse(netns.exec('bridge', '-j', '-d', 'mdb', 'show')) as [{ mdb: MdbEntry[] }];
    return mdb.filter(({ port }) => port === 'lunM');
  };

  /** Waits until something holds. */
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    for (let attempts = 0; !holds(); attempts++) {
      if (attempts === 400) throw new Error(`${what}: not within 20 seconds`);
      await sleep(50);
    }
  };

  test('a bridge that asks in version 3 learns the groups and their sources, and forgets what is left', async () => {
    await open();
    bridge(3);
    const [some, others] = [stack.udp.open(), stack.udp.open()];
    some.joinGroup(GROUP, { source: '192.0.2.1' });
    others.joinGroup('239.9.9.9');
    others.blockSource('239.9.9.9', '192.0.2.2');
    await until('both groups', () => groups().some(({ grp }) => grp === '239.9.9.9') && groups().length >= 2);
    const of = (group: string) => groups().find(({ grp, src }) => grp === group && src === undefined);
    expect(of(GROUP)).toMatchObject({ filter_mode: 'include', source_list: [{ address: '192.0.2.1' }] });
    await until('the blocked source', () => of('239.9.9.9')?.source_list?.[0]?.address === '192.0.2.2');
    expect(of('239.9.9.9')).toMatchObject({ filter_mode: 'exclude' });

    const { reportsSent } = stack.counters().igmp;
    await until('an answer to a query', () => stack.counters().igmp.reportsSent > reportsSent + 1);
    expect(stack.counters().igmp.queriesReceived).toBeGreaterThan(0);
    expect(stack.counters().interfaces[0].rx.dropped).not.toHaveProperty('igmp.noRouterAlert');

    others.close();
    await until('the group that was left', () => of('239.9.9.9') === undefined);
    expect(of(GROUP)).toBeDefined();
  });

  test('a bridge that asks in version 2 learns the groups from reports of version 2', async () => {
    await open();
    bridge(2);
    await until('a query', () => stack.counters().igmp.queriesReceived > 0);
    const socket = stack.udp.open();
    socket.joinGroup(GROUP);
    await until('the group', () => groups().some(({ grp }) => grp === GROUP));
    socket.leaveGroup(GROUP);
    await until('the group that was left', () => !groups().some(({ grp }) => grp === GROUP));
    expect(stack.counters().igmp.leavesSent).toBe(1);
  });
});
