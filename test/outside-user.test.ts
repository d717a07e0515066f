import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { codeBlocks } from './support/markdown-code.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = ['core', 'driver-pcap', 'testkit'];
/** Of the outside project, beside our tarballs; in the versions that we use ourselves. */
const TOOLS = ['jest', '@jest/globals', 'typescript', '@types/node'];
const PATIENCE_MS = 600_000;

/** As in the README of testkit. */
const JEST_CONFIG = `export default { setupFilesAfterEnv: ['@lunetta/testkit/jest-setup'], transform: {} };\n`;
const COMPILER_OPTIONS = {
  ...{ module: 'nodenext', target: 'es2022', strict: true, outDir: 'out', rootDir: '.' },
  types: ['node', 'jest', '@lunetta/testkit/jest'],
};

/** The matchers at the global expect, known from @types/jest; what they do not take does not compile. */
const WITH_GLOBALS = `import { ethernet, StackLab } from '@lunetta/testkit';
test('matchers of the global expect', () => {
  const lab = new StackLab();
  const frame = ethernet().ipv4({ ttl: 64 }).udp({ dstPort: 7 });
  expect(frame).toMatchPacket(ethernet().ipv4({ ttl: 64 }).udp({ dstPort: 7 }));
  expect(() => expect(frame).toMatchPacket(ethernet().ipv4({ ttl: 63 }))).toThrow('ttl: 63');
  // @ts-expect-error no pattern
  expect(() => expect(frame).toMatchPacket(7)).toThrow('must be a pattern');
  lab.send(frame);
  expect(lab).toHaveDropped('udp.noPort', 1);
  // @ts-expect-error no reason
  expect(() => expect(lab).toHaveDropped('udp.noSuchReason')).toThrow('a name of DropReason');
  expect(lab).toBeConserved();
  expect([frame]).toContainPacket(ethernet());
  expect([frame]).toMatchPackets([ethernet().ipv4()]);
});
`;
/** Without types; the matchers come by the line of set-up. */
const IN_JAVASCRIPT = `import { expect, test } from '@jest/globals';
import { ethernet } from '@lunetta/testkit';
test('matchers without types', () => expect(ethernet().ipv4()).toMatchPacket(ethernet().ipv4()));
`;

let project: string;

function run(command: string, args: readonly string[], cwd = project): string {
  const env = { ...process.env, NODE_OPTIONS: '--experimental-vm-modules --no-warnings' };
  try {
    return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (failure) {
    const { stdout, stderr } = failure as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} fails:\n${stdout}\n${stderr}`, { cause: failure });
  }
}

function write(path: string, text: string): void {
  mkdirSync(join(project, path, '..'), { recursive: true });
  writeFileSync(join(project, path), text);
}

/** Runs jest in the project; how many tests passed and failed. */
function runJest(): object {
  const json = run('npx', ['jest', '--json', '--testMatch', '**/out/**/*.js', '**/javascript/*.js']);
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(json) as Record<string, number>;
  return { numPassedTests, numFailedTests, numRuntimeErrorTestSuites };
}

describe('a project outside of this repository, with the packages as they are published', () => {
  const examples = ['packages/testkit/README.md', 'README.md', 'docs/packet-filter.md'].flatMap((page) =>
    codeBlocks(join(ROOT, page), 'ts'),
  );

  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'lunetta-outside-'));
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    write('package.json', JSON.stringify({ name: 'outside', private: true, type: 'module' }));
    const workspaces = PACKAGES.flatMap((name) => ['--workspace', `packages/${name}`]);
    const packed = run('npm', ['pack', '--json', '--pack-destination', project, ...workspaces], ROOT);
    const tarballs = (JSON.parse(packed) as { filename: string }[]).map(({ filename }) => `./${filename}`);
    const tools = [...TOOLS.map((name) => `${name}@${devDependencies[name]}`), '@types/jest@30'];
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs, ...tools]);
  }, PATIENCE_MS);

  afterAll(() => rmSync(project, { recursive: true, force: true }));

  test(
    'compiles the examples of the pages, and runs them with jest, with and without types',
    () => {
      for (const [i, code] of examples.entries()) write(`examples/${i}.ts`, code);
      write('globals.ts', WITH_GLOBALS);
      write(
        'tsconfig.json',
        JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ['examples', 'globals.ts'] }),
      );
      run('npx', ['tsc']);
      write('javascript/matchers.js', IN_JAVASCRIPT);
      write('jest.config.js', JEST_CONFIG);
      expect(examples.length).toBeGreaterThan(5);
      expect(runJest()).toEqual({
        ...{ numPassedTests: examples.length + 2, numFailedTests: 0, numRuntimeErrorTestSuites: 0 },
      });
    },
    PATIENCE_MS,
  );

  test(
    'needs no jest',
    () => {
      const blocks = codeBlocks(join(ROOT, 'packages/testkit/README.md'), 'js');
      write(
        'plain/ping.js',
        blocks.find((code) => code.includes('node:test'))!,
      );
      expect(run('node', ['--test', 'plain/ping.js'])).toMatch(/pass 1\b/);
    },
    PATIENCE_MS,
  );
});
