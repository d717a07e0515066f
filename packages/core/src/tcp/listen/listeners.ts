import type { TcpListener } from './tcp-listener.js';

/** Who listens on which port; keys are the application's own. */
export class Listeners {
  private readonly byPort = new Map<number, TcpListener[]>();

  get size(): number {
    let size = 0;
    for (const listeners of this.byPort.values()) size += listeners.length;
    return size;
  }

  /** The listener on `port` for our address `local`: the one on that address, else the one on any. */
  find(local: number, port: number): TcpListener | undefined {
    const listeners = this.byPort.get(port);
    if (listeners === undefined) return undefined;
    return (
      listeners.find(({ address }) => address === local && address !== 0) ??
      listeners.find(({ address }) => address === 0)
    );
  }

  /** True if nobody listens on the port in a way that contradicts `address` (0: any). */
  isFree(address: number, port: number): boolean {
    return !(this.byPort.get(port) ?? []).some((other) => other.address === address);
  }

  add(listener: TcpListener): void {
    const listeners = this.byPort.get(listener.localPort) ?? [];
    this.byPort.set(listener.localPort, [...listeners, listener]);
  }

  delete(listener: TcpListener): void {
    const others = (this.byPort.get(listener.localPort) ?? []).filter((other) => other !== listener);
    if (others.length === 0) this.byPort.delete(listener.localPort);
    else this.byPort.set(listener.localPort, others);
  }

  list(): TcpListener[] {
    return [...this.byPort.values()].flat();
  }
}
