import { LAYER_KINDS } from './layer-kinds.js';
import type { LayerName, ReadLayer } from './layer.js';

/** Reads a packet layer by layer, the outermost first; the last one is the payload, if there is any. */
export function readLayers(bytes: Uint8Array, first: LayerName = 'ethernet'): ReadLayer[] {
  const layers = [readNext(bytes, [], first)];
  for (let last = layers[0]; last.bodyAt < last.bodyEnd && last.name !== 'payload'; last = layers.at(-1)!) {
    layers.push(readNext(bytes, layers, last.inner));
  }
  return layers;
}

/** Reads what is in the last of `outer` as a layer. */
export function readNext(bytes: Uint8Array, outer: readonly ReadLayer[], name: LayerName): ReadLayer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { bodyAt: at, bodyEnd: end } = outer.at(-1) ?? { bodyAt: 0, bodyEnd: bytes.length };
  return LAYER_KINDS[name].read({ view, at, end, outer });
}
