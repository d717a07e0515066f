import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createStack, type LunettaStack } from 'lunetta';
import { Netns, describeTap } from '@lunetta/testkit/jest';
import { joinByRouter, ping, run, tap } from './support/linux-hosts.js';

const MACS = { lunA: '02:99:00:00:00:0a', lunB: '02:99:00:00:00:0b' };

// These tests start processes, which on a busy machine takes its time.
jest.setTimeout(60_000);

/** What tcpdump writes down of a device until `end` is called. */
async function capture(netns: Netns, device: string, file: string): Promise<{ end: () => Promise<void> }> {
  const words = ['netns', 'exec', netns.name, 'tcpdump', '-i', device, '--immediate-mode', '-U', '-s', '0', '-w', file];
  const running = spawn('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(running, 'close');
  let said = '';
  await new Promise<void>((resolve, reject) => {
    running.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('listening on')) resolve();
    });
    void ended.then(() => reject(new Error(`tcpdump has ended: ${said}`)));
  });
  return {
    end: async () => {
      running.kill('SIGINT');
      await ended;
    },
  };
}

/** The fields of the captured frames that a display filter lets through. */
function review(file: string, filter: string, ...fields: string[]): string[] {
  const checks = ['ip', 'udp', 'tcp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
  const columns = ['-T', 'fields', '-E', 'occurrence=f', ...fields.flatMap((field) => ['-e', field])];
  const words = ['-n', '-r', file, ...checks, '-Y', filter, ...columns];
  return execFileSync('tshark', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .split('\n')
    .filter((line) => line !== '');
}

describeTap('what a host and router emits', () => {
  let left: Netns;
  let right: Netns;
  let stack: LunettaStack;
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lunetta-emitted-'));
    [left, right] = [new Netns(), new Netns()];
    stack = await createStack({
      interfaces: [
        tap(left, 'lunA', '10.99.1', { mac: MACS.lunA }),
        tap(right, 'lunB', '10.99.2', { mac: MACS.lunB, mtu: 1400 }),
      ],
      vlans: [{ name: 'blue', parent: 'lunA', id: 10, addresses: ['10.99.10.2/24'] }],
      routes: [{ destination: '198.51.100.0/24', gateway: '10.99.1.1' }],
      settings: { ipv4: { forwarding: true } },
    });
    joinByRouter(left, right);
  });
  afterEach(async () => {
    await stack.close();
    left.remove();
    right.remove();
    rmSync(folder, { recursive: true });
  });

  test('has nothing in it that tshark would remark on', async () => {
    const captured = { lunA: join(folder, 'a.pcap'), lunB: join(folder, 'b.pcap') };
    const captures = [await capture(left, 'lunA', captured.lunA), await capture(right, 'lunB', captured.lunB)];
    await ping(left, '10.99.1.2', '-s', '65507');
    await ping(left, '10.99.2.1', '-s', '8000', '-M', 'dont');
    await ping(left, '10.99.2.1', '-R');
    await expect(run(left, 'ping', '-c', '1', '-W', '5', '-M', 'do', '-s', '1400', '10.99.2.1')).rejects.toThrow('mtu');
    await expect(run(left, 'ping', '-c', '1', '-W', '8', '10.99.2.77')).rejects.toThrow('Host Unreachable');
    await expect(run(left, 'ping', '-c', '1', '-W', '5', '192.0.2.1')).rejects.toThrow('Net Unreachable');
    await expect(run(left, 'ping', '-c', '1', '-W', '5', '-t', '1', '10.99.2.1')).rejects.toThrow(
      'Time to live exceeded',
    );
    // To a network behind the left host itself: the router sends it back there, and says so.
    await run(left, 'ping', '-c', '1', '-W', '1', '198.51.100.1').catch(() => undefined);
    for (const remote of ['10.99.1.1', '10.99.2.1']) {
      expect(await stack.ping(remote, { size: 20_000 })).toMatchObject({ error: undefined });
    }
    const socket = stack.udp.open();
    socket.bind({ port: 5000 });
    socket.joinGroup('239.1.2.3', { interface: 'lunA' });
    socket.joinGroup('232.1.2.3', { interface: 'lunB', source: '10.99.2.1' });
    socket.broadcast = true;
    expect(socket.send(new Uint8Array(100), '239.1.2.3', 5000)).toBeUndefined();
    expect(socket.send(new Uint8Array(3000), '10.99.2.255', 5000)).toBeUndefined();
    expect(socket.send(new Uint8Array(10), '10.99.10.1', 5000)).toBeUndefined();
    socket.close();
    await ping(left, '10.99.1.2');
    await ping(right, '10.99.2.2'); // by then the rest has been written down
    for (const each of captures) await each.end();

    for (const [device, file] of Object.entries(captured)) {
      const ours = `eth.src == ${MACS[device as keyof typeof MACS]}`;
      expect(review(file, `${ours} and _ws.malformed`, 'frame.number')).toEqual([]);
      const remarks = review(
        file,
        `${ours} and _ws.expert.severity >= "Warning"`,
        'frame.number',
        '_ws.expert.message',
      );
      expect(remarks).toEqual([]);
      const bad = 'ip.checksum.status == "Bad" or udp.checksum.status == "Bad" or icmp.checksum.status == "Bad"';
      expect(review(file, `${ours} and (${bad} or igmp.checksum.status == "Bad")`, 'frame.number')).toEqual([]);
      expect(review(file, `${ours} and ip.flags.mf == 1`, 'frame.number').length).toBeGreaterThan(10);
      expect(review(file, `${ours} and igmp`, 'frame.number').length).toBeGreaterThan(1);
    }
    const errors = review(
      captured.lunA,
      `eth.src == ${MACS.lunA} and icmp.type in {3, 5, 11}`,
      'icmp.type',
      'icmp.code',
    );
    expect([...new Set(errors)].sort()).toEqual(['11\t0', '3\t0', '3\t1', '3\t4', '5\t1']);
    expect(review(captured.lunA, `eth.src == ${MACS.lunA} and vlan.id == 10`, 'arp.opcode').length).toBeGreaterThan(0);
  });
});
