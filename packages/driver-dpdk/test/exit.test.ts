import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { describeDpdk } from './support/describe-dpdk.js';

const run = promisify(execFile);
const DRIVER = new URL('../dist/index.js', import.meta.url).href;

/** A program that opens a device, and then does the last thing. */
function program(last: string): string {
  return `
    import { DpdkDriver, dpdkOptionsSchema } from ${JSON.stringify(DRIVER)};
    const options = dpdkOptionsSchema.parse({ device: 'net_null0', eal: { memory: 'none' }, buffers: 2048 });
    const port = await new DpdkDriver().open(options, { interfaceName: 'lan' });
    console.log('open', port.queue(0).poll(0) > 0);
    ${last}`;
}

/** What a process says that runs a program; throws if it ends badly. */
async function said(text: string): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', text]);
  return stdout + stderr;
}

describeDpdk('a process that ends', () => {
  test.each([
    ['by itself, its port open', ''],
    ['at once, its port open', 'process.exit(0);'],
    ['with its port closed', 'await port.close();'],
  ])('%s: ends well', async (_, last) => {
    expect(await said(program(last))).toBe('open true\n');
  });

  test.each([
    ['ends by itself, its port open', ''],
    ['is terminated, its port open', 'setInterval(() => port.queue(0).poll(0), 1);'],
  ])('after a worker of it %s: ends well', async (_, last) => {
    const worker = new URL(
      `data:text/javascript,${encodeURIComponent(
        program(`${last}
(await import('node:worker_threads')).parentPort.postMessage('open');`),
      )}`,
    ).href;
    const text = `
      import { once } from 'node:events';
      import { Worker } from 'node:worker_threads';
      for (let i = 0; i < 2; i++) {
        const worker = new Worker(new URL(${JSON.stringify(worker)}));
        await once(worker, 'message');
        await worker.terminate();
      }
      console.log('over');`;
    expect(await said(text)).toBe('open true\nopen true\nover\n');
  });
});
