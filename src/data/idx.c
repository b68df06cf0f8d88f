#define _POSIX_C_SOURCE 200809L
#include "data/idx.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/mem.h"

enum { MAX_AXES = 4, TYPE_UNSIGNED_BYTE = 0x08 };

static const size_t max_bytes = (size_t)16 << 30;

/* Deflate cannot shrink data more than this (zlib technical details: 1032 to 1). */
static const size_t max_gzip_ratio = 1032;

struct reader {
    const char *path; /* for messages */
    gzFile file;
    struct error *err;
};

/* zlib's words on what is wrong with the compressed file or the disk, or NULL. */
static const char *damage(const struct reader *r, int *code)
{
    const char *text = gzerror(r->file, code);
    if (*code == Z_OK || *code == Z_STREAM_END)
        return NULL;
    const size_t prefix = strlen(r->path); /* zlib says "path: words" */
    if (strncmp(text, r->path, prefix) == 0 && strncmp(text + prefix, ": ", 2) == 0)
        text += prefix + 2;
    return text;
}

/* False, with the message, when zlib found the file wrong. */
static bool check_stream(const struct reader *r)
{
    int code;
    const char *why = damage(r, &code);
    if (!why)
        return true;
    return error_set(r->err, "data file '%s': %s: %s", r->path,
                     code == Z_ERRNO ? "cannot read" : "damaged gzip file", why);
}

/* Reads until `bytes` are there, the file ends or fails; returns how many there are. */
static size_t read_bytes(const struct reader *r, uint8_t *out, size_t bytes)
{
    const size_t piece = (size_t)1 << 30; /* gzread returns int */
    size_t done = 0;
    while (done < bytes) {
        const size_t left = bytes - done;
        const int got = gzread(r->file, out + done, (unsigned)(left < piece ? left : piece));
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

/* Reads to the end of the file, where zlib checks the CRC, and returns the number of bytes. */
static size_t count_rest(const struct reader *r)
{
    uint8_t scratch[1 << 14];
    size_t total = 0;
    for (int got; (got = gzread(r->file, scratch, sizeof scratch)) > 0;)
        total += (size_t)got;
    return total;
}

/* Fewer bytes than needed: the file is cut off, unless zlib knows of something worse. */
static bool fail_short(const struct reader *r, size_t promised, size_t found, const char *verb)
{
    int code;
    const char *why = damage(r, &code);
    if (why && code != Z_BUF_ERROR) /* which is an early end */
        return check_stream(r);
    return error_set(r->err, "data file '%s': truncated: the header %s %zu bytes, found %zu%s%s",
                     r->path, verb, promised, found, why ? ": " : "", why ? why : "");
}

/* The four bytes that say what the file is. */
static bool read_magic(const struct reader *r, int axes)
{
    uint8_t b[4];
    const size_t got = read_bytes(r, b, sizeof b);
    if (got < sizeof b)
        return fail_short(r, sizeof b, got, "takes");
    if (b[0] || b[1])
        return error_set(r->err,
                         "data file '%s': not an IDX file (mislabelled?): starts with bytes "
                         "%02x %02x %02x %02x, allowed is 00 00 %02x %02x",
                         r->path, b[0], b[1], b[2], b[3], TYPE_UNSIGNED_BYTE, (unsigned)axes);
    if (b[2] != TYPE_UNSIGNED_BYTE)
        return error_set(r->err,
                         "data file '%s': IDX type 0x%02x, allowed is 0x%02x (unsigned byte)",
                         r->path, b[2], TYPE_UNSIGNED_BYTE);
    if (b[3] != axes)
        return error_set(r->err,
                         "data file '%s': %d axes, allowed is %d (images have 3, labels 1: "
                         "mislabelled?)",
                         r->path, b[3], axes);
    return true;
}

static bool fail_absurd(const struct reader *r, const struct idx *idx)
{
    char size[4 * 24] = "";
    for (int a = 0, n = 0; a < idx->axes; a++)
        n += snprintf(size + n, sizeof size - (size_t)n, "%s%zu", a ? " x " : "", idx->length[a]);
    return error_set(r->err, "data file '%s': absurd size of %s bytes, at most %zu GiB are allowed",
                     r->path, size, max_bytes >> 30);
}

/* The length of each axis; their product is the number of bytes that follow. */
static bool read_lengths(const struct reader *r, struct idx *idx, size_t *bytes)
{
    uint8_t b[4 * MAX_AXES];
    const size_t want = 4 * (size_t)idx->axes, got = read_bytes(r, b, want);
    if (got < want)
        return fail_short(r, 4 + want, 4 + got, "takes");
    bool absurd = false;
    *bytes = 1;
    for (int a = 0; a < idx->axes; a++) {
        const uint8_t *p = b + 4 * a;
        idx->length[a] = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        absurd |= idx->length[a] && *bytes > max_bytes / idx->length[a];
        *bytes = absurd ? 0 : *bytes * idx->length[a];
    }
    return absurd ? fail_absurd(r, idx) : true;
}

/* More bytes than this cannot come out of the file: a header that promises more must not make us
 * take the memory. */
static size_t most_possible(const struct reader *r)
{
    struct stat st;
    if (stat(r->path, &st) != 0 || !S_ISREG(st.st_mode))
        return max_bytes;
    return (size_t)st.st_size * (gzdirect(r->file) ? 1 : max_gzip_ratio);
}

static bool read_data(const struct reader *r, struct idx *idx, size_t bytes)
{
    if (bytes > most_possible(r))
        return fail_short(r, bytes, count_rest(r), "promises");
    idx->data = MEM_NEW(uint8_t, bytes);
    const size_t got = read_bytes(r, idx->data, bytes);
    if (got < bytes)
        return fail_short(r, bytes, got, "promises");
    const size_t extra = count_rest(r);
    if (!check_stream(r))
        return false;
    if (extra)
        return error_set(r->err,
                         "data file '%s': %zu trailing bytes after the %zu that the header "
                         "promises",
                         r->path, extra, bytes);
    return true;
}

static bool open_file(struct reader *r, int axes)
{
    if (axes < 1 || axes > MAX_AXES)
        return error_set(r->err, "data file '%s': cannot read %d axes, allowed are 1 to %d",
                         r->path, axes, MAX_AXES);
    struct stat st;
    if (stat(r->path, &st) == 0 && !S_ISREG(st.st_mode) &&
        !S_ISDIR(st.st_mode)) /* at a pipe it would wait */
        return error_set(r->err, "data file '%s': not a regular file", r->path);
    errno = 0;
    r->file = gzopen(r->path, "rb");
    if (!r->file)
        return error_set(r->err, "data file '%s': cannot open: %s", r->path,
                         errno ? strerror(errno) : "out of memory");
    gzbuffer(r->file, 1 << 17); /* the default of 8 KiB costs time on network disks */
    return true;
}

bool idx_look(struct idx *idx, const char *path, int axes, struct error *err)
{
    *idx = (struct idx){.axes = axes};
    struct reader r = {.path = path, .err = err};
    if (!open_file(&r, axes))
        return false;
    size_t bytes = 0;
    const bool ok = read_magic(&r, axes) && read_lengths(&r, idx, &bytes);
    gzclose(r.file);
    return ok;
}

bool idx_read(struct idx *idx, const char *path, int axes, struct error *err)
{
    *idx = (struct idx){.axes = axes};
    struct reader r = {.path = path, .err = err};
    if (!open_file(&r, axes))
        return false;
    size_t bytes = 0;
    const bool ok =
        read_magic(&r, axes) && read_lengths(&r, idx, &bytes) && read_data(&r, idx, bytes);
    gzclose(r.file);
    if (!ok) {
        mem_free(idx->data);
        idx->data = NULL;
    }
    return ok;
}
