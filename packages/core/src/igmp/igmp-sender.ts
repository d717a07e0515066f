import * as igmp from '../wire/igmp.js';
import { IgmpCounter } from './igmp-counters.js';
import type { IgmpNetwork } from './igmp-network.js';

/** Sends the messages of one interface. */
export class IgmpSender {
  constructor(
    private readonly network: IgmpNetwork,
    private readonly interfaceIndex: number,
    private readonly counters: Float64Array,
  ) {}

  /** Sends a report of version 1 or 2, to the group itself; false if there is no room. */
  report(type: number, group: number): boolean {
    return this.send(group, igmp.MESSAGE_LENGTH, IgmpCounter.reportsSent, (view, at) =>
      igmp.write(view, at, type, group),
    );
  }

  /** Sends a leave (RFC 2236 section 3); false if there is no room. */
  leave(group: number): boolean {
    return this.send(igmp.ALL_ROUTERS, igmp.MESSAGE_LENGTH, IgmpCounter.leavesSent, (view, at) =>
      igmp.write(view, at, igmp.TYPE_LEAVE, group),
    );
  }

  /** Sends records of version 3, in as many reports as it takes; false if there was no room for all of them. */
  records(records: readonly igmp.GroupRecord[]): boolean {
    return packed(records, this.network.roomOn(this.interfaceIndex)).every((report) =>
      this.send(igmp.V3_ROUTERS, igmp.reportLength(report), IgmpCounter.reportsSent, (view, at) =>
        igmp.writeReport(view, at, report),
      ),
    );
  }

  private send(
    destination: number,
    length: number,
    counter: IgmpCounter,
    write: (view: DataView, at: number) => void,
  ): boolean {
    const isSent = this.network.sendMessage(this.interfaceIndex, destination, length, write);
    this.counters[isSent ? counter : IgmpCounter.noRoom]++;
    return isSent;
  }
}

/** Records put together to reports of `room` bytes at most. */
function packed(records: readonly igmp.GroupRecord[], room: number): igmp.GroupRecord[][] {
  const most = room - igmp.MESSAGE_LENGTH;
  const reports: igmp.GroupRecord[][] = [];
  let left = 0;
  for (const record of records.flatMap((whole) => parts(whole, most))) {
    const length = igmp.recordLength(record);
    if (length > left) {
      reports.push([]);
      left = most;
    }
    reports.at(-1)!.push(record);
    left -= length;
  }
  return reports;
}

/**
 * A record in parts of `most` bytes (RFC 3376 section 4.2.16). Of sources that are excluded those beyond the first part
 * are left out: a second part would take back the first, and what comes too much the sockets filter.
 */
function parts(record: igmp.GroupRecord, most: number): igmp.GroupRecord[] {
  const { type, sources } = record;
  const count = Math.floor((most - igmp.RECORD_LENGTH) / igmp.SOURCE_LENGTH);
  if (sources.length <= count) return [record];
  const isExclude = type === igmp.MODE_IS_EXCLUDE || type === igmp.CHANGE_TO_EXCLUDE;
  const end = isExclude ? count : sources.length;
  const cut: igmp.GroupRecord[] = [];
  for (let i = 0; i < end; i += count) cut.push({ ...record, sources: sources.slice(i, Math.min(end, i + count)) });
  return cut;
}
