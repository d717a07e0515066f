/* UDP from the kernel's side: echo load within a window, ping-pong, and a flood that waits for nothing. */
#include "loadgen.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_BATCH 256
#define MAX_FLOOD 2048 /* bytes of a datagram under udp-flood and udp-blast */
#define MAX_PAYLOAD 65507
#define RING 16384 /* per-socket sequence window; power of two, > --window */
#define MAGIC 0x6c6e7467u
#define BUFFER (8 << 20) /* bytes of socket buffers */

struct hdr {
    uint32_t magic, seq;
    uint64_t ts;
};

/* A batch of datagrams for sendmmsg or recvmmsg. */
struct batch {
    struct mmsghdr m[MAX_BATCH];
    struct iovec iov[MAX_BATCH];
    uint8_t bytes[MAX_BATCH][MAX_FLOOD];
    /* where to and where from, when spread over ports and addresses */
    struct sockaddr_in to[MAX_BATCH];
    union {
        char space[CMSG_SPACE(sizeof(struct in_pktinfo))];
        struct cmsghdr align;
    } control[MAX_BATCH];
};

struct uflow {
    int fd;
    uint32_t next, tail; /* next seq to send; everything below tail is settled */
    uint64_t seen[RING / 64];
    uint64_t sent, rcvd, lost;
    uint64_t last_rx;
};

struct tally {
    uint64_t sent, rcvd, lost, dup, bad, refused, stalls;
};

static struct batch tx, rx;
static struct hist lat;
static struct tally sum;
static int per_flow; /* datagrams that a flow may have under way */

#define BIT(f, s) ((f)->seen[((s) & (RING - 1)) >> 6] >> ((s)&63) & 1)

static int inflight(const struct uflow *f) { return (int)((int64_t)f->sent - (int64_t)f->rcvd - (int64_t)f->lost); }

static bool is_spread(void) { return o.ports > 0 || o.sources > 0; }

static int udp_socket(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (fd < 0) die("socket");
    setbuf_sz(fd, SO_RCVBUF, BUFFER);
    setbuf_sz(fd, SO_SNDBUF, BUFFER);
    if (!is_spread() && connect(fd, (struct sockaddr *)&o.peer, sizeof o.peer)) die("connect");
    return fd;
}

static void fill(uint8_t *p, int size, uint32_t seq)
{
    for (int i = (int)sizeof(struct hdr); i < size; i++) p[i] = (uint8_t)(seq + (uint32_t)i);
}

static bool intact(const uint8_t *p, int size, uint32_t seq)
{
    for (int i = (int)sizeof(struct hdr); i < size; i++)
        if (p[i] != (uint8_t)(seq + (uint32_t)i)) return false;
    return true;
}

static void prepare(void)
{
    if (o.size < (int)sizeof(struct hdr)) o.size = sizeof(struct hdr);
    if (o.size > MAX_FLOOD) o.size = MAX_FLOOD;
    if (o.batch > MAX_BATCH) o.batch = MAX_BATCH;
    if (o.window > RING / 2) o.window = RING / 2;
    for (int i = 0; i < MAX_BATCH; i++) {
        tx.iov[i] = (struct iovec){tx.bytes[i], (size_t)o.size};
        tx.m[i].msg_hdr = (struct msghdr){.msg_iov = &tx.iov[i], .msg_iovlen = 1};
        rx.iov[i] = (struct iovec){rx.bytes[i], sizeof rx.bytes[i]};
        rx.m[i].msg_hdr = (struct msghdr){.msg_iov = &rx.iov[i], .msg_iovlen = 1};
        fill(tx.bytes[i], o.size, 0);
    }
}

/* Number `seq` goes to one of --ports and comes from one of --sources, chosen by a hash of it. */
static void address(int i, uint32_t seq)
{
    uint64_t hash = seq * 2654435761u;
    struct msghdr *m = &tx.m[i].msg_hdr;
    tx.to[i] = o.peer;
    if (o.ports > 0) tx.to[i].sin_port = htons((uint16_t)(ntohs(o.peer.sin_port) + (hash * (uint64_t)o.ports >> 32)));
    m->msg_name = &tx.to[i];
    m->msg_namelen = sizeof tx.to[i];
    if (o.sources == 0) return;
    m->msg_control = &tx.control[i];
    m->msg_controllen = sizeof tx.control[i];
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo)), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
    uint32_t source = ntohl(o.source.s_addr) + (uint32_t)(hash * (uint64_t)o.sources >> 32);
    struct in_pktinfo from = {.ipi_spec_dst.s_addr = htonl(source)};
    memcpy(CMSG_DATA(c), &from, sizeof from);
}

static int send_burst(struct uflow *f, int n, uint64_t t)
{
    for (int i = 0; i < n; i++) {
        struct hdr *h = (struct hdr *)tx.bytes[i];
        *h = (struct hdr){MAGIC, f->next + (uint32_t)i, t};
        if (o.verify) fill(tx.bytes[i], o.size, h->seq);
        if (is_spread()) address(i, h->seq);
        f->seen[(h->seq & (RING - 1)) >> 6] &= ~(1ull << (h->seq & 63));
    }
    int r = sendmmsg(f->fd, tx.m, (unsigned)n, MSG_DONTWAIT);
    if (r > 0) {
        f->next += (uint32_t)r;
        f->sent += (uint64_t)r;
        sum.sent += (uint64_t)r;
    } else if (r < 0 && errno == ECONNREFUSED) {
        sum.refused++;
    } else if (r < 0 && errno != EAGAIN && errno != ENOBUFS) {
        die("sendmmsg");
    }
    return r;
}

static void take_reply(struct uflow *f, int i, uint64_t now)
{
    struct hdr *h = (struct hdr *)rx.bytes[i];
    if ((int)rx.m[i].msg_len != o.size || h->magic != MAGIC || (o.verify && !intact(rx.bytes[i], o.size, h->seq))) {
        sum.bad++;
        return;
    }
    uint32_t s = h->seq;
    if ((int32_t)(s - f->tail) < 0 || BIT(f, s)) { /* settled as lost, or seen twice */
        sum.dup++;
        return;
    }
    f->seen[(s & (RING - 1)) >> 6] |= 1ull << (s & 63);
    f->rcvd++;
    sum.rcvd++;
    hist_add(&lat, now - h->ts);
    /* what is older than one window behind the newest reply is lost */
    while (f->tail != f->next && (BIT(f, f->tail) || (int32_t)(s - f->tail) > per_flow)) {
        if (!BIT(f, f->tail)) {
            f->lost++;
            sum.lost++;
        }
        f->tail++;
    }
}

static bool receive_burst(struct uflow *f, uint64_t t)
{
    int r = recvmmsg(f->fd, rx.m, (unsigned)o.batch, MSG_DONTWAIT, NULL);
    if (r < 0 && errno == ECONNREFUSED) sum.refused++;
    if (r > 0) {
        f->last_rx = now_ns();
        for (int i = 0; i < r; i++) take_reply(f, i, f->last_rx);
        return true;
    }
    if (inflight(f) == 0) {
        f->last_rx = t;
    } else if (t > f->last_rx + (uint64_t)(o.timeout * 1e9)) { /* a stall: what is under way is lost */
        sum.lost += (uint64_t)inflight(f);
        f->lost += (uint64_t)inflight(f);
        f->tail = f->next;
        f->last_rx = t;
        sum.stalls++;
    }
    return false;
}

/* Earns the right to send at --rate; no more than a batch is saved up. */
static void earn(double *credit, uint64_t *since, uint64_t t)
{
    *credit += o.rate * (double)(t - *since) / 1e9;
    if (*credit > MAX_BATCH) *credit = MAX_BATCH;
    *since = t;
}

int run_udp_flood(void)
{
    prepare();
    struct uflow *fl = calloc((size_t)o.socks, sizeof *fl);
    struct pollfd *pf = calloc((size_t)o.socks, sizeof *pf);
    per_flow = o.window / o.socks > 1 ? o.window / o.socks : 1;
    uint64_t t0 = now_ns(), t_meas = t0 + (uint64_t)(o.warmup * 1e9), t_end = 0, earned = t0;
    for (int i = 0; i < o.socks; i++) {
        fl[i].fd = udp_socket();
        fl[i].last_rx = t0;
        pf[i] = (struct pollfd){.fd = fl[i].fd, .events = POLLIN};
    }
    double credit = 0;
    bool measuring = false;
    struct cpu c0, c1;
    for (;;) {
        uint64_t t = now_ns();
        if (!measuring && t >= t_meas) {
            measuring = true;
            sum = (struct tally){0};
            memset(&lat, 0, sizeof lat);
            cpu_sample(&c0);
            t_end = c0.t + (uint64_t)(o.secs * 1e9);
        }
        if (measuring && t >= t_end) break;
        if (o.rate > 0) earn(&credit, &earned, t);
        bool did = false;
        for (int k = 0; k < o.socks; k++) {
            int n = per_flow - inflight(&fl[k]);
            if (n > o.batch) n = o.batch;
            if (o.rate > 0 && n > (int)credit) n = (int)credit;
            int sent = n > 0 ? send_burst(&fl[k], n, t) : 0;
            if (sent > 0) credit -= sent;
            did = receive_burst(&fl[k], t) || sent > 0 || did;
        }
        if (!did && !o.busy) poll(pf, (nfds_t)o.socks, o.rate > 0 ? 0 : 1);
    }
    cpu_sample(&c1);
    double dt = (double)(c1.t - c0.t) / 1e9;
    double pps = (double)sum.rcvd / dt;
    printf("{\"mode\":\"udp-flood\",\"size\":%d,\"window\":%d,\"batch\":%d,\"socks\":%d,\"secs\":%.3f,\"pps\":%.0f,\"mbit_s\":%.1f,\"sent_pps\":%.0f,\"lost\":%llu,\"loss\":%.6f,\"dup_or_late\":%llu,\"bad\":%llu,\"refused\":%llu,\"stalls\":%llu",
           o.size, o.window, o.batch, o.socks, dt, pps, pps * o.size * 8 / 1e6, (double)sum.sent / dt,
           (unsigned long long)sum.lost, sum.sent ? (double)sum.lost / (double)sum.sent : 0, (unsigned long long)sum.dup,
           (unsigned long long)sum.bad, (unsigned long long)sum.refused, (unsigned long long)sum.stalls);
    hist_json("rtt_us", &lat);
    cpu_json(&c0, &c1, (double)sum.rcvd, "pkt");
    printf("}\n");
    return sum.rcvd ? 0 : 2;
}

/* Spins for 0 to --gap-us microseconds: a sleep would round the shortest gaps away. */
static void gap(void)
{
    if (o.gap_us == 0) return;
    uint64_t until = now_ns() + next_random() % ((uint64_t)o.gap_us * 1000);
    while (now_ns() < until) {}
}

/* One request and its answer; the round trip in ns, or 0 if there was none within --timeout. */
static uint64_t ping(int fd, uint32_t seq, uint64_t *bad)
{
    static uint8_t request[MAX_PAYLOAD], answer[MAX_PAYLOAD + 1];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    const struct hdr *h = (const struct hdr *)answer;
    *(struct hdr *)request = (struct hdr){MAGIC, seq, 0};
    if (o.verify) fill(request, o.size, seq);
    uint64_t a = now_ns();
    if (send(fd, request, (size_t)o.size, 0) < 0 && errno != ECONNREFUSED) die("send");
    for (;;) {
        ssize_t n = recv(fd, answer, sizeof answer, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == ECONNREFUSED)) {
            if (now_ns() - a > (uint64_t)(o.timeout * 1e9)) return 0;
            if (!o.busy) poll(&p, 1, (int)(o.timeout * 1e3) + 1);
            continue;
        }
        if (n < 0) die("recv");
        if (n != o.size || h->magic != MAGIC || (o.verify && !intact(answer, o.size, h->seq))) (*bad)++;
        else if (h->seq == seq) return now_ns() - a; /* else a late reply */
    }
}

int run_udp_ping(void)
{
    if (o.size < (int)sizeof(struct hdr)) o.size = sizeof(struct hdr);
    int fd = udp_socket();
    uint64_t t_meas = now_ns() + (uint64_t)(o.warmup * 1e9), t_end = 0, lost = 0, bad = 0;
    bool measuring = false;
    struct cpu c0, c1;
    for (uint32_t seq = 0;; seq++) {
        uint64_t t = now_ns();
        if (!measuring && t >= t_meas) {
            measuring = true;
            memset(&lat, 0, sizeof lat);
            lost = bad = 0;
            cpu_sample(&c0);
            t_end = c0.t + (uint64_t)(o.secs * 1e9);
        }
        if (measuring && (o.count > 0 ? lat.n + lost >= (uint64_t)o.count : t >= t_end)) break;
        gap();
        uint64_t rtt = ping(fd, seq, &bad);
        if (rtt > 0) hist_add(&lat, rtt);
        else lost++;
    }
    cpu_sample(&c1);
    double dt = (double)(c1.t - c0.t) / 1e9;
    printf("{\"mode\":\"udp-ping\",\"size\":%d,\"secs\":%.3f,\"rate\":%.0f,\"lost\":%llu,\"bad\":%llu", o.size, dt,
           (double)lat.n / dt, (unsigned long long)lost, (unsigned long long)bad);
    hist_json("rtt_us", &lat);
    cpu_json(&c0, &c1, (double)lat.n, "pkt");
    printf("}\n");
    return lat.n ? 0 : 2;
}

/* Sends for --secs, at --rate or as fast as it can, and looks at no answer. */
int run_udp_blast(void)
{
    prepare();
    int fd = udp_socket();
    struct uflow f = {.fd = fd};
    uint64_t t0 = now_ns(), earned = t0;
    double credit = 0;
    for (uint64_t t = t0; t < t0 + (uint64_t)(o.secs * 1e9); t = now_ns()) {
        int n = o.batch;
        if (o.rate > 0) earn(&credit, &earned, t);
        if (o.rate > 0 && n > (int)credit) n = (int)credit;
        int sent = n > 0 ? send_burst(&f, n, t) : 0;
        if (sent > 0) credit -= sent;
    }
    double dt = (double)(now_ns() - t0) / 1e9;
    printf("{\"mode\":\"udp-blast\",\"size\":%d,\"secs\":%.3f,\"sent\":%llu,\"sent_pps\":%.0f}\n", o.size, dt,
           (unsigned long long)sum.sent, (double)sum.sent / dt);
    return sum.sent ? 0 : 2;
}
