import { expect, test } from '@jest/globals';
import { describeTap } from '@lunetta/testkit/jest';
import { echoTests } from './support/echo-tests.js';
import { STACK, TAP } from './support/kernel-link.js';
import { NamespaceFixture } from './support/namespace-fixture.js';

describeTap('lunetta echo', () => echoTests(TAP));

describeTap('lunetta echo with no words', () => {
  const fixture = new NamespaceFixture();

  test('makes the TAP device lun0, and is 10.99.0.2 on it', async () => {
    const echo = fixture.lunetta(['echo']);
    await echo.output(/^UDP echo on 10\.99\.0\.2 port 7 \(tap:lun0\); Ctrl-C ends it\n$/);
    expect(fixture.netns.echo(STACK, 7, 5)).toBe('same\n');
  });
});
