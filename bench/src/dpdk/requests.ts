import { arpPacket, concat, ethernetFrame, ipv4Datagram, mac, udpDatagram } from '@lunetta/testkit';

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
  const addresses = { src: PEER.address, dst: OWN.address };
  return concat(
    ...Array.from({ length: FLOWS }, (_, flow) => {
      const fields = { srcPort: 20_000 + flow, dstPort: PORT, ...(hasChecksum ? {} : { checksum: 0 }) };
      const datagram = ipv4Datagram(addresses, udpDatagram(fields, payload, addresses));
      return ethernetFrame({ dst: OWN.mac, src: PEER.mac }, datagram).subarray(0, HEADERS);
    }),
  );
}

/** The peer's answer to our ARP request. */
export function arpReply(): Uint8Array {
  const sender = { senderMac: PEER.mac, senderIp: PEER.address };
  const target = { targetMac: OWN.mac, targetIp: OWN.address };
  return ethernetFrame(
    { dst: OWN.mac, src: PEER.mac, type: 0x0806 },
    arpPacket({ operation: 2, ...sender, ...target }),
  );
}

export const ownMac = (): Uint8Array => mac(OWN.mac);
export const peerMac = (): Uint8Array => mac(PEER.mac);
