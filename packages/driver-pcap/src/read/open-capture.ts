import { createReadStream, statSync } from 'node:fs';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { captureError } from '../capture-error.js';
import { FileBytes, LiveBytes } from './byte-source.js';
import { CaptureReader } from './capture-reader.js';
import type { CaptureSource } from './packet-record.js';
import { PcapParserSource } from './pcap-parser-source.js';

/** Bytes of a stream read ahead before it is paused. */
const MAX_AHEAD = 1 << 20;
const STDIN = 0;
/** The first four bytes of a classic capture with microseconds, of either byte order. */
const CLASSIC = ['a1b2c3d4', 'd4c3b2a1'];

/** A capture that is read, and what may still come of it. */
export interface OpenCapture {
  readonly source: CaptureSource;
  /** Whether packets may come later: it is read from a pipe. */
  readonly isLive: boolean;
  /** Calls `listener` whenever more of it has come, or its end. */
  onArrival(listener: () => void): void;
  /** The whole length in bytes; undefined if that is not known. */
  readonly byteLength: number | undefined;
}

/**
 * Opens the capture at `path`; `-` is stdin. A file is read by our own reader, in large pieces; of a pipe a classic
 * capture is read by pcap-parser (`docs/adr/0006-reading-captures.md`).
 *
 * @throws LunettaError (rejects) `LUNETTA_ERR_CAPTURE` if it cannot be opened
 */
export async function openCapture(path: string): Promise<OpenCapture> {
  if (path !== '-') {
    const { isFile, size } = look(path);
    if (isFile) {
      const source = new CaptureReader(new FileBytes(path));
      return { source, isLive: false, onArrival: () => undefined, byteLength: size };
    }
  }
  const name = path === '-' ? 'stdin' : path;
  return openStream(name, createReadStream(path, path === '-' ? { fd: STDIN, autoClose: false } : {}));
}

/** Opens a capture that comes by a stream. */
export async function openStream(name: string, stream: Readable): Promise<OpenCapture> {
  const head = await firstBytes(name, stream);
  if (head !== undefined && CLASSIC.includes(head.toString('hex', 0, 4))) {
    const source = new PcapParserSource(name, rejoined(head, stream));
    return { source, isLive: true, onArrival: (listener) => (source.onArrival = listener), byteLength: undefined };
  }
  const bytes = new LiveBytes(name);
  if (head !== undefined) bytes.push(head);
  feed(bytes, stream);
  const reader = new CaptureReader(bytes);
  const close = reader.close.bind(reader);
  reader.close = () => {
    close();
    stream.destroy();
  };
  return { source: reader, isLive: true, onArrival: (listener) => (bytes.onArrival = listener), byteLength: undefined };
}

function look(path: string): { readonly isFile: boolean; readonly size: number } {
  try {
    const stats = statSync(path);
    return { isFile: stats.isFile(), size: stats.size };
  } catch (cause) {
    throw captureError(path, 0, `cannot be opened: ${(cause as Error).message}`, cause);
  }
}

/** The first bytes of a stream, four at least unless it ends before; undefined if it is empty. */
async function firstBytes(name: string, stream: Readable): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const finish = (settle: () => void): void => {
      stream.off('readable', onReadable).off('end', onEnd); // who listens next, hears of errors too
      settle();
    };
    const joined = (): Buffer | undefined => (chunks.length > 0 ? Buffer.concat(chunks) : undefined);
    const onReadable = (): void => {
      for (let chunk = stream.read() as Buffer | null; chunk !== null; chunk = stream.read() as Buffer | null) {
        chunks.push(chunk);
        if (chunks.reduce((sum, { length }) => sum + length, 0) >= 4) return finish(() => resolve(joined()));
      }
    };
    const onEnd = (): void => finish(() => resolve(joined()));
    const onError = (error: Error): void =>
      finish(() => reject(captureError(name, 0, `cannot be read: ${error.message}`, error)));
    stream.on('readable', onReadable).on('end', onEnd).on('error', onError);
  });
}

/** A stream that begins with what was read of it already: one that has ended takes nothing back. */
function rejoined(head: Buffer, stream: Readable): Readable {
  const whole = new PassThrough();
  whole.write(head);
  if (stream.readableEnded) whole.end();
  else pipeline(stream, whole, () => undefined); // `whole` ends, or fails, as the stream does
  return whole;
}

/** Passes a stream's bytes on, as fast as they are taken. */
function feed(bytes: LiveBytes, stream: Readable): void {
  let received = bytes.pendingBytes;
  if (stream.readableEnded) return bytes.end();
  stream.on('data', (chunk: Buffer) => {
    received += chunk.length;
    bytes.push(chunk);
    if (bytes.pendingBytes > MAX_AHEAD) stream.pause();
  });
  stream.on('end', () => bytes.end());
  stream.on('error', (error) =>
    bytes.end(captureError(bytes.name, received, `cannot be read: ${error.message}`, error)),
  );
  bytes.onTaken = () => {
    if (stream.isPaused() && bytes.pendingBytes < MAX_AHEAD / 2) stream.resume();
  };
  stream.resume();
}
