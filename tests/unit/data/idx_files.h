/* Writing IDX files, plain and gzipped, and small sets of them. Comes behind fresh_folder.h. */
#ifndef RESLICE_TESTS_IDX_FILES_H
#define RESLICE_TESTS_IDX_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- bytes ---- */

struct bytes {
    size_t n;
    uint8_t at[8192];
};

/* Appends a byte. */
void add_byte(struct bytes *b, unsigned value);

/* The head of an IDX file of bytes with `axes` lengths. */
struct bytes idx_header(int axes, const uint32_t *length);

/* Writes n bytes, in folders that it makes. */
void write_plain(const char *path, const void *data, size_t n);

/* Writes n bytes packed, in folders that it makes. */
void write_gzip(const char *path, const void *data, size_t n);

/* What stands in a small file. */
struct bytes read_plain(const char *path);

/* ---- files ---- */

/* Pixel or label i of a file made by write_idx. */
uint8_t idx_pattern(size_t i, unsigned seed, unsigned values);

/* A file of idx_pattern: pixels or labels 0..values-1. */
void write_idx(const char *path, int axes, const uint32_t *length, unsigned seed, unsigned values,
               bool gzip);

/* ---- sets ---- */

/* A set with a few samples in `folder`; `seed` is its first pixel and its first label. */
enum { TRAIN_COUNT = 3, TEST_COUNT = 2, SAMPLE = 28 * 28 };

/* The images and labels of one part ("train", "t10k") of a set. */
void write_part(const char *folder, const char *part, uint32_t count, unsigned seed, bool gzip);

/* Both parts of a set. */
void write_set(const char *folder, unsigned seed, bool gzip);

#endif
