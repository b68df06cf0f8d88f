/* IDX files (MNIST, Fashion-MNIST), plain or gzipped.
 * Layout: two zero bytes, type 0x08 (unsigned byte), number of axes, each axis length as a
 * big-endian 32-bit number, then the bytes, last axis fastest.
 */
#ifndef RESLICE_DATA_IDX_H
#define RESLICE_DATA_IDX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct idx {
    int axes;         /* 1..4 */
    size_t length[4]; /* of each axis */
    uint8_t *data;    /* owned; free with mem_free */
};

/* Reads the lengths of the axes alone, and no data. Not collective. False with one line on what is wrong
 * as far as that. */
bool idx_look(struct idx *idx, const char *path, int axes, struct error *err);

/* Reads a whole file, which must have exactly `axes` axes and hold exactly what its header
 * promises. Not collective. False with one line on: cannot open, not gzip/IDX, wrong type, wrong
 * number of axes, absurd size, truncated, trailing bytes. */
bool idx_read(struct idx *idx, const char *path, int axes, struct error *err);

#endif
