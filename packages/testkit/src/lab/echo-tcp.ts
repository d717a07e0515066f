import type { TcpConnection } from '@lunetta/core';

/** Sends back what comes on a connection, as fast as the peer takes it, and closes it when the peer ends. */
export function echoTcp(connection: TcpConnection): void {
  const pump = (): void => {
    while (connection.readableLength > 0) {
      const taken = connection.write(connection.peek());
      if (taken <= 0) return; // onWritable comes when there is room
      connection.consume(taken);
    }
    if (connection.isReadEnded) connection.close();
  };
  connection.onReadable = pump;
  connection.onWritable = pump;
  connection.onClose = () => connection.close();
}
