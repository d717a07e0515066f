import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { ADDON_PATH_VARIABLE } from '../src/index.js';
import { describeDpdk } from './support/describe-dpdk.js';

const LUNETTA = fileURLToPath(new URL('../../apps/bin/lunetta.js', import.meta.url));

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly remedy?: string;
}

function lunetta(args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [LUNETTA, ...args], {
    cwd: '/',
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  return { status, stdout, stderr };
}

/** What `lunetta doctor` finds of DPDK. */
function doctor(env?: Record<string, string>): { usable: boolean; findings: Finding[] } {
  const { drivers } = JSON.parse(lunetta(['doctor', '--json'], env).stdout) as {
    drivers: { driver: string; usable: boolean; findings: Finding[] }[];
  };
  return drivers.find(({ driver }) => driver === 'dpdk')!;
}

describeDpdk('lunetta ports', () => {
  test('lists the devices named, as DPDK sees them', () => {
    const { status, stdout } = lunetta(['ports', 'net_null0', 'net_null1', '--json']);
    const devices = stdout.trimEnd().split('\n');
    expect(devices.map((line) => JSON.parse(line) as object)).toEqual(
      ['net_null0', 'net_null1'].map((device) => ({
        device,
        kind: 'net_null',
        hardwareAddress: expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/),
        queues: expect.any(Number),
        numaNode: expect.any(Number),
      })),
    );
    expect(status).toBe(0);
  });

  test('shows them in columns', () => {
    expect(lunetta(['ports', 'net_null0']).stdout).toMatch(
      /^device {5}driver {4}MAC address {8}queues {2}NUMA node\nnet_null0 {2}net_null {2}\S{17} {2}\d+ +\d\n$/,
    );
  });

  test('no card is bound: it says where to look, exit code 1', () => {
    expect(lunetta(['ports'])).toEqual({
      status: 1,
      stdout: '',
      stderr: 'no network card is bound to a driver for DPDK: lunetta doctor tells what there is\n',
    });
  });

  test.each([
    [['ports', 'eth0'], "driver dpdk: the device 'eth0' must be a PCI address, such as 0000:01:00.0, or a virtual"],
    [['ports', '--driver', 'pcap'], '--driver: pcap makes its devices, and has no list of them'],
  ])('%j is wrong usage', (args, message) => {
    expect(lunetta(args)).toEqual({ status: 2, stdout: '', stderr: expect.stringContaining(message) });
  });

  test('a card that is not there: the error says what to do', () => {
    const { status, stderr } = lunetta(['ports', '0000:ff:1f.7']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^lunetta: interface 0000:ff:1f\.7, driver dpdk: /m);
  });
});

describeDpdk('lunetta doctor, of DPDK', () => {
  test('where it can be used', () => {
    const { usable, findings } = doctor();
    expect(usable).toBe(true);
    expect(findings).toEqual(
      expect.arrayContaining([
        { what: 'processor has the instructions that DPDK is built for', ok: true },
        { what: 'libdpdk and native add-on', ok: true },
        { what: 'DPDK starts and opens a virtual device', ok: true },
        { what: expect.stringMatching(/^drivers of network cards: \d+ \(Intel: ixgbe, i40e, ice, e1000\)$/), ok: true },
      ]),
    );
    for (const { ok, remedy } of findings) expect(ok || remedy !== undefined).toBe(true);
    const names = findings.map(({ what }) => what).join('\n');
    for (const each of ['hugepages', 'IOMMU', 'VFIO', 'NUMA nodes']) expect(names).toContain(each);
  });
});

describe('lunetta doctor, without DPDK', () => {
  test('an add-on that is not built is told with the command that builds it', () => {
    const { usable, findings } = doctor({ [ADDON_PATH_VARIABLE]: '/no/such.node' });
    expect(usable).toBe(false);
    expect(findings.find(({ what }) => what === 'libdpdk and native add-on')).toEqual({
      what: 'libdpdk and native add-on',
      ok: false,
      remedy: expect.stringMatching(/npm run setup$/),
    });
  });
});
