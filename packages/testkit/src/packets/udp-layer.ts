import { checksum, ipv4, udp } from '@lunetta/core';
import { pseudoSum, readPseudoSum } from './ipv4-layer.js';
import { concat, hex16, malformedLayer, type LayerKind, type ReadLayer, type ReadRequest } from './layer.js';

/** The fields of a UDP header (RFC 768). */
export interface UdpValues {
  /** 49152. */
  readonly srcPort: number;
  /** 7, echo. */
  readonly dstPort: number;
  readonly length: number;
  /** 0: none. */
  readonly checksum: number;
}

export const udpLayer: LayerKind = {
  write(fields, body, around) {
    const datagram = concat(new Uint8Array(udp.HEADER_LENGTH), body);
    const view = new DataView(datagram.buffer);
    const values = { srcPort: 49_152, dstPort: 7, length: datagram.length, ...fields } as UdpValues;
    udp.write(view, 0, values.srcPort, values.dstPort, values.length, 0);
    const pseudo = pseudoSum(around, ipv4.PROTOCOL_UDP, values.length);
    const sum = checksum.finish(checksum.add(pseudo, view, 0, datagram.length));
    // 0 would say that there is none (RFC 768).
    view.setUint16(6, values.checksum ?? (sum === 0 ? 0xffff : sum));
    return datagram;
  },

  read(request): ReadLayer {
    const { view, at, end } = request;
    if (!udp.fits(at, end)) return malformedLayer('udp', request, `${end - at} bytes are no UDP header`);
    const fields: UdpValues = {
      srcPort: udp.srcPort(view, at),
      dstPort: udp.dstPort(view, at),
      length: udp.length(view, at),
      checksum: udp.checksumField(view, at),
    };
    const bodyAt = at + udp.HEADER_LENGTH;
    const bodyEnd = Math.min(Math.max(at + fields.length, bodyAt), end);
    return { name: 'udp', fields: { ...fields }, faults: faultsOf(request, fields), inner: 'payload', bodyAt, bodyEnd };
  },
};

function faultsOf(request: ReadRequest, fields: UdpValues): Map<string, string> {
  const { view, at, end } = request;
  const faults = new Map<string, string>();
  const pseudo = readPseudoSum(request, ipv4.PROTOCOL_UDP);
  if (pseudo === undefined) return faults;
  if (fields.length !== end - at) faults.set('length', `${fields.length} is wrong: there are ${end - at} bytes`);
  if (fields.checksum === 0) {
    faults.set('checksum', 'there is none');
  } else if (checksum.finish(checksum.add(pseudo, view, at, end)) !== 0) {
    const sum = checksum.finish(checksum.add(checksum.add(pseudo, view, at, at + 6), view, at + 8, end));
    faults.set('checksum', `${hex16(fields.checksum)} is wrong: ${hex16(sum === 0 ? 0xffff : sum)} would be right`);
  }
  return faults;
}
