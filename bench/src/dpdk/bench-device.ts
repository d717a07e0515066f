import { type BenchLoops, type LoopResult, DpdkDriver, type DpdkPort, dpdkOptionsSchema } from '@lunetta/driver-dpdk';
import { arpReply, OWN, ownMac, PAYLOAD_BYTE, PEER, peerMac, PORT, requestHeaders } from './requests.js';
import { deviceSpec, MemifPartner } from './testpmd.js';

/** Frames under way on a device that shows what was sent. */
const IN_FLIGHT = 256;

/** A device that recycles frames, each made into a request when it arrives. */
export class BenchDevice {
  /** Frames that the loops in C++ have received. */
  private received = 0;

  private constructor(
    readonly port: DpdkPort,
    private readonly loops: BenchLoops,
    private readonly requests: Uint8Array,
    /** Whether the device shows only what was sent before, so that frames must be put under way. */
    private readonly isRing: boolean,
    readonly bytes: number,
    private readonly partner: MemifPartner | undefined,
  ) {}

  /** @param device `net_null`, `net_ring`, or `net_memif` */
  static async open(device: string, bytes: number, hasChecksum: boolean): Promise<BenchDevice> {
    const partner = device === 'net_memif' ? new MemifPartner() : undefined;
    const options = dpdkOptionsSchema.parse({ device: deviceSpec(device, bytes, partner), buffers: 4096 });
    const port = await new DpdkDriver().open(options, { interfaceName: 'bench' });
    await partner?.meet(bytes);
    const requests = requestHeaders(bytes, hasChecksum);
    const loops = port.measure({
      headers: requests,
      ownAddress: addressBytes(OWN.address),
      ownMac: ownMac(),
      peerAddress: addressBytes(PEER.address),
      peerMac: peerMac(),
      port: PORT,
    });
    const bench = new BenchDevice(port, loops, requests, device !== 'net_null', bytes, partner);
    bench.seed(0);
    return bench;
  }

  /** Puts frames under way on a device that shows what was sent, beside those that are; fills all free buffers. */
  seed(frames = IN_FLIGHT): void {
    this.loops.seed(this.isRing ? frames : 0, this.bytes, PAYLOAD_BYTE);
  }

  /** What arrives from now on are the peer's answers to ARP requests. */
  showArpReplies(): void {
    this.loops.setHeaders(arpReply());
  }

  /** What arrives from now on are requests. */
  showRequests(): void {
    this.loops.setHeaders(this.requests);
  }

  /** Seconds a frame that C++ takes for the same work over the same queue. */
  runC(work: number, frames: number): number {
    return this.secondsOf(this.loops.run(work, frames), frames, true);
  }

  /** Seconds a frame that C++ takes without descriptors, checks and owners, in place. */
  runBare(work: number, frames: number, stamped = true): number {
    return this.secondsOf(this.loops.runBare(work, frames, stamped), frames, stamped);
  }

  private secondsOf(result: LoopResult, frames: number, isAnswered: boolean): number {
    if (result.frames < frames || (isAnswered && result.dropped > 0)) {
      throw new Error(`the loop in C++ received ${result.frames} of ${frames} frames and dropped ${result.dropped}`);
    }
    this.received += result.frames;
    return result.seconds / result.frames;
  }

  /** Throws if the device counts other frames than the loops and the stack do. */
  check(): void {
    const counted = this.received + this.port.statistics().rxFrames;
    const shown = this.port.extendedStatistics()['rx_good_packets'];
    if (shown !== counted) throw new Error(`${counted} frames were counted, and the device has shown ${shown}`);
  }

  async close(): Promise<void> {
    this.loops.close();
    await this.partner?.leave();
    await this.port.close();
  }
}

function addressBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split('.'), Number);
}
