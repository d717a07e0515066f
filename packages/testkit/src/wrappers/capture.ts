import type { LinkPort } from '@lunetta/core';
import type { CaptureOptions } from './capture-options.js';
import { CaptureQueue } from './capture-queue.js';
import { ExplainingQueue } from './explaining-queue.js';
import { WrappedPort } from './wrapped-port.js';

/** A port all of whose frames are written to a capture; it owns the inner port. */
export function captureFrames(port: LinkPort, options: CaptureOptions): LinkPort {
  return new WrappedPort(port, (queue) =>
    options.explain === undefined ? new CaptureQueue(queue, options) : new ExplainingQueue(queue, options),
  );
}
