/* Durations and limits when somebody sets the clock: here it leaps an hour ahead each time it is read,
 * by functions that stand before the C library's. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/comm.h"
#include "base/stop.h"

static time_t ahead_s;

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const int status = (int)syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME)
        now->tv_sec += ahead_s += 3600;
    return status;
}

int timespec_get(struct timespec *now, int base)
{
    clock_gettime(CLOCK_REALTIME, now);
    return base;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    *now = (struct timeval){precise.tv_sec, precise.tv_nsec / 1000};
    return 0;
}

static void test_duration(void **state)
{
    (void)state;
    const double start_s = comm_time_s();
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    const double time_s = comm_time_s() - start_s;
    assert_true(time_s >= 0.02 && time_s < 60.0);
}

static void test_date(void **state)
{
    (void)state;
    struct timespec first;
    clock_gettime(CLOCK_REALTIME, &first);
    const double later_s = comm_date_s() - (double)first.tv_sec;
    assert_true(later_s >= 3600.0 && later_s < 3660.0);
}

static void test_limit(void **state)
{
    (void)state;
    stop_start(60.0);
    for (int i = 0; i < 3; i++)
        assert_false(stop_wanted());
    stop_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duration),
        cmocka_unit_test(test_date),
        cmocka_unit_test(test_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
