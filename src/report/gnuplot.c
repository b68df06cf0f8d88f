#define _POSIX_C_SOURCE 200809L
#include "report/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GNUPLOT_PATH = 4096, EXIT_NOT_STARTED = 127 };

static const char log_name[] = "gnuplot.log";

const char gnuplot_missing[] =
    "gnuplot is not on the PATH, and plots are drawn by it; install it (Debian: gnuplot-nox) or "
    "load its module";

bool gnuplot_is_there(void)
{
    const char *path = getenv("PATH");
    while (path && *path) {
        char name[GNUPLOT_PATH];
        const size_t length = strcspn(path, ":");
        snprintf(name, sizeof name, "%.*s/gnuplot", (int)length, length > 0 ? path : ".");
        if (access(name, X_OK) == 0)
            return true;
        path += length + (path[length] == ':');
    }
    return false;
}

/* In the child: does not return. */
_Noreturn static void become_gnuplot(const char *folder, const char *script)
{
    /* -d: a ~/.gnuplot of the user's would draw other figures */
    char *const arguments[] = {"gnuplot", "-d", (char *)script, NULL};
    const int log = chdir(folder) == 0 ? open(log_name, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    const int nothing = open("/dev/null", O_RDONLY);
    if (log >= 0 && nothing >= 0 && dup2(log, STDOUT_FILENO) >= 0 &&
        dup2(log, STDERR_FILENO) >= 0 && dup2(nothing, STDIN_FILENO) >= 0)
        execvp(arguments[0], arguments);
    _exit(EXIT_NOT_STARTED);
}

/* The line of its log that says what is wrong: behind the script's line and a marker it prints. */
static void read_words(const char *folder, char *words, size_t size)
{
    char path[GNUPLOT_PATH], line[256];
    snprintf(path, sizeof path, "%s/%s", folder, log_name);
    FILE *log = fopen(path, "r");
    words[0] = '\0';
    while (log && fgets(line, sizeof line, log)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0])
            snprintf(words, size, "%s", line);
    }
    if (log)
        fclose(log);
    remove(path);
}

bool gnuplot_run(const char *folder, const char *script, struct error *err)
{
    char words[256];
    int status = 0;
    const pid_t child = fork();
    if (child < 0)
        return error_set(err, "gnuplot: cannot be started: %s", strerror(errno));
    if (child == 0)
        become_gnuplot(folder, script);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return error_set(err, "gnuplot: %s", strerror(errno));
    read_words(folder, words, sizeof words);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    return error_set(err, "gnuplot has failed on '%s': %s", script,
                     words[0]                                                       ? words
                     : WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_STARTED ? "not started"
                                                                                    : "no reason");
}
