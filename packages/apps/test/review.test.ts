import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ipv4 } from '@lunetta/testkit';
import { NamespaceFixture } from './support/namespace-fixture.js';
import { describeTap, type Netns } from '@lunetta/testkit/jest';

const STACK = '10.99.0.2';
const ADDRESSES = { src: '10.99.0.1', dst: STACK };
/** Marks the one datagram that is wrong. */
const WRONG_TTL = 13;
const STACK_MAC = '02:99:00:00:00:02';

const hasTshark = spawnSync('tshark', ['--version']).status === 0;
if (!hasTshark) process.stderr.write('left out, no tshark (apt-get install tshark): review of what is emitted\n');
const reviewTest = hasTshark || process.env['CI'] === 'true' ? test : test.skip;

/** Captures what passes on a device into a file, until it is stopped. */
async function capture(netns: Netns, file: string): Promise<ChildProcess> {
  const words = ['netns', 'exec', netns.name, 'tshark', '-q', '-i', 'lun0', '-w', file];
  const running = spawn('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  for await (const chunk of running.stderr) {
    said += String(chunk);
    if (said.includes('Capturing on')) break;
  }
  return running;
}

/** The fields of the captured frames that a display filter lets through. */
function review(file: string, filter: string, ...fields: string[]): string[] {
  const checks = ['ip', 'udp', 'tcp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
  const columns = ['-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
  const words = ['-n', '-r', file, ...checks, '-Y', filter, ...columns];
  return execFileSync('tshark', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .split('\n')
    .filter((line) => line !== '');
}

describeTap('what the stack emits', () => {
  const fixture = new NamespaceFixture();

  reviewTest('has nothing in it that tshark would remark on', async () => {
    const { netns } = fixture;
    const folder = mkdtempSync(join(tmpdir(), 'lunetta-review-'));
    const file = join(folder, 'emitted.pcapng');
    try {
      // With offloads the device would make the checksums that are to be looked at.
      const options = { device: 'lun0', up: true, hostAddress: '10.99.0.1/24', offloads: false };
      const lan = { name: 'lan', driver: 'tap', mac: STACK_MAC, addresses: [`${STACK}/24`], options };
      writeFileSync(join(folder, 'lunetta.config.json'), JSON.stringify({ interfaces: [lan] }));
      await fixture.services('--config', join(folder, 'lunetta.config.json'));
      const capturing = await capture(netns, file);
      // dumpcap opens the device a moment after it has said so: asked until it has seen an answer.
      netns.exec('ping', '-c', '3', '-i', '0.3', '-W', '5', STACK);
      expect(netns.echo(STACK, 7, 0, 1, 17, 18, 19, 512, 1471, 1472)).toBe('same\n'.repeat(8));
      expect(netns.echo(STACK, 8, 100)).toBe('refused\n');
      netns.exec('ping', '-c', '3', '-i', '0.2', '-W', '5', '-s', '1472', '-p', 'ff', STACK);
      netns.exec('ping', '-c', '3', '-i', '0.2', '-W', '5', '-s', '0', STACK);
      const raw = await fixture.rawPeer();
      raw.send(
        ipv4({ ...ADDRESSES, protocol: 253 })
          .payload(new Uint8Array(40))
          .bytes(),
      );
      raw.send(ipv4(ADDRESSES).icmp().bytes());
      const wrong = { srcPort: 9, dstPort: 7, checksum: 1 };
      raw.send(
        ipv4({ ...ADDRESSES, ttl: WRONG_TTL })
          .udp(wrong)
          .payload(new Uint8Array(8))
          .bytes(),
      );
      netns.exec('ping', '-c', '2', '-i', '0.3', '-W', '5', STACK); // by then the others are in the file
      capturing.kill('SIGINT');
      await once(capturing, 'close');

      const ours = `eth.src == ${STACK_MAC}`;
      expect(review(file, ours, 'frame.number').length).toBeGreaterThan(20);
      expect(review(file, `${ours} and icmp.type == 3`, 'icmp.code').sort()).toEqual(['2', '3']);
      expect(review(file, `${ours} and arp`, 'arp.opcode').length).toBeGreaterThan(0);
      expect(review(file, `${ours} and _ws.malformed`, 'frame.number')).toEqual([]);
      expect(review(file, `${ours} and _ws.expert.severity >= "Warning"`, '_ws.expert.message')).toEqual([]);
      // It does look: a wrong checksum from elsewhere is seen.
      expect(review(file, `ip.ttl == ${WRONG_TTL} and udp.checksum.status == "Bad"`, 'udp.srcport')).toEqual(['9']);
      const bad = 'ip.checksum.status == "Bad" or udp.checksum.status == "Bad" or icmp.checksum.status == "Bad"';
      expect(review(file, `${ours} and (${bad})`, 'frame.number')).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
