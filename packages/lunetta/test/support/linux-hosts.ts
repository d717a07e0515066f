import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from '@jest/globals';
import type { InterfaceConfig } from 'lunetta';
import type { Netns } from '@lunetta/testkit/jest';

/** Runs a command in the namespace while this process goes on; its output. A status other than 0 fails the test. */
export async function run(netns: Netns, command: string, ...words: string[]): Promise<string> {
  const child = spawn('ip', ['netns', 'exec', netns.name, command, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number];
  if (status !== 0) throw new Error(`${command} ${words.join(' ')} ended with ${status}:\n${output}`);
  return output;
}

/** Pings until two answers have come; under load one may come too late to be counted. */
export async function ping(netns: Netns, address: string, ...words: string[]): Promise<void> {
  expect(await run(netns, 'ping', '-c', '2', '-w', '20', '-i', '0.2', ...words, address)).toContain(' 2 received');
}

/** The interface `device` of a stack, .2 in `network`; the kernel has .1, in the namespace. */
export function tap(
  netns: Netns,
  device: string,
  network: string,
  changes: Partial<InterfaceConfig> = {},
): InterfaceConfig {
  return {
    name: device,
    driver: 'tap',
    options: { device, netns: netns.name, up: true, hostAddress: `${network}.1/24` },
    addresses: [`${network}.2/24`],
    ...changes,
  };
}

/** Two hosts have the stack between them for their router: lunA, 10.99.1.2, and lunB, 10.99.2.2, with an MTU of 1,400. */
export function joinByRouter(left: Netns, right: Netns): void {
  left.ip('route', 'add', 'default', 'via', '10.99.1.2');
  right.ip('route', 'add', 'default', 'via', '10.99.2.2');
  right.ip('link', 'set', 'lunB', 'mtu', '1400');
}
