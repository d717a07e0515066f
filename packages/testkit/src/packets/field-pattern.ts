/** What jest's `expect.any()`, `expect.stringMatching()` and their like are. */
export interface AsymmetricMatcher {
  asymmetricMatch(seen: unknown): boolean;
}

/** What a field is to be: a value, a matcher such as `expect.any(Number)`, or a function that says whether it is right. */
export type FieldPattern<Value> = Value | AsymmetricMatcher | ((seen: Value) => boolean);

/** The fields of a layer as a pattern: what is not named is free. */
export type FieldPatterns<Values> = { readonly [Name in keyof Values]?: FieldPattern<Values[Name]> | undefined };

/** True for a matcher or a function, which can be compared with but not be put on a wire. */
export function isOpen(pattern: unknown): pattern is AsymmetricMatcher | ((seen: unknown) => boolean) {
  if (typeof pattern === 'function') return true;
  return typeof pattern === 'object' && pattern !== null && 'asymmetricMatch' in pattern;
}

/** True if a value is what a pattern says; lists and structures are compared item by item, bytes byte by byte. */
export function matchesPattern(pattern: unknown, seen: unknown): boolean {
  if (typeof pattern === 'function') return (pattern as (value: unknown) => boolean)(seen);
  if (typeof pattern !== 'object' || pattern === null) return Object.is(pattern, seen);
  if ('asymmetricMatch' in pattern) return (pattern as AsymmetricMatcher).asymmetricMatch(seen);
  if (typeof seen !== 'object' || seen === null) return false;
  if (ArrayBuffer.isView(pattern) !== ArrayBuffer.isView(seen)) return false;
  const [names, others] = [Object.keys(pattern), Object.keys(seen)];
  if (Array.isArray(pattern) !== Array.isArray(seen) || names.length !== others.length) return false;
  return names.every((name) => {
    return name in seen && matchesPattern(pattern[name as keyof typeof pattern], seen[name as keyof typeof seen]);
  });
}
