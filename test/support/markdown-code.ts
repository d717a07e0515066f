import { readFileSync } from 'node:fs';

/** The code blocks of a page in a language, such as `ts`, in order. */
export function codeBlocks(path: string, language: string): string[] {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, word]) => word === language)
    .map(([, , code]) => code);
}
