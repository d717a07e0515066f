import { macAddress } from '@lunetta/core';
import { ethernet } from '@lunetta/testkit';

/** Bytes of the headers that are written over each frame which arrives. */
const HEADERS = 42;
export const OWN = { address: '10.0.0.1', mac: '02:00:00:00:ff:01' };
export const PEER = { address: '10.0.1.2', mac: '02:00:00:00:01:02' };
export const PORT = 7;
/** What every byte of a payload is: wherever it is copied to within a buffer, it stays right. */
export const PAYLOAD_BYTE = 0x5a;
const FLOWS = 256;

/** The headers of requests from many ports, for frames of `bytes` bytes. */
export function requestHeaders(bytes: number, hasChecksum: boolean): Uint8Array {
  const payload = new Uint8Array(bytes - HEADERS).fill(PAYLOAD_BYTE);
  const datagram = ethernet({ dst: OWN.mac, src: PEER.mac }).ipv4({ src: PEER.address, dst: OWN.address });
  const headers = new Uint8Array(FLOWS * HEADERS);
  for (let flow = 0; flow < FLOWS; flow++) {
    const fields = { srcPort: 20_000 + flow, dstPort: PORT, ...(hasChecksum ? {} : { checksum: 0 }) };
    headers.set(datagram.udp(fields).payload(payload).bytes().subarray(0, HEADERS), flow * HEADERS);
  }
  return headers;
}

/** The peer's answer to our ARP request. */
export function arpReply(): Uint8Array {
  const target = { targetMac: OWN.mac, targetIp: OWN.address };
  return ethernet({ dst: OWN.mac, src: PEER.mac })
    .arp({ operation: 'reply', senderIp: PEER.address, ...target })
    .bytes();
}

export const ownMac = (): Uint8Array => macAddress.parse(OWN.mac)!;
export const peerMac = (): Uint8Array => macAddress.parse(PEER.mac)!;
