import { SeededRandom, Stack, type InterfaceOptions, type LinkPort, type NetworkInterface } from '@lunetta/core';
import type { StackHost, StackSettings } from '@lunetta/core';
import type { CaptureSink } from '@lunetta/driver-pcap';
import { comparableCounters } from './comparable-counters.js';
import { Journal } from './journal.js';
import { ApplicationRecorder } from './application-recorder.js';
import { RecordingPort } from './recording-port.js';
import { RECORDING_VERSION, type RunHeader } from './run-record.js';

/** What {@link recordStack} may be told. */
export interface RecordOptions {
  readonly settings?: StackSettings;
  /** Of the stack's random numbers; drawn from the host's if not given. */
  readonly seed?: number;
}

/**
 * Makes a stack whose run is recorded: what its links show and take, the calls of the application and what came of
 * them, the calls to the application, and the times of all that. `replayRun` replays it.
 *
 * The stack's random numbers come from a seed, which stands in the recording: not for links on which they must not be
 * guessable. What is recorded is the public API: `addInterface`, `ping`, groups, `udp`, sockets and their datagrams.
 *
 * @param host clock, scheduler and randomness, real or virtual
 * @param sink where the recording goes, one line of JSON for each event, such as a `FileSink` of `@lunetta/driver-pcap`;
 *   ended when the stack is closed
 */
export function recordStack(host: StackHost, sink: CaptureSink, options: RecordOptions = {}): Stack {
  const { settings = {}, seed = host.random.int32() >>> 0 } = options;
  const journal = new Journal(host.clock, sink);
  const { scheduler, onStack } = host;
  const stack = new Stack({ clock: journal, scheduler, random: new SeededRandom(seed), onStack }, settings);
  // The start is the time that the stack itself has read.
  const header = { run: RECORDING_VERSION, seed, startUs: journal.lastUs, settings: journal.names.encode(settings) };
  journal.write(header as RunHeader);
  const addInterface = (port: LinkPort, ifaceOptions: InterfaceOptions): NetworkInterface => {
    const recording = new RecordingPort(port, ifaceOptions.name, journal, (nowUs) => stack.isTimerDue(nowUs));
    return journal.call('stack.addInterface', [recording.shape, ifaceOptions], () => {
      const iface = stack.addInterface(recording, ifaceOptions);
      journal.names.add(iface, 'interface');
      return iface;
    });
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeRecorded(journal, stack));
  return new ApplicationRecorder(journal).stack(stack, { addInterface, close });
}

async function closeRecorded(journal: Journal, stack: Stack): Promise<void> {
  try {
    await journal.call('stack.close', [], () => stack.close());
    journal.write({ t: journal.lastUs, closed: comparableCounters(stack, journal.names) });
  } finally {
    journal.close();
  }
}
