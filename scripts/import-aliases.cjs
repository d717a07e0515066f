/**
 * For dependency-cruiser: what a package exports leads to its sources, so that the import rules see the whole
 * repository and need no build.
 */
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const packages = join(__dirname, '..', 'packages');

const alias = {};
for (const folder of readdirSync(packages)) {
  const manifest = join(packages, folder, 'package.json');
  if (!existsSync(manifest)) continue;
  const { name, exports } = JSON.parse(readFileSync(manifest, 'utf8'));
  for (const [subpath, { types }] of Object.entries(exports)) {
    if (!types?.startsWith('./dist/')) continue; // such as a JSON schema
    const source = types.replace('./dist/', 'src/').replace(/\.d\.ts$/, '.ts');
    alias[`${name}${subpath.slice(1)}$`] = join(packages, folder, source);
  }
}

module.exports = { resolve: { alias } };
