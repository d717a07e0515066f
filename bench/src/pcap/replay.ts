import { statSync } from 'node:fs';
import { createStack, type LunettaStack } from 'lunetta';
import { STACK } from './inputs.js';

/** What a replay took. */
export interface ReplayTime {
  readonly seconds: number;
  /** Of the processor: what else runs on the machine is not in it. */
  readonly cpuSeconds: number;
}

/**
 * Replays echo requests to a stack with an echo server, as fast as it can, and writes what it answers.
 *
 * @returns what it took from the first packet to the last one written
 */
export async function replayEcho(input: string, output: string, packets: number): Promise<ReplayTime> {
  const stack = await createStack(
    {
      interfaces: [
        {
          name: 'replay',
          driver: 'pcap',
          mac: STACK.mac,
          addresses: [STACK.cidr],
          options: { in: input, out: output, clock: 'fast', linger: 0.001 },
        },
      ],
    },
    { from: import.meta.dirname },
  );
  const socket = stack.udp.open();
  socket.onDatagram = (datagram) => void datagram.reply();
  socket.bind({ port: 7 });
  const begin = performance.now();
  const cpuBefore = process.cpuUsage();
  await endOf(stack);
  await stack.close();
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  check(stack, packets, statSync(output).size);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

function endOf(stack: LunettaStack): Promise<void> {
  return new Promise((resolve) => {
    stack.on('link', (_, event) => {
      if (event === 'gone') resolve();
    });
  });
}

/** Every request was answered, and every answer is in the file. */
function check(stack: LunettaStack, packets: number, size: number): void {
  const { rx, tx } = stack.counters().interfaces[0];
  if (rx.delivered === packets && tx.sent >= packets && size > packets * 96) return;
  throw new Error(
    `of ${packets} requests ${rx.delivered} were delivered, ${tx.sent} answers sent, ${size} bytes written`,
  );
}
