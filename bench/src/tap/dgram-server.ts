/** UDP echo on Node's own sockets: `node dgram-server.js`. */
import { createSocket } from 'node:dgram';

const socket = createSocket('udp4');
socket.on('message', (bytes, { port, address }) => socket.send(bytes, port, address));
socket.bind(7, () => {
  socket.setRecvBufferSize(8 << 20);
  console.log('ready');
});
