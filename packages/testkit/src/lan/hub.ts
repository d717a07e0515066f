import { Jack, type LanDevice } from './jack.js';

/** A hub: what comes in at one jack goes out at all others. It has as many as are needed. */
export class Hub implements LanDevice {
  private readonly jacks: Jack[] = [];

  constructor(readonly name: string) {}

  freeJack(): Jack {
    const free = this.jacks.find((jack) => !jack.isPlugged);
    if (free !== undefined) return free;
    const jack: Jack = new Jack(this, `${this.name}:${this.jacks.length}`, {
      onFrame: (frame) => {
        for (const other of this.jacks) if (other !== jack) other.send(frame);
      },
    });
    this.jacks.push(jack);
    return jack;
  }
}
