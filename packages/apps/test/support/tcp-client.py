"""A TCP client of the kernel's stack. `echo HOST PORT BYTES`, `drain HOST PORT`, `called PORT HOST UDPPORT`, `many HOST PORT COUNT`,
`reverse HOST PORT`: iperf3's protocol with the server as sender."""
import json
import os
import socket
import sys
import threading

what, words = sys.argv[1], sys.argv[2:]


def everything(connection):
    pieces = []
    while True:
        piece = connection.recv(65536)
        if not piece:
            return b''.join(pieces)
        pieces.append(piece)


def echo(connection, sent):
    back = []
    reader = threading.Thread(target=lambda: back.append(everything(connection)))
    reader.start()
    connection.sendall(sent)
    connection.shutdown(socket.SHUT_WR)
    reader.join()
    return back[0] == sent


if what == 'echo':
    with socket.create_connection((words[0], int(words[1])), 10) as client:
        print('same' if echo(client, os.urandom(int(words[2]))) else 'different')
elif what == 'drain':
    with socket.create_connection((words[0], int(words[1])), 10) as client:
        print(everything(client).decode())
elif what == 'called':
    with socket.create_server(('', int(words[0]))) as server, socket.socket(type=socket.SOCK_DGRAM) as asker:
        own = '10.99.0.1'
        asker.sendto(f'C {own} {words[0]}'.encode(), (words[1], int(words[2])))
        server.settimeout(10)
        client, _ = server.accept()
        greeting = client.recv(100)
        print(greeting.decode().strip(), 'same' if echo(client, os.urandom(100_000)) else 'different')
elif what == 'many':
    clients = [socket.create_connection((words[0], int(words[1])), 20) for _ in range(int(words[2]))]
    for index, client in enumerate(clients):
        client.sendall(index.to_bytes(4, 'big'))
    print(sum(client.recv(4) == index.to_bytes(4, 'big') for index, client in enumerate(clients)))
    for client in clients:
        client.close()
elif what == 'reverse':
    cookie = b'a' * 36 + b'\0'
    control = socket.create_connection((words[0], int(words[1])), 10)
    control.sendall(cookie)
    asked = json.dumps({'tcp': True, 'time': 1, 'parallel': 1, 'reverse': True, 'len': 131072}).encode()
    said = [control.recv(1)]
    control.sendall(len(asked).to_bytes(4, 'big') + asked)
    said.append(control.recv(1))
    stream = socket.create_connection((words[0], int(words[1])), 10)
    stream.sendall(cookie)
    said.extend(control.recv(1) for _ in range(2))
    first = len(stream.recv(65536))
    control.sendall(b'\x04')
    # iperf3 waits for whole blocks now, and hears of nothing else before it has one or the stream ends.
    rest = len(everything(stream))
    said.append(control.recv(1))
    print([byte[0] for byte in said], first > 0, rest > 0)
