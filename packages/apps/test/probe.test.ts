import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { describeTap } from '@lunetta/testkit/jest';
import { NamespaceFixture } from './support/namespace-fixture.js';

const KERNEL = '10.99.0.1';
const STACK = '10.99.0.2';

describeTap('lunetta services on an interface whose address is probed first', () => {
  const fixture = new NamespaceFixture();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lunetta-probe-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A configuration file with an address. */
  function configFile(address: string): string {
    const options = { device: 'lun0', up: true, hostAddress: `${KERNEL}/24` };
    const lan = { name: 'lan', driver: 'tap', options, addresses: [`${address}/24`], probe: true };
    const file = join(folder, 'lunetta.config.json');
    writeFileSync(file, JSON.stringify({ interfaces: [lan] }));
    return file;
  }

  test('is ready once nobody else was found to have it, and then answers', async () => {
    const services = fixture.lunetta(['services', '--config', configFile(STACK)]);
    await services.output(new RegExp(`^ready ${STACK} on tap:lun0\n`, 'm'));
    fixture.netns.exec('ping', '-c', '1', '-W', '5', STACK);
    services.signal('SIGUSR2');
    const [line] = await services.output(/^\{.*\}$/m);
    const { neighbours, groups } = JSON.parse(line) as { neighbours: unknown; groups: unknown };
    expect(neighbours).toMatchObject([{ interface: 'lan', address: KERNEL }]);
    expect(groups).toEqual([]);
  });

  test('says so where another station has it, and is not ready', async () => {
    const services = fixture.lunetta(['services', '--config', configFile(KERNEL)]);
    await services.note(/interface lan: [0-9a-f:]{17} has the address 10\.99\.0\.1 already: it is not used/);
    services.signal('SIGTERM');
    expect(await services.end()).toMatchObject({ code: 0, stdout: '' });
  });
});
