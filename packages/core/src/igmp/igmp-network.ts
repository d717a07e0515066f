/** What IGMP needs of IP. Addresses are signed 32 bits, interfaces come by their number. */
export interface IgmpNetwork {
  /** Bytes that a message may have on an interface. */
  roomOn(interfaceIndex: number): number;
  /** True if `address` is on a network of the interface. */
  isOnLink(interfaceIndex: number, address: number): boolean;
  /**
   * Sends a message to `group` by an interface, with a TTL of 1 and the router alert option (RFC 3376 section 4).
   *
   * @param write writes it at `at`
   * @returns false if there is no room now
   */
  sendMessage(
    interfaceIndex: number,
    group: number,
    length: number,
    write: (view: DataView, at: number) => void,
  ): boolean;
}
