import { expect, test } from '@jest/globals';
import {
  COUNT_STOCK,
  HEADER_LENGTHS,
  TX_TCP_CHECKSUM,
  TX_TSO,
  TX_UDP_CHECKSUM,
  VLAN_AND_MSS,
  type LinkQueue,
} from '@lunetta/core';
import { describeTap } from '@lunetta/testkit/jest';
import { describeDpdk } from './support/describe-dpdk.js';
import { openDpdk, uniqueName } from './support/dpdk-fixture.js';

const LENGTH = 1000;

/** Asks for a frame of 1,000 bytes to be sent, whose headers are said to have these lengths. */
function send(queue: LinkQueue, flags: number, [l2, l3, l4]: readonly number[], mss = 500): void {
  const { memory, headroom, counts, stock, tx } = queue;
  queue.poll(0); // fills the stock
  const handle = stock[--counts[COUNT_STOCK]];
  const at = memory.bufferAt(handle) + headroom;
  memory.bytes.fill(0, at, at + LENGTH);
  memory.view.setUint8(at + l2, 0x45);
  tx.set([handle, at, LENGTH, flags, 0, 0, 0, 0]);
  tx[HEADER_LENGTHS] = (l4 << 16) | (l3 << 8) | l2;
  tx[VLAN_AND_MSS] = mss << 16;
  queue.poll(1);
}

describeTap('over a TAP device', () => {
  describeDpdk('what a device is told of the headers of a frame', () => {
    test.each([
      ['longer all together than a device has room for', TX_TSO, [14, 60, 60]],
      ['of Ethernet shorter than there are', TX_TCP_CHECKSUM, [13, 20, 20]],
      ['of Ethernet longer than with two tags', TX_TCP_CHECKSUM, [23, 20, 20]],
      ['of IP shorter than there are', TX_UDP_CHECKSUM, [14, 19, 8]],
      ['of IP longer than there are', TX_UDP_CHECKSUM, [14, 64, 8]],
      ['of UDP other than there is', TX_UDP_CHECKSUM, [14, 20, 20]],
      ['of TCP shorter than there are', TX_TCP_CHECKSUM, [14, 20, 16]],
      ['of TCP longer than there are', TX_TCP_CHECKSUM, [14, 20, 64]],
    ])('%s: refused', async (_, flags, lengths) => {
      const port = await openDpdk(`net_tap_${uniqueName()},iface=lunh${process.pid % 10_000}`);
      send(port.queue(0), flags, lengths);
      expect(port.statistics().refused).toMatchObject({ offload: 1 });
      await port.close();
      expect(port.queue(0).audit()).toMatchObject({ device: 0 });
    });

    test.each([
      ['TCP with all options, behind IP without', TX_TCP_CHECKSUM, [14, 20, 60]],
      ['IP with all options, and UDP', TX_UDP_CHECKSUM, [14, 60, 8]],
      ['TCP to be cut up, with the options that it has', TX_TSO, [14, 20, 32]],
    ])('%s: sent', async (_, flags, lengths) => {
      const port = await openDpdk(`net_tap_${uniqueName()},iface=lunh${process.pid % 10_000}`);
      send(port.queue(0), flags, lengths);
      const { refused, txFrames } = port.statistics();
      expect({ refused: refused['offload'], txFrames }).toEqual({ refused: 0, txFrames: 1 });
      await port.close();
      expect(port.queue(0).audit()).toMatchObject({ device: 0 });
    });
  });
});
