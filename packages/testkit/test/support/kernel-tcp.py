"""TCP through the kernel, towards an echo server. Prints what came of it, as one line."""
import hashlib
import os
import random
import resource
import select
import socket
import struct
import sys
import threading

what, host, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def begin_connecting():
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex((host, port))
    return client


def connect_all(number):
    """So many connections, a few hundred being opened at a time."""
    poll, waiting, done = select.epoll(), {}, []
    while len(done) < number:
        while len(waiting) < 400 and len(waiting) + len(done) < number:
            client = begin_connecting()
            waiting[client.fileno()] = client
            poll.register(client, select.EPOLLOUT)
        for fd, _ in poll.poll(15) or sys.exit('nobody answers'):
            client = waiting.pop(fd)
            poll.unregister(fd)
            error = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                sys.exit(os.strerror(error))
            client.settimeout(15)
            done.append(client)
    return done


def many():
    """All at once: each sends its number, and wants it back."""
    clients = connect_all(count)
    for index, client in enumerate(clients):
        client.sendall(index.to_bytes(4, 'big'))
    same = sum(client.recv(4) == index.to_bytes(4, 'big') for index, client in enumerate(clients))
    for client in clients:
        client.close()
    return same


def storm():
    """Opened, and at once closed, reset, or left with something unread."""
    generator = random.Random(1)
    for _ in range(count // 500):
        for client in connect_all(500):
            way = generator.randrange(3)
            if way == 0:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            if way == 1:
                client.sendall(b'unread')
            client.close()
    return 'over'


def echo():
    """So many bytes there and back, by their sums."""
    with socket.create_connection((host, port), 15) as client:
        sent, back = os.urandom(count), hashlib.sha256()
        sender = threading.Thread(target=lambda: (client.sendall(sent), client.shutdown(socket.SHUT_WR)))
        sender.start()
        client.settimeout(15)
        while piece := client.recv(65536):
            back.update(piece)
        sender.join()
    return 'same' if back.digest() == hashlib.sha256(sent).digest() else 'different'


def session():
    """Keys struck one after the other, each waiting for its echo; now and then a screenful."""
    generator = random.Random(1)
    with socket.create_connection((host, port), 15) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.settimeout(15)
        for _ in range(count):
            sent = generator.randbytes(generator.choice([1, 1, 1, 1, 80, 4000]))
            client.sendall(sent)
            back = b''
            while len(back) < len(sent):
                back += client.recv(65536) or sys.exit('the end comes early')
            if back != sent:
                return 'different'
    return 'same'


print({'many': many, 'storm': storm, 'echo': echo, 'session': session}[what]())
