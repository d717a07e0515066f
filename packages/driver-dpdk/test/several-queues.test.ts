import { expect, test } from '@jest/globals';
import { Stack } from '@lunetta/core';
import { machineHost } from '@lunetta/testkit';
import { describeDpdk } from './support/describe-dpdk.js';
import { openDpdk, uniqueName } from './support/dpdk-fixture.js';

describeDpdk('several queues', () => {
  test('are not taken by one stack, which would serve the first only and never see what arrives on the others', async () => {
    const port = await openDpdk(`net_null_${uniqueName()}`, { queues: 2, buffers: 2048 });
    const stack = new Stack(machineHost());
    try {
      expect(() => stack.addInterface(port, { name: 'lan', addresses: ['10.0.0.2/24'] })).toThrow(
        /^interface 'lan': a stack serves one queue, and 2 of dpdk:net_null_\w+ were opened\. Open one, or in each worker/,
      );
    } finally {
      await stack.close();
      await port.close();
    }
  });
});
