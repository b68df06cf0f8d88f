#define _POSIX_C_SOURCE 200809L
#include "unit/report/report_output.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "report/report.h"

static struct error report_error;

char printed[OUTPUT];

bool capture(bool (*print)(const void *), const void *context)
{
    FILE *file = tmpfile();
    fflush(stdout);
    fflush(stderr);
    const int out = dup(STDOUT_FILENO), errors = dup(STDERR_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    const bool fine = print(context);
    fflush(stdout);
    fflush(stderr);
    dup2(out, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    close(out);
    close(errors);
    rewind(file);
    printed[fread(printed, 1, sizeof printed - 1, file)] = '\0';
    fclose(file);
    assert_int_equal(mem_live_blocks(), 0);
    return fine;
}

static bool print_request(const void *context)
{
    const struct request *request = context;
    size_t files = 0;
    while (files < 8 && request->file[files])
        files++;
    return report_print(request->file, files, 0, NULL, request->format, &report_error);
}

void print_report(struct request request)
{
    if (!capture(print_request, &request))
        fail_msg("%s", report_error.text);
}

void assert_refused(const char *path, const char *message)
{
    const struct request request = {{path}, TABLE_TEXT};
    assert_false(capture(print_request, &request));
    assert_string_equal(printed, "");
    if (!strstr(report_error.text, message) || !strstr(report_error.text, path))
        fail_msg("'%s' does not say '%s' of %s", report_error.text, message, path);
}

bool run_command(const void *context)
{
    char **argv = (char **)(uintptr_t)context;
    int argc = 0;
    while (argv[argc])
        argc++;
    return command_report((struct cli_call){argc, argv, cli_print}) == 0;
}

void assert_prints(const char *text)
{
    if (!strstr(printed, text))
        fail_msg("'%s' is not in\n%s", text, printed);
}

void assert_prints_not(const char *text)
{
    if (strstr(printed, text))
        fail_msg("'%s' is in\n%s", text, printed);
}

/* ---- csv ---- */

enum { FIELDS = 40 };

/* Takes the next record of a csv text to pieces in `buffer`. Returns its fields, 0 at the end. */
static size_t next_record(const char **text, char *buffer, char *field[FIELDS])
{
    size_t fields = 0;
    const char *c = *text;
    while (*c && fields < FIELDS) {
        field[fields++] = buffer;
        const bool is_quoted = *c == '"';
        for (c += is_quoted; *c && (is_quoted || (*c != ',' && *c != '\n')); c++) {
            if (is_quoted && *c == '"' && *++c != '"')
                break;
            *buffer++ = *c;
        }
        *buffer++ = '\0';
        assert_true(*c == ',' || *c == '\n');
        if (*c++ == '\n')
            break;
    }
    *text = c;
    return fields;
}

const char *csv_field(const char *table, int row, const char *column)
{
    static char header_text[4096], text[4096];
    char *header[FIELDS], *field[FIELDS];
    size_t columns = 0, fields;
    for (const char *at = printed; (fields = next_record(&at, text, field)) > 0;) {
        if (strcmp(field[0], "table") == 0) {
            memcpy(header_text, text, sizeof text);
            for (size_t f = 0; f < fields; f++)
                header[f] = header_text + (field[f] - text);
            columns = fields;
            continue;
        }
        assert_int_equal(fields, columns);
        if (strcmp(field[0], table) != 0 || row-- > 0)
            continue;
        for (size_t f = 0; f < fields; f++)
            if (strcmp(header[f], column) == 0)
                return field[f];
        fail_msg("table %s has no column '%s'", table, column);
    }
    return NULL;
}
