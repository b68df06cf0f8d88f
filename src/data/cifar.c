#define _POSIX_C_SOURCE 200809L
#include "data/cifar.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

enum { PATH_BYTES = 4096, MAX_FILES = 8, MAX_LABEL_BYTES = 8 };

/* One of the files. */
struct source {
    char path[PATH_BYTES];
    size_t count; /* records */
    const struct cifar_record *record;
    struct error *err;
};

/* Counts the records from the size of the file: memory is taken once, for all files. */
static bool count_records(struct source *s)
{
    const size_t size = s->record->label_bytes + s->record->pixel_bytes;
    struct stat st;
    if (stat(s->path, &st) != 0)
        return error_set(s->err, "data file '%s': %s", s->path,
                         errno == ENOENT ? "missing" : strerror(errno));
    if (!S_ISREG(st.st_mode))
        return error_set(s->err, "data file '%s': not a regular file", s->path);
    const size_t bytes = (size_t)st.st_size;
    if (bytes == 0)
        return error_set(s->err, "data file '%s': empty, at least 1 record of %zu bytes is needed",
                         s->path, size);
    if (bytes % size != 0)
        return error_set(s->err,
                         "data file '%s': truncated or of another set: %zu bytes are %zu records "
                         "of %zu bytes and %zu more",
                         s->path, bytes, bytes / size, size, bytes % size);
    s->count = bytes / size;
    return true;
}

static bool read_record(const struct source *s, FILE *file, size_t i, uint16_t *label,
                        uint8_t *pixel)
{
    const struct cifar_record *record = s->record;
    uint8_t labels[MAX_LABEL_BYTES];
    if (fread(labels, 1, record->label_bytes, file) < record->label_bytes ||
        fread(pixel, 1, record->pixel_bytes, file) < record->pixel_bytes)
        return error_set(s->err, "data file '%s': cannot read record %zu of %zu: %s", s->path, i,
                         s->count, ferror(file) ? strerror(errno) : "the file ends");
    *label = labels[record->label_at];
    if (*label >= record->classes)
        return error_set(s->err,
                         "data file '%s': label %d of record %zu, allowed are 0 to %d (damaged, or "
                         "of another set)",
                         s->path, *label, i, record->classes - 1);
    return true;
}

/* Reads all records to label[count] and pixel[count, pixel_bytes]. */
static bool read_source(const struct source *s, uint16_t *label, uint8_t *pixel)
{
    FILE *file = fopen(s->path, "rb");
    if (!file)
        return error_set(s->err, "data file '%s': cannot open: %s", s->path, strerror(errno));
    bool ok = true;
    for (size_t i = 0; ok && i < s->count; i++)
        ok = read_record(s, file, i, label + i, pixel + i * s->record->pixel_bytes);
    fclose(file);
    return ok;
}

/* Finds all files and counts their records; returns the sum, or 0 with the message. */
static size_t find_sources(struct source *source, const char *folder, const char *const *file,
                           size_t files)
{
    size_t sum = 0;
    for (size_t f = 0; f < files; f++) {
        struct source *s = &source[f];
        const int length = snprintf(s->path, sizeof s->path, "%s/%s", folder, file[f]);
        if (length >= (int)sizeof s->path) {
            error_set(s->err, "data file '%.256s…/%s': name too long", folder, file[f]);
            return 0;
        }
        if (!count_records(s))
            return 0;
        sum += s->count;
    }
    return sum;
}

bool cifar_read(struct dataset_part *part, const struct cifar_record *record, const char *folder,
                const char *const *file, size_t files, struct error *err)
{
    struct source source[MAX_FILES];
    assert(files <= MAX_FILES && record->label_bytes <= MAX_LABEL_BYTES &&
           record->label_at < record->label_bytes);
    for (size_t f = 0; f < files; f++) {
        source[f].record = record;
        source[f].err = err;
    }
    *part = (struct dataset_part){.count = find_sources(source, folder, file, files)};
    if (part->count == 0)
        return false;
    part->label = MEM_NEW(uint16_t, part->count);
    part->pixel = MEM_NEW(uint8_t, part->count * record->pixel_bytes);
    size_t first = 0;
    for (size_t f = 0; f < files; first += source[f++].count)
        if (!read_source(&source[f], part->label + first,
                         part->pixel + first * record->pixel_bytes)) {
            mem_free(part->label);
            mem_free(part->pixel);
            *part = (struct dataset_part){0};
            return false;
        }
    return true;
}
