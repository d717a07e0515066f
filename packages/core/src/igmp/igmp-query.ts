import * as igmp from '../wire/igmp.js';
import { QUERY_RESPONSE_US } from './igmp-limits.js';

const DECISECOND_US = 100_000;
const SECOND_US = 1_000_000;

/** A query of a router, read. */
export interface IgmpQuery {
  readonly version: 1 | 2 | 3;
  /** 0: for all groups. */
  readonly group: number;
  /** Empty: for all sources. */
  readonly sources: readonly number[];
  /** Within which to answer. */
  readonly responseUs: number;
  /** Of version 3: the querier's robustness variable and the time between its general queries; 0: it does not say. */
  readonly robustness: number;
  readonly intervalUs: number;
}

/** Reads the query in `[at, end)`; undefined if it is too short for what it says, or of no version (RFC 3376 section 7.1). */
export function readQuery(view: DataView, at: number, end: number): IgmpQuery | undefined {
  const group = igmp.group(view, at);
  const code = igmp.responseCode(view, at);
  if (end - at === igmp.MESSAGE_LENGTH) {
    const responseUs = code === 0 ? QUERY_RESPONSE_US : code * DECISECOND_US;
    return { version: code === 0 ? 1 : 2, group, sources: [], responseUs, robustness: 0, intervalUs: 0 };
  }
  if (!igmp.fitsV3Query(view, at, end)) return undefined;
  return {
    version: 3,
    group,
    sources: Array.from({ length: igmp.sourceCount(view, at) }, (_, i) => igmp.source(view, at, i)),
    responseUs: igmp.codedTime(code) * DECISECOND_US,
    robustness: igmp.robustness(view, at),
    intervalUs: igmp.codedTime(igmp.intervalCode(view, at)) * SECOND_US,
  };
}
