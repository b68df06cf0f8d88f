#define _POSIX_C_SOURCE 200809L
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/comm.h"
#include "base/error.h"

static bool status_shown;

bool log_is_terminal(void)
{
    return comm_rank() == 0 && isatty(STDOUT_FILENO);
}

static void status_clear(void)
{
    if (status_shown)
        fputs("\r\033[K", stdout);
    status_shown = false;
}

void log_info(const char *format, ...)
{
    if (comm_rank() != 0)
        return;
    status_clear();
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

void log_status(const char *format, ...)
{
    if (!log_is_terminal())
        return;
    status_clear();
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    fflush(stdout);
    status_shown = true;
}

static void say(const char *prefix, const char *format, va_list args)
{
    status_clear();
    fflush(stdout);
    fputs(prefix, stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void log_warn(const char *format, ...)
{
    if (comm_rank() != 0)
        return;
    va_list args;
    va_start(args, format);
    say("reslice: warning: ", format, args);
    va_end(args);
}

void log_error(const char *format, ...)
{
    if (comm_rank() != 0)
        return;
    va_list args;
    va_start(args, format);
    say("reslice: ", format, args);
    va_end(args);
}

void log_fatal(const char *format, ...)
{
    char prefix[40];
    snprintf(prefix, sizeof prefix, "reslice: [%d] ", comm_rank());
    va_list args;
    va_start(args, format);
    say(prefix, format, args);
    va_end(args);
    comm_abort(ERROR_STATUS_ENVIRONMENT);
}
