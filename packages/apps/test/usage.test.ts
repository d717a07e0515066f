import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { describeTap } from '@lunetta/testkit/jest';
import { NamespaceFixture } from './support/namespace-fixture.js';

const HELP_HINT = '(lunetta --help tells more)\n';

describeTap('what is wrong with a call of lunetta is said in one message, without a stack trace', () => {
  const fixture = new NamespaceFixture();

  test.each([
    [['nothing'], `unknown command 'nothing'\n${HELP_HINT}`],
    [['echo', '--colour'], `unknown option '--colour'\n${HELP_HINT}`],
    [['ping'], `missing required argument 'address'\n${HELP_HINT}`],
    [
      ['echo', '--mode', 'fast'],
      "option '--mode <mode>' argument 'fast' is invalid. Allowed choices are busy, adaptive, interrupt.\n" + HELP_HINT,
    ],
    [
      ['echo', '--mtu', 'big'],
      `option '--mtu <bytes>' argument 'big' is invalid. It must be a whole number.\n${HELP_HINT}`,
    ],
    [
      ['ping', '10.99.0.1', '-i', '0'],
      "option '-i, --interval <seconds>' argument '0' is invalid. It must be a number of seconds, more than 0.\n" +
        HELP_HINT,
    ],
    [
      ['echo', '--address', '10.99.0.2'],
      '--address: must be an IPv4 address with its prefix length, such as 10.99.0.2/24\n',
    ],
    [
      ['echo', '--gateway', '10.98.0.1'],
      "--gateway: must be another host of one of the interface's networks (10.99.0.2/24)\n",
    ],
    [['echo', '--mac', '2'], '--mac: must be a MAC address, such as 02:00:00:00:00:01\n'],
    [['echo', '--mtu', '9'], '--mtu: must be at least 68\n'],
    [['echo', '--device', 'sixteencharslong'], '--device: the name has 16 bytes; Linux takes at most 15\n'],
    [
      ['services', '--driver', 'carrier-pigeon'],
      "--driver: the driver package 'carrier-pigeon' is not installed, seen from /. Install it there with: npm install carrier-pigeon\n",
    ],
    [['echo', '--config', '/no/such.json'], 'cannot read the configuration /no/such.json: there is no such file\n'],
    [['ping', '10.99.0.1', '-s', '70000', '-c', '1'], 'ping: size is 70000; it must be a whole number, 0 to 65507\n'],
  ])('%j', async (args, message) => {
    expect(await fixture.lunetta(args).end()).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: `lunetta: ${message}`,
    });
  });

  test('with LUNETTA_DEBUG the stack trace is there too', async () => {
    const { code, stderr } = await fixture.lunetta(['echo', '--mac', '2'], { env: { LUNETTA_DEBUG: '1' } }).end();
    expect(code).toBe(2);
    expect(stderr).toMatch(/^lunetta: LunettaError: --mac: must be a MAC address.*\n {4}at /);
  });

  test('without the rights: the driver says what gives them, exit code 1', async () => {
    const wrap = ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'];
    const { code, stdout, stderr } = await fixture.lunetta(['echo'], { wrap }).end();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^lunetta: interface lun0, driver tap: no permission to create or attach to lun0 .*setcap.*\n$/,
    );
  });

  test('--help is no error', async () => {
    const { code, stdout, stderr } = await fixture.lunetta(['--help']).end();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of ['echo', 'services', 'ping', 'ports', 'doctor'])
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });
});

describeTap('the configuration file of lunetta', () => {
  const fixture = new NamespaceFixture();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lunetta-usage-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const tap = (name: string, network: string) => ({
    name,
    driver: 'tap',
    options: { device: name, up: true, hostAddress: `${network}.1/24` },
    addresses: [`${network}.9/24`],
  });
  const write = (name: string, ...interfaces: object[]): string => {
    const file = join(folder, name);
    writeFileSync(file, JSON.stringify({ interfaces }));
    return file;
  };

  test('lunetta.config.json of the working directory is taken, two interfaces are served', async () => {
    write('lunetta.config.json', tap('lunA', '10.1.1'), tap('lunB', '10.1.2'));
    const services = fixture.lunetta(['services'], { cwd: folder });
    await services.output(/lunB\n/);
    expect(services.stdout).toBe('ready 10.1.1.9 on tap:lunA\nready 10.1.2.9 on tap:lunB\n');
    expect(fixture.netns.echo('10.1.1.9', 7, 3)).toBe('same\n');
    expect(fixture.netns.echo('10.1.2.9', 7, 3)).toBe('same\n');
    services.signal('SIGTERM');
    expect(await services.end()).toMatchObject({ code: 0, stderr: '' });
  });

  test('flags change its one interface', async () => {
    const file = write('one.json', tap('lunA', '10.1.1'));
    const services = fixture.lunetta(['services', '--config', file, '--address', '10.1.1.8/24', '--device', 'lunC']);
    await services.output(/\n/);
    expect(services.stdout).toBe('ready 10.1.1.8 on tap:lunC\n');
  });

  test('flags for several interfaces are refused', async () => {
    const file = write('two.json', tap('lunA', '10.1.1'), tap('lunB', '10.1.2'));
    expect(await fixture.lunetta(['services', '--config', file, '--mtu', '1000']).end()).toMatchObject({
      code: 2,
      stderr: `lunetta: ${file} has 2 interfaces, and flags such as --mtu speak of one. Leave the flags out and change the file\n`,
    });
  });

  test('--driver leaves the file of the working directory aside', async () => {
    write('lunetta.config.json', tap('lunA', '10.1.1'));
    const services = fixture.lunetta(['services', '--driver', 'tap'], { cwd: folder });
    await services.output(/\n/);
    expect(services.stdout).toBe('ready 10.99.0.2 on tap:lun0\n');
  });
});

interface Diagnosis {
  readonly general: { what: string; ok: boolean }[];
  readonly drivers: { driver: string; usable: boolean; findings: { what: string; ok: boolean; remedy?: string }[] }[];
}

describeTap('lunetta doctor', () => {
  const fixture = new NamespaceFixture();
  const findings = ({ drivers }: Diagnosis, name: string) => drivers.find(({ driver }) => driver === name)!.findings;

  test('where TAP works it says so, and leaves no device behind', async () => {
    const { code, stdout, stderr } = await fixture.lunetta(['doctor', '--json']).end();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const diagnosis = JSON.parse(stdout) as Diagnosis;
    expect(diagnosis.general[0]).toEqual({ what: `Node.js ${process.versions.node}`, ok: true });
    expect(findings(diagnosis, 'tap')).toEqual([
      { what: 'package installed', ok: true },
      { what: 'Linux', ok: true },
      { what: '/dev/net/tun can be opened', ok: true },
      { what: 'right to make devices (CAP_NET_ADMIN)', ok: true },
      { what: 'native add-on built', ok: true },
      { what: 'a TAP device can be made', ok: true },
    ]);
    expect(fixture.netns.devices).toEqual(['lo']);
  });

  test('where a right is missing it says which, and how to get it', async () => {
    const wrap = ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'];
    const { stdout } = await fixture.lunetta(['doctor', '--json'], { wrap }).end();
    const found = findings(JSON.parse(stdout) as Diagnosis, 'tap');
    expect(found.filter(({ ok }) => !ok)).toEqual([
      { what: 'right to make devices (CAP_NET_ADMIN)', ok: false, remedy: expect.stringContaining('run as root') },
      { what: 'a TAP device can be made', ok: false, remedy: expect.stringContaining('no permission') },
    ]);
  });

  test('an add-on that is not built is told with the command that builds it', async () => {
    const env = { LUNETTA_TAP_ADDON: '/no/such.node' };
    const { stdout } = await fixture.lunetta(['doctor'], { env }).end();
    expect(stdout).toMatch(/^driver tap: not usable$/m);
    expect(stdout).toMatch(/^ {2}missing {2}native add-on built\n.*npm run setup$/m);
  });
});

describe('the command line', () => {
  test('is run by commands that are all bound in one module', async () => {
    const { appModule } = await import('../src/app-module.js');
    const { COMMANDS } = await import('../src/commands/command.js');
    const { Container } = await import('inversify');
    const container = new Container();
    container.load(appModule);
    expect(container.getAll<object>(COMMANDS).map(({ constructor }) => constructor.name)).toEqual([
      'EchoCommand',
      'ServicesCommand',
      'PingCommand',
      'TracerouteCommand',
      'DoctorCommand',
      'PortsCommand',
      'DrillCommand',
      'ReplayCommand',
      'CaptureCommand',
      'NcCommand',
      'Iperf3Command',
    ]);
  });
});
