/**
 * Why a frame came to nothing: the closed list. Every received frame is delivered, consumed or dropped for one of
 * these reasons, and every frame accepted for sending is sent, waits, or is dropped for one of these reasons; the sums
 * are held to that by `expectConserved` of `@lunetta/testkit`. The unit is always a frame.
 */
export enum DropReason {
  // ---- received ----
  /** The chain is longer than the largest frame that the interface takes, or its last segment is missing. */
  'link.chainTooLong',
  /** Shorter than an Ethernet header. */
  'ethernet.truncated',
  /** To another station's address. */
  'ethernet.foreign',
  /** To a multicast address that nobody here has joined. */
  'ethernet.notJoined',
  /** From a multicast or broadcast address, or from zeros. */
  'ethernet.badSource',
  /** From our own address: a loop in the network, or a second station with our address. */
  'ethernet.ownSource',
  /** With the tag of a VLAN that we have no interface on. */
  'ethernet.unknownVlan',
  /** Neither IPv4 nor ARP. */
  'ethernet.unknownType',
  /** Shorter than an ARP packet. */
  'arp.truncated',
  /** Not Ethernet and IPv4, or neither a request nor a reply. */
  'arp.unknownFormat',
  /** The sender's hardware address is ours, a group's or zeros, or its protocol address is no host's. */
  'arp.badSender',
  /** Asks for, or answers to, somebody else. */
  'arp.notForUs',
  /** A reply that nobody here asked for. */
  'arp.unsolicited',
  /** Another station uses one of our addresses; reported as a conflict. */
  'arp.conflict',
  /** Shorter than an IPv4 header. */
  'ipv4.truncated',
  /** The version is not 4. */
  'ipv4.badVersion',
  /** Header length under 20 bytes or past the end of the frame. */
  'ipv4.badHeaderLength',
  /** Total length under the header length or past the end of the frame. */
  'ipv4.badTotalLength',
  /** Wrong header checksum. */
  'ipv4.badChecksum',
  /** Malformed options, or a source route that is not at its end. */
  'ipv4.badOptions',
  /** From an address that no host on the wire may have (RFC 1122 section 3.2.1.3), or from our own. */
  'ipv4.badSource',
  /** To an address that is not ours. */
  'ipv4.notForUs',
  /** A unicast address in a link-layer broadcast or multicast (RFC 1122 section 3.3.6). */
  'ipv4.unicastInBroadcast',
  /** An empty fragment, one whose length is no multiple of 8 though others follow, or one past the largest datagram. */
  'ipv4.badFragment',
  /** A fragment that has come before. */
  'ipv4.duplicateFragment',
  /** A fragment that contradicts others of its datagram or is one too many, and all that come after it. */
  'ipv4.refusedFragment',
  /** A fragment that the limits of reassembly leave no room for. */
  'ipv4.reassemblyFull',
  /** A protocol that nobody here speaks; answered by ICMP protocol unreachable. */
  'ipv4.unknownProtocol',
  /** Shorter than an ICMP header. */
  'icmp.truncated',
  /** Wrong ICMP checksum. */
  'icmp.badChecksum',
  /** An echo request to a broadcast or multicast address (RFC 1122 section 3.2.2.6). */
  'icmp.broadcastEcho',
  /** A type that a host need not know. */
  'icmp.unknownType',
  /** An echo reply or an error that concerns nobody here, or whose quotation is too short or false. */
  'icmp.unmatched',
  /** Shorter than an IGMP message, or than the sources that a query counts. */
  'igmp.truncated',
  /** Wrong IGMP checksum. */
  'igmp.badChecksum',
  /** A TTL other than 1: it has come from behind a router, or is forged. */
  'igmp.badTtl',
  /** A query of version 2 or 3 without the router alert option (RFC 3376 section 9.1). */
  'igmp.noRouterAlert',
  /** A query for an address that is no multicast group. */
  'igmp.badGroup',
  /** A report from an address on no network of the interface. */
  'igmp.badSource',
  /** A message for routers, or of a type that a host need not know. */
  'igmp.unknownType',
  /** Shorter than a UDP header. */
  'udp.truncated',
  /** The length field is under 8 or past the end of the datagram. */
  'udp.badLength',
  /** Wrong UDP checksum. */
  'udp.badChecksum',
  /** No socket on that address and port; answered by ICMP port unreachable if it was sent to us alone. */
  'udp.noPort',
  /** To a multicast group that no socket on that port has joined on that interface, or not from that source. */
  'udp.notJoined',
  /** The socket's receive queue is full. */
  'udp.receiveQueueFull',
  /** Shorter than a TCP header. */
  'tcp.truncated',
  /** Data offset under 20 bytes or past the end of the segment. */
  'tcp.badHeaderLength',
  /** Wrong TCP checksum. */
  'tcp.badChecksum',
  /** To a broadcast or multicast address. */
  'tcp.notUnicast',
  /** No connection, and nobody listens on that address and port; answered by a reset if it was none. */
  'tcp.noPort',
  /** For a connection in TIME-WAIT; answered by an acknowledgment if it holds anything. */
  'tcp.timeWait',
  /** Outside of the receive window; answered by an acknowledgment (RFC 9293 section 3.10.7.4). */
  'tcp.outOfWindow',
  /** All of its text has come before; answered by an acknowledgment. */
  'tcp.duplicate',
  /** It lacks the timestamps that were agreed on (RFC 7323 section 3.2). */
  'tcp.noTimestamp',
  /** Its timestamp is older than the last one (PAWS, RFC 7323 section 5.3); answered by an acknowledgment. */
  'tcp.oldTimestamp',
  /** A reset whose sequence number is not exactly the next one (RFC 5961 section 3). */
  'tcp.badReset',
  /** A SYN within a connection (RFC 5961 section 4). */
  'tcp.unexpectedSyn',
  /** To a listener, or in answer to a SYN of ours, without SYN. */
  'tcp.noSyn',
  /** Without the ACK bit where it must be. */
  'tcp.noAck',
  /** It acknowledges what was never sent, or too long ago (RFC 5961 section 5). */
  'tcp.badAck',
  /** Text for a connection that the application has closed; answered by a reset. */
  'tcp.closed',
  /** The send and receive buffers of all connections have used up their memory. */
  'tcp.noMemory',
  /** Too many ranges wait out of order on the connection. */
  'tcp.tooManyRanges',
  /** The listener's queue of half-open connections is full, and cookies are switched off. */
  'tcp.synQueueFull',
  /** As many connections wait for the application as the backlog allows. */
  'tcp.acceptQueueFull',
  /** There are as many connections as the limit allows. */
  'tcp.tooMany',
  /** To be passed on, but its time is over; answered by ICMP time exceeded. */
  'forward.ttlExceeded',
  /** To be passed on, but there is no way there; answered by ICMP unreachable. */
  'forward.noRoute',
  /** To be passed on, but the next link takes less and it may not be cut up; answered by ICMP with that link's MTU. */
  'forward.tooLong',
  /** To the broadcast address of a network behind us, which the settings forbid or where it came from. */
  'forward.broadcast',
  /** To be passed on, but the next link has no room, or another large datagram is being cut up. */
  'forward.noRoom',
  /** A packet filter has dropped or rejected a datagram for us. */
  'filter.input',
  /** A packet filter has dropped or rejected a datagram on its way through us. */
  'filter.forward',
  /** A request that cannot be answered: there is no way back to its sender. */
  'reply.noRoute',
  /** A request that cannot be answered: the link has no room or no free buffer for it. */
  'reply.noBuffers',
  // ---- accepted for sending ----
  /** The neighbour did not answer ARP, or was taken out of the table while the frame waited. */
  'arp.unresolved',
  /** Too many frames wait for ARP, for one address or in all, or as many buffers are held as the link allows. */
  'arp.pendingFull',
  /** A packet filter has dropped or rejected a datagram of ours. */
  'filter.output',
  /** The link's queue for sending is full. */
  'link.txFull',
  /** The interface was closed while the frame waited. */
  'link.closed',
}

/** Number of reasons, for arrays indexed by {@link DropReason}. */
export const DROP_REASONS = Object.keys(DropReason).length / 2;

/** A reason's name, such as `udp.noPort`. */
export type DropReasonName = keyof typeof DropReason;
