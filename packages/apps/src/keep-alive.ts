/** The longest interval that Node's timers take, in milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

/** Keeps the process alive until `work` is done: a stack without sockets does not. */
export async function keepAlive<T>(work: Promise<T>): Promise<T> {
  const handle = setInterval(() => undefined, LONGEST_MS);
  try {
    return await work;
  } finally {
    clearInterval(handle);
  }
}
