/* reslice: starts MPI, picks the command, stops MPI. */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/comm.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/simd.h"
#include "cli/commands.h"
#include "nn/network.h"
#include "store/store.h"

static int run_command(int argc, char **argv)
{
    const struct cli_call call = {argc - 1, argv + 1, cli_print};
    if (argc < 2) {
        commands_print();
        return ERROR_STATUS_USER;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return command_help((struct cli_call){1, argv, cli_print});
    if (strcmp(argv[1], "--version") == 0)
        return command_version();
    const struct command *command = command_find(argv[1]);
    if (command)
        return command->run(call);
    log_error("unknown command '%s'; allowed: %s", argv[1], commands_names());
    return ERROR_STATUS_USER;
}

/* On ranks that compute with the same instructions. */
static int start_command(int argc, char **argv)
{
    struct error err;
    if (simd_agree(&err))
        return run_command(argc, argv);
    log_error("%s", err.text);
    return ERROR_STATUS_USER;
}

/* Needs no ranks: works where MPI does not, and while this program is being built. */
static bool is_help(int argc, char **argv)
{
    static const char *const words[] = {"help", "--help", "-h", "--version"};
    bool is_one = false;
    for (size_t w = 0; argc > 1 && w < sizeof words / sizeof words[0]; w++)
        is_one = is_one || strcmp(argv[1], words[w]) == 0;
    return is_one;
}

/* Where a standard descriptor is closed, the next file or pipe that is opened (MPI's, a result) would
 * take its number, and what is printed would go there. Standard output opened for reading fails as a
 * closed one does. */
static void fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return; /* no /dev/null */
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    if (is_help(argc, argv)) {
        const int status = run_command(argc, argv);
        if (status != 0 || !log_is_lost())
            return status;
        log_error("standard output: cannot be written"); /* half a manual page is none */
        return ERROR_STATUS_ENVIRONMENT;
    }
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow (ulimit -f) is told like a full disk */
    store_start();
    comm_start(&argc, &argv);
    network_use_one_thread();
    const int status = start_command(argc, argv);
    if (status == 0 && mem_live_blocks() != 0)
        log_warn("%zu memory blocks were not given back", mem_live_blocks());
    if (status == 0 && log_is_lost())
        log_warn("standard output: cannot be written; the files that were asked for are complete");
    comm_stop();
    return status;
}
