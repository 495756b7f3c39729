/* Preloaded library: the processes of a controller that pace its motion keep machine time.
   rtapi_app, whose threads carry the servo, sees a monotonic clock that runs TWIN_TIME_FACTOR times as fast; milltask,
   which times dwells, a time of day that goes on with the servo cycles done: late or not, a dwell has its length.
   Everything else keeps the time of the wall. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define GIGA 1000000000LL
#define SERVO_TIME "/tmp/servo_time" /* [s], one double, written by the component in the servo thread */

static double factor = 1;
static int paces_motion, times_dwells;
static long long started_monotonic;
static int (*true_clock_gettime)(clockid_t, struct timespec *);
static int (*true_clock_nanosleep)(clockid_t, int, const struct timespec *, struct timespec *);
static int (*true_gettimeofday)(struct timeval *restrict, void *restrict);

static long long nanoseconds(const struct timespec *t) { return t->tv_sec * GIGA + t->tv_nsec; }

static struct timespec timespec_of(long long n) { return (struct timespec){ n / GIGA, n % GIGA }; }

__attribute__((constructor)) static void begin(void) {
    const char *asked = getenv("TWIN_TIME_FACTOR");
    struct timespec now;
    true_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    true_clock_nanosleep = dlsym(RTLD_NEXT, "clock_nanosleep");
    true_gettimeofday = dlsym(RTLD_NEXT, "gettimeofday");
    if (asked && atof(asked) > 0) factor = atof(asked);
    paces_motion = !strcmp(program_invocation_short_name, "rtapi_app");
    times_dwells = !strcmp(program_invocation_short_name, "milltask");
    true_clock_gettime(CLOCK_MONOTONIC, &now);
    started_monotonic = nanoseconds(&now);
}

int clock_gettime(clockid_t clock, struct timespec *t) {
    int failed;
    if (!true_clock_gettime) begin(); /* another library's constructor asked before ours ran */
    failed = true_clock_gettime(clock, t);
    if (!failed && paces_motion && clock == CLOCK_MONOTONIC)
        *t = timespec_of(started_monotonic + (long long)((nanoseconds(t) - started_monotonic) * factor));
    return failed;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *t, struct timespec *left) {
    struct timespec shorter;
    long long n;
    if (!true_clock_nanosleep) begin();
    if (!paces_motion || clock != CLOCK_MONOTONIC) return true_clock_nanosleep(clock, flags, t, left);
    n = nanoseconds(t);
    n = flags & TIMER_ABSTIME ? started_monotonic + (long long)((n - started_monotonic) / factor) : (long long)(n / factor);
    shorter = timespec_of(n);
    return true_clock_nanosleep(clock, flags, &shorter, left);
}

/* Servo time since the controller's start [ns]; 0 before its first cycle. */
static long long servo_time(void) {
    static const volatile double *shared;
    if (!shared) {
        int file = open(SERVO_TIME, O_RDONLY | O_CLOEXEC);
        void *place = file < 0 ? MAP_FAILED : mmap(NULL, sizeof(double), PROT_READ, MAP_SHARED, file, 0);
        if (file >= 0) close(file);
        if (place == MAP_FAILED) return 0;
        shared = place;
    }
    return (long long)(*shared * GIGA);
}

int gettimeofday(struct timeval *restrict t, void *restrict zone) {
    static long long servo_started;
    long long servo;
    int failed;
    if (!true_gettimeofday) begin();
    failed = true_gettimeofday(t, zone);
    if (failed || !times_dwells || !(servo = servo_time())) return failed;
    if (!servo_started) servo_started = t->tv_sec * GIGA + t->tv_usec * 1000LL - servo;
    servo += servo_started;
    t->tv_sec = servo / GIGA;
    t->tv_usec = servo % GIGA / 1000;
    return 0;
}
