import { captureError } from '../capture-error.js';
import { SECTION_HEADER } from '../pcapng.js';
import type { ByteSource } from './byte-source.js';
import { ByteWindow, Supply } from './byte-window.js';
import type { DescribedInterface } from './described-interface.js';
import { PacketRecord, Reading, type CaptureSource } from './packet-record.js';
import { isPcapMagic, PcapFormat } from './pcap-format.js';
import { PcapngFormat } from './pcapng-format.js';

/** Reads a capture of either format, told by its first bytes, in constant memory and without garbage. */
export class CaptureReader implements CaptureSource {
  readonly record = new PacketRecord();
  private readonly window: ByteWindow;
  private format: PcapFormat | PcapngFormat | undefined = undefined;

  constructor(private readonly source: ByteSource) {
    this.window = new ByteWindow(source);
  }

  get name(): string {
    return this.source.name;
  }

  get offset(): number {
    return this.window.offset;
  }

  /** What a pcapng capture has said so far of the interfaces of its present section; empty for a classic one. */
  get interfaces(): readonly DescribedInterface[] {
    return this.format instanceof PcapngFormat ? this.format.interfaces : [];
  }

  next(): Reading {
    if (this.format !== undefined) return this.format.next(this.record);
    const supply = this.window.need(4);
    if (supply === Supply.WAIT) return Reading.WAIT;
    if (supply === Supply.END) throw captureError(this.name, 0, 'is empty: no capture begins with nothing');
    if (supply === Supply.CUT) throw captureError(this.name, 0, 'is too short for a capture');
    this.format = this.chooseFormat(this.window.view.getUint32(this.window.at));
    return this.format.next(this.record);
  }

  close(): void {
    this.source.close();
  }

  private chooseFormat(magic: number): PcapFormat | PcapngFormat {
    if (isPcapMagic(magic)) return new PcapFormat(this.name, this.window);
    if (magic === SECTION_HEADER) return new PcapngFormat(this.name, this.window);
    const hex = magic.toString(16).padStart(8, '0');
    throw captureError(
      this.name,
      0,
      `begins with ${hex}, which is neither pcap nor pcapng; save it as one of the two (editcap -F pcapng IN OUT)`,
    );
  }
}
