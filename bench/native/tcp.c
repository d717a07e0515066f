/* TCP from the kernel's side: connections a second, request and response, bulk, idle connections. */
#include "loadgen.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SOL_TCP_LEVEL 6 /* linux/tcp.h has the options, netinet/tcp.h the level; they do not go together */

struct conn {
    int fd, got, state; /* state: 0 connecting, 1 waiting for the reply */
    uint64_t t0, tc;
};

static int tcp_nb(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    if (fd < 0) die("socket");
    setsockopt(fd, SOL_TCP_LEVEL, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static int tcp_connect_wait(double timeout)
{
    int fd = tcp_nb(), err = 0;
    socklen_t l = sizeof err;
    if (connect(fd, (struct sockaddr *)&o.peer, sizeof o.peer) && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    if (poll(&p, 1, (int)(timeout * 1e3)) <= 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &l) || err) {
        if (!err) err = ETIMEDOUT;
        close(fd);
        errno = err;
        return -1;
    }
    return fd;
}

int run_tcp_crr(void)
{
    static struct hist lat, clat;
    static uint8_t buf[65536];
    char req[4096];
    int reqlen = o.size > (int)sizeof req ? (int)sizeof req : o.size;
    memset(req, 'x', sizeof req);
    if (o.http) reqlen = snprintf(req, sizeof req, "GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    int ep = epoll_create1(0);
    struct conn *cs = calloc((size_t)o.conns, sizeof *cs);
    for (int i = 0; i < o.conns; i++) cs[i].fd = -1;
    uint64_t t0 = now_ns(), t_meas = t0 + (uint64_t)(o.warmup * 1e9), t_end = t_meas + (uint64_t)(o.secs * 1e9);
    uint64_t done = 0, failed = 0, timeouts = 0, noport = 0, next_scan = t0;
    bool measuring = false;
    struct cpu c0, c1;
    struct epoll_event ev[256];
    for (;;) {
        uint64_t t = now_ns();
        if (!measuring && t >= t_meas) {
            measuring = true;
            memset(&lat, 0, sizeof lat);
            memset(&clat, 0, sizeof clat);
            done = failed = timeouts = noport = 0;
            cpu_sample(&c0);
            t_end = c0.t + (uint64_t)(o.secs * 1e9);
        }
        if (measuring && t >= t_end) break;
        for (int i = 0; i < o.conns; i++) {
            struct conn *c = &cs[i];
            if (c->fd >= 0) {
                if (t >= next_scan && t - c->t0 > (uint64_t)(o.timeout * 1e9)) {
                    close(c->fd);
                    c->fd = -1;
                    timeouts++;
                } else {
                    continue;
                }
            }
            c->fd = tcp_nb();
            c->state = 0;
            c->got = 0;
            c->t0 = now_ns();
            if (connect(c->fd, (struct sockaddr *)&o.peer, sizeof o.peer) && errno != EINPROGRESS) {
                if (errno == EADDRNOTAVAIL) noport++;
                else failed++;
                close(c->fd);
                c->fd = -1;
                continue;
            }
            struct epoll_event e = {.events = EPOLLOUT, .data.ptr = c};
            epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
        }
        if (t >= next_scan) next_scan = t + 50000000;
        int n = epoll_wait(ep, ev, 256, 10);
        for (int i = 0; i < n; i++) {
            struct conn *c = ev[i].data.ptr;
            if (c->fd < 0) continue;
            bool end = false;
            if (c->state == 0) {
                int err = 0;
                socklen_t l = sizeof err;
                getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &l);
                c->tc = now_ns();
                if (err || send(c->fd, req, (size_t)reqlen, MSG_NOSIGNAL) != reqlen) {
                    failed++;
                    close(c->fd);
                    c->fd = -1;
                    continue;
                }
                hist_add(&clat, c->tc - c->t0);
                c->state = 1;
                struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
                epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
                continue;
            }
            ssize_t r = recv(c->fd, buf, sizeof buf, 0);
            if (r > 0) {
                c->got += (int)r;
                end = !o.http && c->got >= reqlen;
            } else if (r == 0) {
                if (o.http && c->got > 12) {
                    end = true;
                } else {
                    failed++;
                    close(c->fd);
                    c->fd = -1;
                    continue;
                }
            } else if (errno != EAGAIN) {
                failed++;
                close(c->fd);
                c->fd = -1;
                continue;
            }
            if (end) {
                hist_add(&lat, now_ns() - c->t0);
                done++;
                if (o.rst) {
                    struct linger lg = {1, 0};
                    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &lg, sizeof lg);
                }
                close(c->fd);
                c->fd = -1;
            }
        }
    }
    cpu_sample(&c1);
    double dt = (double)(c1.t - c0.t) / 1e9;
    printf("{\"mode\":\"tcp-crr\",\"http\":%s,\"close\":\"%s\",\"size\":%d,\"conns\":%d,\"secs\":%.3f,\"conn_per_s\":%.0f,\"done\":%llu,\"failed\":%llu,\"timeouts\":%llu,\"noport\":%llu",
           o.http ? "true" : "false", o.rst ? "rst" : "fin", reqlen, o.conns, dt, (double)done / dt,
           (unsigned long long)done, (unsigned long long)failed, (unsigned long long)timeouts, (unsigned long long)noport);
    hist_json("connect_us", &clat);
    hist_json("total_us", &lat);
    cpu_json(&c0, &c1, (double)done, "conn");
    printf("}\n");
    return done ? 0 : 2;
}

int run_tcp_rr(void)
{
    static struct hist lat;
    static uint8_t buf[65536];
    int ep = epoll_create1(0), alive = 0;
    struct conn *cs = calloc((size_t)o.conns, sizeof *cs);
    for (int i = 0; i < o.conns; i++) {
        cs[i].fd = tcp_connect_wait(o.timeout);
        if (cs[i].fd < 0) continue;
        alive++;
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &cs[i]};
        epoll_ctl(ep, EPOLL_CTL_ADD, cs[i].fd, &e);
    }
    if (!alive) {
        printf("{\"mode\":\"tcp-rr\",\"error\":\"no connection: %s\"}\n", strerror(errno));
        return 2;
    }
    if (o.size > (int)sizeof buf) o.size = sizeof buf;
    static uint8_t req[65536];
    for (int i = 0; i < o.conns; i++)
        if (cs[i].fd >= 0) {
            cs[i].t0 = now_ns();
            if (send(cs[i].fd, req, (size_t)o.size, MSG_NOSIGNAL) < 0) die("send");
        }
    uint64_t t_meas = now_ns() + (uint64_t)(o.warmup * 1e9), t_end = t_meas + (uint64_t)(o.secs * 1e9);
    bool measuring = false;
    struct cpu c0, c1;
    uint64_t broken = 0;
    struct epoll_event ev[256];
    for (;;) {
        uint64_t t = now_ns();
        if (!measuring && t >= t_meas) {
            measuring = true;
            memset(&lat, 0, sizeof lat);
            cpu_sample(&c0);
            t_end = c0.t + (uint64_t)(o.secs * 1e9);
        }
        if (measuring && t >= t_end) break;
        int n = epoll_wait(ep, ev, 256, o.busy ? 0 : 10);
        for (int i = 0; i < n; i++) {
            struct conn *c = ev[i].data.ptr;
            ssize_t r = recv(c->fd, buf, sizeof buf, 0);
            if (r <= 0) {
                if (r < 0 && errno == EAGAIN) continue;
                broken++;
                epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, NULL);
                continue;
            }
            c->got += (int)r;
            if (c->got < o.size) continue;
            c->got = 0;
            uint64_t u = now_ns();
            hist_add(&lat, u - c->t0);
            c->t0 = u;
            if (send(c->fd, req, (size_t)o.size, MSG_NOSIGNAL) < 0) broken++;
        }
    }
    cpu_sample(&c1);
    double dt = (double)(c1.t - c0.t) / 1e9;
    printf("{\"mode\":\"tcp-rr\",\"size\":%d,\"conns\":%d,\"secs\":%.3f,\"rate\":%.0f,\"broken\":%llu", o.size, alive, dt,
           (double)lat.n / dt, (unsigned long long)broken);
    hist_json("rtt_us", &lat);
    cpu_json(&c0, &c1, (double)lat.n, "req");
    printf("}\n");
    return lat.n ? 0 : 2;
}

static uint64_t acked(int fd)
{
    struct tcp_info ti;
    socklen_t l = sizeof ti;
    memset(&ti, 0, sizeof ti);
    getsockopt(fd, SOL_TCP_LEVEL, TCP_INFO, &ti, &l);
    return ti.tcpi_bytes_acked;
}

int run_tcp_bulk(void)
{
    static uint8_t buf[256 * 1024];
    bool up = !strcmp(o.dir, "up") || !strcmp(o.dir, "echo"), down = !strcmp(o.dir, "down") || !strcmp(o.dir, "echo");
    int ep = epoll_create1(0), alive = 0;
    int *fds = calloc((size_t)o.conns, sizeof *fds);
    for (size_t i = 0; i < sizeof buf; i++) buf[i] = (uint8_t)(i * 31);
    for (int i = 0; i < o.conns; i++) {
        if ((fds[i] = tcp_connect_wait(o.timeout)) < 0) continue;
        alive++;
        struct epoll_event e = {.events = (up ? EPOLLOUT : 0u) | (down ? EPOLLIN : 0u), .data.fd = fds[i]};
        epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &e);
    }
    if (!alive) {
        printf("{\"mode\":\"tcp-bulk\",\"error\":\"no connection: %s\"}\n", strerror(errno));
        return 2;
    }
    size_t chunk = o.size < (int)sizeof buf ? (size_t)o.size : sizeof buf;
    uint64_t t_meas = now_ns() + (uint64_t)(o.warmup * 1e9), t_end = t_meas + (uint64_t)(o.secs * 1e9);
    uint64_t rx = 0, tx0 = 0, tx1 = 0, broken = 0;
    bool measuring = false;
    struct cpu c0, c1;
    struct epoll_event ev[64];
    for (;;) {
        uint64_t t = now_ns();
        if (!measuring && t >= t_meas) {
            measuring = true;
            rx = 0;
            for (int i = 0; i < o.conns; i++)
                if (fds[i] >= 0) tx0 += acked(fds[i]);
            cpu_sample(&c0);
            t_end = c0.t + (uint64_t)(o.secs * 1e9);
        }
        if (measuring && t >= t_end) break;
        int n = epoll_wait(ep, ev, 64, 10);
        for (int i = 0; i < n; i++) {
            int fd = ev[i].data.fd;
            if (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
                static uint8_t rb[256 * 1024];
                ssize_t r = recv(fd, rb, sizeof rb, 0);
                if (r > 0) rx += (uint64_t)r;
                else if (r == 0 || errno != EAGAIN) {
                    broken++;
                    epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL);
                    continue;
                }
            }
            if (ev[i].events & EPOLLOUT) {
                if (send(fd, buf, chunk, MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
                    broken++;
                    epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL);
                }
            }
        }
    }
    cpu_sample(&c1);
    uint32_t retr = 0, mss = 0, rtt = 0, cwnd = 0;
    for (int i = 0; i < o.conns; i++)
        if (fds[i] >= 0) {
            struct tcp_info ti;
            socklen_t l = sizeof ti;
            memset(&ti, 0, sizeof ti);
            getsockopt(fds[i], SOL_TCP_LEVEL, TCP_INFO, &ti, &l);
            tx1 += ti.tcpi_bytes_acked;
            retr += ti.tcpi_total_retrans;
            mss = ti.tcpi_snd_mss;
            rtt = ti.tcpi_rtt;
            cwnd = ti.tcpi_snd_cwnd;
        }
    double dt = (double)(c1.t - c0.t) / 1e9;
    double txb = up ? (double)(tx1 - tx0) : 0;
    printf("{\"mode\":\"tcp-bulk\",\"dir\":\"%s\",\"conns\":%d,\"secs\":%.3f,\"tx_mbit_s\":%.1f,\"rx_mbit_s\":%.1f,\"retrans\":%u,\"snd_mss\":%u,\"rtt_us\":%u,\"cwnd\":%u,\"broken\":%llu",
           o.dir, alive, dt, txb * 8 / dt / 1e6, (double)rx * 8 / dt / 1e6, retr, mss, rtt, cwnd, (unsigned long long)broken);
    cpu_json(&c0, &c1, (txb > (double)rx ? txb : (double)rx) / 1460.0, "1460B");
    printf("}\n");
    return txb + (double)rx > 0 ? 0 : 2;
}

int run_tcp_idle(void)
{
    static struct hist clat;
    int *fds = calloc((size_t)o.conns, sizeof *fds), open = 0, fail = 0, last = 0, ok = 0, checked = 0;
    long r0 = rss_kb(o.server_pid, "VmRSS:"), s0 = meminfo_kb("Slab:"), a0 = meminfo_kb("MemAvailable:");
    uint64_t t0 = now_ns();
    for (int i = 0; i < o.conns && fail < 3; i++) {
        uint64_t a = now_ns();
        fds[open] = tcp_connect_wait(o.timeout);
        if (fds[open] < 0) {
            fail++;
            last = errno;
            continue;
        }
        hist_add(&clat, now_ns() - a);
        open++;
    }
    double dt = (double)(now_ns() - t0) / 1e9;
    struct timespec ts = {.tv_sec = (time_t)o.secs, .tv_nsec = (long)((o.secs - (double)(time_t)o.secs) * 1e9)};
    nanosleep(&ts, NULL);
    struct cpu c0, c1;
    cpu_sample(&c0);
    sleep(1); /* what the idle connections cost in CPU */
    cpu_sample(&c1);
    long r1 = rss_kb(o.server_pid, "VmRSS:"), s1 = meminfo_kb("Slab:"), a1 = meminfo_kb("MemAvailable:");
    /* every k-th connection must still echo one byte */
    int step = open > 200 ? open / 200 : 1;
    for (int i = 0; i < open; i += step) {
        char b = (char)i, r = 0;
        checked++;
        if (send(fds[i], &b, 1, MSG_NOSIGNAL) != 1) continue;
        struct pollfd p = {.fd = fds[i], .events = POLLIN};
        if (poll(&p, 1, 1000) == 1 && recv(fds[i], &r, 1, 0) == 1 && r == b) ok++;
    }
    printf("{\"mode\":\"tcp-idle\",\"asked\":%d,\"open\":%d,\"failed\":%d,\"last_error\":\"%s\",\"open_secs\":%.3f,\"checked\":%d,\"echo_ok\":%d",
           o.conns, open, fail, last ? strerror(last) : "", dt, checked, ok);
    if (o.server_pid)
        printf(",\"rss_before_kb\":%ld,\"rss_after_kb\":%ld,\"rss_bytes_per_conn\":%.0f", r0, r1, open ? (double)(r1 - r0) * 1024 / open : 0);
    printf(",\"slab_bytes_per_conn\":%.0f,\"memavail_bytes_per_conn\":%.0f", open ? (double)(s1 - s0) * 1024 / open : 0,
           open ? (double)(a0 - a1) * 1024 / open : 0);
    hist_json("connect_us", &clat);
    cpu_json(&c0, &c1, 0, "");
    printf("}\n");
    fflush(stdout);
    return open == o.conns && ok == checked ? 0 : 2;
}
