/*
 * A source of TCP segments with no stack behind it: what writing frames to a TAP device costs, and so the most that a
 * stack can send on it. Answers ARP and any SYN, then sends full segments of zeros as the peer's window allows.
 */
#include "loadgen.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ETHER 14
#define IP 20
#define TCP 20
#define TEXT 1460
#define BURST 64   /* segments between two looks for acknowledgments */
#define STALLED 200 /* ms without one: all that is unacknowledged is sent again */
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static int tap;
static uint8_t own[6], in[2048], out[ETHER + IP + TCP + TEXT];
static uint16_t identification;
static struct {
    bool open;
    uint32_t seq, una, ack, window;
    int shift;
} peer;

static uint32_t get32(const uint8_t *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v);
}

static uint32_t sum(const uint8_t *p, int length, uint32_t start)
{
    for (int i = 0; i < length; i += 2) start += (uint32_t)(p[i] << 8 | p[i + 1]);
    return start;
}

static uint32_t folded(uint32_t s)
{
    while (s >> 16) s = (s & 0xffff) + (s >> 16);
    return ~s & 0xffff;
}

static void write_frame(const uint8_t *frame, size_t length)
{
    while (write(tap, frame, length) < 0)
        if (errno != EAGAIN && errno != EINTR) die("write");
}

/* Sends a segment; the addresses and ports in `out` are those of the last segment received, turned round. */
static void send_segment(uint32_t seq, int flags, const uint8_t *options, int options_length, int text)
{
    uint8_t *ip = out + ETHER, *tcp = ip + IP;
    int header = TCP + options_length, length = header + text;
    put16(ip + 2, (uint32_t)(IP + length));
    put16(ip + 4, identification++);
    put16(ip + 10, 0);
    put16(ip + 10, folded(sum(ip, IP, 0)));
    put32(tcp + 4, seq);
    put32(tcp + 8, peer.ack);
    tcp[12] = (uint8_t)(header / 4 << 4);
    tcp[13] = (uint8_t)flags;
    put16(tcp + 14, 0xffff);
    put32(tcp + 16, 0);
    memcpy(tcp + TCP, options, (size_t)options_length);
    put16(tcp + 16, folded(sum(tcp, header, sum(ip + 12, 8, (uint32_t)(6 + length))))); /* the text is zeros */
    write_frame(out, (size_t)(ETHER + IP + length));
    memset(tcp + TCP, 0, (size_t)options_length);
}

static void turn_round(const uint8_t *ip, const uint8_t *tcp)
{
    static const uint8_t fixed[12] = {0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0};
    memcpy(out, in + 6, 6);
    memcpy(out + 6, own, 6);
    put16(out + 12, 0x0800);
    memcpy(out + ETHER, fixed, sizeof fixed);
    memcpy(out + ETHER + 12, ip + 16, 4);
    memcpy(out + ETHER + 16, ip + 12, 4);
    memcpy(out + ETHER + IP, tcp + 2, 2);
    memcpy(out + ETHER + IP + 2, tcp, 2);
}

static int window_shift(const uint8_t *tcp)
{
    int end = (tcp[12] >> 4) * 4;
    for (int i = TCP; i < end && tcp[i] != 0; i += tcp[i] == 1 ? 1 : tcp[i + 1]) {
        if (tcp[i] == 3) return tcp[i + 2];
        if (tcp[i] != 1 && tcp[i + 1] < 2) break;
    }
    return 0;
}

static void receive_segment(const uint8_t *ip, const uint8_t *tcp)
{
    static const uint8_t offer[8] = {2, 4, TEXT >> 8, TEXT & 0xff, 3, 3, 7, 1};
    if (tcp[13] & SYN) {
        turn_round(ip, tcp);
        peer.open = true;
        peer.una = peer.seq = 1;
        peer.ack = get32(tcp + 4) + 1;
        peer.shift = window_shift(tcp);
        peer.window = 0;
        send_segment(0, SYN | ACK, offer, sizeof offer, 0);
    } else if (peer.open && tcp[13] & (FIN | RST)) {
        if (tcp[13] & FIN) send_segment(peer.seq, RST, offer, 0, 0);
        peer.open = false;
    } else if (peer.open) {
        peer.una = get32(tcp + 8);
        peer.window = (uint32_t)(tcp[14] << 8 | tcp[15]) << peer.shift;
    }
}

static void answer_arp(void)
{
    uint8_t reply[42];
    if (in[ETHER + 7] != 1 || memcmp(in + ETHER + 24, &o.peer.sin_addr, 4) != 0) return;
    memcpy(reply, in, sizeof reply);
    memcpy(reply, in + 6, 6);
    memcpy(reply + 6, own, 6);
    reply[ETHER + 7] = 2;
    memcpy(reply + ETHER + 8, own, 6);
    memcpy(reply + ETHER + 14, in + ETHER + 24, 4);
    memcpy(reply + ETHER + 18, in + ETHER + 8, 10);
    write_frame(reply, sizeof reply);
}

static void receive_all(void)
{
    for (ssize_t got; (got = read(tap, in, sizeof in)) > 0;) {
        uint8_t *ip = in + ETHER;
        if (got >= 42 && in[12] == 8 && in[13] == 6) answer_arp();
        if (got >= ETHER + IP + TCP && in[12] == 8 && in[13] == 0 && ip[0] == 0x45 && ip[9] == 6) receive_segment(ip, ip + IP);
    }
}

/* Serves one connection at a time on --device, as --host with --mac, until it is killed. */
int run_tap_source(void)
{
    unsigned m[6];
    if (!o.mac || sscanf(o.mac, "%x:%x:%x:%x:%x:%x", m, m + 1, m + 2, m + 3, m + 4, m + 5) != 6) {
        fprintf(stderr, "loadgen: tap-source needs --mac\n");
        return 64;
    }
    for (int i = 0; i < 6; i++) own[i] = (uint8_t)m[i];
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", o.device ? o.device : "tap0");
    tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    if (tap < 0 || ioctl(tap, TUNSETIFF, &request) < 0) die("/dev/net/tun");
    fprintf(stderr, "ready\n");
    for (;;) {
        receive_all();
        int sent = 0;
        for (; peer.open && sent < BURST && peer.seq - peer.una + TEXT <= peer.window; sent++) {
            send_segment(peer.seq, ACK, in, 0, TEXT);
            peer.seq += TEXT;
        }
        if (sent > 0) continue;
        struct pollfd readable = {.fd = tap, .events = POLLIN};
        if (poll(&readable, 1, peer.open ? STALLED : -1) == 0) peer.seq = peer.una;
    }
}
