/** Markdown tables. */

/** A table; columns that are empty in every row are left out. */
export function table(columns, rows) {
  const used = columns.map((_, i) => i).filter((i) => rows.some((row) => row[i] !== ''));
  const line = (cells) => `| ${used.map((i) => cells[i].replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Inline code. */
export const code = (text) => `\`${text}\``;
