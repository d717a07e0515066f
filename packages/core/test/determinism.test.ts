import { expect, test } from '@jest/globals';
import { StackLab } from '@lunetta/testkit';
import { FrameFuzzer, openSockets } from './support/frame-fuzzer.js';

/** All that a stack sends in a busy minute, byte for byte, with the time of each frame. */
async function record(seed: number): Promise<string[]> {
  const lab = new StackLab({ seed, cable: { buffers: 1100 } });
  openSockets(lab);
  const fuzzer = new FrameFuzzer(99);
  const start = lab.host.clock.nowUs();
  const sent: string[] = [];
  for (let i = 0; i < 600; i++) {
    lab.send(fuzzer.frame(), fuzzer.frame());
    const socket = lab.stack.udp.open();
    socket.send(Uint8Array.of(i), `10.0.0.${2 + (i % 7)}`, 9);
    socket.close();
    lab.stack.ping(`10.0.0.${2 + (i % 5)}`, { size: i % 9 }, () => undefined);
    lab.advance('100ms');
    for (const frame of lab.receive())
      sent.push(`${lab.host.clock.nowUs() - start} ${Buffer.from(frame).toString('hex')}`);
  }
  await lab.close();
  return sent;
}

test('the same seed gives the same frames at the same times; another seed gives others', async () => {
  const first = await record(1);
  expect(first.length).toBeGreaterThan(500);
  expect(await record(1)).toEqual(first);
  expect(await record(2)).not.toEqual(first);
});
