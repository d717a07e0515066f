/** Something on the LAN that cables are plugged into. */
export interface LanDevice {
  readonly name: string;
  /**
   * A jack of it that is free.
   *
   * @throws LunettaError `LUNETTA_ERR_MISUSE` if there is none
   */
  freeJack(): Jack;
}

/** What stands behind a jack. */
export interface JackListener {
  /** A frame has come out of the cable; it is not the listener's to write to. */
  onFrame(frame: Uint8Array): void;
  /** A cable was plugged in, or pulled out. */
  onCarrier?(isUp: boolean): void;
}

/** Where a cable is plugged into a device. */
export class Jack {
  /** Frames that went into the cable. */
  sent = 0;
  /** Frames that came out of it. */
  received = 0;
  private transmit: ((frame: Uint8Array) => void) | undefined = undefined;

  constructor(
    readonly device: LanDevice,
    readonly name: string,
    private readonly listener: JackListener,
  ) {}

  get isPlugged(): boolean {
    return this.transmit !== undefined;
  }

  /** Puts a frame on the cable, which keeps it: nobody may write to it any more. False if no cable is plugged in. */
  send(frame: Uint8Array): boolean {
    if (this.transmit === undefined) return false;
    this.sent++;
    this.transmit(frame);
    return true;
  }

  /** A frame comes out of the cable. */
  receive(frame: Uint8Array): void {
    this.received++;
    this.listener.onFrame(frame);
  }

  /** Plugs a cable in, which takes what is sent; there is none yet. */
  plug(transmit: (frame: Uint8Array) => void): void {
    this.transmit = transmit;
    this.listener.onCarrier?.(true);
  }

  /** Pulls the cable out. */
  unplug(): void {
    this.transmit = undefined;
    this.listener.onCarrier?.(false);
  }
}
