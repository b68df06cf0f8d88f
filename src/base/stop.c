#define _POSIX_C_SOURCE 200809L
#include "base/stop.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/comm.h"

static volatile sig_atomic_t caught;      /* the first signal, or 0 */
static volatile sig_atomic_t interrupted; /* SIGINT came before */
static double deadline_s;                 /* on comm_time_s's clock; 0: none */
static double allowance_s, work_s, saving_s;

static const struct {
    int number;
    const char *name;
} signals[] = {
    {SIGTERM, "SIGTERM"},
    {SIGINT,  "SIGINT" },
    {SIGHUP,  "SIGHUP" },
    {SIGUSR1, "SIGUSR1"},
};

enum { SIGNALS = sizeof signals / sizeof signals[0] };

static void set_action(int number, void (*action)(int))
{
    /* SA_RESTART: a signal must not make a write of the result file fail */
    struct sigaction how = {.sa_handler = action, .sa_flags = SA_RESTART};
    sigemptyset(&how.sa_mask);
    sigaction(number, &how, NULL);
}

static void catch_signal(int number)
{
    if (number == SIGINT && interrupted) {
        signal(SIGINT, SIG_DFL);
        raise(SIGINT); /* delivered on return */
    }
    interrupted |= number == SIGINT;
    if (!caught)
        caught = number;
}

/* Whether SIGHUP is ignored, but not by an earlier stop_end. */
static bool ignores_hangup(void)
{
    static bool is_known, is_ignored;
    struct sigaction now;
    if (!is_known && sigaction(SIGHUP, NULL, &now) == 0)
        is_ignored = now.sa_handler == SIG_IGN;
    is_known = true;
    return is_ignored;
}

void stop_start(double limit_s)
{
    caught = interrupted = 0;
    work_s = saving_s = 0.0;
    deadline_s = limit_s > 0.0 ? comm_time_s() + limit_s : 0.0;
    /* for what came before this call and comes after the checkpoint: starting and ending MPI */
    allowance_s = limit_s > 50.0 ? 5.0 : 0.1 * limit_s;
    for (int i = 0; i < SIGNALS; i++)
        if (signals[i].number != SIGHUP || !ignores_hangup())
            set_action(signals[i].number, catch_signal);
}

void stop_end(void)
{
    for (int i = 0; i < SIGNALS; i++)
        set_action(signals[i].number, signals[i].number == SIGINT ? SIG_DFL : SIG_IGN);
    caught = 0;
    deadline_s = 0.0;
}

static bool time_is_over(void)
{
    return deadline_s > 0.0 &&
           comm_time_s() + 2.0 * (work_s + saving_s) + allowance_s >= deadline_s;
}

bool stop_wanted(void)
{
    return caught || time_is_over();
}

const char *stop_reason(void)
{
    for (int i = 0; i < SIGNALS; i++)
        if (caught == signals[i].number)
            return signals[i].name;
    return time_is_over() ? "--time-limit" : "a signal to another rank";
}

static void keep_longest(double *longest_s, double seconds)
{
    *longest_s = seconds > *longest_s ? seconds : *longest_s;
}

void stop_note_work(double seconds)
{
    keep_longest(&work_s, seconds);
}

void stop_note_saving(double seconds)
{
    keep_longest(&saving_s, seconds);
}

/* ---- "1-02:03:04" ---- */

enum { PARTS = 3 };

/* "2:03:04" → 2, 3, 4; returns how many, 0 when it is not numbers between colons. */
static int read_parts(const char *text, double part[PARTS])
{
    for (int n = 0; n < PARTS; n++) {
        char *end;
        if (strspn(text, "0123456789") == 0 || strspn(text, "0123456789") > 9)
            return 0;
        part[n] = (double)strtol(text, &end, 10);
        if (*end == '\0')
            return n + 1;
        if (*end != ':')
            return 0;
        text = end + 1;
    }
    return 0;
}

bool stop_parse_limit(const char *text, double *seconds, struct error *err)
{
    static const double from_days[PARTS] = {3600, 60, 1};
    static const double without[PARTS][PARTS] = {
        {60},
        {   60,   1},
        { 3600, 60, 1}
    };
    double part[PARTS] = {0}, days = 0.0;
    const char *dash = strchr(text, '-'), *rest = dash ? dash + 1 : text;
    char *end = NULL;
    if (dash && strspn(text, "0123456789") > 0)
        days = (double)strtol(text, &end, 10);
    const int n = !dash || end == dash ? read_parts(rest, part) : 0;
    double sum = 86400.0 * days;
    for (int i = 0; i < n; i++)
        sum += part[i] * (dash ? from_days[i] : without[n - 1][i]);
    if (n == 0 || sum <= 0.0 || sum > 1e9)
        return error_set(err,
                         "--time-limit: value '%.60s'; allowed: minutes, minutes:seconds, "
                         "hours:minutes:seconds or days-hours[:minutes[:seconds]], more than 0",
                         text);
    *seconds = sum;
    return true;
}
