import { checksum, igmp } from '@lunetta/core';
import { ipv4Number, ipv4Text } from './addresses.js';
import { isWholeDatagram } from './ipv4-layer.js';
import { concat, hex16, malformedLayer, type LayerKind, type ReadLayer } from './layer.js';

type IgmpTypeName = keyof typeof TYPES;

/** The fields of an IGMP message of version 1, 2 or 3 (RFC 2236, RFC 3376). */
export interface IgmpValues {
  /** Another type as its number. `query`. */
  readonly type: IgmpTypeName | number;
  /** Of a query: the time within which to answer, as it is coded; 0 in version 1. 100: 10 s. */
  readonly maxResponse: number;
  readonly checksum: number;
  /** Of queries, and of versions 1 and 2; 0.0.0.0: all groups. 0.0.0.0. */
  readonly group: string;
  /** Of a query: the lowest version that knows it so. 3 if there is a field of version 3, else 2. */
  readonly version: 1 | 2 | 3;
  /** Of a query of version 3. 2. */
  readonly robustness: number;
  /** Of a query of version 3: the time between general queries in seconds, as it is coded. 125. */
  readonly interval: number;
  /** Of a query of version 3. None. */
  readonly sources: readonly string[];
  /** Of a report of version 3. None. */
  readonly records: readonly IgmpRecord[];
}

/** A group record of a report of version 3. */
export interface IgmpRecord {
  readonly type: keyof typeof RECORD_TYPES;
  readonly group: string;
  readonly sources: readonly string[];
}

const TYPES = {
  query: igmp.TYPE_QUERY,
  v1_report: igmp.TYPE_V1_REPORT,
  v2_report: igmp.TYPE_V2_REPORT,
  leave: igmp.TYPE_LEAVE,
  v3_report: igmp.TYPE_V3_REPORT,
};
const RECORD_TYPES = {
  is_in: igmp.MODE_IS_INCLUDE,
  is_ex: igmp.MODE_IS_EXCLUDE,
  to_in: igmp.CHANGE_TO_INCLUDE,
  to_ex: igmp.CHANGE_TO_EXCLUDE,
  allow: igmp.ALLOW_NEW_SOURCES,
  block: igmp.BLOCK_OLD_SOURCES,
};
const V3_FIELDS = ['robustness', 'interval', 'sources'];
const FREE = { type: 'query', group: '0.0.0.0', robustness: 2, interval: 125, sources: [], records: [] };

export const igmpLayer: LayerKind = {
  write(fields, body) {
    const version = fields['version'] ?? (V3_FIELDS.some((field) => field in fields) ? 3 : 2);
    const isTimed = (fields['type'] ?? 'query') === 'query' && version !== 1;
    const values = { ...FREE, version, maxResponse: isTimed ? 100 : 0, ...fields } as unknown as IgmpValues;
    const message = concat(messageOf(values, TYPES[values.type as IgmpTypeName] ?? Number(values.type)), body);
    const view = new DataView(message.buffer);
    view.setUint16(2, values.checksum ?? checksum.finish(checksum.add(0, view, 0, message.length)));
    return message;
  },

  read(request): ReadLayer {
    const { view, at, end } = request;
    if (!igmp.fits(at, end)) return malformedLayer('igmp', request, `${end - at} bytes are no IGMP message`);
    const number = igmp.type(view, at);
    const isV3Query = number === igmp.TYPE_QUERY && end - at > igmp.MESSAGE_LENGTH;
    if (isV3Query && !igmp.fitsV3Query(view, at, end)) {
      return malformedLayer('igmp', request, `${end - at} bytes are no query of version 3`);
    }
    const records = number === igmp.TYPE_V3_REPORT ? readRecords(view, at, end) : { list: [], end };
    if (records === undefined) return malformedLayer('igmp', request, 'records that do not fit');
    const code = igmp.responseCode(view, at);
    const fields: IgmpValues = {
      type: nameOf(TYPES, number) ?? number,
      maxResponse: code,
      checksum: view.getUint16(at + 2),
      group: number === igmp.TYPE_V3_REPORT ? '0.0.0.0' : ipv4Text(view, at + 4),
      version: versionOf(number, code, isV3Query),
      robustness: isV3Query ? igmp.robustness(view, at) : 0,
      interval: isV3Query ? igmp.intervalCode(view, at) : 0,
      sources: isV3Query ? addresses(view, at + igmp.V3_QUERY_LENGTH, igmp.sourceCount(view, at)) : [],
      records: records.list,
    };
    const faults = new Map<string, string>();
    if (isWholeDatagram(request) && checksum.finish(checksum.add(0, view, at, end)) !== 0) {
      faults.set('checksum', `${hex16(fields.checksum)} is wrong`);
    }
    return { name: 'igmp', fields: { ...fields }, faults, inner: 'payload', bodyAt: records.end, bodyEnd: end };
  },
};

function messageOf({ version, maxResponse, group, ...v3 }: IgmpValues, type: number): Uint8Array {
  if (type === igmp.TYPE_V3_REPORT) return reportOf(v3.records);
  const isV3Query = type === igmp.TYPE_QUERY && version === 3;
  const { sources } = v3;
  const length = isV3Query ? igmp.V3_QUERY_LENGTH + igmp.SOURCE_LENGTH * sources.length : igmp.MESSAGE_LENGTH;
  const view = new DataView(new ArrayBuffer(length));
  view.setUint8(0, type);
  view.setUint8(1, maxResponse);
  view.setInt32(4, ipv4Number(group));
  if (isV3Query) {
    view.setUint8(8, v3.robustness);
    view.setUint8(9, v3.interval);
    view.setUint16(10, sources.length);
    sources.forEach((source, i) => view.setInt32(igmp.V3_QUERY_LENGTH + 4 * i, ipv4Number(source)));
  }
  return new Uint8Array(view.buffer);
}

function reportOf(records: readonly IgmpRecord[]): Uint8Array {
  const all = records.map(({ type, group, sources }) => ({
    ...{ type: RECORD_TYPES[type], group: ipv4Number(group), sources: sources.map(ipv4Number) },
  }));
  const view = new DataView(new ArrayBuffer(igmp.reportLength(all)));
  igmp.writeReport(view, 0, all);
  view.setUint16(2, 0);
  return new Uint8Array(view.buffer);
}

/** The records of a report and where they end; undefined if they do not fit. */
function readRecords(view: DataView, at: number, end: number): { list: IgmpRecord[]; end: number } | undefined {
  const list: IgmpRecord[] = [];
  let recordAt = at + igmp.MESSAGE_LENGTH;
  for (let left = view.getUint16(at + 6); left > 0; left--) {
    if (recordAt + igmp.RECORD_LENGTH > end) return undefined;
    const count = view.getUint16(recordAt + 2);
    const sourcesAt = recordAt + igmp.RECORD_LENGTH;
    const type = nameOf(RECORD_TYPES, view.getUint8(recordAt));
    if (type === undefined || sourcesAt + igmp.SOURCE_LENGTH * count > end) return undefined;
    list.push({ type, group: ipv4Text(view, recordAt + 4), sources: addresses(view, sourcesAt, count) });
    recordAt = sourcesAt + igmp.SOURCE_LENGTH * count;
  }
  return { list, end: recordAt };
}

function addresses(view: DataView, at: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => ipv4Text(view, at + igmp.SOURCE_LENGTH * i));
}

function versionOf(type: number, code: number, isV3Query: boolean): 1 | 2 | 3 {
  if (type === igmp.TYPE_V3_REPORT || isV3Query) return 3;
  return type === igmp.TYPE_V1_REPORT || (type === igmp.TYPE_QUERY && code === 0) ? 1 : 2;
}

function nameOf<Name extends string>(names: Readonly<Record<Name, number>>, number: number): Name | undefined {
  return (Object.keys(names) as Name[]).find((name) => names[name] === number);
}
