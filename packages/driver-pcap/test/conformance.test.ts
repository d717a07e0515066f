import { describeLinkDriver } from '@lunetta/testkit/jest';
import { LiveCapture } from './support/live-capture.js';

describeLinkDriver('pcap: pcapng', { countsLosses: true, open: () => new LiveCapture('pcapng').fixture });
describeLinkDriver('pcap: classic, nanoseconds', {
  countsLosses: true,
  open: () => new LiveCapture('pcap-ns', { buffers: 1024 }).fixture,
});
