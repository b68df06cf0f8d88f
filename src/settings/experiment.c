#include "settings/experiment.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/log.h"
#include "base/mem.h"
#include "settings/document.h"
#include "settings/options.h"
#include "settings/variants.h"

enum { FILE_BYTES_MAX = 1 << 20 };

bool experiment_parse(struct experiment *experiment, const char *file, const char *text,
                      size_t length, struct experiment_overrides overrides, struct error *err)
{
    *experiment = (struct experiment){0};
    struct document document;
    if (!document_open(&document, file, text, length, err))
        return false;
    struct plan plan = {0};
    const bool ok =
        plan_read(&plan, &document, overrides, err) && matrix_expand(&plan, experiment, err);
    memcpy(experiment->name, plan.name, sizeof plan.name);
    plan_free(&plan);
    document_close(&document);
    if (ok)
        return true;
    experiment_free(experiment);
    return false;
}

bool experiment_from_settings(struct experiment *experiment, const char *file, const char *settings,
                              struct experiment_overrides overrides, struct error *err)
{
    const size_t size = 64 + 5 * (strlen(settings) + 1); /* four blanks before each line */
    char *yaml = mem_alloc(size, 1, "settings as an experiment");
    int used = snprintf(yaml, size, "experiment: settings\nruns:\n  - name: run\n");
    for (const char *line = settings; *line;) {
        const int length = (int)strcspn(line, "\n");
        used += snprintf(yaml + used, size - (size_t)used, "    %.*s\n", length, line);
        line += length + (line[length] == '\n');
    }
    const bool fine = experiment_parse(experiment, file, yaml, strlen(yaml), overrides, err);
    mem_free(yaml);
    return fine;
}

void experiment_free(struct experiment *experiment)
{
    mem_free(experiment->runs);
    *experiment = (struct experiment){0};
}

/* The text of a file in a block for mem_free; NULL with a message when it cannot be had. */
static char *read_file(const char *file, size_t *length, struct error *err)
{
    FILE *stream = fopen(file, "rb");
    if (!stream) {
        error_set(err, "%.400s: cannot be read: %s", file, strerror(errno));
        return NULL;
    }
    char *text = mem_alloc(FILE_BYTES_MAX + 1, 1, "experiment file");
    *length = fread(text, 1, FILE_BYTES_MAX + 1, stream);
    const int failure = ferror(stream) ? errno : 0; /* EISDIR: a folder opens, but has no text */
    fclose(stream);
    if (!failure && *length <= FILE_BYTES_MAX)
        return text;
    if (failure)
        error_set(err, "%.400s: cannot be read: %s", file, strerror(failure));
    else
        error_set(err, "%.400s: more than 1 MiB: not an experiment file", file);
    mem_free(text);
    return NULL;
}

bool experiment_load(struct experiment *experiment, const char *file,
                     struct experiment_overrides overrides, struct error *err)
{
    struct {
        bool ok;
        size_t length;
        struct error err;
    } head = {0};
    char *text = NULL;
    *experiment = (struct experiment){0};
    if (comm_rank() == 0) {
        text = read_file(file, &head.length, &head.err);
        head.ok = text != NULL;
    }
    comm_broadcast(&head, sizeof head);
    if (!head.ok) {
        *err = head.err;
        return false;
    }
    if (!text)
        text = mem_alloc(head.length, 1, "experiment file");
    comm_broadcast(text, head.length);
    const bool ok = experiment_parse(experiment, file, text, head.length, overrides, err);
    mem_free(text);
    return ok;
}

/* ---- the table as text ---- */

void experiment_defaults(struct settings *settings)
{
    *settings = (struct settings){0};
    struct error err;
    for (size_t i = 0; i < options_count; i++)
        if (!option_set(&options_table[i], settings, options_table[i].standard, &err))
            log_fatal("option table: %s", err.text);
}

void experiment_print_options(void)
{
    for (size_t i = 0; i < options_count; i++) {
        const struct option_entry *entry = &options_table[i];
        char allowed[256];
        option_allowed(entry, allowed, sizeof allowed);
        log_info("%s = %s", entry->path, entry->standard);
        log_info("    %s", entry->meaning);
        log_info("    allowed: %s", allowed);
    }
}
