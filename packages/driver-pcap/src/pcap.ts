// Numbers of the classic format (draft-ietf-opsawg-pcap section 4), for those who read it and those who write it.

/** The first word of a file with microseconds, in the byte order of the file. */
export const MAGIC_US = 0xa1b2c3d4;
/** The first word of a file with nanoseconds. */
export const MAGIC_NS = 0xa1b23c4d;
export const VERSION_MAJOR = 2;
export const VERSION_MINOR = 4;
/** Bytes of the file header. */
export const FILE_HEADER = 24;
/** Bytes before each packet. */
export const RECORD_HEADER = 16;
/** The link type stands in the low 16 bits of its word; the rest tells of a frame check sequence. */
export const LINK_TYPE_MASK = 0xffff;
