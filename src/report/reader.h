/* A result file being read: the first thing that is wrong is kept as the one line, and what comes behind
 * it reads nothing. Not collective. */
#ifndef RESLICE_REPORT_READER_H
#define RESLICE_REPORT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/store.h"

enum { READER_PATH = 160 };

struct reader {
    struct store_file *file; /* open; not owned */
    const char *path;        /* of the file, for messages; not owned */
    struct error *err;       /* takes the line */
    bool fine;               /* false: *err says why; everything below then does nothing */
};

/* "PATH: …" as the line, unless there is one already. */
void reader_fail(struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A text attribute of an object in `text` of `size` bytes, '?' for what is no printable text. */
void reader_text(struct reader *reader, const char *object, const char *name, char *text,
                 size_t size);

/* An integer attribute of an object; 0 when the reader is not fine. */
int64_t reader_integer(struct reader *reader, const char *object, const char *name);

/* An integer attribute that others are divided by or count with: 1..INT32_MAX, else the reader fails and
 * it is 0. */
int64_t reader_positive(struct reader *reader, const char *object, const char *name);

/* A number attribute of an object; NaN when the reader is not fine. */
double reader_real(struct reader *reader, const char *object, const char *name);

/* Lengths of the axes of a dataset that must be there with so many axes. False when the reader is not
 * fine. */
bool reader_shape(struct reader *reader, const char *path, int axes, size_t length[STORE_AXES]);

/* A whole dataset of exactly `count` elements, converted to `type`, checksum verified. */
void reader_data(struct reader *reader, const char *path, enum store_type type, size_t count,
                 void *data);

#endif
