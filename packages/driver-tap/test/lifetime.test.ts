import { readdirSync, readlinkSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { COUNT_FREE, COUNT_STOCK } from '@lunetta/core';
import { TapDriver, tapOptionsSchema } from '../src/index.js';
import { describeTap } from '@lunetta/testkit/jest';
import { DriverBundle } from './support/driver-child.js';
import { atEnd, makeNetns, makePeer, openTap, Tap, testFrame, turns, until } from './support/tap-fixture.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Open descriptors of this process: TAP devices and sockets. */
function openDescriptors(): string[] {
  const paths = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // the one that readdir itself had open
    }
  });
  return paths.filter((path) => path.startsWith('socket:') || path.startsWith('/dev/net/') || path.startsWith('net:'));
}

describeTap('closing', () => {
  test('takes back what stands in free and stock, and only that; then poll does nothing', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    const [returned, kept] = [tap.take(), tap.take()];
    tap.free(returned);
    await tap.port.close();
    expect(tap.queue.audit()).toEqual({ size: 2048, available: 2047, inUse: 1, device: 0 });
    tap.free(kept);
    expect(tap.queue.poll(3)).toBe(0);
    expect(tap.queue.counts[COUNT_FREE]).toBe(1);
    expect(tap.queue.audit().inUse).toBe(1);
    expect(tap.queue.arm()).toBe(false);
    expect(tap.port.device).toBe('lun0');
  });

  test('is idempotent, gives the device back at once, and ends every callback', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns, { persist: true });
    const peer = await makePeer(netns);
    tap.queue.arm();
    peer.send(testFrame(60));
    const closed = tap.port.close();
    expect(tap.port.close()).toBe(closed);
    const again = await openTap(netns);
    await closed;
    netns.ip('link', 'set', 'lun0', 'down');
    await until(() => again.events.length > 0, 'the event');
    await turns(); // the kernel has told all who listen at the same time
    expect([tap.wakes, tap.events]).toEqual([0, []]);
    expect(again.events).toEqual(['down']);
  });

  test('under load, from inside a wake-up, leaves no buffer behind', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    const peer = await makePeer(netns);
    let polls = 0;
    let closed: Promise<void> | undefined;
    tap.port.setListener({
      onWake: () => {
        tap.poll();
        if (++polls === 20) closed = tap.port.close();
        else tap.queue.arm();
      },
      onEvent: () => undefined,
    });
    tap.queue.arm();
    await until(() => {
      peer.send(testFrame(200));
      return closed !== undefined;
    }, 'twenty wake-ups');
    await closed;
    expect(tap.queue.audit()).toEqual({ size: 2048, available: 2048, inUse: 0, device: 0 });
    expect(tap.queue.counts[COUNT_STOCK]).toBe(0);
    expect(polls).toBe(20);
  });

  test('from inside an event', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    let closed: Promise<void> | undefined;
    tap.port.setListener({ onWake: () => undefined, onEvent: () => void (closed = tap.port.close()) });
    netns.ip('link', 'del', 'lun0');
    await until(() => closed !== undefined, 'the event');
    await closed;
    expect(tap.queue.audit().inUse).toBe(0);
  });

  test('a hundred times, also of attempts that fail, leaves no descriptor open', async () => {
    const netns = makeNetns();
    const options = tapOptionsSchema.parse({ netns: netns.name, up: true, buffers: 256 });
    const driver = new TapDriver();
    const cycle = async (): Promise<void> => {
      const port = await driver.open(options, { interfaceName: 'lan' });
      await expect(driver.open(options, { interfaceName: 'lan' })).rejects.toThrow('is in use');
      await port.close();
    };
    await cycle();
    const before = openDescriptors();
    for (let i = 0; i < 100; i++) await cycle();
    expect(openDescriptors()).toEqual(before);
  }, 30_000);
});

describeTap('the collector', () => {
  test('an armed port that nobody refers to still wakes, and its memory stays', async () => {
    const netns = makeNetns();
    let wakes = 0;
    const wait = async (): Promise<void> => {
      const options = tapOptionsSchema.parse({ netns: netns.name, up: true });
      const port = await new TapDriver().open(options, { interfaceName: 'lan' });
      atEnd(() => port.close());
      const queue = port.queue(0);
      port.setListener({ onWake: () => (wakes += queue.poll(0)), onEvent: () => undefined });
      queue.arm();
    };
    await wait();
    const peer = await makePeer(netns);
    for (let i = 0; i < 5; i++) {
      collectGarbage();
      await turns();
    }
    peer.send(testFrame(60));
    await until(() => wakes > 0, 'the wake-up');
  });

  test('the frame memory outlives the port, and poll and port outlive the frame memory', async () => {
    const netns = makeNetns();
    const half = async (): Promise<[Uint8Array, (txCount: number) => number, Tap | undefined]> => {
      const options = tapOptionsSchema.parse({ netns: netns.name, buffers: 256, up: true });
      const tap = new Tap(await new TapDriver().open(options, { interfaceName: 'lan' }));
      const { memory } = tap.queue;
      const poll = tap.queue.poll.bind(undefined); // the native function alone, without the queue
      await tap.port.close();
      return [memory.bytes, poll, undefined];
    };
    const survivors = await Promise.all([half()]);
    for (let i = 0; i < 5; i++) {
      collectGarbage();
      await turns();
    }
    for (const [bytes, poll] of survivors) {
      bytes.fill(7);
      expect(bytes.at(-1)).toBe(7);
      expect(poll(1)).toBe(0);
    }
  });

  test('ports that were closed are collected: their memory is given back', async () => {
    const netns = makeNetns();
    const options = tapOptionsSchema.parse({ netns: netns.name, up: true, buffers: 16384, offloads: false });
    const resident = (): number => process.memoryUsage().external;
    const cycle = async (): Promise<void> => {
      const port = await new TapDriver().open(options, { interfaceName: 'lan' });
      port.queue(0).memory.bytes.fill(1);
      await port.close();
    };
    const before = resident();
    for (let i = 0; i < 10; i++) await cycle();
    await until(() => {
      collectGarbage();
      return resident() - before < 3 * 16384 * 2048;
    }, 'the memory of the ten to be given back');
  });
});

describeTap('the end of a process or worker with a port open', () => {
  let bundle: DriverBundle;
  beforeAll(() => {
    bundle = new DriverBundle();
  });
  afterAll(() => bundle.remove());
  const inNetns = (script: string, flags: string[] = []): ReturnType<DriverBundle['run']> =>
    bundle.run(script, ['ip', 'netns', 'exec', makeNetns().name], flags);
  const listener = '{ onWake() {}, onEvent() {} }';

  test('an open, armed port keeps no process alive', () => {
    // One that it keeps alive is ended from outside after a while, and then has no status.
    const outcome = inNetns(`
      const port = await open({ up: true });
      port.setListener(${listener});
      report(port.queue(0).arm());`);
    expect(outcome).toMatchObject({ status: 0, stdout: 'true\n', stderr: '' });
  });

  test.each(['process.exit(3)', 'port.close(); process.exit(3)', 'await port.close(); process.exit(3)'])(
    '%s',
    (end) => {
      const outcome = inNetns(`
      const port = await open({ up: true });
      port.setListener(${listener});
      port.queue(0).arm();
      ${end}`);
      expect(outcome).toMatchObject({ status: 3, signal: null, stderr: '' });
    },
  );

  test('a worker thread has ports of its own, and may end with one open, armed, and busy', () => {
    const outcome = inNetns(`
      import { Worker } from 'node:worker_threads';
      const ours = await open({ device: 'ours', up: true });
      const worker = (end) => new Promise((resolve, reject) => {
        const thread = new Worker(\`
          import(\${JSON.stringify(driver)}).then(async ({ TapDriver, tapOptionsSchema }) => {
            const { parentPort } = await import('node:worker_threads');
            const options = tapOptionsSchema.parse({ device: 'theirs', up: true });
            const port = await new TapDriver().open(options, { interfaceName: 'lan' });
            const queue = port.queue(0);
            port.setListener({ onWake() { queue.poll(0); queue.arm(); }, onEvent() {} });
            queue.poll(0); queue.arm();
            setInterval(() => queue.poll(0), 1);
            parentPort.postMessage(port.device);
            \${end};
          });\`, { eval: true });
        thread.on('message', (device) => { if (end === 'undefined') thread.terminate(); });
        thread.on('error', reject);
        thread.on('exit', resolve);
      });
      const codes = [];
      for (let i = 0; i < 5; i++) {
        for (const end of ['undefined', 'process.exit(7)', 'port.close().then(() => process.exit(8))']) {
          codes.push(await worker(end));
        }
      }
      report([...new Set(codes)]);
      report(ours.queue(0).poll(0));
      await ours.close();`);
    expect(outcome).toMatchObject({ status: 0, stderr: '' });
    expect(outcome.stdout).toMatch(/^\[1,7,8\]\n\d+\n$/);
  });

  test('what a listener throws is an uncaught exception, and the port goes on', () => {
    const outcome = inNetns(`
      import { execFileSync } from 'node:child_process';
      const port = await open({ up: true, hostAddress: '10.98.7.1/24' });
      const queue = port.queue(0);
      const seen = [];
      const hold = setInterval(() => {}, 60_000); // the port alone keeps no process alive
      let heard = () => {};
      const next = () => new Promise((resolve) => (heard = resolve));
      process.on('uncaughtException', (error) => { seen.push(error.message); heard(); });
      port.setListener({
        onWake() { queue.poll(0); throw new Error('woken'); },
        onEvent(event) { throw new Error(event); },
      });
      const send = () => execFileSync('python3', ['-c',
        'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("10.98.7.2", 7))']);
      while (seen.filter((message) => message === 'woken').length < 2) {
        const thrown = next();
        queue.arm();
        send();
        await thrown;
      }
      execFileSync('ip', ['link', 'set', 'lun0', 'down']);
      while (!seen.includes('down')) await next();
      await port.close();
      clearInterval(hold);
      report('went on');`);
    expect(outcome).toMatchObject({ status: 0, stdout: '"went on"\n', stderr: '' });
  });

  test('without a handler for uncaught exceptions the process ends as for any of them', () => {
    const outcome = inNetns(`
      import { execFileSync } from 'node:child_process';
      const port = await open({ up: true });
      port.setListener({ onWake() {}, onEvent(event) { throw new Error('thrown at ' + event); } });
      execFileSync('ip', ['link', 'del', 'lun0']);
      setInterval(() => {}, 1000);`);
    expect(outcome).toMatchObject({ status: 1, signal: null });
    expect(outcome.stderr).toContain('thrown at ');
  });

  test('the frame memory detached under the port harms nothing', () => {
    // Node 20 has no ArrayBuffer.prototype.transfer yet, but V8 has a way to detach any buffer.
    const outcome = inNetns(
      `
      const port = await open({ up: true });
      const queue = port.queue(0);
      queue.poll(0);
      const { buffer } = queue.memory;
      let moved;
      if (buffer.transfer) moved = new WeakRef(buffer.transfer());
      else %ArrayBufferDetach(buffer);
      for (let i = 0; i < 100; i++) queue.poll(1);
      do {
        await new Promise((resolve) => setImmediate(resolve)); // a turn of its own: in this one the reference is strong
        gc();
      } while (moved?.deref() !== undefined);
      for (let i = 0; i < 100; i++) queue.poll(1);
      await port.close();
      report({ left: buffer.byteLength });`,
      ['--expose-gc', '--allow-natives-syntax'],
    );
    expect(outcome).toMatchObject({ status: 0, stdout: '{"left":0}\n' });
  });
});
