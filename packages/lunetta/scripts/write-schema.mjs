#!/usr/bin/env node
/** Writes the JSON schema of the configuration file from the built package: `npm run schema`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { configJsonSchema } from '../dist/index.js';

const file = join(import.meta.dirname, '..', 'schema', 'lunetta.config.schema.json');
const style = await resolveConfig(file);
writeFileSync(file, await format(JSON.stringify(configJsonSchema()), { ...style, filepath: file }));
