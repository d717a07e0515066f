import { createMemoryCable, type LinkFixture, type MemoryCableOptions, PortFarEnd } from '@lunetta/testkit';
import { describeLinkDriver } from '@lunetta/testkit/jest';

function open(options: MemoryCableOptions): LinkFixture {
  const cable = createMemoryCable({ buffers: 1024, inFlight: 256, txCapacity: 64, stock: 32, ...options });
  return {
    port: cable.a,
    peer: new PortFarEnd(cable.b),
    setLinkState: (state) => cable.setLinkState(state),
    remove: () => cable.remove('a'),
    destroy: () => undefined,
  };
}

describeLinkDriver('memory', { countsLosses: true, open: () => open({}) });
describeLinkDriver('memory, shared, level', {
  countsLosses: true,
  open: () => open({ sharedMemory: true, wakeup: 'level', poison: true }),
});
describeLinkDriver('memory, no wake-up, waiting when full, padded', {
  countsLosses: true,
  paddedTo: 60,
  open: () => open({ wakeup: 'none', whenFull: 'wait', padTo60: true, poison: true }),
});
describeLinkDriver('memory, chains, kept buffers come back late', {
  countsLosses: true,
  receivesChains: true,
  open: () => open({ segmentSize: 256, keepPolls: 3, wakeup: 'level' }),
});
describeLinkDriver('memory, shared, chains, kept buffers come back late, waiting when full', {
  countsLosses: true,
  receivesChains: true,
  open: () => open({ sharedMemory: true, segmentSize: 400, keepPolls: 2, whenFull: 'wait', buffers: 2048 }),
});
describeLinkDriver('memory, jumbo frames in small buffers', {
  countsLosses: true,
  receivesChains: true,
  mtu: 9000,
  open: () => open({ mtu: 9000, bufferSize: 1024, buffers: 2048 }),
});
