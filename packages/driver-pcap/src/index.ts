export { FileSink } from './write/file-sink.js';
export { MemorySink, type CaptureSink } from './write/capture-sink.js';
export type { CaptureInterface, CaptureWriter, PacketDetails } from './write/capture-writer.js';
export { PcapWriter } from './write/pcap-writer.js';
export { PcapngWriter } from './write/pcapng-writer.js';
