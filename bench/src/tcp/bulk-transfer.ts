import type { StackPair } from './stack-pair.js';

const ROUNDS = 7;
const BYTES = 200_000_000;
const CHUNK = 65_536;

/** One connection, as fast as it goes, both stacks in one thread: Mbit/s, round by round. */
export function bulkRates(pair: StackPair): number[] {
  pair.open(1);
  const [client] = pair.clients;
  const [server] = pair.servers;
  const chunk = new Uint8Array(CHUNK);
  let received = 0;
  const push = (): void => {
    while (client.write(chunk) === CHUNK);
  };
  client.onWritable = push;
  server.onReadable = () => {
    received += server.readableLength;
    server.consume(server.readableLength);
  };
  push();
  const transfer = (): number => {
    const [from, begin] = [received, process.hrtime.bigint()];
    while (received - from < BYTES) pair.turn();
    return (8 * (received - from) * 1000) / Number(process.hrtime.bigint() - begin);
  };
  transfer();
  return Array.from({ length: ROUNDS }, transfer);
}
