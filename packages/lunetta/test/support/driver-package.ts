import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MODULES = fileURLToPath(new URL('../../../../node_modules', import.meta.url));

/** A project's folder with packages of its own in node_modules, as a user or a driver's author would have it. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'lunetta-project-'));

  constructor() {
    this.link('inversify');
  }

  /** Adds an ES module package with one file. */
  addPackage(name: string, source: string): void {
    this.write(`node_modules/${name}/package.json`, JSON.stringify({ name, type: 'module', exports: './index.js' }));
    this.write(`node_modules/${name}/index.js`, source);
  }

  /** Writes a file of the project. */
  write(path: string, text: string): string {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  private link(name: string): void {
    mkdirSync(join(this.folder, 'node_modules'));
    symlinkSync(join(NODE_MODULES, name), join(this.folder, 'node_modules', name));
  }
}

/** The source of a driver's package whose module binds the expression `driver`. */
export function driverSource(driver: string, head = ''): string {
  return `import { ContainerModule } from 'inversify';
${head}
export const linkDriverModule = new ContainerModule(({ bind }) => {
  bind(Symbol.for('lunetta.LinkDriver')).toConstantValue(${driver});
});
`;
}

/** A driver that a third party could have written: cables in memory, by name. */
export const CABLE_DRIVER = driverSource('new MemoryDriver()', "import { MemoryDriver } from '@lunetta/testkit';");
