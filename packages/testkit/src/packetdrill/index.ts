export { DrillSyntaxError } from './drill-error.js';
export type { DrillScript } from './syntax/ast.js';
export { parseDrill } from './syntax/parse-script.js';
export type { CompareProfile } from './packets/compare.js';
export { runDrill, type DrillOptions, type DrillResult } from './run/runner.js';
export { DrillFailure } from './run/failure.js';
