// The front door: what an application needs of lunetta, core's types included.
export { createStack, type CreateStackOptions } from './stack/create-stack.js';
export type { LunettaStack, StackEvents } from './stack/lunetta-stack.js';
export { configJsonSchema, type InterfaceConfig, type LunettaConfig } from './config/config-schema.js';
export { checkConfig, readConfigFile, type ReadConfig } from './config/read-config.js';
export { loadDriver } from './driver/load-driver.js';
export { KNOWN_DRIVERS } from './driver/resolve-driver.js';
export { tuneEngine } from './node/engine.js';
export { NodeClock } from './node/node-clock.js';
export { NodeRandom } from './node/node-random.js';
export { NodeScheduler } from './node/node-scheduler.js';

export { END_OF_STREAM, LunettaError, SocketError, Verdict, ipv4Address, macAddress } from '@lunetta/core';
export type {
  AddressConflict,
  Datagram,
  FilteredDatagram,
  FilterFunction,
  FilterHook,
  GroupInfo,
  InterfaceCounters,
  LinkDevice,
  LinkDriver,
  LinkDiagnosis,
  LinkEvent,
  LinkFinding,
  LinkPort,
  LunettaErrorCode,
  NeighbourInfo,
  NeighbourState,
  NetworkInterface,
  PingOptions,
  PingResult,
  QueueAudit,
  ReceivedDatagram,
  RetainedDatagram,
  RouteInfo,
  RouteOptions,
  RunMode,
  SocketErrorCode,
  StackCounters,
  StackSettings,
  TcpConnection,
  TcpConnectOptions,
  TcpListener,
  TcpListenOptions,
  TcpStateName,
  TcpStatistics,
  UdpBindOptions,
  UdpGroupOptions,
  UdpNetworkError,
  UdpSocket,
} from '@lunetta/core';
