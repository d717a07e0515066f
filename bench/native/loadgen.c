/*
 * loadgen - load generator and reference server for IPv4 stacks, all on the kernel's side.
 *
 * Client modes (each prints exactly one JSON object on stdout):
 *   udp-flood    window-bounded UDP echo load over connected sockets (sendmmsg/recvmmsg), or over one socket
 *                that spreads its datagrams over --ports and --sources
 *   udp-ping     UDP ping-pong, one datagram outstanding, round-trip percentiles
 *   udp-blast    UDP datagrams without waiting for answers
 *   frame-blast  random frames through AF_PACKET
 *   tcp-crr      connect, one request/response, close; connections per second
 *   tcp-rr       request/response ping-pong on established connections
 *   tcp-bulk     bulk transfer: --dir up (to a sink), down (from a source), echo (both)
 *   tcp-idle     open N connections, hold them, check them, report the server's memory
 * Server mode (kernel sockets; the native baseline):
 *   serve        --udp-echo P --tcp-echo P --sink P --source-port P --http-port P
 * Server mode without a stack:
 *   tap-source   full TCP segments written to a TAP device: --host --device --mac
 *
 * With --server-pid PID the CPU time of that process (all its threads) over the measured interval is reported
 * too, and the machine's busy CPU time, because part of the work of a packet is done in softirq on behalf of
 * whoever sent it.
 *
 * Build: cc -O2 -Wall -Wextra -o loadgen *.c (the benches do it themselves)
 */
#include "loadgen.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <sched.h>
#include <sys/resource.h>

struct opts o;

static void usage(void)
{
    fprintf(stderr,
            "usage: loadgen MODE [options]\n"
            "modes: udp-flood udp-ping udp-blast frame-blast tcp-crr tcp-rr tcp-bulk tcp-idle serve tap-source\n"
            "  --host IP --port N          the server under test\n"
            "  --size B                    payload, request or write size [64; tcp-bulk 131072]\n"
            "  --secs S --warmup S         measured time [3] and time before it [0.5]\n"
            "  --timeout S                 loss / stall / connect timeout [0.05 udp, 2 tcp]\n"
            "  --window N --batch N        udp-flood: datagrams outstanding [64], per syscall [32]\n"
            "  --socks N                   udp-flood: sockets [1]\n"
            "  --rate PPS                  udp-flood, blasts: rate limit [none]\n"
            "  --ports N                   udp-flood: spread over N ports from --port on\n"
            "  --sources N --source IP     udp-flood: spread over N addresses of ours from IP on\n"
            "  --count N                   udp-ping: so many round trips, not --secs\n"
            "  --gap-us N --seed N         udp-ping: a random gap of 0 to N us before each request\n"
            "  --device NAME --mac MAC     frame-blast, tap-source: where to [tap0]\n"
            "  --conns N                   tcp: connections at a time [1; tcp-crr 16]\n"
            "  --dir up|down|echo          tcp-bulk [up]\n"
            "  --http --rst                tcp-crr: HTTP GET; close by RST\n"
            "  --verify                    udp: check every payload byte\n"
            "  --busy                      spin instead of sleeping in poll\n"
            "  --server-pid PID            account this process's CPU and memory\n"
            "  --cpu N                     pin this process to CPU N\n"
            "  serve: --udp-echo P --tcp-echo P --sink P --source-port P --http-port P\n");
    exit(64);
}

static in_addr_t address(const char *text)
{
    struct in_addr a;
    if (inet_pton(AF_INET, text, &a) != 1) usage();
    return a.s_addr;
}

struct mode {
    const char *name;
    int (*run)(void);
    double timeout;
    int conns;
};

static const struct mode modes[] = {
    {"udp-flood", run_udp_flood, .05, 1}, {"udp-ping", run_udp_ping, .05, 1},     {"udp-blast", run_udp_blast, 0, 1},
    {"frame-blast", run_frame_blast, 0, 1}, {"tcp-crr", run_tcp_crr, 2, 16},      {"tcp-rr", run_tcp_rr, 2, 1},
    {"tcp-bulk", run_tcp_bulk, 2, 1},     {"tcp-idle", run_tcp_idle, 2, 1000},    {"serve", run_serve, 0, 0},
    {"tap-source", run_tap_source, 0, 0}};

static const struct mode *mode_of(const char *name)
{
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (!strcmp(name, modes[i].name)) return &modes[i];
    usage();
    return NULL;
}

static void set_defaults(const struct mode *mode)
{
    o = (struct opts){.size = mode->run == run_tcp_bulk ? 128 << 10 : 64, .secs = 3, .warmup = .5, .timeout = mode->timeout,
                      .window = 64, .batch = 32, .socks = 1, .conns = mode->conns, .dir = "up", .cpu = -1,
                      .seed = now_ns()};
    o.peer.sin_family = AF_INET;
    o.peer.sin_port = htons(7);
}

enum {
    HOST = 256, PORT, SIZE, SECS, WARM, TMO, WIN, BATCH, SOCKS, RATE, PORTS, SOURCES, SOURCE, COUNT, GAP, SEED, DEVICE, MAC,
    CONNS, DIR_, HTTP, RST, VERIFY, BUSY, SPID, CPU, UE, TE, SI, SP, HP
};
static const struct option names[] = {
    {"host", 1, 0, HOST}, {"port", 1, 0, PORT}, {"size", 1, 0, SIZE}, {"secs", 1, 0, SECS}, {"warmup", 1, 0, WARM},
    {"timeout", 1, 0, TMO}, {"window", 1, 0, WIN}, {"batch", 1, 0, BATCH}, {"socks", 1, 0, SOCKS}, {"rate", 1, 0, RATE},
    {"ports", 1, 0, PORTS}, {"sources", 1, 0, SOURCES}, {"source", 1, 0, SOURCE}, {"count", 1, 0, COUNT},
    {"gap-us", 1, 0, GAP}, {"seed", 1, 0, SEED}, {"device", 1, 0, DEVICE}, {"mac", 1, 0, MAC}, {"conns", 1, 0, CONNS},
    {"dir", 1, 0, DIR_}, {"http", 0, 0, HTTP}, {"rst", 0, 0, RST}, {"verify", 0, 0, VERIFY}, {"busy", 0, 0, BUSY},
    {"server-pid", 1, 0, SPID}, {"cpu", 1, 0, CPU}, {"udp-echo", 1, 0, UE}, {"tcp-echo", 1, 0, TE}, {"sink", 1, 0, SI},
    {"source-port", 1, 0, SP}, {"http-port", 1, 0, HP}, {0, 0, 0, 0}};

static void read_options(int argc, char **argv)
{
    int c;
    optind = 2;
    while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) switch (c) {
        case HOST: o.peer.sin_addr.s_addr = address(optarg); break;
        case PORT: o.peer.sin_port = htons((uint16_t)atoi(optarg)); break;
        case SIZE: o.size = atoi(optarg); break;
        case SECS: o.secs = atof(optarg); break;
        case WARM: o.warmup = atof(optarg); break;
        case TMO: o.timeout = atof(optarg); break;
        case WIN: o.window = atoi(optarg); break;
        case BATCH: o.batch = atoi(optarg); break;
        case SOCKS: o.socks = atoi(optarg); break;
        case RATE: o.rate = atof(optarg); break;
        case PORTS: o.ports = atoi(optarg); break;
        case SOURCES: o.sources = atoi(optarg); break;
        case SOURCE: o.source.s_addr = address(optarg); break;
        case COUNT: o.count = atoi(optarg); break;
        case GAP: o.gap_us = atoi(optarg); break;
        case SEED: o.seed = strtoull(optarg, NULL, 0) | 1; break;
        case DEVICE: o.device = optarg; break;
        case MAC: o.mac = optarg; break;
        case CONNS: o.conns = atoi(optarg); break;
        case DIR_: o.dir = optarg; break;
        case HTTP: o.http = true; break;
        case RST: o.rst = true; break;
        case VERIFY: o.verify = true; break;
        case BUSY: o.busy = true; break;
        case SPID: o.server_pid = atoi(optarg); break;
        case CPU: o.cpu = atoi(optarg); break;
        case UE: o.udp_echo = atoi(optarg); break;
        case TE: o.tcp_echo = atoi(optarg); break;
        case SI: o.sink = atoi(optarg); break;
        case SP: o.source_port = atoi(optarg); break;
        case HP: o.http_port = atoi(optarg); break;
        default: usage();
    }
    if ((o.ports > 0 || o.sources > 0) && o.socks != 1) usage();
    if ((o.sources > 0) != (o.source.s_addr != 0)) usage();
}

int main(int argc, char **argv)
{
    if (argc < 2) usage();
    const struct mode *mode = mode_of(argv[1]);
    set_defaults(mode);
    read_options(argc, argv);
    if (o.cpu >= 0) {
        cpu_set_t s;
        CPU_ZERO(&s);
        CPU_SET((size_t)o.cpu, &s);
        sched_setaffinity(0, sizeof s, &s);
    }
    struct rlimit files = {1 << 20, 1 << 20};
    setrlimit(RLIMIT_NOFILE, &files);
    return mode->run();
}
