/*
 * A straightforward AoE initiator (AoEr11) that loads a target and says how fast it was: the yardstick
 * of deploy/bench. One thread, one socket, as many frames under way as the target has buffers for.
 *
 *   aoe-load [OPTION]... INTERFACE SHELF.SLOT
 *     -r         read (default: write)
 *     -s         one request after the other of the whole range, each a full frame, as many at a
 *                time as the target takes (default: at random)
 *     -b BYTES   a request (default 4096); with -s what fits into a frame
 *     -d N       requests at a time (default 1)
 *     -t SECONDS how long (default 5); with -s until all is done
 *     -n BYTES   the range at the target's begin that is used (default: all of it)
 *     -m         frames in memory shared with the kernel (PACKET_MMAP, TPACKET_V2) instead of
 *                recvmmsg and sendmmsg
 *
 * Prints one JSON object: requests, bytes, seconds, p50 and p99 (microseconds), cpu (seconds of this
 * process), resent (frames). Exit code 1 when the target does not answer or refuses.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
	ETHERTYPE = 0x88a2,
	SECTOR = 512,
	MOST_FRAMES = 256,
	MOST_REQUESTS = 1024,
	BATCH = 64,
	LONGEST_FRAME = 16384,
	RING_FRAMES = 512,
	SHORTEST_FRAME = 60,
	RESEND_NS = 200 * 1000 * 1000,
	GIVE_UP_NS = 2000 * 1000 * 1000,
	/* ATA */
	READ_EXT = 0x24,
	WRITE_EXT = 0x34,
	IDENTIFY = 0xec,
};

/* AoEr11, sections 2 and 3.1: Ethernet's header, AoE's, that of the ATA command. */
struct frame {
	uint8_t to[6], from[6];
	uint16_t type;
	uint8_t flags, error;
	uint16_t shelf;
	uint8_t slot, command;
	uint32_t tag;
	union {
		struct {
			uint8_t aflags, feature, sectors, operation, lba[6];
			uint16_t reserved;
		} ata;
		struct {
			uint16_t buffers, firmware;
			uint8_t sectors, code;
			uint16_t length;
		} config;
	};
} __attribute__((packed));

struct request {
	uint64_t sector;
	int64_t began;
	int cut, left; /* sectors cut into frames, and not answered */
};

struct flight {
	int used, request, sectors;
	uint64_t sector;
	uint32_t tag;
	int64_t sent;
};

static int reading, sequential, depth = 1, ring;
static double seconds = 5;
static uint64_t range;
static int request_sectors = 8;
static const char *interface;

static int fd, window, frame_sectors, shelf, slot;
static uint8_t own[6], target[6];
static struct request requests[MOST_REQUESTS];
static struct flight flights[MOST_FRAMES];
static int in_flight;
static uint32_t next_tag;
static uint64_t next_sector, done_requests, resent;
static uint8_t *payload; /* what is written, the whole range: nothing is reckoned meanwhile */
static uint64_t payload_sectors;
static float *delays;
static size_t delay_count, delay_room;

/* Frames to be sent together. */
static uint8_t headers[BATCH][SHORTEST_FRAME];
static struct iovec out_iov[BATCH][2], in_iov[BATCH];
static struct mmsghdr out[BATCH], in[BATCH];
static uint8_t *in_bytes;
static int queued;

static uint8_t *rx_ring, *tx_ring;
static size_t ring_frame, ring_bytes;
static int rx_at, tx_at, tx_queued;

static void die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "aoe-load: ");
	vfprintf(stderr, format, arguments);
	fprintf(stderr, "\n");
	exit(1);
}

static void check(int result, const char *what)
{
	if (result < 0)
		die("%s: %s", what, strerror(errno));
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* ---- The socket ---- */

static void use_rings(int mtu)
{
	int version = TPACKET_V2;
	struct tpacket_req req;

	ring_frame = mtu > 1900 ? 16384 : 2048;
	req.tp_frame_size = ring_frame;
	req.tp_frame_nr = RING_FRAMES;
	req.tp_block_size = 16384;
	req.tp_block_nr = RING_FRAMES * ring_frame / req.tp_block_size;
	ring_bytes = RING_FRAMES * ring_frame;
	check(setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version), "PACKET_VERSION");
	check(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof req), "PACKET_RX_RING");
	check(setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &req, sizeof req), "PACKET_TX_RING");
	rx_ring = mmap(NULL, 2 * ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (rx_ring == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	tx_ring = rx_ring + ring_bytes;
}

static int open_socket(void)
{
	struct ifreq ifr = {0};
	struct sockaddr_ll address = {0};
	/* Answers only; what this socket sends is not heard by it. */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 8, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = {4, code};
	int bytes = 4 << 20, i;

	fd = socket(AF_PACKET, SOCK_RAW, 0);
	check(fd, "raw Ethernet needs CAP_NET_RAW");
	snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", interface);
	check(ioctl(fd, SIOCGIFINDEX, &ifr), interface);
	address.sll_family = AF_PACKET;
	address.sll_protocol = htons(ETHERTYPE);
	address.sll_ifindex = ifr.ifr_ifindex;
	check(ioctl(fd, SIOCGIFHWADDR, &ifr), interface);
	memcpy(own, ifr.ifr_hwaddr.sa_data, 6);
	check(ioctl(fd, SIOCGIFMTU, &ifr), interface);
	check(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter), "filter");
	check(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes), "SO_RCVBUF");
	check(setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes), "SO_SNDBUF");
	if (ring)
		use_rings(ifr.ifr_mtu);
	check(bind(fd, (struct sockaddr *)&address, sizeof address), "bind");
	in_bytes = calloc(BATCH, LONGEST_FRAME);
	for (i = 0; i < BATCH; i++) {
		in_iov[i].iov_base = in_bytes + i * LONGEST_FRAME;
		in_iov[i].iov_len = LONGEST_FRAME;
		in[i].msg_hdr.msg_iov = &in_iov[i];
		in[i].msg_hdr.msg_iovlen = 1;
		out[i].msg_hdr.msg_iov = out_iov[i];
		out_iov[i][0].iov_base = headers[i];
	}
	return ifr.ifr_mtu;
}

static void flush(void)
{
	int sent = 0, count;

	if (ring && tx_queued) {
		/* No room is the loss of some, as on any network. */
		if (send(fd, NULL, 0, MSG_DONTWAIT) < 0 && errno != EAGAIN && errno != ENOBUFS)
			die("send: %s", strerror(errno));
		tx_queued = 0;
	}
	while (sent < queued) {
		count = sendmmsg(fd, out + sent, queued - sent, 0);
		if (count < 0 && errno != ENOBUFS && errno != EAGAIN)
			die("sendmmsg: %s", strerror(errno));
		if (count <= 0)
			break;
		sent += count;
	}
	queued = 0;
}

static void send_by_ring(const struct frame *header, size_t header_bytes, const uint8_t *body,
	size_t bytes)
{
	uint8_t *at = tx_ring + tx_at * ring_frame;
	struct tpacket2_hdr *ours = (struct tpacket2_hdr *)at;
	uint8_t *data = at + TPACKET2_HDRLEN - sizeof(struct sockaddr_ll);

	while (__atomic_load_n(&ours->tp_status, __ATOMIC_ACQUIRE) != TP_STATUS_AVAILABLE)
		flush();
	memcpy(data, header, header_bytes);
	if (bytes)
		memcpy(data + header_bytes, body, bytes);
	ours->tp_len = header_bytes + bytes;
	__atomic_store_n(&ours->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
	tx_at = (tx_at + 1) % RING_FRAMES;
	tx_queued++;
}

static void send_frame(const struct frame *header, const uint8_t *body, size_t bytes)
{
	size_t header_bytes = bytes ? sizeof *header : SHORTEST_FRAME;
	uint8_t padded[SHORTEST_FRAME] = {0};

	memcpy(padded, header, sizeof *header);
	if (ring) {
		send_by_ring((struct frame *)padded, header_bytes, body, bytes);
		return;
	}
	if (queued == BATCH)
		flush();
	memcpy(headers[queued], padded, SHORTEST_FRAME);
	out_iov[queued][0].iov_len = header_bytes;
	out_iov[queued][1].iov_base = (void *)body;
	out_iov[queued][1].iov_len = bytes;
	out[queued].msg_hdr.msg_iovlen = bytes ? 2 : 1;
	queued++;
}

static void answered(const struct frame *frame, size_t length, int64_t t);

/* Takes what has come; waits for something as long as that at most. */
static void receive(int timeout_ms)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	struct tpacket2_hdr *theirs;
	int count, i;
	int64_t t;

	check(poll(&pollfd, 1, timeout_ms), "poll");
	t = now();
	if (ring) {
		for (;;) {
			theirs = (struct tpacket2_hdr *)(rx_ring + rx_at * ring_frame);
			if (!(__atomic_load_n(&theirs->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
				return;
			answered((struct frame *)((uint8_t *)theirs + theirs->tp_mac), theirs->tp_snaplen, t);
			__atomic_store_n(&theirs->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
			rx_at = (rx_at + 1) % RING_FRAMES;
		}
	}
	do {
		count = recvmmsg(fd, in, BATCH, MSG_DONTWAIT, NULL);
		if (count < 0 && errno != EAGAIN)
			die("recvmmsg: %s", strerror(errno));
		for (i = 0; i < count; i++)
			answered((struct frame *)(in_bytes + i * LONGEST_FRAME), in[i].msg_len, t);
	} while (count == BATCH);
}

/* ---- The target ---- */

static struct frame header(int command, uint32_t tag)
{
	struct frame frame = {0};

	memcpy(frame.to, target, 6);
	memcpy(frame.from, own, 6);
	frame.type = htons(ETHERTYPE);
	frame.flags = 0x10;
	frame.shelf = htons(shelf);
	frame.slot = slot;
	frame.command = command;
	frame.tag = htonl(tag);
	return frame;
}

static struct frame found;
static uint8_t identity[SECTOR];
static int waiting_for;

static void ask(struct frame frame, uint32_t tag)
{
	int64_t until = now() + GIVE_UP_NS;

	waiting_for = tag;
	while (waiting_for) {
		if (now() > until)
			die("no target %d.%d answers on %s", shelf, slot, interface);
		send_frame(&frame, NULL, 0);
		flush();
		receive(100);
	}
}

static void find_target(int mtu)
{
	struct frame frame;
	uint64_t sectors = 0;
	int i, most;

	memset(target, 0xff, 6);
	ask(header(1, 1), 1);
	memcpy(target, found.from, 6);
	window = ntohs(found.config.buffers);
	most = (mtu - 36) / SECTOR;
	frame_sectors = found.config.sectors ? found.config.sectors : 2;
	if (frame_sectors > most)
		frame_sectors = most;
	if (window < 1 || window > MOST_FRAMES)
		window = MOST_FRAMES;
	frame = header(0, 2);
	frame.ata.operation = IDENTIFY;
	frame.ata.sectors = 1;
	ask(frame, 2);
	for (i = 0; i < 8; i++)
		sectors |= (uint64_t)identity[200 + i] << (8 * i);
	if (range == 0 || range > sectors * SECTOR)
		range = sectors * SECTOR;
}

/* ---- The load ---- */

static void note_delay(int64_t nanos)
{
	if (delay_count == delay_room) {
		delay_room = delay_room ? 2 * delay_room : 1 << 16;
		delays = realloc(delays, delay_room * sizeof *delays);
		if (!delays)
			die("no memory");
	}
	delays[delay_count++] = nanos / 1000.0f;
}

static void send_flight(struct flight *flight, int64_t t)
{
	struct frame frame = header(0, flight->tag);
	int i;

	frame.ata.aflags = 0x40 | (reading ? 0 : 1);
	frame.ata.sectors = flight->sectors;
	frame.ata.operation = reading ? READ_EXT : WRITE_EXT;
	for (i = 0; i < 6; i++)
		frame.ata.lba[i] = flight->sector >> (8 * i);
	flight->sent = t;
	send_frame(&frame, reading ? NULL : payload + flight->sector % payload_sectors * SECTOR,
		reading ? 0 : (size_t)flight->sectors * SECTOR);
}

static void answered(const struct frame *frame, size_t length, int64_t t)
{
	uint32_t tag = ntohl(frame->tag);
	struct flight *flight = &flights[tag % MOST_FRAMES];

	if (length < sizeof *frame - (frame->command ? 4 : 0) || frame->type != htons(ETHERTYPE) || frame->shelf != htons(shelf)
		|| frame->slot != slot)
		return;
	if (waiting_for) {
		if (tag == (uint32_t)waiting_for) {
			found = *frame;
			if (tag == 2 && length >= sizeof *frame + SECTOR)
				memcpy(identity, (const uint8_t *)frame + sizeof *frame, SECTOR);
			waiting_for = 0;
		}
		return;
	}
	if (frame->command != 0 || !flight->used || flight->tag != tag)
		return;
	if (frame->flags & 4)
		die("the target refuses a frame: AoE error %d", frame->error);
	if (frame->ata.operation & 0x21)
		die("the target could not: ATA status 0x%02x", frame->ata.operation);
	if (reading && length < sizeof *frame + flight->sectors * SECTOR)
		return;
	flight->used = 0;
	in_flight--;
	requests[flight->request].left -= flight->sectors;
	if (requests[flight->request].left == 0) {
		note_delay(t - requests[flight->request].began);
		done_requests++;
		requests[flight->request].cut = -1;
	}
}

static void begin_request(struct request *request, int64_t t)
{
	uint64_t sectors = range / SECTOR, places = sectors / request_sectors;

	request->sector = sequential ? next_sector : random() % places * request_sectors;
	request->left = request_sectors;
	if (sequential && request->left > (int64_t)(sectors - next_sector))
		request->left = sectors - next_sector;
	next_sector += request->left;
	request->cut = 0;
	request->began = t;
}

/* Cuts requests into frames while the target has buffers; 0 when nothing is left to be begun. */
static int send_more(int going, int64_t t)
{
	int i, open = 0, cut;
	struct request *request;
	struct flight *flight;

	for (i = 0; i < depth; i++) {
		request = &requests[i];
		if (request->cut < 0 && going && (!sequential || next_sector < range / SECTOR))
			begin_request(request, t);
		if (request->cut < 0)
			continue;
		open = 1;
		cut = sequential ? request->left : request_sectors;
		while (request->cut < cut && in_flight < window) {
			do {
				next_tag = (next_tag + 1) | 0x80000000u;
				flight = &flights[next_tag % MOST_FRAMES];
			} while (flight->used);
			flight->used = 1;
			flight->request = i;
			flight->tag = next_tag;
			flight->sector = request->sector + request->cut;
			flight->sectors = cut - request->cut < frame_sectors ? cut - request->cut : frame_sectors;
			request->cut += flight->sectors;
			in_flight++;
			send_flight(flight, t);
		}
	}
	flush();
	return open;
}

static void resend(int64_t t)
{
	int i;

	for (i = 0; i < MOST_FRAMES; i++) {
		if (flights[i].used && t - flights[i].sent > RESEND_NS) {
			send_flight(&flights[i], t);
			resent++;
		}
	}
	flush();
}

static int by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static double cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
		+ (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void options(int argc, char **argv)
{
	int option, length;

	while ((option = getopt(argc, argv, "rsmb:d:t:n:")) != -1) {
		switch (option) {
		case 'r': reading = 1; break;
		case 's': sequential = 1; break;
		case 'm': ring = 1; break;
		case 'b': request_sectors = atoi(optarg) / SECTOR; break;
		case 'd': depth = atoi(optarg); break;
		case 't': seconds = atof(optarg); break;
		case 'n': range = strtoull(optarg, NULL, 10); break;
		default: exit(2);
		}
	}
	if (argc - optind != 2 || request_sectors < 1 || depth < 1 || depth > MOST_REQUESTS
		|| sscanf(argv[optind + 1], "%d.%d%n", &shelf, &slot, &length) != 2
		|| argv[optind + 1][length]) {
		fprintf(stderr, "usage: aoe-load [-rsm] [-b BYTES] [-d N] [-t SECONDS] [-n BYTES] "
			"INTERFACE SHELF.SLOT\n");
		exit(2);
	}
	interface = argv[optind];
}

int main(int argc, char **argv)
{
	int64_t began, ended, t;
	double cpu;
	uint64_t i;
	int going = 1;

	options(argc, argv);
	find_target(open_socket());
	if (sequential) {
		request_sectors = frame_sectors;
		depth = window;
	}
	if (range < (uint64_t)request_sectors * SECTOR)
		die("the range is smaller than a request");
	/* A long frame may begin at the last sector. */
	payload_sectors = range / SECTOR;
	payload = malloc((payload_sectors + 256) * SECTOR);
	if (!payload)
		die("no memory");
	for (i = 0; i < (payload_sectors + 256) * SECTOR / 8; i++)
		((uint64_t *)payload)[i] = i * 0x9e3779b97f4a7c15u;
	for (i = 0; i < MOST_REQUESTS; i++)
		requests[i].cut = -1;
	cpu = cpu_seconds();
	began = now();
	/* Rising from run to run: a target may take what comes with an earlier tag for late. */
	next_tag = began / 1000;
	t = began;
	while (send_more(going, t)) {
		receive(100);
		t = now();
		resend(t);
		if (!sequential && t - began >= seconds * 1e9)
			going = 0;
		if (t - began > seconds * 1e9 + 60e9)
			die("the target does not answer any more");
	}
	ended = now();
	if (done_requests == 0)
		die("nothing was done");
	qsort(delays, delay_count, sizeof *delays, by_size);
	printf("{\"requests\": %llu, \"bytes\": %llu, \"seconds\": %.3f, \"p50\": %.1f, \"p99\": %.1f, "
		"\"cpu\": %.3f, \"resent\": %llu, \"window\": %d, \"sectors\": %d}\n",
		(unsigned long long)done_requests,
		(unsigned long long)(sequential ? range : done_requests * request_sectors * SECTOR),
		(ended - began) / 1e9, delays[delay_count / 2], delays[delay_count * 99 / 100],
		cpu_seconds() - cpu, (unsigned long long)resent, window, frame_sectors);
	return 0;
}
