component twinlock "servo cycles in step with a plant in another process";
description """Each servo cycle sends the commands over a Unix socket to the plant and blocks until it has answered. Servo
time therefore never runs ahead of the plant, however slow that is. For simulation only. The socket keeps messages whole
and tells at once when the plant is gone; then `ok` falls, for good. Servo time stands in a shared file, by which other
processes of the controller time their dwells.""";
pin in float cmd_#[5] "joint positions, mm or degrees";
pin out float fb_#[5] "what the scales read";
pin in float spindle_rpm;
pin in s32 line "of the program";
pin in float vel "along the path, mm/s";
pin in s32 motion_type "5: probing; a touch in any other move would stop the program";
pin in bit coordinated "moves by program: only then external offsets count";
pin in float tool_length "in force, mm";
pin out bit probe;
pin out float feed_factor = 1.0 "adaptive feed";
pin out s32 offset_counts "external offset of Z, 0.1 um each";
pin out bit ok "the plant answers";
pin out u32 cycles;
param rw float asked_feed = 1.0 "factor of the feed from outside, on top of the plant's";
param rw float asked_offset = 0.0 "offset of Z from outside, mm, on top of the plant's";
param rw u32 patience_s = 60 "longest wait for one answer";
variable int fd = -1;
variable int gone;
variable double n;
variable double *servo_time;
include <sys/socket.h>;
include <sys/un.h>;
include <sys/time.h>;
include <sys/mman.h>;
include <sys/stat.h>;
include <fcntl.h>;
include <stdio.h>;
include <unistd.h>;
include <string.h>;
include <errno.h>;
include <math.h>;
function _ fp;
license "GPL";
author "machining-twin";
;;
#define PLANT "/tmp/plant.sock"   /* /tmp is the sandbox's own */
#define SERVO_TIME "/tmp/servo_time" /* [s], one double */
#define PROBING 5
#define OFFSET_COUNT 1e-4         /* mm */

/* No field may have the name of a pin: pins are macros. */
struct request { double number, period, position[5], speed, block, velocity, length; };
struct answer { double number, position[5], touch, factor, offset; };

static int attach(unsigned patience) {
    struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = PLANT };
    struct timeval limit = { patience, 0 };
    int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (s < 0) return -1;
    if (connect(s, (struct sockaddr *)&address, sizeof address) < 0) { close(s); return -1; }
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return s;
}

static double *shared_time(void) {
    static double nowhere;
    void *place = MAP_FAILED;
    int file = open(SERVO_TIME ".new", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file >= 0 && !fchmod(file, 0644) && !ftruncate(file, sizeof(double)) && !rename(SERVO_TIME ".new", SERVO_TIME))
        place = mmap(NULL, sizeof(double), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0); /* seen only when whole */
    if (file >= 0) close(file);
    return place == MAP_FAILED ? &nowhere : place;
}

static int exchange(int s, struct request *out, struct answer *in) {
    ssize_t size;
    if (send(s, out, sizeof *out, MSG_NOSIGNAL) != sizeof *out) return 0;
    do size = recv(s, in, sizeof *in, 0); while (size < 0 && errno == EINTR);
    return size == sizeof *in && in->number == out->number;
}

FUNCTION(_) {
    struct request out;
    struct answer in;
    int i;
    if (fd < 0 && !gone) {
        fd = attach(patience_s);
        gone = fd < 0;
        ok = !gone;
    }
    if (!servo_time) servo_time = shared_time();
    n++;
    cycles = (unsigned)n;
    *servo_time = n * fperiod;
    if (gone) return;
    out.number = n;
    out.period = fperiod;
    for (i = 0; i < 5; i++) out.position[i] = cmd(i);
    out.speed = spindle_rpm;
    out.block = line;
    out.velocity = vel;
    out.length = tool_length;
    if (!exchange(fd, &out, &in)) {
        close(fd);
        fd = -1;
        gone = 1;
        ok = 0;
        return;
    }
    for (i = 0; i < 5; i++) fb(i) = in.position[i];
    probe = in.touch != 0 && motion_type == PROBING;
    feed_factor = in.factor * asked_feed;
    if (coordinated) offset_counts = (int)floor((in.offset + asked_offset) / OFFSET_COUNT + 0.5);
}
