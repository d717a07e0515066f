import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADDON_PATH_VARIABLE } from '../../src/index.js';

const repository = fileURLToPath(new URL('../../../..', import.meta.url));
const packageFolder = join(repository, 'packages/driver-tap');

/** What became of a script in another process. */
export interface ChildOutcome {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The driver as one bundled file in a folder that everybody may read, for scripts in other processes: as another user,
 * in another mount namespace, in worker threads.
 */
export class DriverBundle {
  readonly folder = mkdtempSync(join(tmpdir(), 'lunetta-tap-'));
  readonly driver = join(this.folder, 'driver.mjs');
  private readonly addon = join(this.folder, 'lunetta_tap.node');

  constructor() {
    chmodSync(this.folder, 0o755);
    copyFileSync(process.env[ADDON_PATH_VARIABLE] ?? join(packageFolder, 'build/Release/lunetta_tap.node'), this.addon);
    execFileSync(join(repository, 'node_modules/.bin/esbuild'), [
      join(packageFolder, 'test/support/driver-entry.ts'),
      '--bundle',
      '--platform=node',
      '--format=esm',
      '--log-level=warning',
      `--alias:@lunetta/core=${join(repository, 'packages/core/src/index.ts')}`,
      `--outfile=${this.driver}`,
    ]);
    chmodSync(this.driver, 0o644);
  }

  /**
   * Runs a script in which `open(options, request)` opens a TAP device, `driver` is the path of the bundle, and
   * `report(value)` prints JSON.
   *
   * @param launcher words before `node ...`, such as `unshare --mount`
   */
  run(script: string, launcher: readonly string[] = [], flags: readonly string[] = []): ChildOutcome {
    const prelude = `
      import { TapDriver, tapOptionsSchema } from ${JSON.stringify(this.driver)};
      const driver = ${JSON.stringify(this.driver)};
      const open = (options, request) =>
        new TapDriver().open(tapOptionsSchema.parse(options), { interfaceName: 'lan', ...request });
      const report = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
    `;
    const words = [...launcher, process.execPath, ...flags, '--input-type=module', '--eval', prelude + script];
    const outcome = spawnSync(words[0], words.slice(1), {
      cwd: this.folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', [ADDON_PATH_VARIABLE]: this.addon },
      timeout: 120_000, // with the sanitizers on a busy machine
    });
    const { status, signal, stdout, stderr } = outcome;
    return { status, signal, stdout, stderr };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
