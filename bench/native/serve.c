/* The native baseline: a server on the kernel's own sockets, epoll and recvmmsg. */
#include "loadgen.h"

#include <poll.h>
#include <signal.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { K_UDP, K_LISTEN_ECHO, K_LISTEN_SINK, K_LISTEN_SRC, K_LISTEN_HTTP, K_ECHO, K_SINK, K_SRC, K_HTTP };
#define TAG(kind, fd) ((uint64_t)(kind) << 32 | (uint32_t)(fd))

static void ep_mod(int ep, int op, int fd, int kind, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.u64 = TAG(kind, fd)};
    if (epoll_ctl(ep, op, fd, &e)) die("epoll_ctl");
}

static void listen_on(int ep, int port, int kind)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int one = 1, fd;
    if (!port) return;
    fd = socket(AF_INET, (kind == K_UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (kind == K_UDP) {
        setbuf_sz(fd, SO_RCVBUF, 8 << 20);
        setbuf_sz(fd, SO_SNDBUF, 8 << 20);
    }
    if (bind(fd, (struct sockaddr *)&a, sizeof a)) die("bind");
    if (kind != K_UDP && listen(fd, 4096)) die("listen");
    ep_mod(ep, EPOLL_CTL_ADD, fd, kind, EPOLLIN);
}

static void serve_udp(int fd)
{
    static uint8_t buf[64][2048];
    static struct sockaddr_in from[64];
    static struct mmsghdr m[64];
    static struct iovec iov[64];
    for (int i = 0; i < 64; i++) {
        iov[i] = (struct iovec){buf[i], sizeof buf[i]};
        m[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1, .msg_name = &from[i], .msg_namelen = sizeof from[i]};
    }
    int n = recvmmsg(fd, m, 64, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) iov[i].iov_len = m[i].msg_len;
    for (int s = 0; s < n;) {
        int r = sendmmsg(fd, m + s, (unsigned)(n - s), 0);
        if (r <= 0) {
            if (errno == EAGAIN) {
                struct pollfd p = {.fd = fd, .events = POLLOUT};
                poll(&p, 1, 10);
                continue;
            }
            break;
        }
        s += r;
    }
}

int run_serve(void)
{
    static uint8_t buf[256 * 1024];
    static const char resp[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    int ep = epoll_create1(0);
    signal(SIGPIPE, SIG_IGN);
    struct rlimit rl = {1 << 20, 1 << 20};
    setrlimit(RLIMIT_NOFILE, &rl);
    listen_on(ep, o.udp_echo, K_UDP);
    listen_on(ep, o.tcp_echo, K_LISTEN_ECHO);
    listen_on(ep, o.sink, K_LISTEN_SINK);
    listen_on(ep, o.source_port, K_LISTEN_SRC);
    listen_on(ep, o.http_port, K_LISTEN_HTTP);
    fprintf(stderr, "ready\n");
    for (;;) {
        struct epoll_event ev[256];
        int n = epoll_wait(ep, ev, 256, -1);
        for (int i = 0; i < n; i++) {
            int fd = (int)(uint32_t)ev[i].data.u64, kind = (int)(ev[i].data.u64 >> 32), one = 1;
            ssize_t r;
            switch (kind) {
            case K_UDP:
                serve_udp(fd);
                break;
            case K_LISTEN_ECHO:
            case K_LISTEN_SINK:
            case K_LISTEN_SRC:
            case K_LISTEN_HTTP:
                for (int k = 0; k < 64; k++) {
                    int c = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
                    if (c < 0) break;
                    setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    ep_mod(ep, EPOLL_CTL_ADD, c, kind - K_LISTEN_ECHO + K_ECHO, kind == K_LISTEN_SRC ? EPOLLOUT : EPOLLIN);
                }
                break;
            case K_ECHO:
                r = recv(fd, buf, 65536, 0);
                if (r > 0) {
                    for (ssize_t s = 0, w; s < r; s += w)
                        if ((w = send(fd, buf + s, (size_t)(r - s), 0)) < 0) {
                            if (errno != EAGAIN) break;
                            struct pollfd p = {.fd = fd, .events = POLLOUT};
                            poll(&p, 1, 100);
                            w = 0;
                        }
                } else if (r == 0 || errno != EAGAIN) {
                    close(fd);
                }
                break;
            case K_SINK:
                r = recv(fd, buf, sizeof buf, 0);
                if (r == 0 || (r < 0 && errno != EAGAIN)) close(fd);
                break;
            case K_SRC:
                r = send(fd, buf, sizeof buf / 2, 0);
                if (r < 0 && errno != EAGAIN) close(fd);
                break;
            case K_HTTP:
                r = recv(fd, buf, 4096, 0);
                if (r > 0 && send(fd, resp, sizeof resp - 1, 0) > 0) shutdown(fd, SHUT_WR);
                if (r <= 0) close(fd);
                break;
            }
        }
    }
    return 0;
}
