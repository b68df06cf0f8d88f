#include "unit/data/idx_files.h"

#include <stdio.h>
#include <zlib.h>

#include "unit/support/fresh_folder.h"

/* ---- bytes ---- */

void add_byte(struct bytes *b, unsigned value)
{
    assert_true(b->n < sizeof b->at);
    b->at[b->n++] = (uint8_t)value;
}

static void add_length(struct bytes *b, uint32_t length)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        add_byte(b, length >> shift & 255U);
}

struct bytes idx_header(int axes, const uint32_t *length)
{
    struct bytes b = {0};
    add_length(&b, 0x0800U | (uint32_t)axes);
    for (int a = 0; a < axes; a++)
        add_length(&b, length[a]);
    return b;
}

void write_plain(const char *path, const void *data, size_t n)
{
    make_folders(path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

void write_gzip(const char *path, const void *data, size_t n)
{
    make_folders(path);
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(n ? gzwrite(file, data, (unsigned)n) : 0, n);
    assert_int_equal(gzclose(file), Z_OK);
}

struct bytes read_plain(const char *path)
{
    struct bytes b = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    b.n = fread(b.at, 1, sizeof b.at, file);
    fclose(file);
    return b;
}

/* ---- files ---- */

uint8_t idx_pattern(size_t i, unsigned seed, unsigned values)
{
    return (uint8_t)((i * 7 + seed) % values);
}

void write_idx(const char *path, int axes, const uint32_t *length, unsigned seed, unsigned values,
               bool gzip)
{
    struct bytes b = idx_header(axes, length);
    size_t n = 1;
    for (int a = 0; a < axes; a++)
        n *= length[a];
    for (size_t i = 0; i < n; i++)
        add_byte(&b, idx_pattern(i, seed, values));
    (gzip ? write_gzip : write_plain)(path, b.at, b.n);
}

/* ---- sets ---- */

void write_part(const char *folder, const char *part, uint32_t count, unsigned seed, bool gzip)
{
    char path[1024];
    const char *end = gzip ? ".gz" : "";
    snprintf(path, sizeof path, "%s/%s-images-idx3-ubyte%s", folder, part, end);
    write_idx(path, 3, (uint32_t[]){count, 28, 28}, seed, 256, gzip);
    snprintf(path, sizeof path, "%s/%s-labels-idx1-ubyte%s", folder, part, end);
    write_idx(path, 1, &count, seed, 10, gzip);
}

void write_set(const char *folder, unsigned seed, bool gzip)
{
    write_part(folder, "train", TRAIN_COUNT, seed, gzip);
    write_part(folder, "t10k", TEST_COUNT, seed + 1, gzip);
}
