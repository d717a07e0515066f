import { z } from 'zod';

/** An object with exactly these fields; another one is an error that names those there are. */
export function fields<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `there is no such field; the fields are ${Object.keys(shape).join(', ')}`
        : undefined,
  });
}
