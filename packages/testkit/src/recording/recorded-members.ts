import type { Datagram, RetainedDatagram, Stack, UdpSocket } from '@lunetta/core';

/** Which members of an object are an application's doing; the rest is only looked at. */
export interface RecordedMembers {
  readonly calls: readonly string[];
  /** Functions of the application's that the stack calls. */
  readonly callbacks: readonly string[];
  readonly properties: readonly string[];
}

/** What kinds of objects there are, by the first part of their names. */
export type RecordedKind = 'stack' | 'udp' | 'socket' | 'datagram' | 'retained';

type Members<T> = {
  readonly calls: readonly (keyof T & string)[];
  readonly callbacks?: readonly (keyof T & string)[];
  readonly properties?: readonly (keyof T & string)[];
};

/** The public API of a stack, as far as it changes what the stack does. */
export const RECORDED_MEMBERS: Readonly<Record<RecordedKind, RecordedMembers>> = {
  stack: members<Stack>({
    calls: ['addInterface', 'ping', 'joinGroup', 'leaveGroup', 'close'],
    callbacks: ['onLinkEvent', 'onAddressUsable', 'onAddressConflict'],
  }),
  udp: members<Stack['udp']>({ calls: ['open'] }),
  socket: members<UdpSocket>({
    calls: [
      ...(['bind', 'connect', 'disconnect', 'send', 'receive', 'close'] as const),
      ...(['joinGroup', 'leaveGroup', 'blockSource', 'unblockSource'] as const),
    ],
    callbacks: ['onDatagram', 'onReadable', 'onDrain', 'onError'],
    properties: [
      ...(['receiveBufferSize', 'ttl', 'tos', 'broadcast'] as const),
      ...(['multicastTtl', 'multicastLoopback', 'multicastInterface'] as const),
    ],
  }),
  datagram: members<Datagram>({ calls: ['reply', 'retain'] }),
  retained: members<RetainedDatagram>({ calls: ['release'] }),
};

/** What the calls make that has a name of its own afterwards. */
export const MADE_BY: Readonly<Record<string, string>> = {
  'stack.addInterface': 'interface',
  'udp.open': 'socket',
  'datagram.retain': 'retained',
};

function members<T>({ calls, callbacks = [], properties = [] }: Members<T>): RecordedMembers {
  return { calls, callbacks, properties };
}
