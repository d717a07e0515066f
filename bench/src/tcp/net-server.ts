/** TCP echo, discard and a source of bytes on Node's own sockets, at the ports of `lunetta services`: `node net-server.js`. */
import { createServer, type Socket } from 'node:net';
import { CHARGEN_PORT, DISCARD_PORT, ECHO_PORT } from './services.js';

const BACKLOG = 4096;
const bytes = Buffer.alloc(65_536, 'x');

function serve(port: number, onConnection: (socket: Socket) => void): Promise<void> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy()); // the load generator resets its connections
    onConnection(socket);
  });
  return new Promise((resolve) => server.listen({ port, backlog: BACKLOG }, resolve));
}

function push(socket: Socket): void {
  while (socket.writable && socket.write(bytes));
}

await serve(ECHO_PORT, (socket) => void socket.pipe(socket));
await serve(DISCARD_PORT, (socket) => void socket.resume());
await serve(CHARGEN_PORT, (socket) => {
  socket.resume().on('drain', () => push(socket));
  push(socket);
});
console.log('ready');
