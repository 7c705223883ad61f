/*
 * A link between two TUN devices with delay, rate, queue and loss, for the benchmark rows `wan`: the kernels of two
 * network namespaces speak real TCP over it. It does what `tc netem` does, which many kernels lack.
 *
 * link NAME_A NAME_B DELAY_MS RATE_MBIT QUEUE_MS LOSS_PERCENT
 *
 * Prints "ready" when both devices exist. For each line on standard input it prints, as JSON, how many TCP connections
 * were opened since the line before, and the most that were open at a time. Ends when standard input ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define LARGEST 70000
#define HEADER 10 /* of virtio: with it, the kernel hands over segments of up to 64 kB */
#define MTU 1500
#define SEGMENT (MTU - 52)

struct packet {
  struct packet *next;
  double due;
  size_t length;
  unsigned char bytes[];
};

/* One direction: `fd` is read, `to` is written. */
struct way {
  int fd, to;
  struct packet *first, *last;
  double free_at;
};

static double delay, per_byte, longest_queue, loss;
static size_t header;
static unsigned char open_ports[65536];
static int opened, open_now, most_open;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what) {
  fprintf(stderr, "link: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int open_device(const char *name) {
  struct ifreq request;
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  if (fd < 0) fail("/dev/net/tun");
  memset(&request, 0, sizeof request);
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  request.ifr_flags = (short)(IFF_TUN | IFF_NO_PI | (header > 0 ? IFF_VNET_HDR : 0));
  if (ioctl(fd, TUNSETIFF, &request) < 0) fail(name);
  if (header > 0 && ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4) < 0) fail("offload");
  return fd;
}

/* Follows TCP connections by the client's port. */
static void count(const unsigned char *ip, int from_client) {
  if (ip[0] >> 4 != 4 || ip[9] != 6) return;
  const unsigned char *tcp = ip + (ip[0] & 15) * 4;
  const unsigned char *field = from_client ? tcp : tcp + 2;
  unsigned port = (unsigned)field[0] << 8 | field[1];
  int flags = tcp[13];
  if (from_client && (flags & 0x12) == 2 && !open_ports[port]) {
    open_ports[port] = 1;
    opened += 1;
    open_now += 1;
    if (open_now > most_open) most_open = open_now;
  } else if ((flags & 5) && open_ports[port]) {
    open_ports[port] = 0;
    open_now -= 1;
  }
}

/* What it takes on a wire: large segments are cut into packets of the MTU there. */
static double wire_bytes(size_t length) {
  if (length <= MTU) return (double)length;
  return (double)length + (double)((length + SEGMENT - 1) / SEGMENT - 1) * 52;
}

static void take(struct way *way, int from_client) {
  static unsigned char buffer[LARGEST];
  for (int left = 256; left > 0; left--) {
    ssize_t length = read(way->fd, buffer, sizeof buffer);
    if (length <= (ssize_t)header) return;
    count(buffer + header, from_client);
    if (loss > 0 && drand48() < loss) continue;
    double at = now(), start = way->free_at > at ? way->free_at : at;
    if (start - at > longest_queue) continue;
    struct packet *packet = malloc(sizeof *packet + (size_t)length);
    if (packet == NULL) fail("memory");
    way->free_at = start + wire_bytes((size_t)length - header) * per_byte;
    packet->due = way->free_at + delay;
    packet->length = (size_t)length;
    packet->next = NULL;
    memcpy(packet->bytes, buffer, (size_t)length);
    if (way->last == NULL) way->first = packet;
    else way->last->next = packet;
    way->last = packet;
  }
}

static void give(struct way *way) {
  double at = now();
  while (way->first != NULL && way->first->due <= at) {
    struct packet *packet = way->first;
    ssize_t written = write(way->to, packet->bytes, packet->length);
    (void)written; /* a device that is full drops, as a network does */
    way->first = packet->next;
    if (way->first == NULL) way->last = NULL;
    free(packet);
  }
}

static int report(void) {
  char line[256];
  ssize_t length = read(0, line, sizeof line);
  if (length <= 0) return 0;
  printf("{\"opened\":%d,\"mostOpen\":%d}\n", opened, most_open);
  fflush(stdout);
  opened = 0;
  most_open = open_now;
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 7) return fprintf(stderr, "link NAME_A NAME_B DELAY_MS RATE_MBIT QUEUE_MS LOSS_PERCENT\n"), 2;
  delay = atof(argv[3]) / 1e3;
  per_byte = 8 / (atof(argv[4]) * 1e6);
  longest_queue = atof(argv[5]) / 1e3;
  loss = atof(argv[6]) / 100;
  header = loss > 0 ? 0 : HEADER; /* else one loss would be a burst */
  srand48(1);
  struct way out = {.fd = open_device(argv[1])}, in = {.fd = open_device(argv[2])};
  out.to = in.fd;
  in.to = out.fd;
  setpriority(PRIO_PROCESS, 0, -15);
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    double at = now(), wait = 1;
    if (out.first != NULL && out.first->due - at < wait) wait = out.first->due - at;
    if (in.first != NULL && in.first->due - at < wait) wait = in.first->due - at;
    if (wait < 0) wait = 0;
    struct pollfd fds[3] = {{out.fd, POLLIN, 0}, {in.fd, POLLIN, 0}, {0, POLLIN, 0}};
    struct timespec timeout = {(time_t)wait, (long)((wait - (double)(time_t)wait) * 1e9)};
    if (ppoll(fds, 3, &timeout, NULL) < 0 && errno != EINTR) fail("poll");
    if (fds[2].revents && !report()) return 0;
    if (fds[0].revents & POLLIN) take(&out, 0);
    if (fds[1].revents & POLLIN) take(&in, 1);
    give(&out);
    give(&in);
  }
}
