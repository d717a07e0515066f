/* Time, random numbers, the histogram, and what a run costs in CPU time and memory. */
#include "loadgen.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void die(const char *what)
{
    fprintf(stderr, "loadgen: %s: %s\n", what, strerror(errno));
    exit(1);
}

uint64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

uint64_t next_random(void)
{
    uint64_t x = o.seed;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    o.seed = x;
    return x * 0x2545f4914f6cdd1dull;
}

void hist_add(struct hist *h, uint64_t v)
{
    int idx;
    if (v < SUB) {
        idx = (int)v;
    } else {
        int e = 63 - __builtin_clzll(v); /* >= 6 */
        idx = (e - 5) * SUB + (int)((v >> (e - 6)) & (SUB - 1));
    }
    h->b[idx]++;
    if (!h->n || v < h->min) h->min = v;
    if (v > h->max) h->max = v;
    h->n++;
    h->sum += v;
}

static double hist_q(const struct hist *h, double q)
{
    uint64_t want = (uint64_t)(q * (double)h->n), seen = 0;
    if (!h->n) return 0;
    for (int i = 0; i < 64 * SUB; i++) {
        seen += h->b[i];
        if (seen > want) {
            if (i < SUB) return i;
            int e = i / SUB + 5;
            return (double)((1ull << e) + ((uint64_t)(i % SUB) << (e - 6)));
        }
    }
    return (double)h->max;
}

void hist_json(const char *name, const struct hist *h)
{
    printf(",\"%s\":{\"n\":%llu,\"mean\":%.1f,\"min\":%.1f,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}",
           name, (unsigned long long)h->n, h->n ? (double)h->sum / (double)h->n / 1e3 : 0.0,
           (double)h->min / 1e3, hist_q(h, .5) / 1e3, hist_q(h, .9) / 1e3, hist_q(h, .99) / 1e3,
           hist_q(h, .999) / 1e3, (double)h->max / 1e3);
}
void cpu_sample(struct cpu *c)
{
    char path[64], buf[1024];
    FILE *f;
    double hz = (double)sysconf(_SC_CLK_TCK);
    memset(c, 0, sizeof *c);
    if (o.server_pid) {
        snprintf(path, sizeof path, "/proc/%d/stat", o.server_pid);
        if ((f = fopen(path, "r"))) {
            if (fgets(buf, sizeof buf, f)) {
                char *p = strrchr(buf, ')');
                unsigned long u = 0, s = 0;
                if (p && sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &s) == 2) {
                    c->srv_u = (double)u / hz;
                    c->srv_s = (double)s / hz;
                }
            }
            fclose(f);
        }
        snprintf(path, sizeof path, "/proc/%d/task", o.server_pid);
        DIR *d = opendir(path);
        struct dirent *e;
        while (d && (e = readdir(d))) {
            unsigned long long run;
            char p2[400];
            if (e->d_name[0] == '.') continue;
            snprintf(p2, sizeof p2, "%s/%s/schedstat", path, e->d_name);
            if ((f = fopen(p2, "r"))) {
                if (fscanf(f, "%llu", &run) == 1) c->srv_run += (double)run / 1e9;
                fclose(f);
            }
        }
        if (d) closedir(d);
    }
    if ((f = fopen("/proc/stat", "r"))) {
        unsigned long long v[8] = {0};
        if (fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7) == 8) {
            c->busy = (double)(v[0] + v[1] + v[2] + v[5] + v[6] + v[7]) / hz;
            c->irq = (double)(v[5] + v[6]) / hz;
        }
        fclose(f);
    }
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    c->self = (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
    c->t = now_ns();
}

void cpu_json(const struct cpu *a, const struct cpu *b, double units, const char *unit)
{
    double dt = (double)(b->t - a->t) / 1e9;
    if (o.server_pid) {
        double run = b->srv_run - a->srv_run;
        if (run <= 0) run = b->srv_u - a->srv_u + b->srv_s - a->srv_s;
        printf(",\"server\":{\"cpu\":%.3f,\"user_s\":%.2f,\"sys_s\":%.2f", run / dt, b->srv_u - a->srv_u, b->srv_s - a->srv_s);
        if (units > 0) printf(",\"ns_per_%s\":%.0f", unit, run * 1e9 / units);
        printf("}");
    }
    printf(",\"client_cpu\":%.3f,\"machine_cpu\":%.3f,\"machine_irq_cpu\":%.3f", (b->self - a->self) / dt,
           (b->busy - a->busy) / dt, (b->irq - a->irq) / dt);
    if (units > 0) printf(",\"machine_ns_per_%s\":%.0f", unit, (b->busy - a->busy) * 1e9 / units);
}

long rss_kb(int pid, const char *key)
{
    char path[64], line[256];
    long v = -1;
    size_t kl = strlen(key);
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, key, kl)) v = atol(line + kl);
    if (f) fclose(f);
    return v;
}

long meminfo_kb(const char *key)
{
    char line[256];
    long v = -1;
    size_t kl = strlen(key);
    FILE *f = fopen("/proc/meminfo", "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, key, kl)) v = atol(line + kl);
    if (f) fclose(f);
    return v;
}

void setbuf_sz(int fd, int opt, int bytes)
{
    if (setsockopt(fd, SOL_SOCKET, opt == SO_RCVBUF ? SO_RCVBUFFORCE : SO_SNDBUFFORCE, &bytes, sizeof bytes))
        setsockopt(fd, SOL_SOCKET, opt, &bytes, sizeof bytes);
}
