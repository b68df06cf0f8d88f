/* reslice options: the table of every setting of an experiment file. */
#include "base/comm.h"
#include "base/error.h"
#include "base/log.h"
#include "run/cli.h"
#include "run/commands.h"
#include "run/experiment.h"

int command_options(int argc, char **argv)
{
    const struct cli cli = {"reslice options", "Lists every setting of an experiment file.", NULL,
                            0};
    struct cli_list positional = {0};
    struct error err;
    bool help;
    bool fine = cli_parse(&cli, argc, argv, &positional, &help, &err);
    if (fine && positional.count > 0)
        fine = error_set(&err, "options takes no argument, '%s' given", positional.text[0]);
    if (!fine) {
        log_error("%s", err.text);
        return ERROR_STATUS_USER;
    }
    if (help)
        cli_print_help(&cli);
    else if (comm_rank() == 0)
        experiment_print_options();
    return 0;
}
