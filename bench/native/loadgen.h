/* What the parts of loadgen share: options, the histogram, accounts of time and memory. */
#ifndef LUNETTA_LOADGEN_H
#define LUNETTA_LOADGEN_H

#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct opts {
    struct sockaddr_in peer;
    int size, window, batch, socks, conns, count, gap_us;
    int ports, sources; /* udp-flood: spread over so many; 0 = one connected socket each */
    struct in_addr source;
    double secs, warmup, timeout, rate;
    int server_pid, cpu;
    const char *dir, *device, *mac;
    bool http, rst, verify, busy;
    int udp_echo, tcp_echo, sink, source_port, http_port;
    uint64_t seed;
};
extern struct opts o;

/* The modes; each returns the exit status. */
int run_udp_flood(void);
int run_udp_ping(void);
int run_udp_blast(void);
int run_frame_blast(void);
int run_tcp_crr(void);
int run_tcp_rr(void);
int run_tcp_bulk(void);
int run_tcp_idle(void);
int run_serve(void);
int run_tap_source(void);

/* measure.c */

void die(const char *what);
uint64_t now_ns(void);

/* xorshift64*: quick, the same for the same --seed. */
uint64_t next_random(void);

#define SUB 64 /* sub-buckets per power of two: about 1.6 % resolution */
struct hist { /* log-linear, of nanoseconds */
    uint64_t n, sum, min, max, b[64 * SUB];
};
void hist_add(struct hist *h, uint64_t v);
/* Prints ,"name":{n,mean,min,p50,p90,p99,p999,max} in microseconds. */
void hist_json(const char *name, const struct hist *h);

struct cpu {
    uint64_t t;          /* ns */
    double srv_u, srv_s; /* s, from /proc/PID/stat (10 ms ticks) */
    double srv_run;      /* s on CPU, all threads, from schedstat (ns) */
    double self;         /* s, own user+sys */
    double busy, irq;    /* s, whole machine: non-idle; of it, irq+softirq */
};
void cpu_sample(struct cpu *c);
/* Prints the CPU fields, with the cost of a unit of work when units > 0. */
void cpu_json(const struct cpu *a, const struct cpu *b, double units, const char *unit);

/* A line of /proc/PID/status, and of /proc/meminfo, in KiB; -1 if it is not there. */
long rss_kb(int pid, const char *key);
long meminfo_kb(const char *key);

/* Sets SO_RCVBUF or SO_SNDBUF, beyond the system's limit if allowed. */
void setbuf_sz(int fd, int opt, int bytes);

#endif
