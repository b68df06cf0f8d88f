/* reslice help: what there is, one command's options, or the whole manual. */
#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/manual.h"
#include "result/provenance.h"

static int print_topic(const char *topic)
{
    const enum manual_format format = manual_find(topic);
    const struct command *command = command_find(topic);
    char name[32], help[] = "--help";
    if (format < MANUAL_FORMATS) {
        if (comm_rank() == 0)
            manual_print(format);
        return 0;
    }
    if (!command) {
        log_error("help: value '%s'; allowed: man, markdown, bash, %s", topic, commands_names());
        return ERROR_STATUS_USER;
    }
    snprintf(name, sizeof name, "%s", topic);
    return command->run(2, (char *[]){name, help, NULL});
}

int command_help(int argc, char **argv)
{
    const struct cli cli = {
        "reslice help [COMMAND | man | markdown | bash]",
        "Lists the commands, shows the options of one, or prints the whole manual: as a page for\n"
        "man, as Markdown, or as completion for bash.",
        NULL, 0};
    struct cli_list positional = {0};
    struct error err;
    bool help;
    bool fine = cli_parse(&cli, argc, argv, &positional, &help, &err);
    if (fine && positional.count > 1)
        fine = error_set(&err, "help takes one topic; usage: %s", cli.usage);
    if (!fine) {
        log_error("%s", err.text);
        return ERROR_STATUS_USER;
    }
    if (help)
        return 0;
    if (positional.count == 1)
        return print_topic(positional.text[0]);
    commands_print();
    return 0;
}

int command_version(void)
{
    log_info("reslice %s", provenance_version());
    return 0;
}
