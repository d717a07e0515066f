import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { SeededRandom, Stack, type LinkPort, type TcpListener } from '@lunetta/core';
import { FileSink, PcapngWriter } from '@lunetta/driver-pcap';
import { TapDriver, tapOptionsSchema } from '@lunetta/driver-tap';
import { captureFrames, echoTcp, FaultyPort, machineHost } from '@lunetta/testkit';
import { describeTap, Netns } from '@lunetta/testkit/jest';

const CLIENT = `${import.meta.dirname}/support/kernel-tcp.py`;
const ADDRESS = '10.99.0.2';
const PORT = 7;

const run = promisify(execFile);

// Processes and thousands of connections on a busy machine take their time.
jest.setTimeout(90_000);

describeTap('TCP against the Linux kernel', () => {
  let folder: string;
  let netns: Netns;
  let stack: Stack;
  let listener: TcpListener;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lunetta-tcp-'));
    netns = new Netns();
    stack = new Stack(machineHost());
  });
  afterEach(async () => {
    await stack.close();
    netns.remove();
    rmSync(folder, { recursive: true });
  });

  /** Starts an echo server on a TAP device; a wrapper sees the frames as they would be on a wire. */
  async function serve(wrap?: (port: LinkPort) => LinkPort): Promise<void> {
    const device = { netns: netns.name, up: true, hostAddress: '10.99.0.1/24', offloads: wrap === undefined };
    const port = await new TapDriver().open(tapOptionsSchema.parse(device), { interfaceName: 'lan' });
    stack.addInterface(wrap === undefined ? port : wrap(port), { name: 'lan', addresses: [`${ADDRESS}/24`] });
    listener = stack.tcp.listen({ port: PORT, backlog: 1000 });
    listener.onConnection = echoTcp;
  }

  async function client(what: string, count: number): Promise<string> {
    const words = ['netns', 'exec', netns.name, 'python3', CLIENT, what, ADDRESS, String(PORT), String(count)];
    return (await run('ip', words)).stdout.trim();
  }

  /** Waits until nothing is left of any connection but TIME-WAIT; then what there was. */
  async function allOver(): Promise<ReturnType<Stack['counters']>['tcp']> {
    for (let turns = 0; turns < 400; turns++) {
      const { tcp } = stack.counters();
      if (tcp.connections + tcp.halfOpen === 0) return tcp;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return stack.counters().tcp;
  }

  test('ten thousand connections at once, each with its own bytes', async () => {
    await serve();
    expect(await client('many', 10_000)).toBe('10000');
    expect(await allOver()).toMatchObject({ connections: 0, halfOpen: 0, bufferBytes: 0, accepted: 10_000 });
  });

  test('storms of connections that are opened, closed and reset leave nothing behind', async () => {
    await serve();
    listener.onConnection = (connection) => {
      connection.setKeepAlive(5000, 1000, 9); // a reset that a full queue has lost is found out
      echoTcp(connection);
    };
    expect(await client('storm', 10_000)).toBe('over');
    expect(await allOver()).toMatchObject({ connections: 0, halfOpen: 0, bufferBytes: 0, accepted: 10_000 });
    expect(await client('echo', 100_000)).toBe('same');
  });

  test('what comes is lost, doubled, late and wrong: the sums are right', async () => {
    const rates = { loss: 0.02, duplication: 0.02, reordering: 0.02, corruption: 0.01 };
    let faults: FaultyPort['faults'] | undefined;
    await serve((port) => {
      const faulty = new FaultyPort(port, { ...rates, random: new SeededRandom(7) });
      faults = faulty.faults;
      return faulty;
    });
    expect(await client('echo', 2_000_000)).toBe('same');
    expect(faults!.lost).toBeGreaterThan(0);
    expect(await allOver()).toMatchObject({ connections: 0, bufferBytes: 0 });
  });

  test('a long session of keys and screenfuls', async () => {
    await serve();
    expect(await client('session', 5000)).toBe('same');
    expect(await allOver()).toMatchObject({ connections: 0, bufferBytes: 0 });
  });

  test('tshark remarks on nothing that we send', async () => {
    const path = join(folder, 'tcp.pcapng');
    const writer = new PcapngWriter(new FileSink(path));
    const iface = writer.addInterface({ name: 'lan' });
    const { clock } = machineHost();
    await serve((port) => captureFrames(port, { writer, iface, clock }));
    expect(await client('session', 100)).toBe('same');
    expect(await client('echo', 30_000)).toBe('same');
    expect(await client('many', 20)).toBe('20');
    await allOver();
    await stack.close();
    writer.close();
    const ours = `ip.src==${ADDRESS}`;
    const { stdout: count } = await run('tshark', [
      '-r',
      path,
      '-Y',
      `tcp && ${ours}`,
      '-T',
      'fields',
      '-e',
      'frame.number',
    ]);
    expect(count.split('\n').length).toBeGreaterThan(150);
    const check = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
    // Notes, and the warning of a D-SACK, are of what a busy machine brings about: segments sent again; the rest is ours.
    const { stdout } = await run('tshark', [
      '-r',
      path,
      '-q',
      ...check,
      '-z',
      `expert,warn,${ours} && !tcp.options.sack.dsack`,
    ]);
    expect(stdout.trim()).toBe('');
  });
});
