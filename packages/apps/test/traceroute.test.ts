import { expect, test } from '@jest/globals';
import { describeTap } from '@lunetta/testkit/jest';
import { NamespaceFixture } from './support/namespace-fixture.js';

const KERNEL = '10.99.0.1';

describeTap('lunetta traceroute', () => {
  const fixture = new NamespaceFixture();

  test('ends at the kernel, one hop away', async () => {
    const { code, stdout, stderr } = await fixture.lunetta(['traceroute', KERNEL, '-q', '2']).end();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ 1 {2}10\.99\.0\.1 [\d.]+ ms {2}[\d.]+ ms\n$/);
  });

  test('says why it ends where there is no way', async () => {
    const { code, stdout } = await fixture.lunetta(['traceroute', '192.0.2.1', '-q', '1']).end();
    expect({ code, stdout }).toEqual({ code: 1, stdout: ' 1  ENETUNREACH\n' });
  });
});
