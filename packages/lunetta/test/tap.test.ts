import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createStack, type InterfaceConfig, type LinkEvent, type LunettaStack, type NetworkInterface } from 'lunetta';
import { Netns, describeTap } from '@lunetta/testkit/jest';

const UDP_CLIENT = fileURLToPath(new URL('./support/udp-client.py', import.meta.url));

/** Runs a command in the namespace while this process goes on; its output. */
async function run(netns: Netns, command: string, ...words: string[]): Promise<string> {
  const child = spawn('ip', ['netns', 'exec', netns.name, command, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number];
  expect({ output, status }).toMatchObject({ status: 0 });
  return output;
}

// These tests start processes, which on a busy machine takes its time.
jest.setTimeout(60_000);

describeTap('a stack on real TAP devices', () => {
  let netns: Netns;
  let stack: LunettaStack | undefined;

  beforeEach(() => {
    netns = new Netns();
  });
  afterEach(async () => {
    await stack?.close();
    stack = undefined;
    netns.remove();
  });

  const tap = (device: string, network: string, changes: Partial<InterfaceConfig> = {}): InterfaceConfig => ({
    name: device,
    driver: 'tap',
    options: { device, netns: netns.name, up: true, hostAddress: `${network}.1/24` },
    addresses: [`${network}.2/24`],
    ...changes,
  });

  test('two TAPs in one stack: the kernel reaches each, and is reached by each', async () => {
    stack = await createStack({
      interfaces: [tap('lunA', '10.99.1'), tap('lunB', '10.99.2', { mac: '02:00:00:00:00:0b', mode: 'interrupt' })],
    });
    const echo = stack.udp.open();
    const cameBy: number[] = [];
    echo.onDatagram = (datagram) => {
      cameBy.push(datagram.interfaceIndex);
      expect(datagram.reply()).toBeUndefined();
    };
    echo.bind({ port: 7 });
    expect(await run(netns, 'python3', UDP_CLIENT, '10.99.1.2', '7', 'by A')).toBe('by A\n');
    expect(await run(netns, 'python3', UDP_CLIENT, '10.99.2.2', '7', 'by B')).toBe('by B\n');
    expect(cameBy).toEqual([0, 1]);
    expect(await stack.ping('10.99.1.1')).toMatchObject({ error: undefined, size: 56 });
    expect(await stack.ping('10.99.2.1')).toMatchObject({ error: undefined, size: 56 });
    await run(netns, 'ping', '-c', '1', '-W', '5', '10.99.2.2');
    expect(netns.exec('ip', 'neigh', 'show', '10.99.2.2')).toContain('lladdr 02:00:00:00:00:0b');

    const { interfaces } = stack;
    await stack.close();
    expect(interfaces.map(({ io }) => io.queue.audit().inUse)).toEqual([0, 0]);
    expect(netns.devices).toEqual(['lo']);
  });

  test('the second one fails: the first device is given back, and can be opened again', async () => {
    const broken = tap('lunB', '10.99.2', { options: { device: 'lunB', netns: 'no-such-namespace' } });
    await expect(createStack({ interfaces: [tap('lunA', '10.99.1'), broken] })).rejects.toMatchObject({
      code: 'LUNETTA_ERR_DEVICE',
      message: expect.stringContaining('interface lunB, driver tap: cannot enter network namespace no-such-namespace'),
    });
    expect(netns.devices).toEqual(['lo']);
    stack = await createStack({ interfaces: [tap('lunA', '10.99.1')] });
    expect(await stack.ping('10.99.1.1')).toMatchObject({ error: undefined });
  });

  test("the driver's own options are checked at their place", async () => {
    const wrong = tap('lunA', '10.99.1', { options: { device: 'a name too long for Linux', burst: 0 } });
    await expect(createStack({ interfaces: [wrong] })).rejects.toMatchObject({
      code: 'LUNETTA_ERR_CONFIG',
      message: expect.stringMatching(
        /^configuration: 2 things are wrong:\n {2}interfaces\[0\]\.options\.device: the name has 25 bytes.*\n {2}interfaces\[0\]\.options\.burst: must be at least 1$/,
      ),
    });
  });

  test('the application hears of a device that is removed, and closing still works', async () => {
    stack = await createStack({ interfaces: [tap('lunA', '10.99.1')] });
    const heard = once(stack, 'link');
    netns.exec('ip', 'link', 'del', 'lunA');
    const [heardOf, event] = (await heard) as [NetworkInterface, LinkEvent];
    expect(heardOf).toBe(stack.interfaces[0]);
    expect(event).toBe('gone');
    expect(await stack.ping('10.99.1.1')).toEqual({ error: 'ENETDOWN' });
  });

  /** Runs `source`, which has a `stack` on lunA, in a process of its own. */
  const start = (source: string, changes: Partial<InterfaceConfig> = {}): ChildProcess & { stdout: Readable } => {
    const config = JSON.stringify({ interfaces: [tap('lunA', '10.99.1', changes)] });
    const head = `import { createStack } from 'lunetta'; const stack = await createStack(${config});\n`;
    return spawn(process.execPath, ['--input-type=module', '-e', head + source], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 20_000, // by then it should have ended by itself
    });
  };

  test('the process ends by itself once the last socket is closed, and not before', async () => {
    const child = start(`
      const socket = stack.udp.open();
      socket.onDatagram = (datagram) => { datagram.reply(); console.log('served'); socket.close(); };
      socket.bind({ port: 7 });
      console.log('ready');`);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(child.stdout, 'data');
    const ended = once(child, 'close');
    expect(await run(netns, 'python3', UDP_CLIENT, '10.99.1.2', '7', 'x')).toBe('x\n');
    expect(await ended).toEqual([0, null]);
    expect(output).toBe('ready\nserved\n');
  });

  test.each(['busy', 'adaptive', 'interrupt'] as const)(
    'without sockets a stack in mode %s ends at once',
    async (mode) => {
      expect(await once(start('', { mode }), 'close')).toEqual([0, null]);
    },
  );

  test('without sockets the process stays for a ping that waits, and for the end of close()', async () => {
    const child = start(`
      console.log(await stack.ping('10.99.1.1'));
      console.log((await stack.ping('10.99.1.77', { timeoutMs: 300 })).error);
      await stack.close();
      console.log('closed');`);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(output).toMatch(/^\{ error: undefined, rttUs: \d+, size: 56, ttl: 64 \}\nETIMEDOUT\nclosed\n$/);
  });
});
