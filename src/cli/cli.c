#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static const struct cli_option *find_option(const struct cli *cli, const char *word, size_t length)
{
    for (size_t i = 0; i < cli->count; i++)
        if (strlen(cli->options[i].name) == length &&
            strncmp(cli->options[i].name, word, length) == 0)
            return &cli->options[i];
    return NULL;
}

static bool unknown_option(const struct cli *cli, const char *word, struct error *err)
{
    char allowed[512] = "";
    for (size_t i = 0; i < cli->count; i++)
        snprintf(allowed + strlen(allowed), sizeof allowed - strlen(allowed), "%s, ",
                 cli->options[i].name);
    return error_set(err, "unknown option '%s'; allowed: %s--help", word, allowed);
}

static bool append(struct cli_list *list, const char *text, const char *what, struct error *err)
{
    if (list->count == CLI_LIST_MAX)
        return error_set(err, "more than %d of '%s'", CLI_LIST_MAX, what);
    list->text[list->count++] = text;
    return true;
}

static bool set_integer(const struct cli_option *option, const char *text, struct error *err)
{
    char *end;
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || (double)value < option->low || (double)value > option->high)
        return error_set(err, "%s: value '%s'; allowed: a whole number %.0f..%.0f", option->name,
                         text, option->low, option->high);
    *(int64_t *)option->value = value;
    return true;
}

static bool set_real(const struct cli_option *option, const char *text, struct error *err)
{
    char *end;
    const double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value) || value < option->low || value > option->high)
        return error_set(err, "%s: value '%s'; allowed: a number %g..%g", option->name, text,
                         option->low, option->high);
    *(double *)option->value = value;
    return true;
}

static bool set_value(const struct cli_option *option, const char *text, struct error *err)
{
    switch (option->kind) {
    case CLI_FLAG:
        *(bool *)option->value = true;
        return true;
    case CLI_TEXT:
        *(const char **)option->value = text;
        return *text ? true : error_set(err, "%s: the %s is empty", option->name, option->argument);
    case CLI_LIST:
        return append(option->value, text, option->name, err);
    case CLI_INTEGER:
        return set_integer(option, text, err);
    case CLI_REAL:
        return set_real(option, text, err);
    }
    return false;
}

static void print_text(const struct cli *cli)
{
    log_info("%s\n\nusage: %s\n", cli->about, cli->usage);
    for (size_t i = 0; i < cli->count; i++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", cli->options[i].name,
                 cli->options[i].argument ? " " : "",
                 cli->options[i].argument ? cli->options[i].argument : "");
        log_info("  %-26s %s", left, cli->options[i].meaning);
    }
    log_info("  %-26s %s", "--help", "show this");
}

static void (*printer)(const struct cli *cli) = print_text;

bool cli_parse(const struct cli *cli, int argc, char **argv, struct cli_list *positional,
               bool *help, struct error *err)
{
    *help = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            printer(cli);
            *help = true;
            return true;
        }
        if (word[0] != '-') {
            if (!append(positional, word, "argument", err))
                return false;
            continue;
        }
        const size_t length = strcspn(word, "=");
        const struct cli_option *option = find_option(cli, word, length);
        if (!option)
            return unknown_option(cli, word, err);
        const char *value = word[length] == '=' ? word + length + 1 : NULL;
        if (option->kind == CLI_FLAG && value)
            return error_set(err, "%s takes no value, '%s' given", option->name, value);
        if (option->kind != CLI_FLAG && !value)
            value = ++i < argc ? argv[i] : NULL;
        if (option->kind != CLI_FLAG && !value)
            return error_set(err, "%s needs a value: %s", option->name, option->argument);
        if (!set_value(option, value, err))
            return false;
    }
    return true;
}

void cli_print_with(void (*print)(const struct cli *cli))
{
    printer = print;
}
