import { ipv4Address, LunettaError, macAddress } from '@lunetta/core';

/** The six bytes of a MAC address such as `02:00:00:00:00:01`. */
export function macBytes(text: string): Uint8Array {
  const bytes = macAddress.parse(text);
  if (bytes === undefined) throw new LunettaError('LUNETTA_ERR_CONFIG', `'${text}' is no MAC address`);
  return bytes;
}

/** An IPv4 address such as `192.0.2.1` as a signed 32-bit integer. */
export function ipv4Number(text: string): number {
  const address = ipv4Address.parse(text);
  if (address === undefined) throw new LunettaError('LUNETTA_ERR_CONFIG', `'${text}' is no IPv4 address`);
  return address;
}

/** The MAC address at a place in bytes. */
export function macText(view: DataView, at: number): string {
  return macAddress.format(new Uint8Array(view.buffer, view.byteOffset + at, 6));
}

/** The IPv4 address at a place in bytes. */
export function ipv4Text(view: DataView, at: number): string {
  return ipv4Address.format(view.getInt32(at));
}
