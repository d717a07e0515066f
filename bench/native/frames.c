/* Frames that nobody should have to take: random bytes at some depth, sent on a device of the kernel's side. */
#include "loadgen.h"

#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#define SMALLEST 14
#define LARGEST 1514
#define SET 256 /* frames made at a time */

static void random_bytes(uint8_t *p, int length)
{
    for (int i = 0; i < length; i++) p[i] = (uint8_t)(next_random() >> 56);
}

/*
 * How deep the frame is right, at random: not at all; Ethernet to our MAC with a known type; an IPv4 header that holds
 * with a right checksum; a UDP or ICMP header on top, its checksum wrong or none.
 */
static int random_frame(uint8_t *p, const uint8_t *mac, uint32_t dst)
{
    int length = SMALLEST + (int)(next_random() % (LARGEST - SMALLEST + 1));
    int depth = (int)(next_random() % 4);
    random_bytes(p, length);
    if (depth == 0) return length;
    memcpy(p, mac, 6);
    p[6] &= 0xfe; /* a sender is no group */
    p[12] = 0x08;
    p[13] = depth > 1 || next_random() % 2 ? 0x00 : 0x06; /* IPv4, or ARP */
    if (depth == 1 || length < 34) return length;
    int total = length - 14;
    uint8_t *ip = p + 14;
    ip[0] = 0x45;
    ip[2] = (uint8_t)(total >> 8);
    ip[3] = (uint8_t)total;
    if (depth == 3) ip[6] = ip[7] = 0; /* else a fragment, mostly */
    ip[9] = next_random() % 2 ? 17 : 1;
    memcpy(ip + 16, &dst, 4);
    ip[10] = ip[11] = 0;
    uint32_t checksum = 0;
    for (int i = 0; i < 20; i += 2) checksum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
    checksum = (checksum & 0xffff) + (checksum >> 16);
    checksum = ~(checksum + (checksum >> 16)) & 0xffff;
    ip[10] = (uint8_t)(checksum >> 8);
    ip[11] = (uint8_t)checksum;
    return length;
}

/* Sends random frames for --secs, at --rate or as fast as it can, on --device to --mac; --host is the address within. */
int run_frame_blast(void)
{
    uint8_t mac[6];
    unsigned m[6];
    if (!o.mac || sscanf(o.mac, "%x:%x:%x:%x:%x:%x", m, m + 1, m + 2, m + 3, m + 4, m + 5) != 6) {
        fprintf(stderr, "loadgen: frame-blast needs --mac\n");
        return 64;
    }
    for (int i = 0; i < 6; i++) mac[i] = (uint8_t)m[i];
    int fd = socket(AF_PACKET, SOCK_RAW, 0); /* protocol 0: receives nothing */
    if (fd < 0) die("socket");
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(o.device ? o.device : "tap0")};
    if (to.sll_ifindex == 0) die("if_nametoindex");
    if (bind(fd, (struct sockaddr *)&to, sizeof to)) die("bind");
    static uint8_t frames[SET][LARGEST];
    int lengths[SET];
    uint64_t tries = 0, sent = 0, t0 = now_ns(), end = t0 + (uint64_t)(o.secs * 1e9);
    for (uint64_t t = t0; t < end; t = now_ns()) {
        if (o.rate > 0 && (double)tries > o.rate * (double)(t - t0) / 1e9) continue;
        /* New ones every so often: making random bytes costs more than sending them. */
        if (tries % 4096 == 0)
            for (int i = 0; i < SET; i++) lengths[i] = random_frame(frames[i], mac, o.peer.sin_addr.s_addr);
        int i = (int)(tries++ % SET);
        if (send(fd, frames[i], (size_t)lengths[i], MSG_DONTWAIT) >= 0) sent++;
        else if (errno != ENOBUFS && errno != EAGAIN) die("send");
    }
    double dt = (double)(now_ns() - t0) / 1e9;
    printf("{\"mode\":\"frame-blast\",\"secs\":%.3f,\"sent\":%llu,\"sent_pps\":%.0f,\"refused\":%llu}\n", dt,
           (unsigned long long)sent, (double)sent / dt, (unsigned long long)(tries - sent));
    return sent ? 0 : 2;
}
