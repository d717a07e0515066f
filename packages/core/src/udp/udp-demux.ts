import { KeyedHash } from '../table/keyed-hash.js';
import { NOT_FOUND, TupleTable } from '../table/tuple-table.js';
import type { Random } from '../time/host.js';
import { PortTable, type SocketGroup } from './port-table.js';
import type { BoundSocket } from './bound-socket.js';

/**
 * Which socket an IPv4 datagram belongs to: the connected one, else one bound to the address, else one bound to any
 * address. No look-up scans sockets. Addresses are signed 32 bits, 0 for any.
 */
export class UdpDemux {
  private readonly ports = new PortTable();
  /** By remote address and both ports: the number of a group of sockets that differ in their own address. */
  private readonly connected: TupleTable;
  private readonly connectedGroups: SocketGroup[] = [];
  private readonly unusedGroups: number[] = [];
  private readonly shareHash: KeyedHash;

  constructor(random: Random) {
    this.connected = new TupleTable(() => random.int32());
    this.shareHash = new KeyedHash(() => random.int32());
  }

  /** The socket for a unicast datagram from `remote` and `remotePort` to `local` and `localPort`. */
  find(local: number, localPort: number, remote: number, remotePort: number): BoundSocket | undefined {
    const entry = this.ports.get(localPort);
    if (entry === undefined) return undefined;
    if (entry.sole !== undefined) return entry.sole;
    if (entry.connected > 0) {
      const socket = this.findConnected(local, localPort, remote, remotePort);
      if (socket !== undefined) return socket;
    }
    const group = entry.byAddress?.get(local) ?? entry.any;
    if (group === undefined) return undefined;
    if (group.length === 1) return group[0];
    // The same peer always meets the same member of a group.
    return group[(this.shareHash.of(remote, remotePort, local) >>> 8) % group.length];
  }

  /** The socket connected from exactly there to exactly here. */
  findConnected(local: number, localPort: number, remote: number, remotePort: number): BoundSocket | undefined {
    for (const socket of this.connectedGroup(localPort, remote, remotePort)) {
      if (socket.connectedLocal === local) return socket;
    }
    return undefined;
  }

  /** Every socket that a datagram to a broadcast or multicast address reaches. Makes a list: not for the fast path. */
  findAll(destination: number, localPort: number, remote: number, remotePort: number): BoundSocket[] {
    const entry = this.ports.get(localPort);
    if (entry === undefined) return [];
    return [
      ...(entry.any ?? []),
      ...(entry.byAddress?.get(destination) ?? []),
      ...this.connectedGroup(localPort, remote, remotePort).filter(
        ({ boundAddress }) => boundAddress === 0 || boundAddress === destination,
      ),
    ];
  }

  /** True if `address` and `port` may be bound: nobody has them, or all who have them share them too. */
  isFree(address: number, port: number, reusePort: boolean): boolean {
    const entry = this.ports.get(port);
    if (entry === undefined) return true;
    for (const socket of entry.sockets) {
      const overlaps = address === 0 || socket.boundAddress === 0 || socket.boundAddress === address;
      if (overlaps && !(reusePort && socket.reusePort)) return false;
    }
    return true;
  }

  /** Puts a bound socket into the tables. */
  bind(socket: BoundSocket): void {
    const entry = this.ports.open(socket.localPort);
    entry.sockets.add(socket);
    if (socket.boundAddress === 0) (entry.any ??= []).push(socket);
    else addTo((entry.byAddress ??= new Map<number, SocketGroup>()), socket);
    entry.update();
  }

  /** Takes a bound socket that is not connected out of the tables. */
  unbind(socket: BoundSocket): void {
    const entry = this.ports.get(socket.localPort)!;
    const group = socket.boundAddress === 0 ? entry.any! : entry.byAddress!.get(socket.boundAddress)!;
    group.splice(group.indexOf(socket), 1);
    if (group.length === 0) {
      if (socket.boundAddress === 0) entry.any = undefined;
      else entry.byAddress!.delete(socket.boundAddress);
    }
    this.forget(socket);
  }

  /** Moves a bound socket to the connected ones. */
  connect(socket: BoundSocket): void {
    this.unbind(socket);
    const entry = this.ports.open(socket.localPort);
    entry.sockets.add(socket);
    entry.connected++;
    entry.update();
    const ports = portPair(socket.remotePort, socket.localPort);
    let number = this.connected.get(socket.connectedAddress, ports, 0);
    if (number === NOT_FOUND) {
      number = this.unusedGroups.pop() ?? this.connectedGroups.length;
      this.connectedGroups[number] = [];
      this.connected.set(socket.connectedAddress, ports, 0, number);
    }
    this.connectedGroups[number].push(socket);
  }

  /** Takes a connected socket out of the tables. */
  disconnect(socket: BoundSocket): void {
    const ports = portPair(socket.remotePort, socket.localPort);
    const number = this.connected.get(socket.connectedAddress, ports, 0);
    const group = this.connectedGroups[number];
    group.splice(group.indexOf(socket), 1);
    if (group.length === 0) {
      this.connected.delete(socket.connectedAddress, ports, 0);
      this.unusedGroups.push(number);
    }
    this.ports.get(socket.localPort)!.connected--;
    this.forget(socket);
  }

  private forget(socket: BoundSocket): void {
    const entry = this.ports.get(socket.localPort)!;
    entry.sockets.delete(socket);
    entry.update();
    if (entry.sockets.size === 0) this.ports.delete(socket.localPort);
  }

  private connectedGroup(localPort: number, remote: number, remotePort: number): SocketGroup {
    const number = this.connected.get(remote, portPair(remotePort, localPort), 0);
    return number === NOT_FOUND ? NOBODY : this.connectedGroups[number];
  }
}

function addTo(byAddress: Map<number, SocketGroup>, socket: BoundSocket): void {
  const group = byAddress.get(socket.boundAddress);
  if (group === undefined) byAddress.set(socket.boundAddress, [socket]);
  else group.push(socket);
}

const NOBODY: SocketGroup = [];

function portPair(remotePort: number, localPort: number): number {
  return (remotePort << 16) | localPort;
}
