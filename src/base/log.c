#define _DEFAULT_SOURCE
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/comm.h"
#include "base/error.h"

static bool status_shown;

/* Open MPI's mpirun gives each rank a pseudo-terminal even when its own output goes to a file, so
 * under mpirun what counts is where the parent process writes. */
static bool parent_is_launcher(void)
{
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%ld/comm", (long)getppid());
    FILE *file = fopen(path, "r");
    if (file && fgets(name, sizeof name, file))
        name[strcspn(name, "\n")] = '\0';
    if (file)
        fclose(file);
    return strcmp(name, "mpirun") == 0 || strcmp(name, "mpiexec") == 0 ||
           strcmp(name, "orterun") == 0 || strcmp(name, "orted") == 0;
}

static bool parent_has_terminal(void)
{
    char path[64], target[64];
    snprintf(path, sizeof path, "/proc/%ld/fd/1", (long)getppid());
    const ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0)
        return false;
    target[length] = '\0';
    return strncmp(target, "/dev/pts/", 9) == 0 || strncmp(target, "/dev/tty", 8) == 0;
}

bool log_is_terminal(void)
{
    static int known = -1;
    if (known < 0)
        known = comm_rank() == 0 && isatty(STDOUT_FILENO) &&
                (!parent_is_launcher() || parent_has_terminal());
    return known == 1;
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

/* Columns of the terminal; under mpirun its pseudo-terminal does not know. */
static int terminal_columns(void)
{
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

void log_status(const char *format, ...)
{
    if (!log_is_terminal())
        return;
    status_clear();
    char line[512];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    printf("%.*s", terminal_columns() - 1, line); /* a wrapped line could not be cleared */
    fflush(stdout);
    status_shown = true;
}

bool log_is_lost(void)
{
    return fflush(stdout) != 0 || ferror(stdout) != 0;
}

bool log_arrived(struct error *err)
{
    const bool is_fine = comm_rank() != 0 || !log_is_lost() ||
                         error_set_environment(err, "standard output: cannot be written");
    return comm_agree(is_fine, err);
}

/* One write, so that the lines of several ranks do not mix. */
static void say(const char *prefix, const char *format, va_list args)
{
    char line[2048];
    size_t used = (size_t)snprintf(line, sizeof line, "%s", prefix);
    vsnprintf(line + used, sizeof line - used - 1, format, args);
    used = strlen(line);
    line[used] = '\n';
    line[used + 1] = '\0';
    status_clear();
    fflush(stdout);
    fputs(line, stderr);
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
