import { FileSink, PcapngWriter } from '@lunetta/driver-pcap';
import { captureFrames } from '@lunetta/testkit';
import { Option, type Command as Program } from 'commander';
import { inject, injectable } from 'inversify';
import { LunettaError, type LinkPort, type LunettaStack, type NetworkInterface } from 'lunetta';
import { parseFilter } from '../capture/frame-filter.js';
import { Output } from '../output.js';
import { SERVICES, ServiceStarter, type ServiceName } from '../services/service-starter.js';
import { addStackFlags, wholeNumber, type StackFlags } from '../stack-flags.js';
import { StackRunner } from '../stack-runner.js';
import type { Command } from './command.js';

interface CaptureFlags extends StackFlags {
  readonly out: string;
  readonly filter?: string;
  readonly count?: number;
  readonly snaplen: number;
  readonly explain: boolean;
  readonly service?: ServiceName;
}

/** The longest snap length that readers take. */
const MAX_SNAP_LENGTH = 262_144;

/** `lunetta capture`: runs our stack on an interface and writes what passes, with what became of each frame. */
@injectable()
export class CaptureCommand implements Command {
  private packets = 0;

  constructor(
    @inject(StackRunner) private readonly runner: StackRunner,
    @inject(ServiceStarter) private readonly services: ServiceStarter,
    @inject(Output) private readonly output: Output,
  ) {}

  register(program: Program, finish: (running: Promise<number>) => Promise<void>): void {
    addStackFlags(program.command('capture'))
      .description(
        'runs our stack on an interface and writes what passes as pcapng; what became of a frame is its comment',
      )
      .requiredOption('--out <file>', 'the capture; - is stdout, for: ... --out - | wireshark -k -i -')
      .option('--filter <expression>', "what is written, such as 'udp port 7 and host 10.99.0.1'")
      .option('--count <n>', 'end after so many packets', wholeNumber)
      .option('--snaplen <bytes>', 'bytes kept of a packet', wholeNumber, MAX_SNAP_LENGTH)
      .option('--no-explain', 'no comments: frames pass in bursts as they do without a capture')
      .addOption(new Option('--service <name>', 'what the stack serves meanwhile').choices(SERVICES))
      .action((flags: CaptureFlags) => finish(this.run(flags)));
  }

  private async run(flags: CaptureFlags): Promise<number> {
    if (flags.snaplen < 64 || flags.snaplen > MAX_SNAP_LENGTH) {
      throw new LunettaError('LUNETTA_ERR_MISUSE', `--snaplen: must be from 64 to ${MAX_SNAP_LENGTH}`);
    }
    const filter = flags.filter === undefined ? undefined : parseFilter(flags.filter);
    const writer = new PcapngWriter(new FileSink(flags.out));
    const stop = new AbortController();
    let stack: LunettaStack | undefined;
    const find = (name: string): NetworkInterface | undefined => stack?.interfaces.find((iface) => iface.name === name);
    const wrapPort = (port: LinkPort, name: string, clock: { nowUs(): number }): LinkPort => {
      // Only with the first packet: before it the clock of a replay has not begun.
      let since1970: number | undefined;
      const nowUs = (): number => clock.nowUs() + (since1970 ??= sinceTheEpoch(clock.nowUs()));
      return captureFrames(port, {
        writer,
        iface: writer.addInterface({ name, description: `${port.driver}:${port.device}`, snapLength: flags.snaplen }),
        clock: { nowUs },
        filter,
        explain: flags.explain ? () => find(name) : undefined,
        onPacket: () => {
          if (++this.packets === flags.count) stop.abort();
        },
      });
    };
    try {
      return await this.runner.run(
        flags,
        (running, end) => {
          stack = running;
          if (flags.service !== undefined) this.services.start(flags.service, running);
          for (const { address, port } of running.interfaces) {
            const { driver, device } = port;
            this.output.note(`capturing ${driver}:${device} (${address}) to ${flags.out}`);
          }
          return Promise.race([this.runner.untilEnd(end), aborted(stop.signal)]);
        },
        { wrapPort },
      );
    } finally {
      writer.close();
      this.output.note(`${this.packets} packets`);
    }
  }
}

/** What makes microseconds since 1970 of a clock that stands at `nowUs`: nothing where it counts from there already. */
function sinceTheEpoch(nowUs: number): number {
  const aYearUs = 365 * 86_400e6;
  return nowUs > aYearUs ? 0 : Date.now() * 1000 - nowUs;
}

function aborted(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(0)));
}
