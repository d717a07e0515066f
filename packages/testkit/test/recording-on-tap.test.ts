import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RunMode, Stack } from '@lunetta/core';
import { FileSink } from '@lunetta/driver-pcap';
import { TapDriver, tapOptionsSchema } from '@lunetta/driver-tap';
import { machineHost, readRecording, recordStack, replayRun } from '@lunetta/testkit';
import { describeTap, Netns } from '@lunetta/testkit/jest';

const run = promisify(execFile);

describeTap('a run against the Linux kernel', () => {
  let folder: string;
  let netns: Netns;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lunetta-recording-'));
    netns = new Netns();
  });
  afterEach(() => {
    netns.remove();
    rmSync(folder, { recursive: true });
  });

  const inNetns = (...words: string[]): Promise<unknown> => run('ip', ['netns', 'exec', netns.name, ...words]);

  function startApplication(stack: Stack): void {
    const echo = stack.udp.open();
    echo.onDatagram = (datagram) => void datagram.reply();
    echo.bind({ port: 7 });
    const asker = stack.udp.open();
    asker.onError = () => undefined;
    asker.connect('10.99.0.1', 4);
    asker.send(Uint8Array.of(1));
    stack.ping('10.99.0.1', {}, () => stack.ping('10.99.0.77', { timeoutMs: 500 }, () => asker.send(Uint8Array.of(2))));
  }

  test.each<RunMode>(['interrupt', 'adaptive', 'busy'])(
    'in mode %s is replayed byte by byte',
    async (mode) => {
      const path = join(folder, 'run.jsonl');
      const options = tapOptionsSchema.parse({ netns: netns.name, up: true, hostAddress: '10.99.0.1/24' });
      const port = await new TapDriver().open(options, { interfaceName: 'lan' });
      const stack = recordStack(machineHost(), new FileSink(path), { seed: 5 });
      try {
        stack.addInterface(port, { name: 'lan', addresses: ['10.99.0.2/24'], mode });
        startApplication(stack);
        await inNetns('ping', '-c', '20', '-i', '0.02', '-s', '1200', '10.99.0.2');
        const send =
          'import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.settimeout(5)\ns.sendto(bytes(5000), ("10.99.0.2", 9))\n';
        const ask = `for i in range(50): s.sendto(bytes([i]) * (i + 1), ("10.99.0.2", 7)); assert len(s.recv(99)) == i + 1`;
        await inNetns('python3', '-c', send + ask);
        await new Promise<void>((resolve) => stack.ping('10.99.0.78', { timeoutMs: 1200 }, () => resolve()));
      } finally {
        await stack.close();
      }
      const recording = readRecording(path);
      const sent = recording.records.flatMap((record) => ('poll' in record ? (record.tx ?? []) : []));
      expect(sent.length).toBeGreaterThan(75);
      expect(await replayRun(path)).toEqual({ records: recording.records.length, difference: undefined });
      const changed = await replayRun(path, { settings: { arp: { maxRequests: 1 } } });
      expect(changed.difference).toMatch(/^line \d+, at \d+ us: /);
    },
    60_000,
  );
});
