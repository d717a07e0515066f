/** IGMP versions 1 to 3 (RFC 1112, RFC 2236, RFC 3376 section 4). Addresses are signed 32 bits. */
import * as checksum from './checksum.js';

/** Length of a message of versions 1 and 2, and of the header of a report of version 3. */
export const MESSAGE_LENGTH = 8;
/** Length of a query of version 3 without its sources. */
export const V3_QUERY_LENGTH = 12;
/** Length of a group record without its sources. */
export const RECORD_LENGTH = 8;
/** Length of a source. */
export const SOURCE_LENGTH = 4;

export const TYPE_QUERY = 0x11;
export const TYPE_V1_REPORT = 0x12;
export const TYPE_V2_REPORT = 0x16;
export const TYPE_LEAVE = 0x17;
export const TYPE_V3_REPORT = 0x22;

/** Types of group records (RFC 3376 section 4.2.12). */
export const MODE_IS_INCLUDE = 1;
export const MODE_IS_EXCLUDE = 2;
export const CHANGE_TO_INCLUDE = 3;
export const CHANGE_TO_EXCLUDE = 4;
export const ALLOW_NEW_SOURCES = 5;
export const BLOCK_OLD_SOURCES = 6;

/** 224.0.0.2, all routers: where leaves go. */
export const ALL_ROUTERS = 0xe0000002 | 0;
/** 224.0.0.22, routers of version 3: where reports of version 3 go. */
export const V3_ROUTERS = 0xe0000016 | 0;

/** True if a message lies in `[at, end)`; then no reader of versions 1 and 2 can fail. */
export function fits(at: number, end: number): boolean {
  return end - at >= MESSAGE_LENGTH;
}

export function type(view: DataView, at: number): number {
  return view.getUint8(at);
}

/** Of a query: the time within which to answer, as it is coded; 0 in version 1. */
export function responseCode(view: DataView, at: number): number {
  return view.getUint8(at + 1);
}

export function group(view: DataView, at: number): number {
  return view.getInt32(at + 4);
}

/** True if the query in `[at, end)` is one of version 3 with all its sources; then no reader of those can fail. */
export function fitsV3Query(view: DataView, at: number, end: number): boolean {
  return end - at >= V3_QUERY_LENGTH && end - at >= V3_QUERY_LENGTH + SOURCE_LENGTH * sourceCount(view, at);
}

/** Of a query of version 3: the querier's robustness variable; 0: it does not say. */
export function robustness(view: DataView, at: number): number {
  return view.getUint8(at + 8) & 7;
}

/** Of a query of version 3: the time between general queries, in seconds, as it is coded. */
export function intervalCode(view: DataView, at: number): number {
  return view.getUint8(at + 9);
}

/** Of a query of version 3: number of sources asked for. */
export function sourceCount(view: DataView, at: number): number {
  return view.getUint16(at + 10);
}

/** Of a query of version 3: source `index`. */
export function source(view: DataView, at: number, index: number): number {
  return view.getInt32(at + V3_QUERY_LENGTH + SOURCE_LENGTH * index);
}

/** A time as version 3 codes it (RFC 3376 section 4.1.1): from 128 on a number with exponent. */
export function codedTime(code: number): number {
  return code < 128 ? code : ((code & 15) | 16) << (((code >>> 4) & 7) + 3);
}

/** Writes a message of version 1 or 2 at `at`. */
export function write(view: DataView, at: number, type: number, group: number): void {
  view.setInt32(at, type << 24);
  view.setInt32(at + 4, group);
  view.setUint16(at + 2, checksum.finish(checksum.add(0, view, at, at + MESSAGE_LENGTH)));
}

/** A record of a report of version 3. */
export interface GroupRecord {
  /** `MODE_...`, `CHANGE_...`, or `..._SOURCES`. */
  readonly type: number;
  readonly group: number;
  readonly sources: readonly number[];
}

/** Length of a record. */
export function recordLength({ sources }: GroupRecord): number {
  return RECORD_LENGTH + SOURCE_LENGTH * sources.length;
}

/** Length of a report of version 3. */
export function reportLength(records: readonly GroupRecord[]): number {
  return records.reduce((sum, record) => sum + recordLength(record), MESSAGE_LENGTH);
}

/** Writes a report of version 3 at `at`. */
export function writeReport(view: DataView, at: number, records: readonly GroupRecord[]): void {
  view.setInt32(at, TYPE_V3_REPORT << 24);
  view.setInt32(at + 4, records.length);
  let recordAt = at + MESSAGE_LENGTH;
  for (const { type, group, sources } of records) {
    view.setInt32(recordAt, (type << 24) | sources.length);
    view.setInt32(recordAt + 4, group);
    recordAt += RECORD_LENGTH;
    for (const each of sources) {
      view.setInt32(recordAt, each);
      recordAt += SOURCE_LENGTH;
    }
  }
  view.setUint16(at + 2, checksum.finish(checksum.add(0, view, at, recordAt)));
}
