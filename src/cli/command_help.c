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
    return command->run((struct cli_call){
        2, (char *[]){name, help, NULL},
          cli_print
    });
}

int command_help(struct cli_call call)
{
    const struct cli cli = {
        .usage = "reslice help [COMMAND | man | markdown | bash]",
        .about =
            "Lists the commands, shows the options of one, or prints the whole manual: as a page "
            "for\nman, as Markdown, or as completion for bash.",
        .operand = "topic",
        .most = 1};
    struct cli_list topics = {0};
    int status;
    if (!cli_parse(&cli, call, &topics, &status))
        return status;
    if (topics.count == 1)
        return print_topic(topics.text[0]);
    commands_print();
    return 0;
}

int command_version(void)
{
    log_info("reslice %s", provenance_version());
    return 0;
}
