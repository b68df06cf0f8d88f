#include "settings/experiment.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/mem.h"
#include "settings/document.h"
#include "settings/experiment_file.h"
#include "settings/variants.h"

enum { FILE_BYTES_MAX = 1 << 20 };

static bool parse(struct experiment *experiment, struct experiment_file *file, const char *name,
                  const char *text, size_t length, struct experiment_overrides overrides,
                  struct error *err)
{
    *experiment = (struct experiment){0};
    struct document document;
    if (!document_open(&document, name, text, length, err))
        return false;
    file->lists = &experiment->lists;
    file->data = overrides.data;
    const bool fine = experiment_file_read(file, &document, overrides, err) &&
                      variants_expand(file, experiment, err);
    memcpy(experiment->name, file->experiment, sizeof file->experiment);
    experiment_file_free(file);
    document_close(&document);
    if (!fine)
        experiment_free(experiment);
    return fine;
}

bool experiment_parse(struct experiment *experiment, const char *file, const char *text,
                      size_t length, struct experiment_overrides overrides, struct error *err)
{
    struct experiment_file content = {.is_recorded = false};
    return parse(experiment, &content, file, text, length, overrides, err);
}

bool experiment_from_settings(struct experiment *experiment, const char *file, const char *settings,
                              struct experiment_overrides overrides, struct error *err)
{
    static const char head[] = "experiment: settings\nruns:\n  - name: run\n";
    struct experiment_file content = {.is_recorded = true};
    const size_t size = sizeof head + 1 + 6 * strlen(settings); /* four blanks and "\n" a line */
    char *text = mem_alloc(size, 1, "settings as an experiment");
    size_t used = (size_t)sprintf(text, "%s", head);
    for (const char *line = settings; *line;) {
        const int length = (int)strcspn(line, "\n");
        used += (size_t)sprintf(text + used, "    %.*s\n", length, line);
        line += length + (line[length] == '\n');
    }
    const bool fine = parse(experiment, &content, file, text, used, overrides, err);
    mem_free(text);
    return fine;
}

void experiment_free(struct experiment *experiment)
{
    mem_free(experiment->runs);
    settings_free_lists(&experiment->lists);
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
