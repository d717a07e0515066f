import { expect, test } from '@jest/globals';
import { COUNT_DONE, COUNT_FREE, COUNT_SENT, COUNT_STOCK, DESCRIPTOR_WORDS, HANDLE, TX_KEEP } from '@lunetta/core';
import { describeTap } from '@lunetta/testkit/jest';
import { isTestFrame, makeNetns, makePeer, openTap, testFrame, turns, until } from './support/tap-fixture.js';

describeTap('frames over TAP', () => {
  test('arrive as they were sent, both ways, of every length from header to MTU', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    const peer = await makePeer(netns);
    const frames = [14, 15, 59, 60, 61, 1000, 1513, 1514, 1518].map((length, i) => testFrame(length, i));
    for (const frame of frames) tap.send([frame]);
    await until(() => peer.inbox.length >= frames.length, 'the frames');
    expect(peer.inbox).toEqual(frames);

    // A packet socket takes no frame over 14 + MTU bytes.
    const backwards = frames.filter((frame) => frame.length <= 1514);
    for (const frame of backwards) peer.send(frame);
    expect(await tap.received(backwards.length)).toEqual(backwards);
    const { txFrames, txBytes } = tap.port.statistics();
    expect([txFrames, txBytes]).toEqual([frames.length, frames.reduce((sum, frame) => sum + frame.length, 0)]);
    expect([tap.refused, tap.dropped]).toEqual([{}, {}]);
  });

  test('jumbo frames of the largest MTU need no chain', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns, { buffers: 256 }, { mtu: 65_521 });
    const peer = await makePeer(netns);
    const frame = testFrame(14 + 65_521);
    tap.send([frame]);
    peer.send(frame);
    expect(await tap.received(1)).toEqual([frame]);
    await until(() => peer.inbox.length > 0, 'the frame');
    expect(peer.inbox).toEqual([frame]);
  });

  test("the kernel's own stack is the other end: it resolves us by ARP and sends its datagram", async () => {
    const netns = makeNetns();
    const tap = await openTap(netns, { hostAddress: '10.98.7.1/24' });
    const send = 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("10.98.7.2", 7))';
    netns.exec('python3', '-c', send);
    const seen: Uint8Array[] = [];
    const find = (found: (frame: Uint8Array) => boolean) => (): boolean => {
      seen.push(...tap.receive());
      return seen.some(found);
    };
    const isArp = (frame: Uint8Array): boolean => frame[12] === 8 && frame[13] === 6;
    await until(find(isArp), 'an ARP request');
    const request = seen.find(isArp) as Uint8Array;
    expect([...request.subarray(38, 42)]).toEqual([10, 98, 7, 2]);

    const ourMac = [2, 0, 0, 0, 0, 7];
    const reply = request.slice();
    reply.set(request.subarray(6, 12), 0);
    reply.set(ourMac, 6);
    reply[21] = 2;
    reply.set([...ourMac, 10, 98, 7, 2], 22);
    reply.set(request.subarray(22, 32), 32);
    tap.send([reply]);
    const text = (frame: Uint8Array): string => new TextDecoder().decode(frame.subarray(42, 47));
    await until(
      find((frame) => frame[12] === 8 && frame[13] === 0 && text(frame) === 'hello'),
      'the datagram',
    );
  });

  test('a chain is one frame, whatever its cuts', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    const peer = await makePeer(netns);
    const frame = testFrame(1514);
    const cut = (...at: number[]): Uint8Array[] =>
      [...at, frame.length].map((end, i) => frame.subarray(i === 0 ? 0 : at[i - 1], end));
    tap.send(cut(1));
    tap.send(cut(54));
    tap.send(cut(14, 34, 54, 1000));
    tap.send(cut(...Array.from({ length: 63 }, (_, i) => i + 1)));
    await until(() => peer.inbox.length >= 4, 'the frames');
    expect(peer.inbox).toEqual([frame, frame, frame, frame]);
    expect(tap.port.statistics()).toMatchObject({ txFrames: 4, txBytes: 4 * 1514 });
    expect(tap.refused).toEqual({});
  });

  test('KEEP lends a segment: it comes back in done of the same poll and is the stack’s to send again', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    const peer = await makePeer(netns);
    const frame = testFrame(100);
    const before = tap.queue.audit();
    const [handle] = tap.send([frame], TX_KEEP) as [number];
    expect(tap.done()).toEqual([handle]);
    expect(tap.queue.audit()).toEqual({ ...before, available: before.available - 1, inUse: before.inUse + 1 });
    const at = tap.queue.memory.bufferAt(handle) + tap.queue.headroom;
    tap.describe(0, handle, at, frame.length);
    tap.queue.poll(1);
    expect(tap.done()).toEqual([]);
    await until(() => peer.inbox.length >= 2, 'both frames');
    expect(peer.inbox).toEqual([frame, frame]);
    expect(tap.queue.audit()).toEqual(before);
    expect(tap.refused).toEqual({});
  });

  test('a poll gives at most a burst, in order; the next ones the rest', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns, { burst: 8 });
    const peer = await makePeer(netns);
    const frames = Array.from({ length: 20 }, (_, i) => testFrame(64, i));
    for (const frame of frames) peer.send(frame);
    await peer.flush(); // all of them wait in the kernel
    const bursts = Array.from({ length: 4 }, () => tap.receive());
    expect(bursts.map((burst) => burst.length)).toEqual([8, 8, 4, 0]);
    expect(bursts.flat()).toEqual(frames);
    expect(tap.queue.rx.length).toBe(8 * DESCRIPTOR_WORDS);
  });

  test('without a free buffer frames wait in the kernel: none is lost, and the stop is counted', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns, { buffers: 256 });
    const peer = await makePeer(netns);
    const held: number[] = [];
    let sent = 0;
    await until(() => {
      peer.send(testFrame(64, sent++));
      const count = tap.queue.poll(0);
      for (let i = 0; i < count; i++) held.push(tap.queue.rx[i * DESCRIPTOR_WORDS + HANDLE]);
      return (tap.dropped['rxNoBuffer'] ?? 0) > 0;
    }, 'the pool to be empty');
    expect(tap.queue.audit()).toEqual({ size: 256, available: 0, inUse: 256, device: 0 });
    const stock = tap.queue.counts[COUNT_STOCK];
    expect(held.length + stock).toBe(256);

    tap.free(...held);
    const rest = await tap.received(sent - held.length);
    expect(rest).toHaveLength(sent - held.length);
  });

  test('the stock is filled up, but never with the buffers that the next burst needs', async () => {
    const tap = await openTap(makeNetns(), { buffers: 256, burst: 64 });
    const taken: number[] = [];
    for (let polls = 0; polls < 10; polls++) {
      while (tap.queue.counts[COUNT_STOCK] > 0) taken.push(tap.take());
      tap.queue.poll(0);
    }
    expect(taken).toHaveLength(256 - 64);
    expect(new Set(taken).size).toBe(taken.length);
    expect(tap.queue.audit().available).toBe(64);
    tap.free(...taken);
    tap.queue.poll(0);
    expect(tap.queue.counts[COUNT_STOCK]).toBe(tap.queue.stock.length);
  });

  test('many frames in one poll are all sent, and accepted from the front', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    const peer = await makePeer(netns);
    const frames = Array.from({ length: 64 }, (_, i) => testFrame(60 + i, i));
    frames.forEach((frame, i) => {
      const { handle, at } = tap.fill(frame);
      tap.describe(i, handle, at, frame.length);
    });
    tap.queue.poll(frames.length);
    expect(tap.queue.counts[COUNT_SENT]).toBe(64);
    await until(() => peer.inbox.length >= 64, 'the frames');
    expect(peer.inbox).toEqual(frames);
  });

  test('a returned buffer is overwritten where options.poison says so', async () => {
    const tap = await openTap(makeNetns(), { poison: true });
    const { handle, at } = tap.fill(testFrame(60));
    tap.free(handle);
    tap.queue.poll(0);
    expect(tap.queue.counts[COUNT_FREE]).toBe(0);
    expect(tap.queue.memory.bytes.subarray(at, at + 60)).toEqual(new Uint8Array(60).fill(0xdb));
  });
});

/** Answers of a peer, each from another process, in which an idle event loop is watched. */
const ANSWERS = 100;

describeTap('waking', () => {
  test('an armed queue wakes once for what comes, and for what had come before', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    const peer = await makePeer(netns);
    expect(tap.queue.wakeup).toBe('level');
    peer.send(testFrame(60));
    await peer.flush();
    await turns();
    expect(tap.wakes).toBe(0);
    expect(tap.queue.arm()).toBe(true);
    expect(tap.queue.arm()).toBe(true);
    await until(() => tap.wakes > 0, 'the wake-up');
    await turns(); // the frame still waits, and nobody armed again
    expect(tap.wakes).toBe(1);
    expect(await tap.received(1)).toHaveLength(1);

    tap.queue.arm();
    await turns();
    expect(tap.wakes).toBe(1);
    peer.send(testFrame(60));
    await until(() => tap.wakes > 1, 'the second wake-up');
  });

  test('frames that nobody polls for do not keep the event loop turning', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    const peer = await makePeer(netns);
    tap.queue.arm();
    for (let i = 0; i < 5; i++) peer.send(testFrame(60, i));
    await until(() => tap.wakes > 0, 'the wake-up');
    // While it waits for a peer's answer an idle loop turns once or twice; one without rest turns dozens of times. The engine
    // has work of its own for the loop now and then, so it is the usual answer that counts.
    const turnsOf: number[] = [];
    for (let i = 0; i < ANSWERS; i++) {
      const { loopCount } = performance.nodeTiming.uvMetricsInfo;
      await peer.flush();
      turnsOf.push(performance.nodeTiming.uvMetricsInfo.loopCount - loopCount);
    }
    expect(turnsOf.sort((a, b) => a - b)[ANSWERS / 2]).toBeLessThan(5);
    // Nor is a wake-up lost because we stopped listening.
    tap.queue.arm();
    await until(() => tap.wakes > 1, 'the wake-up after it');
    expect((await tap.received(5)).every(isTestFrame)).toBe(true);
  });

  test('no listener, no waking', async () => {
    const netns = makeNetns();
    const { TapDriver, tapOptionsSchema } = await import('../src/index.js');
    const options = tapOptionsSchema.parse({ netns: netns.name });
    const port = await new TapDriver().open(options, { interfaceName: 'lan' });
    expect(port.queue(0).arm()).toBe(false);
    expect(port.queue(0).counts[COUNT_DONE]).toBe(0);
    await port.close();
  });
});
