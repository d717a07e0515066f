/**
 * Has datagrams of given sizes echoed through the kernel, one after the other, and prints how many came back unchanged. What
 * is lost, such as while a card's link comes up, is sent again.
 *
 * Usage: udp-client.mjs ADDRESS PORT SIZE...
 */
import { Buffer } from 'node:buffer';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const ATTEMPTS = 5;
const PATIENCE_MS = 4000;
const [address, port, ...sizes] = process.argv.slice(2);
const socket = createSocket('udp4');

/** Whether the payload has come back. */
async function isEchoed(payload) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    socket.send(payload);
    const giveUp = AbortSignal.timeout(PATIENCE_MS);
    try {
      for (;;) {
        const [answer] = await once(socket, 'message', { signal: giveUp });
        if (answer.equals(payload)) return true;
      }
    } catch (error) {
      if (error.name !== 'AbortError') throw error;
    }
  }
  return false;
}

socket.connect(Number(port), address);
await once(socket, 'connect');
let same = 0;
for (const [i, size] of sizes.entries()) {
  if (await isEchoed(Buffer.alloc(Number(size), i + 1))) same++;
}
socket.close();
console.log(same);
