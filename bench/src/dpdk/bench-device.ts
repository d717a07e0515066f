import { type BenchLoops, DpdkDriver, type DpdkPort, dpdkOptionsSchema } from '@lunetta/driver-dpdk';
import { arpReply, OWN, ownMac, PAYLOAD_BYTE, PEER, peerMac, PORT, requestHeaders } from './requests.js';

/** Frames under way on a device that shows what was sent. */
const IN_FLIGHT = 256;

/** A device that recycles frames, each made into a request when it arrives. */
export class BenchDevice {
  private constructor(
    readonly port: DpdkPort,
    private readonly loops: BenchLoops,
    private readonly requests: Uint8Array,
    /** Whether the device shows only what was sent before, so that frames must be put under way. */
    private readonly isRing: boolean,
    readonly bytes: number,
  ) {}

  /** @param device `net_null` or `net_ring` */
  static async open(device: string, bytes: number, hasChecksum: boolean): Promise<BenchDevice> {
    const spec = device === 'net_null' ? `net_null0,size=${bytes}` : 'net_ring0';
    const options = dpdkOptionsSchema.parse({ device: spec, buffers: 4096 });
    const port = await new DpdkDriver().open(options, { interfaceName: 'bench' });
    const requests = requestHeaders(bytes, hasChecksum);
    const loops = port.measure({
      headers: requests,
      ownAddress: addressBytes(OWN.address),
      ownMac: ownMac(),
      peerAddress: addressBytes(PEER.address),
      peerMac: peerMac(),
      port: PORT,
    });
    const bench = new BenchDevice(port, loops, requests, device !== 'net_null', bytes);
    bench.seed(0);
    return bench;
  }

  /** Puts frames under way, in place of those that are. */
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

  /** Seconds a frame that the loop in C++ takes. */
  runC(work: number, frames: number, stamped: boolean): number {
    const result = this.loops.run(work, frames, stamped);
    if (result.frames < frames || (stamped && result.dropped > 0)) {
      throw new Error(`the loop in C++ received ${result.frames} of ${frames} frames and dropped ${result.dropped}`);
    }
    return result.seconds / result.frames;
  }

  close(): Promise<void> {
    return this.port.close();
  }
}

function addressBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split('.'), Number);
}
