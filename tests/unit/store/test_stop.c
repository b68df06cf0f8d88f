/* Asking a run to stop (signals, time limit), and keeping a second process away (locks). */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/stop.h"
#include "store/lock.h"

static struct error err;

static void assert_says(const char *words)
{
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
}

/* ---- the time limit as text ---- */

static void test_limits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } good[] = {
        {"1",          60    },
        {"90",         5400  },
        {"0:07",       7     },
        {"1:30",       90    },
        {"01:02:03",   3723  },
        {"2-0",        172800},
        {"1-12",       129600},
        {"1-2:30",     95400 },
        {"0-00:00:05", 5     },
    };
    /* clang-format off */
    static const char *const bad[] = {
        "", "0", "-1", "1:2:3:4", "x", "1h", "1:", ":1", "1-", "-", "1.5", "0:0", "1 ", " 1",
        "1--2", "+1:2", "1-2-3", "1:-2", "0x5", "99999999999999999999",
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double seconds = -1;
        if (!stop_parse_limit(good[i].text, &seconds, &err) || seconds != good[i].seconds)
            fail_msg("%s: %g", good[i].text, seconds);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double seconds;
        if (stop_parse_limit(bad[i], &seconds, &err))
            fail_msg("'%s' is taken for %g s", bad[i], seconds);
        assert_says("--time-limit: value '");
    }
}

/* ---- when to stop ---- */

static void test_signals(void **state)
{
    (void)state;
    static const int number[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP};
    static const char *const name[] = {"SIGTERM", "SIGINT", "SIGUSR1", "SIGHUP"};
    assert_false(stop_wanted());
    for (int i = 0; i < 4; i++) {
        stop_start(0.0);
        assert_false(stop_wanted());
        raise(number[i]);
        assert_true(stop_wanted());
        assert_string_equal(stop_reason(), name[i]);
        raise(SIGTERM); /* once more does no harm */
        assert_string_equal(stop_reason(), name[i]);
        stop_end();
        raise(SIGTERM); /* nor after the end */
        raise(SIGUSR1);
        raise(SIGHUP);
        assert_false(stop_wanted());
    }
    stop_start(0.0);
    assert_string_equal(stop_reason(), "a signal to another rank");
    stop_end();
}

static void test_time_limit(void **state)
{
    (void)state;
    stop_start(1000.0);
    assert_false(stop_wanted());
    stop_note_work(200.0); /* room for twice the longest step and checkpoint */
    stop_note_work(100.0);
    assert_false(stop_wanted());
    stop_note_saving(290.0);
    assert_false(stop_wanted());
    stop_note_saving(299.0);
    assert_true(stop_wanted());
    assert_string_equal(stop_reason(), "--time-limit");
    stop_start(0.05); /* forgets what it knew */
    assert_false(stop_wanted());
    nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
    assert_true(stop_wanted());
    stop_end();
}

/* Status of a child that runs `body`. */
static int status_of_child(void (*body)(void))
{
    const pid_t child = fork();
    if (child == 0) {
        body();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* A new program, as nohup starts it, or else: its status is 1 when it would stop. */
static void hang_up(void)
{
    stop_start(0.0);
    raise(SIGHUP);
    _exit(stop_wanted());
}

static void hang_up_twice(void)
{
    stop_start(0.0);
    stop_end();
    hang_up();
}

static void test_hangup(void **state)
{
    (void)state;
    assert_int_equal(WEXITSTATUS(status_of_child(hang_up)), 1);
    assert_int_equal(WEXITSTATUS(status_of_child(hang_up_twice)), 1);
    signal(SIGHUP, SIG_IGN);
    assert_int_equal(status_of_child(hang_up), 0);
    assert_int_equal(status_of_child(hang_up_twice), 0);
    signal(SIGHUP, SIG_DFL);
}

static void interrupt_once(void)
{
    stop_start(0.0);
    raise(SIGTERM);
    raise(SIGINT);
    raise(SIGUSR1);
}

static void interrupt_twice(void)
{
    interrupt_once();
    raise(SIGINT);
}

static void test_second_interrupt(void **state)
{
    (void)state;
    int status = status_of_child(interrupt_once);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    status = status_of_child(interrupt_twice);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
}

/* ---- locks ---- */

static char folder[] = "/tmp/reslice_lock.XXXXXX";
static char result[64], lock_file[80];

/* A child that takes the lock, says so and waits. */
static pid_t start_holder(void)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct lock lock;
        if (!lock_take(&lock, result, &err))
            _exit(1);
        if (write(ready[1], "x", 1) != 1)
            _exit(2);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return child;
}

static void test_lock(void **state)
{
    (void)state;
    struct lock lock;
    const pid_t holder = start_holder();
    assert_false(lock_take(&lock, result, &err));
    assert_int_equal(lock.fd, -1);
    lock_release(&lock); /* leaves the other's file alone */
    assert_int_equal(access(lock_file, F_OK), 0);
    char words[64];
    snprintf(words, sizeof words, "process %ld", (long)holder);
    assert_says(words);
    assert_says(lock_file);

    kill(holder, SIGKILL); /* a crash: the file stays, the lock does not */
    assert_int_equal(waitpid(holder, NULL, 0), holder);
    assert_int_equal(access(lock_file, F_OK), 0);
    assert_true(lock_take(&lock, result, &err));
    lock_release(&lock);
    assert_int_not_equal(access(lock_file, F_OK), 0);
    assert_true(lock_take(&lock, result, &err));
    lock_release(&lock);
}

static struct lock other;

static void take_other(void)
{
    _exit(lock_take(&other, result, &err) ? 7 : 8);
}

static void test_lock_of_this_process(void **state)
{
    (void)state;
    struct lock lock;
    assert_true(lock_take(&lock, result, &err));
    assert_int_equal(WEXITSTATUS(status_of_child(take_other)), 8);
    lock_release(&lock);
    assert_int_equal(WEXITSTATUS(status_of_child(take_other)), 7);
    assert_int_equal(unlink(lock_file), 0); /* the child's, which ended with it */
}

static void test_lock_without_folder(void **state)
{
    (void)state;
    struct lock lock;
    assert_false(lock_take(&lock, "/nowhere/x.h5", &err));
    assert_says("/nowhere/x.h5.lock");
    assert_says("No such file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_hangup),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_time_limit),
        cmocka_unit_test(test_second_interrupt),
        cmocka_unit_test(test_lock),
        cmocka_unit_test(test_lock_of_this_process),
        cmocka_unit_test(test_lock_without_folder),
    };
    if (!mkdtemp(folder))
        return 1;
    snprintf(result, sizeof result, "%s/r.h5", folder);
    snprintf(lock_file, sizeof lock_file, "%s.lock", result);
    const int failures = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failures;
}
