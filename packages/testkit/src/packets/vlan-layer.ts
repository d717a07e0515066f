import { ethertypeOf, layerOfEthertype } from './ethernet-layer.js';
import { concat, malformedLayer, type LayerKind, type ReadLayer } from './layer.js';

/** The fields of a VLAN tag (IEEE 802.1Q). Its own ethertype is the `type` of the layer around it. */
export interface VlanValues {
  /** 0..4095. 1. */
  readonly id: number;
  /** 0..7. 0. */
  readonly priority: number;
  /** Whether it goes first when there is too much. false. */
  readonly dropEligible: boolean;
  /** The ethertype of what follows. That of the layer within. */
  readonly type: number;
}

const TAG_LENGTH = 4;

export const vlanLayer: LayerKind = {
  write(fields, body, { inner }) {
    const { id, priority, dropEligible, type } = {
      ...{ id: 1, priority: 0, dropEligible: false, type: ethertypeOf(inner) },
      ...fields,
    } as VlanValues;
    const word = (priority << 13) | (dropEligible ? 0x1000 : 0) | id;
    return concat(Uint8Array.of(word >> 8, word, type >> 8, type), body);
  },

  read(request): ReadLayer {
    const { view, at, end } = request;
    if (end - at < TAG_LENGTH) return malformedLayer('vlan', request, `${end - at} bytes are no VLAN tag`);
    const word = view.getUint16(at);
    const type = view.getUint16(at + 2);
    const fields = { id: word & 0xfff, priority: word >> 13, dropEligible: (word & 0x1000) !== 0, type };
    const inner = layerOfEthertype(type);
    return { name: 'vlan', fields, faults: new Map(), inner, bodyAt: at + TAG_LENGTH, bodyEnd: end };
  },
};
