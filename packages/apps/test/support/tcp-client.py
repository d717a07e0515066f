"""A TCP client of the kernel's stack. `echo HOST PORT BYTES`, `drain HOST PORT`, `called PORT HOST UDPPORT`, `many HOST PORT COUNT`."""
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
