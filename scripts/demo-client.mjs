#!/usr/bin/env node
/**
 * The other side of the demonstration: sends datagrams through the kernel's own network stack to a UDP echo server,
 * shows what comes back and how fast, then pings. Ends with 1 if anything was lost.
 *
 * Usage: demo-client.mjs ADDRESS PORT
 */
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

import { hasCommand } from './setup/run.mjs';

const PAYLOADS = [
  'hello',
  'from the Linux kernel',
  'through Ethernet, ARP, IPv4 and UDP',
  'in TypeScript',
  'x'.repeat(1400),
];
const PATIENCE_MS = 3000;

const [address, port] = process.argv.slice(2);

/** Sends one datagram and waits for its echo. */
async function echo(socket, payload) {
  const begin = process.hrtime.bigint();
  socket.send(payload);
  const [answer] = await once(socket, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) });
  const ms = Number(process.hrtime.bigint() - begin) / 1e6;
  if (answer.toString() !== payload) throw new Error(`sent ${shown(payload)}, got back ${shown(answer.toString())}`);
  return ms;
}

function shown(payload) {
  return payload.length > 50 ? `${payload.length} bytes` : JSON.stringify(payload);
}

const socket = createSocket('udp4');
socket.connect(Number(port), address);
await once(socket, 'connect');
console.log(`client: sending ${PAYLOADS.length} datagrams to ${address} port ${port}`);
for (const payload of PAYLOADS) {
  try {
    console.log(`client: ${shown(payload)} came back after ${(await echo(socket, payload)).toFixed(2)} ms`);
  } catch (error) {
    const problem = error.name === 'AbortError' ? `no answer within ${PATIENCE_MS} ms` : error.message;
    console.log(`client: ${shown(payload)}: ${problem}`);
    process.exitCode = 1;
  }
}
socket.close();

if (hasCommand('ping')) {
  const { status } = spawnSync('ping', ['-c', '3', '-i', '0.3', '-W', '2', address], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
