#!/usr/bin/env node
/** Writes the JSON schema of the configuration file from the built package: `npm run schema`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { configJsonSchema } from '../dist/index.js';

const file = fileURLToPath(new URL('../schema/lunetta.config.schema.json', import.meta.url));
const style = await resolveConfig(file);
writeFileSync(file, await format(JSON.stringify(configJsonSchema()), { ...style, filepath: file }));
