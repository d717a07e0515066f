import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createStack, type AddressConflict, type InterfaceConfig, type LunettaStack } from 'lunetta';
import { Netns, describeTap } from '@lunetta/testkit/jest';

const KERNEL = '10.99.1.1';
const STACK = '10.99.1.2';
const STACK_MAC = '02:99:00:00:00:02';
const DEVICE = 'lunR';

// These tests start processes, and probing takes its seconds.
jest.setTimeout(60_000);

describeTap('ARP with the Linux kernel and arping', () => {
  let netns: Netns;
  let stack: LunettaStack;

  beforeEach(() => {
    netns = new Netns();
  });
  afterEach(async () => {
    await stack.close();
    netns.remove();
  });

  const open = async (changes: Partial<InterfaceConfig> = {}): Promise<void> => {
    const options = { device: DEVICE, netns: netns.name, up: true, hostAddress: `${KERNEL}/24` };
    const lan = { name: 'lan', driver: 'tap', options, addresses: [`${STACK}/24`], mac: STACK_MAC, ...changes };
    const neighbours = [{ address: '10.99.1.9', mac: '02:00:00:00:00:09' }];
    stack = await createStack({ interfaces: [lan], neighbours });
  };

  /** Runs arping in the namespace while the stack goes on. */
  const arping = async (...words: string[]): Promise<{ status: number; output: string }> => {
    const all = ['netns', 'exec', netns.name, 'arping', '-I', DEVICE, '-w', '10', ...words];
    const child = spawn('ip', all, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString().toLowerCase()));
    const [status] = (await once(child, 'close')) as [number];
    return { status, output };
  };

  test('arping finds us, and its duplicate address detection finds our address taken', async () => {
    await open();
    const found = await arping('-c', '1', STACK);
    expect(found).toMatchObject({ status: 0, output: expect.stringContaining(`from ${STACK} [${STACK_MAC}]`) });
    const taken = await arping('-D', '-c', '1', STACK);
    expect(taken).toMatchObject({ status: 1, output: expect.stringContaining(STACK_MAC) });
    expect(await arping('-D', '-c', '1', '-w', '2', '10.99.1.77')).toMatchObject({ status: 0 });
    expect(stack.counters().interfaces[0].arp.conflicts).toBe(0);
  });

  test('a proxy entry answers for others, but not to who probes', async () => {
    await open();
    stack.neighbours.addProxy('lan', '10.99.1.64/26');
    const found = await arping('-c', '1', '10.99.1.70');
    expect(found).toMatchObject({ status: 0, output: expect.stringContaining(`from 10.99.1.70 [${STACK_MAC}]`) });
    expect(await arping('-D', '-c', '1', '-w', '2', '10.99.1.70')).toMatchObject({ status: 0 });
  });

  test('neighbours are listed: the kernel once it has been spoken to, and those of the configuration', async () => {
    await open();
    expect(await stack.ping(KERNEL)).toMatchObject({ error: undefined });
    const links = JSON.parse(netns.ip('-json', 'link', 'show', DEVICE)) as { address: string }[];
    const hardwareAddress = links[0].address;
    expect(stack.neighbours.list()).toEqual([
      { interface: 'lan', address: '10.99.1.9', hardwareAddress: '02:00:00:00:00:09', state: 'static', waiting: 0 },
      { interface: 'lan', address: KERNEL, hardwareAddress, state: 'reachable', waiting: 0 },
    ]);
  });

  test('an address that the kernel has is found by probing, and not used', async () => {
    await open({ addresses: [`${KERNEL}/24`], probe: true });
    const [conflict] = (await once(stack, 'conflict')) as [AddressConflict];
    expect(conflict).toMatchObject({ address: KERNEL, isKept: false });
    expect(stack.udp.open().send(Uint8Array.of(1), '10.99.1.5', 9)).toBe('EADDRNOTAVAIL');
  });

  test('an address that nobody has is used once it was probed', async () => {
    await open({ probe: true });
    expect(stack.interfaces[0].ipv4.primary).toBe(0);
    const [, address] = (await once(stack, 'usable')) as [unknown, string];
    expect(address).toBe(STACK);
    expect(await arping('-c', '1', STACK)).toMatchObject({ status: 0 });
  });

  test('an announcement of our address by another is reported', async () => {
    await open();
    netns.ip('addr', 'add', `${STACK}/32`, 'dev', DEVICE);
    const heard = once(stack, 'conflict') as Promise<[AddressConflict]>;
    await arping('-U', '-c', '1', STACK);
    expect((await heard)[0]).toMatchObject({ address: STACK, isKept: true });
  });
});
