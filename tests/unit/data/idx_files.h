/* Writing IDX files, plain and gzipped, and small sets of them. Comes behind fresh_folder.h. */
#ifndef RESLICE_TESTS_IDX_FILES_H
#define RESLICE_TESTS_IDX_FILES_H

#include <zlib.h>

/* ---- bytes ---- */

struct bytes {
    size_t n;
    uint8_t at[8192];
};

static inline void add_byte(struct bytes *b, unsigned value)
{
    assert_true(b->n < sizeof b->at);
    b->at[b->n++] = (uint8_t)value;
}

static inline void add_length(struct bytes *b, uint32_t length)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        add_byte(b, length >> shift & 255U);
}

static inline struct bytes idx_header(int axes, const uint32_t *length)
{
    struct bytes b = {0};
    add_length(&b, 0x0800U | (uint32_t)axes);
    for (int a = 0; a < axes; a++)
        add_length(&b, length[a]);
    return b;
}

static inline void write_plain(const char *path, const void *data, size_t n)
{
    make_folders(path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static inline void write_gzip(const char *path, const void *data, size_t n)
{
    make_folders(path);
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(n ? gzwrite(file, data, (unsigned)n) : 0, n);
    assert_int_equal(gzclose(file), Z_OK);
}

static inline struct bytes read_plain(const char *path)
{
    struct bytes b = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    b.n = fread(b.at, 1, sizeof b.at, file);
    fclose(file);
    return b;
}

/* ---- files ---- */

/* Pixel or label i of a file made by write_idx. */
static inline uint8_t pattern(size_t i, unsigned seed, unsigned values)
{
    return (uint8_t)((i * 7 + seed) % values);
}

static inline void write_idx(const char *path, int axes, const uint32_t *length, unsigned seed,
                             unsigned values, bool gzip)
{
    struct bytes b = idx_header(axes, length);
    size_t n = 1;
    for (int a = 0; a < axes; a++)
        n *= length[a];
    for (size_t i = 0; i < n; i++)
        add_byte(&b, pattern(i, seed, values));
    (gzip ? write_gzip : write_plain)(path, b.at, b.n);
}

/* ---- sets ---- */

/* A set with a few samples in `folder`; `seed` is its first pixel and its first label. */
enum { TRAIN_COUNT = 3, TEST_COUNT = 2, SAMPLE = 28 * 28 };

static inline void write_part(const char *folder, const char *part, uint32_t count, unsigned seed,
                              bool gzip)
{
    char path[1024];
    const char *end = gzip ? ".gz" : "";
    snprintf(path, sizeof path, "%s/%s-images-idx3-ubyte%s", folder, part, end);
    write_idx(path, 3, (uint32_t[]){count, 28, 28}, seed, 256, gzip);
    snprintf(path, sizeof path, "%s/%s-labels-idx1-ubyte%s", folder, part, end);
    write_idx(path, 1, &count, seed, 10, gzip);
}

static inline void write_set(const char *folder, unsigned seed, bool gzip)
{
    write_part(folder, "train", TRAIN_COUNT, seed, gzip);
    write_part(folder, "t10k", TEST_COUNT, seed + 1, gzip);
}

#endif
