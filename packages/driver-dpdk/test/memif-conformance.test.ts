import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PortFarEnd } from '@lunetta/testkit';
import { describeLinkDriver } from '@lunetta/testkit/jest';
import { describeDpdk } from './support/describe-dpdk.js';
import { openDpdk, uniqueName, until } from './support/dpdk-fixture.js';

// Two ports in one process: the one serves, the other is its client. In copy mode, for the zero-copy client of DPDK 22.11
// keeps buffers when it is closed.
describeDpdk('the link contract over DPDK', () => {
  describeLinkDriver('net_memif', {
    open: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lunetta-memif-'));
      const socket = `socket=${join(folder, 'socket')},socket-abstract=no,id=0`;
      const name = uniqueName();
      const far = await openDpdk(`net_memif_${name}s,role=server,${socket}`);
      const port = await openDpdk(`net_memif_${name}c,role=client,${socket}`);
      // Each offers the other room to send into when it polls for the first time after they have met.
      await until(() => port.linkState === 'up' && far.linkState === 'up', 'both ends to be up');
      port.queue(0).poll(0);
      return { port, peer: new PortFarEnd(far), destroy: () => rmSync(folder, { recursive: true }) };
    },
  });
});
