#!/usr/bin/env node
/**
 * A peer of another make: sends IPv4 packets as they are given, and shows the UDP and ICMP packets that the kernel
 * gets (raw-socket: SOCK_RAW with IP_HDRINCL).
 *
 * stdin: a line of hex for each packet to send; stdout: "ready", then a line of hex for each packet received.
 */
import { Buffer } from 'node:buffer';
import { createInterface } from 'node:readline';
import raw from 'raw-socket';

const LEVEL = raw.SocketLevel.IPPROTO_IP;
const ON = Buffer.from([1, 0, 0, 0]);

const sockets = [raw.Protocol.ICMP, raw.Protocol.UDP].map((protocol) =>
  raw.createSocket({ protocol, bufferSize: 65536 }),
);
for (const socket of sockets) {
  socket.setOption(LEVEL, raw.SocketOption.IP_HDRINCL, ON, ON.length);
  socket.on('message', (packet) => console.log(packet.toString('hex')));
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const packet = Buffer.from(line, 'hex');
  const destination = packet.subarray(16, 20).join('.');
  sockets[0].send(packet, 0, packet.length, destination, (error) => {
    if (error) console.error(String(error));
  });
});
lines.on('close', () => sockets.forEach((socket) => socket.close()));
console.log('ready');
