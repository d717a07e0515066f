import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Stack } from '@lunetta/core';
import { machineHost } from '@lunetta/testkit';
import { describeTap, Netns } from '@lunetta/testkit/jest';
import type { DpdkPort } from '../src/index.js';
import { describeDpdk } from './support/describe-dpdk.js';
import { openDpdk, uniqueName } from './support/dpdk-fixture.js';

const FLOOD = fileURLToPath(new URL('../../apps/test/support/udp-flood.py', import.meta.url));
const ADDRESS = '10.99.0.2';
/** More than there will be time for. */
const MANY = 1_000_000;

/** An echo server under a flood from the kernel. */
class FloodedServer {
  echoed = 0;
  readonly removed: Promise<void>;
  private readonly stack = new Stack(machineHost());
  private readonly flood: ChildProcess;

  constructor(
    readonly port: DpdkPort,
    netns: Netns,
    kernelDevice: string,
  ) {
    this.removed = new Promise((resolve) => {
      this.stack.onLinkEvent = (_, event) => event === 'gone' && resolve();
    });
    this.stack.addInterface(port, { name: 'lan', addresses: [`${ADDRESS}/24`] });
    const socket = this.stack.udp.open();
    socket.bind({ port: 7 });
    socket.onDatagram = (datagram) => {
      datagram.reply();
      this.echoed++;
    };
    netns.ip('addr', 'add', '10.99.0.1/24', 'dev', kernelDevice);
    netns.ip('link', 'set', kernelDevice, 'up');
    const words = ['netns', 'exec', netns.name, 'python3', FLOOD, ADDRESS, '7', String(MANY), '60'];
    this.flood = spawn('ip', words, { stdio: 'ignore' });
  }

  async untilEchoed(count: number): Promise<void> {
    while (this.echoed < count) {
      if (this.flood.exitCode !== null) throw new Error(`${this.echoed} datagrams came of the flood`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Ends the flood and the stack; every buffer must be back. */
  async close(): Promise<void> {
    if (this.flood.exitCode === null) {
      this.flood.kill();
      await once(this.flood, 'exit');
    }
    await this.stack.close();
    const queue = this.port.queue(0);
    const { size } = queue.audit();
    expect(queue.audit()).toEqual({ size, available: size, inUse: 0, device: 0 });
  }
}

interface Device {
  /** Opens it in the namespace; `own0` is what is removed. */
  readonly open: (netns: Netns) => Promise<DpdkPort>;
  readonly kernelDevice: string;
}

const DEVICES: Record<string, Device> = {
  net_tap: {
    open: ({ name }) => openDpdk(`net_tap_${uniqueName()},iface=own0`, { netns: name, buffers: 2048 }),
    kernelDevice: 'own0',
  },
  net_af_packet: {
    open: (netns) => {
      netns.ip('link', 'add', 'own0', 'type', 'veth', 'peer', 'name', 'far0');
      netns.ip('link', 'set', 'own0', 'up');
      netns.exec('ethtool', '-K', 'far0', 'tx', 'off'); // a kernel leaves checksums on veth unfinished
      return openDpdk(`net_af_packet_${uniqueName()},iface=own0`, { netns: netns.name, buffers: 2048 });
    },
    kernelDevice: 'far0',
  },
};

describeTap('a child process', () => {
  describeDpdk('started while a device of DPDK is open', () => {
    test('does not keep the device alive once it is closed', async () => {
      const netns = new Netns();
      const port = await DEVICES['net_tap'].open(netns);
      const child = spawn('sleep', ['60'], { stdio: 'ignore' });
      try {
        expect(netns.devices).toContain('own0');
        await port.close();
        expect(child.exitCode).toBeNull();
        expect(netns.devices).toEqual(['lo']);
      } finally {
        child.kill();
        netns.remove();
      }
    });
  });
});

describeTap('under a flood of a Linux kernel', () => {
  describeDpdk('an interface of the kernel that DPDK has open is removed', () => {
    let namespaces: Netns[];
    beforeEach(() => {
      namespaces = [];
    });
    afterEach(() => {
      for (const netns of namespaces) netns.remove();
    });

    async function flooded({ open, kernelDevice }: Device): Promise<{ server: FloodedServer; netns: Netns }> {
      const netns = new Netns();
      namespaces.push(netns);
      const server = new FloodedServer(await open(netns), netns, kernelDevice);
      await server.untilEchoed(2000);
      return { server, netns };
    }

    test.each(Object.entries(DEVICES))(
      '%s: it is told, nothing hangs, every buffer is back, and the next one can be opened',
      async (_, device) => {
        const first = await flooded(device);
        first.netns.ip('link', 'del', 'own0');
        await first.server.removed;
        expect(first.server.port.linkState).toBe('gone');
        await first.server.close();
        const second = await flooded(device);
        expect(second.server.port.linkState).toBe('up');
        await second.server.close();
      },
    );
  });
});
