import { bytesOf, concat } from './layer.js';

/** An option of a TCP header: those of RFC 9293, 7323 and 2018 by name, others as they stand. */
export type TcpOption =
  | 'nop'
  | { readonly mss: number }
  | { readonly windowScale: number }
  | { readonly sackPermitted: true }
  /** Left and right edges. */
  | { readonly sack: readonly (readonly [left: number, right: number])[] }
  | { readonly timestamps: { readonly value: number; readonly echo: number } }
  | { readonly kind: number; readonly data: Uint8Array };

const [END, NOP, MSS, WINDOW_SCALE, SACK_PERMITTED, SACK, TIMESTAMPS] = [0, 1, 2, 3, 4, 5, 8];

/** The bytes of options, filled up with zeros to a multiple of 4 (RFC 9293 section 3.1, padding). */
export function writeTcpOptions(options: readonly TcpOption[]): Uint8Array {
  const bytes = concat(...options.map(writeOption));
  return concat(bytes, new Uint8Array(-bytes.length & 3));
}

/** The options in `[at, end)` without padding; undefined if one does not fit. */
export function readTcpOptions(view: DataView, at: number, end: number): TcpOption[] | undefined {
  const options: TcpOption[] = [];
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === END) return options;
    if (kind === NOP) {
      options.push('nop');
      at++;
      continue;
    }
    const length = end - at < 2 ? 0 : view.getUint8(at + 1);
    if (length < 2 || at + length > end) return undefined;
    options.push(readOption(kind, bytesOf(view, at + 2, at + length)));
    at += length;
  }
  return options;
}

function writeOption(option: TcpOption): Uint8Array {
  if (option === 'nop') return Uint8Array.of(NOP);
  if ('mss' in option) return coded(MSS, Uint8Array.of(option.mss >> 8, option.mss));
  if ('windowScale' in option) return coded(WINDOW_SCALE, Uint8Array.of(option.windowScale));
  if ('sackPermitted' in option) return coded(SACK_PERMITTED, new Uint8Array(0));
  if ('sack' in option) return coded(SACK, words(option.sack.flat()));
  if ('timestamps' in option) return coded(TIMESTAMPS, words([option.timestamps.value, option.timestamps.echo]));
  return coded(option.kind, option.data);
}

function coded(kind: number, data: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(kind, data.length + 2), data);
}

function words(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, index) => view.setInt32(index * 4, value | 0));
  return new Uint8Array(view.buffer);
}

/** One whose length is not that of its kind is shown as it stands. */
function readOption(kind: number, data: Uint8Array): TcpOption {
  const view = new DataView(data.buffer);
  if (kind === MSS && data.length === 2) return { mss: view.getUint16(0) };
  if (kind === WINDOW_SCALE && data.length === 1) return { windowScale: view.getUint8(0) };
  if (kind === SACK_PERMITTED && data.length === 0) return { sackPermitted: true };
  if (kind === TIMESTAMPS && data.length === 8) {
    return { timestamps: { value: view.getUint32(0), echo: view.getUint32(4) } };
  }
  if (kind !== SACK || data.length === 0 || data.length % 8 !== 0) return { kind, data };
  const edge = (index: number): number => view.getUint32(index * 4);
  return { sack: Array.from({ length: data.length / 8 }, (_, i) => [edge(2 * i), edge(2 * i + 1)] as const) };
}
