import { closeSync, openSync, writeSync } from 'node:fs';
import { captureError } from '../capture-error.js';
import type { CaptureSink } from './capture-sink.js';

const STDOUT = 1;
/** How long a pipe that is full may stay so before it counts as broken. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 1;

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space, or write elsewhere',
  EDQUOT: 'the quota is used up; write elsewhere',
  EFBIG: 'the file may not grow further; write to another file system',
  EPIPE: 'its reader has ended',
  EACCES: 'write where you may, or change the permissions',
  ENOENT: 'make the folder first',
  EISDIR: 'it is a folder; name a file in it',
};

/** Writes to a file (made anew), a pipe, or with the path `-` to stdout; at once, so that a crash loses nothing of it. */
export class FileSink implements CaptureSink {
  readonly name: string;
  private fd: number;
  private offset = 0;

  /** @throws LunettaError `LUNETTA_ERR_CAPTURE` if the file cannot be written */
  constructor(path: string) {
    this.name = path === '-' ? 'stdout' : path;
    try {
      this.fd = path === '-' ? STDOUT : openSync(path, 'w');
    } catch (cause) {
      throw this.failure(cause);
    }
  }

  write(bytes: Uint8Array): void {
    let at = 0;
    let waitedMs = 0;
    while (at < bytes.length) {
      const written = this.tryWrite(bytes, at);
      at += written;
      this.offset += written;
      waitedMs = written > 0 ? 0 : waitedMs + PAUSE_MS;
      if (waitedMs > PATIENCE_MS) throw this.failure({ code: 'EAGAIN', message: `nobody reads for ${PATIENCE_MS} ms` });
      if (written === 0) pause();
    }
  }

  close(): void {
    if (this.fd > 2) closeSync(this.fd);
    this.fd = -1;
  }

  /** Bytes written; 0 while a pipe is full. */
  private tryWrite(bytes: Uint8Array, at: number): number {
    try {
      return writeSync(this.fd, bytes, at);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      throw this.failure(cause);
    }
  }

  private failure(cause: unknown): Error {
    const { code = '', message = String(cause) } = cause as Partial<NodeJS.ErrnoException>;
    return captureError(this.name, this.offset, `cannot be written: ${REMEDIES[code] ?? message}`, cause);
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Blocks for a moment: a pipe set to non-blocking is full, and frames must not overtake each other. */
function pause(): void {
  Atomics.wait(sleeper, 0, 0, PAUSE_MS);
}
