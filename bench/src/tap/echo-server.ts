/**
 * UDP echo written against lunetta's sockets, for what `lunetta services` does not vary:
 * `node echo-server.js '{"mode": "adaptive", "api": "view", "sockets": 1, "workUs": 0}'`.
 */
import { createStack, type RunMode, type UdpSocket } from 'lunetta';
import { TAP_CIDR, TAP_DEVICE, TAP_MAC } from './links.js';

/** What the server is told. */
export interface EchoServerOptions {
  readonly mode: RunMode;
  /** `reply`: the datagram goes back in its own buffer. `view`: its bytes are looked at and sent with `socket.send`. */
  readonly api: 'reply' | 'view';
  /** Sockets, on ports {@link FIRST_PORT} and following. */
  readonly sockets: number;
  /** What the application does with each datagram: microseconds of computing. */
  readonly workUs: number;
}

/** The port of the first socket. */
const FIRST_PORT = 7;

function work(us: number): void {
  const until = performance.now() + us / 1000;
  while (performance.now() < until);
}

function echo(socket: UdpSocket, { api, workUs }: EchoServerOptions): void {
  if (api === 'view') {
    socket.onDatagram = ({ bytes, remoteAddress, remotePort }) => void socket.send(bytes, remoteAddress, remotePort);
  } else if (workUs === 0) {
    socket.onDatagram = (datagram) => void datagram.reply();
  } else {
    socket.onDatagram = (datagram) => {
      work(workUs);
      datagram.reply();
    };
  }
}

const options = JSON.parse(process.argv[2] ?? '') as EchoServerOptions;
const stack = await createStack({
  interfaces: [
    {
      name: TAP_DEVICE,
      driver: 'tap',
      options: { device: TAP_DEVICE },
      mac: TAP_MAC,
      addresses: [TAP_CIDR],
      mode: options.mode,
    },
  ],
});
for (let i = 0; i < options.sockets; i++) {
  const socket = stack.udp.open();
  echo(socket, options);
  socket.bind({ port: FIRST_PORT + i });
}
process.on('SIGUSR2', () => console.log(JSON.stringify(stack.counters())));
process.once('SIGTERM', () => void stack.close());
console.log('ready');
