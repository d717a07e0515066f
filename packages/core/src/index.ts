// What others may use of core. Drivers need `link/` and `errors/`; applications come in through `lunetta`.
export { LunettaError, type LunettaErrorCode } from './errors/lunetta-error.js';
export { SocketError, type SocketErrorCode } from './errors/socket-error.js';

export * from './link/descriptor.js';
export * from './link/frame-memory.js';
export * from './link/link-driver.js';
export * from './link/link-counters.js';
export { DropReason, DROP_REASONS, type DropReasonName } from './link/drop-reason.js';
export { LinkIo } from './link/link-io.js';
// For drivers written in TypeScript: who owns which buffer, and the checks of what the stack hands over.
export * from './link/pool/frame-pool.js';
export { MIN_FRAME_LENGTH } from './link/pool/tx-check.js';
export { PooledQueue, type PooledQueueParts } from './link/pool/pooled-queue.js';
export { PortCounters } from './link/pool/port-counters.js';
export { stockFor, txCapacityFor } from './link/pool/queue-sizes.js';
export { Waker } from './link/pool/waker.js';

export type { Clock, Random, ScheduledCall, Scheduler } from './time/host.js';
export { SeededRandom } from './time/seeded-random.js';
export { Timer } from './time/timer.js';
export { TimerWheel } from './time/timer-wheel.js';
export { PrefixTrie } from './ipv4/routes/prefix-trie.js';
export { NOT_FOUND, TupleTable } from './table/tuple-table.js';

export * as arp from './wire/arp.js';
export * as checksum from './wire/checksum.js';
export * as ethernet from './wire/ethernet.js';
export * as icmpv4 from './wire/icmpv4.js';
export * as igmp from './wire/igmp.js';
export * as ipv4 from './wire/ipv4.js';
export * as ipv4Address from './wire/ipv4-address.js';
export * as ipv4Options from './wire/ipv4-options.js';
export * as macAddress from './wire/mac-address.js';
export * as tcp from './wire/tcp.js';
export * as tcpOptions from './wire/tcp-options.js';
export * as udp from './wire/udp.js';

export type { PingFailure, PingOptions, PingResult } from './icmp/ping.js';
export type { TcpConnectOptions, TcpListenOptions } from './tcp/tcp.js';
export { END_OF_STREAM, type TcpConnection } from './tcp/tcp-connection.js';
export type { TcpListener } from './tcp/listen/tcp-listener.js';
export type { TcpStateName } from './tcp/tcp-state.js';
export type { TcpStatistics } from './tcp/tcp-statistics.js';
export type { Datagram } from './udp/datagram.js';
export type { ReceivedDatagram } from './udp/received-datagram.js';
export type { RetainedDatagram } from './udp/retained-datagram.js';
export type { UdpNetworkError } from './udp/bound-socket.js';
export type { Raw } from './raw/raw.js';
export type { FrameSocket, ProtocolSocket, RawPacket } from './raw/raw-socket.js';
export type { UdpGroupOptions } from './udp/group-socket.js';
export type { UdpBindOptions, UdpSocket } from './udp/udp-socket.js';

export { FilteredDatagram } from './ipv4/filter/filtered-datagram.js';
export { Verdict, type FilterFunction, type FilterHook, type PacketFilter } from './ipv4/filter/packet-filter.js';
export type { GroupInfo } from './ipv4/memberships.js';
export type { RouteInfo, RouteOptions, StaticRoutes } from './stack/static-routes.js';
export type { NeighbourInfo, NeighbourOptions, NeighbourState, Neighbours } from './stack/neighbours.js';
export { Stack } from './stack/stack.js';
export type { AddressConflict } from './stack/interface-set.js';
export type { MadeStack, StackHost } from './stack/stack-host.js';
export type { StackSettings } from './stack/stack-settings.js';
export type { VlanOptions } from './stack/vlan-options.js';
export type { InterfaceOptions } from './stack/interface-options.js';
export type { NetworkInterface, RunMode } from './stack/network-interface.js';
export { interfaceCounters, type InterfaceCounters, type StackCounters } from './stack/counters.js';
export { TOKENS } from './container/tokens.js';
export { interfaceModule, stackModule } from './container/modules.js';
