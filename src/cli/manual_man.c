/* The manual page, as roff with the macros of man(7). */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/manual_pages.h"
#include "settings/options.h"

enum { TEXT = 2048 };

/* A text as roff: no hyphen becomes a soft one, and no line is taken for a request. */
static const char *roff(const char *text, char out[TEXT])
{
    size_t n = 0;
    bool at_start = true;
    for (; *text && n + 4 < TEXT; text++) {
        if (at_start && (*text == '.' || *text == '\''))
            n += (size_t)snprintf(out + n, TEXT - n, "\\&");
        at_start = *text == '\n';
        if (*text == '-' || *text == '\\')
            out[n++] = '\\';
        if (*text == '\\')
            out[n++] = 'e';
        else
            out[n++] = *text;
    }
    out[n] = '\0';
    return out;
}

static void item(const char *head, const char *argument, const char *meaning)
{
    char left[TEXT], right[TEXT], text[TEXT];
    roff(head, left);
    roff(argument ? argument : "", right);
    log_info(".TP\n\\fB%s\\fR%s\\fI%s\\fR", left, argument ? " " : "", right);
    log_info("%s", roff(meaning, text));
}

static void begin(void)
{
    log_info("'\\\" -*- coding: UTF-8 -*-\n.\\\" Made by reslice help man from the tables that "
             "parse.");
    log_info(".TH RESLICE 1 \"\" \"reslice %s\" \"User Commands\"", RESLICE_VERSION);
    log_info(".SH NAME\nreslice \\- bit\\-slice sparse fixed\\-point networks on ReRAM crossbars");
    log_info(".SH SYNOPSIS\n.B reslice\n.I COMMAND\n.RI [ arguments ]\n.br\n.B mpirun \\-n\n"
             ".I RANKS\n.B reslice\n.I COMMAND\n.RI [ arguments ]");
    log_info(".SH DESCRIPTION\n"
             "Trains 8\\-bit dynamic fixed\\-point neural networks data\\-parallel over MPI under\n"
             "the bit\\-slice L1 penalty, maps the bit slices of the weights to ReRAM crossbars,\n"
             "and finds the ADC that each slice needs. Results are HDF5 files, the same bytes on\n"
             "any number of ranks that divides \\fBtraining.shards\\fR.");
    log_info(".SH OPTIONS");
    item("--help", NULL, "of any command: show its options");
    item("--version", NULL, "show the version");
    log_info(".SH COMMANDS");
}

static void command(const struct cli *cli)
{
    char text[TEXT], meaning[CLI_MEANING];
    const char *words = cli->usage + strlen("reslice ");
    log_info(".SS \"%.*s\"", (int)strcspn(words, " "), words);
    log_info("%s", roff(cli->about, text));
    log_info(".PP\n.B %s", roff(cli->usage, text));
    for (size_t i = 0; i < cli->count; i++)
        item(cli->options[i].name, cli->options[i].argument,
             cli_meaning(&cli->options[i], meaning));
}

static void settings(void)
{
    log_info(
        ".SH EXPERIMENT FILES\n"
        "One YAML file holds the sections of settings and the list of runs; a run may have any\n"
        "section of its own, the parent that it comes from and a matrix of settings.\n"
        ".PP\n.nf\n.RS 4\n"
        "experiment: my\\-mlp\n"
        "data: {name: mnist, validation: 5000}\n"
        "network: {model: mlp, hidden: [100]}\n"
        "training: {batch: 64, shards: 4, rate: 0.01, momentum: 0.5}\n"
        "runs:\n"
        "\\ \\ \\- {name: pretrain, epochs: 100, penalty: {name: l1, alpha: 10}}\n"
        "\\ \\ \\- name: bitslice\n"
        "\\ \\ \\ \\ from: pretrain\n"
        "\\ \\ \\ \\ epochs: 50\n"
        "\\ \\ \\ \\ penalty: {name: bit\\-slice\\-l1, alpha: 0.5}\n"
        "\\ \\ \\ \\ matrix: {training.seed: [1, 2, 3]}\n"
        ".RE\n.fi\n.PP\nEvery setting, with its default:");
    for (size_t i = 0; i < options_count; i++) {
        char allowed[256], head[TEXT], text[TEXT];
        option_allowed(&options_table[i], allowed, sizeof allowed);
        snprintf(head, sizeof head, "%s = %s", options_table[i].path, options_table[i].standard);
        item(head, NULL, options_table[i].meaning);
        log_info(".br\nAllowed: %s.", roff(allowed, text));
    }
}

static void end(void)
{
    settings();
    log_info(".SH FILES\n.TP\n.I results/EXPERIMENT/RUN.h5\n"
             "the result of a run: HDF5, format version 1\n.TP\n"
             ".I RUN.h5.checkpoint\nwhere an interrupted run goes on; gone when it is complete");
    log_info(".SH ENVIRONMENT");
    for (int i = 0; i < MANUAL_VARIABLES; i++)
        item(manual_environment[i].name, NULL, manual_environment[i].meaning);
    log_info(".SH EXIT STATUS");
    for (int i = 0; i < MANUAL_STATUSES; i++) {
        char status[16];
        snprintf(status, sizeof status, "%d", manual_statuses[i].status);
        item(status, NULL, manual_statuses[i].meaning);
    }
    log_info(".SH EXAMPLES");
    for (int i = 0; i < MANUAL_EXAMPLES; i++)
        item(manual_examples[i].name, NULL, manual_examples[i].meaning);
    log_info(".SH SEE ALSO\n.BR mpirun (1),\n.BR h5dump (1),\n.BR gnuplot (1)");
}

const struct manual_page manual_man = {begin, command, end};
