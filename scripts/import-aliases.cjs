/**
 * For dependency-cruiser: packages by name lead to their sources, so that the import rules see the whole
 * repository and need no build.
 */
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const packages = join(__dirname, '..', 'packages');

const alias = {};
for (const folder of readdirSync(packages)) {
  const manifest = join(packages, folder, 'package.json');
  if (!existsSync(manifest)) continue;
  alias[`${JSON.parse(readFileSync(manifest, 'utf8')).name}$`] = join(packages, folder, 'src', 'index.ts');
}

module.exports = { resolve: { alias } };
