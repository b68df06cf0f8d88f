#include "report/reader.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void reader_fail(struct reader *reader, const char *format, ...)
{
    char text[sizeof reader->err->text];
    va_list args;
    if (!reader->fine)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    reader->fine = error_set(reader->err, "%s: %s", reader->path, text);
}

void reader_text(struct reader *reader, const char *object, const char *name, char *text,
                 size_t size)
{
    reader->fine =
        reader->fine && store_get_text(reader->file, object, name, text, size, reader->err);
    if (reader->fine)
        error_clean(text);
    else
        text[0] = '\0';
}

int64_t reader_integer(struct reader *reader, const char *object, const char *name)
{
    int64_t value = 0;
    reader->fine =
        reader->fine && store_get_integer(reader->file, object, name, &value, reader->err);
    return reader->fine ? value : 0;
}

int64_t reader_positive(struct reader *reader, const char *object, const char *name)
{
    const int64_t value = reader_integer(reader, object, name);
    if (value < 1 || value > INT32_MAX)
        reader_fail(reader, "attribute '%s' of '%s' is %lld", name, object, (long long)value);
    return reader->fine ? value : 0;
}

double reader_real(struct reader *reader, const char *object, const char *name)
{
    double value = NAN;
    reader->fine = reader->fine && store_get_real(reader->file, object, name, &value, reader->err);
    return reader->fine ? value : NAN;
}

bool reader_shape(struct reader *reader, const char *path, int axes, size_t length[STORE_AXES])
{
    memset(length, 0, STORE_AXES * sizeof *length);
    if (reader->fine && store_shape(reader->file, path, length) != axes)
        reader_fail(reader, "dataset '%s' is missing or has a wrong shape", path);
    return reader->fine;
}

void reader_data(struct reader *reader, const char *path, enum store_type type, size_t count,
                 void *data)
{
    reader->fine = reader->fine && store_read(reader->file, path, type, count, data, reader->err);
}
