import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ethernet, StackLab } from '@lunetta/testkit';
import { describeUnless } from '@lunetta/testkit/jest';
import { captureOf } from './support/capture-files.js';

const { STACK_IP } = StackLab;
const ROUTER_ALERT = Uint8Array.of(0x94, 4, 0, 0);

/** What a stack says of its address and of groups: probes, changes of all kinds, answers, the messages of older versions. */
async function emitted(): Promise<Uint8Array[]> {
  const lab = new StackLab({ iface: { probe: true } });
  const frames: Uint8Array[] = [];
  const wait = (): void => {
    lab.advance('12s');
    frames.push(...lab.receive());
  };
  const query = (version: 1 | 2 | 3): void => {
    const options = { options: ROUTER_ALERT };
    const header = { dst: '224.0.0.1', ttl: 1, ...(version > 1 && options) };
    lab.send(ethernet({ dst: '01:00:5e:00:00:01' }).ipv4(header).igmp({ version }));
    wait();
  };
  wait();
  const socket = lab.stack.udp.open();
  socket.joinGroup('239.1.2.3');
  socket.joinGroup('239.9.9.9', { source: '192.0.2.1' });
  socket.blockSource('239.1.2.3', '192.0.2.2');
  wait();
  query(3);
  socket.unblockSource('239.1.2.3', '192.0.2.2');
  socket.leaveGroup('239.9.9.9');
  socket.send(Uint8Array.of(1, 2, 3), '239.1.2.3', 5000);
  wait();
  query(2);
  socket.leaveGroup('239.1.2.3');
  socket.joinGroup('239.5.5.5');
  wait();
  query(1);
  await lab.close();
  return frames;
}

const obstacle = spawnSync('tshark', ['--version']).status === 0 ? undefined : 'no tshark (apt-get install tshark)';

describeUnless(obstacle, 'tshark', 'messages about our address and groups', () => {
  test('tshark knows them all, and remarks on none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lunetta-review-'));
    const file = join(folder, 'emitted.pcapng');
    const review = (filter: string, field: string): string[] =>
      execFileSync(
        'tshark',
        ['-n', '-r', file, '-o', 'ip.check_checksum:TRUE', '-Y', filter, '-T', 'fields', '-e', field],
        {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        },
      )
        .split('\n')
        .filter((line) => line !== '');
    try {
      writeFileSync(file, captureOf(await emitted()));
      const types = new Set(review('igmp', 'igmp.type'));
      expect([...types].sort()).toEqual(['0x12', '0x16', '0x17', '0x22']);
      const records = new Set(review('igmp.record_type', 'igmp.record_type').flatMap((line) => line.split(',')));
      expect([...records].sort()).toEqual(['1', '2', '4', '5', '6']);
      expect(review('arp', 'arp.src.proto_ipv4')).toEqual([...Array<string>(3).fill('0.0.0.0'), STACK_IP, STACK_IP]);
      expect(review('igmp and (ip.ttl != 1 or !ip.opt.ra or ip.dsfield != 0xc0)', 'frame.number')).toEqual([]);
      expect(
        review('_ws.malformed or igmp.checksum.status == "Bad" or ip.checksum.status == "Bad"', 'frame.number'),
      ).toEqual([]);
      expect(review('_ws.expert.severity >= "Warning"', '_ws.expert.message')).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
