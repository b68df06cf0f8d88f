#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/names.h"

/* ---- values ---- */

/* "1e9" for 1000000000; %g would write 1e+09. */
static const char *number(double value, char text[32])
{
    const double power = value > 0.0 ? floor(log10(value)) : 0.0;
    if (power >= 7.0)
        snprintf(text, 32, "%ge%.0f", value / pow(10.0, power), power);
    else
        snprintf(text, 32, "%.9g", value);
    return text;
}

static bool out_of_range(const struct cli_option *option, const char *text, struct error *err)
{
    char low[32], high[32];
    return error_set(err, "%s: value '%s'; allowed: %s %s..%s", option->name, text,
                     option->kind == CLI_INTEGER ? "a whole number" : "a number",
                     number(option->low, low), number(option->high, high));
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
        return out_of_range(option, text, err);
    *(int64_t *)option->value = value;
    return true;
}

static bool set_real(const struct cli_option *option, const char *text, struct error *err)
{
    char *end;
    const double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value) || value < option->low || value > option->high)
        return out_of_range(option, text, err);
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

/* Whether an option that was given does something. */
static bool is_on(const struct cli_option *option)
{
    switch (option->kind) {
    case CLI_TEXT:
        return strcmp(*(const char **)option->value, "none") != 0;
    case CLI_INTEGER:
        return *(int64_t *)option->value != 0;
    case CLI_REAL:
        return *(double *)option->value != 0.0;
    case CLI_FLAG:
    case CLI_LIST:
        break;
    }
    return true;
}

/* ---- a line ---- */

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
    char allowed[768] = "";
    for (size_t i = 0; i < cli->count; i++)
        names_append(allowed, sizeof allowed, cli->options[i].name);
    names_append(allowed, sizeof allowed, "--help");
    return error_set(err, "unknown option '%s'; allowed: %s", word, allowed);
}

/* The option at argv[*i], whose value may be the next word. */
static bool parse_option(const struct cli *cli, struct cli_call call, int *i, bool *given,
                         struct error *err)
{
    const char *word = call.argv[*i];
    const size_t length = strcspn(word, "=");
    const struct cli_option *option = find_option(cli, word, length);
    if (!option)
        return unknown_option(cli, word, err);
    const char *value = word[length] == '=' ? word + length + 1 : NULL;
    if (option->kind == CLI_FLAG && value)
        return error_set(err, "%s takes no value, '%s' given", option->name, value);
    if (option->kind != CLI_FLAG && !value)
        value = ++*i < call.argc ? call.argv[*i] : NULL;
    if (option->kind != CLI_FLAG && !value)
        return error_set(err, "%s needs a value: %s", option->name, option->argument);
    given[option - cli->options] = true;
    return set_value(option, value, err);
}

/* *help when the line asks for it; the words behind that are not read. */
static bool parse_words(const struct cli *cli, struct cli_call call, struct cli_list *operands,
                        bool *given, bool *help, struct error *err)
{
    *help = false;
    for (int i = 1; i < call.argc && !*help; i++) {
        const char *word = call.argv[i];
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
            *help = true;
        else if (word[0] == '-') {
            if (!parse_option(cli, call, &i, given, err))
                return false;
        } else if (!cli->operand)
            return error_set(err, "%s takes no argument, '%s' given", call.argv[0], word);
        else if (!append(operands, word, "argument", err))
            return false;
    }
    return true;
}

static bool is_active(const struct cli *cli, const char *name, const bool *given)
{
    const struct cli_option *option = find_option(cli, name, strlen(name));
    return option && given[option - cli->options] && is_on(option);
}

/* An option without effect is a mistake of the user's. */
static bool check_effects(const struct cli *cli, const bool *given, struct error *err)
{
    for (size_t i = 0; i < cli->count; i++) {
        const struct cli_option *option = &cli->options[i];
        if (!given[i])
            continue;
        if (option->needs && !is_active(cli, option->needs, given))
            return error_set(err, "%s has no effect without %s, which is not given", option->name,
                             option->needs);
        if (option->excluded_by && is_active(cli, option->excluded_by, given) && is_on(option))
            return error_set(err, "%s has no effect with %s", option->name, option->excluded_by);
    }
    return true;
}

static bool check_count(const struct cli *cli, const char *name, size_t count, struct error *err)
{
    if (count >= cli->fewest && count <= cli->most)
        return true;
    if (cli->most == 1)
        return error_set(err, "%s: %zu %ss given, expected %s; usage: %s", name, count,
                         cli->operand, cli->fewest == 1 ? "one" : "one at most", cli->usage);
    return error_set(err, "%s: no %ss given; usage: %s", name, cli->operand, cli->usage);
}

bool cli_parse(const struct cli *cli, struct cli_call call, struct cli_list *operands, int *status)
{
    bool *given = MEM_NEW(bool, cli->count);
    bool help;
    struct error err;
    const size_t before = operands ? operands->count : 0;
    bool fine = parse_words(cli, call, operands, given, &help, &err);
    if (fine && help) {
        call.print(cli);
        fine = !log_is_lost() || error_set_environment(&err, "standard output: cannot be written");
    } else if (fine)
        fine = check_effects(cli, given, &err) &&
               (!cli->operand || check_count(cli, call.argv[0], operands->count - before, &err)) &&
               (!cli->check || cli->check(cli->context, &err));
    if (!fine)
        log_error("%s", err.text);
    mem_free(given);
    *status = fine ? 0 : error_status(&err);
    return fine && !help;
}

/* ---- help ---- */

/* Adds "; word" or " (word" to a meaning. */
static void add(char text[CLI_MEANING], bool *open, const char *word)
{
    const size_t used = strlen(text);
    snprintf(text + used, CLI_MEANING - used, "%s%s", *open ? "; " : " (", word);
    *open = true;
}

/* "0.01..3600 s" and "default: 5". */
static void add_number(const struct cli_option *option, char text[CLI_MEANING], bool *open)
{
    const double standard =
        option->kind == CLI_INTEGER ? (double)*(int64_t *)option->value : *(double *)option->value;
    char low[32], high[32], words[96];
    snprintf(words, sizeof words, "%s..%s%s%s", number(option->low, low),
             number(option->high, high), option->unit ? " " : "", option->unit ? option->unit : "");
    add(text, open, words);
    if (standard < option->low || standard > option->high)
        return;
    snprintf(words, sizeof words, "default: %s", number(standard, low));
    add(text, open, words);
}

const char *cli_meaning(const struct cli_option *option, char text[CLI_MEANING])
{
    bool open = false;
    char words[256];
    snprintf(text, CLI_MEANING, "%s", option->meaning);
    if (option->needs) {
        snprintf(words, sizeof words, "needs %s", option->needs);
        add(text, &open, words);
    }
    if (option->excluded_by) {
        snprintf(words, sizeof words, "not with %s", option->excluded_by);
        add(text, &open, words);
    }
    if (option->kind == CLI_INTEGER || option->kind == CLI_REAL)
        add_number(option, text, &open);
    if (option->kind == CLI_TEXT && *(const char **)option->value) {
        snprintf(words, sizeof words, "default: %s", *(const char **)option->value);
        add(text, &open, words);
    }
    if (open)
        strncat(text, ")", CLI_MEANING - strlen(text) - 1);
    return text;
}

/* `left`, and `right` beside it in lines of at most 100 characters. */
static void print_row(const char *left, const char *right)
{
    enum { WIDTH = 100 - 29 };
    while (strlen(right) > WIDTH) {
        size_t cut = WIDTH;
        while (cut > 0 && right[cut] != ' ')
            cut--;
        if (cut == 0)
            break;
        log_info("  %-26s %.*s", left, (int)cut, right);
        right += cut + 1;
        left = "";
    }
    log_info("  %-26s %s", left, right);
}

void cli_print(const struct cli *cli)
{
    log_info("%s\n\nusage: %s\n", cli->about, cli->usage);
    for (size_t i = 0; i < cli->count; i++) {
        const struct cli_option *option = &cli->options[i];
        char left[64], right[CLI_MEANING];
        snprintf(left, sizeof left, "%s%s%s", option->name, option->argument ? " " : "",
                 option->argument ? option->argument : "");
        print_row(left, cli_meaning(option, right));
    }
    print_row("--help", "show this");
}
