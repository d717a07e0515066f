import { behaviour, type Behaviour } from './behaviour.js';
import { BROADCAST_MAC, counted, echoFrame, errorFrame, requestFrame } from './frames-of-stations.js';

const SIZES = [0, 1, 2, 3, 17, 18, 19, 100, 255, 256, 257, 1471, 1472];
const BURST = 64;

/** UDP (RFC 768, RFC 1122 section 4.1). */
export const UDP_BEHAVIOURS: readonly Behaviour[] = [
  behaviour('a datagram of any size comes back with its data', (wire) => {
    for (const size of SIZES) {
      wire.send(requestFrame(counted(size)));
      wire.expect(echoFrame(counted(size)));
    }
  }),
  behaviour('a datagram without a checksum is taken; the answer has one', (wire) => {
    wire.send(requestFrame(counted(30), { checksum: 0 }));
    wire.expect(echoFrame(counted(30)));
  }),
  behaviour('a wrong checksum or length is met with silence', (wire) => {
    wire.send(requestFrame(counted(30), { checksum: 1 }), requestFrame(counted(31), { checksum: 0xffff }));
    wire.send(
      requestFrame(counted(30), { length: 7 }),
      requestFrame(counted(30), { length: 39 }),
      requestFrame(counted(30), { length: 0 }),
    );
  }),
  behaviour('a UDP length that ends before the datagram does cuts it off there', (wire) => {
    wire.send(requestFrame(counted(30), { length: 18, checksum: 0 }));
    wire.expect(echoFrame(counted(10)));
  }),
  behaviour('a closed port is told of, with the datagram quoted', (wire) => {
    for (const size of [0, 30, 1472]) {
      const frame = requestFrame(counted(size), { dstPort: 9 });
      wire.send(frame);
      wire.expect(errorFrame(3, 3, frame));
    }
  }),
  behaviour('a closed port is not told of to many, nor a port 0 answered', (wire) => {
    wire.send(requestFrame(counted(8), { dstPort: 9 }, { dstMac: BROADCAST_MAC, dst: '10.0.0.255' }));
    wire.send(requestFrame(counted(8), { dstPort: 9 }, { dstMac: BROADCAST_MAC, dst: '255.255.255.255' }));
    wire.send(requestFrame(counted(8), { srcPort: 0 }));
  }),
  behaviour('a broadcast reaches the socket, and is answered from its own address', (wire) => {
    wire.send(requestFrame(counted(8), {}, { dstMac: BROADCAST_MAC, dst: '10.0.0.255' }));
    wire.expect(echoFrame(counted(8)));
  }),
  behaviour(`a burst of ${BURST} is answered in order`, (wire) => {
    const ports = Array.from({ length: BURST }, (_, i) => 6000 + i);
    wire.send(...ports.map((srcPort) => requestFrame(counted(srcPort % 90), { srcPort })));
    wire.expect(...ports.map((srcPort) => echoFrame(counted(srcPort % 90), srcPort)));
  }),
  behaviour('good ones between bad ones are answered', (wire) => {
    wire.send(
      requestFrame(counted(20)),
      requestFrame(counted(20), { checksum: 1 }),
      requestFrame(counted(21)),
      requestFrame(counted(20), {}, { checksum: 1 }),
      requestFrame(counted(22)),
    );
    wire.expect(echoFrame(counted(20)), echoFrame(counted(21)), echoFrame(counted(22)));
  }),
];
