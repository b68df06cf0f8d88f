/* Checkpoint files on the disk: bytes with a checksum behind them, replaced without a moment in
 * which none is whole. Beside PATH stand PATH.old, the one before, and PATH.part, the next in the
 * making. Rank 0 only. */
#ifndef RESLICE_STORE_DURABLE_FILE_H
#define RESLICE_STORE_DURABLE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { DURABLE_FILE_PATH = 1100 /* bytes of PATH.part */ };

/* Writes `length` bytes and their checksum to PATH.part, moves the checkpoint that is there to
 * PATH.old and the new one into its place. False with a line (disk full, …); then a sound checkpoint
 * that was there is still there. Rank 0 only. */
bool durable_file_write(const char *path, const void *image, size_t length, struct error *err);

enum durable_file_state {
    DURABLE_FILE_MISSING,
    DURABLE_FILE_SOUND,
    DURABLE_FILE_DAMAGED,   /* cut or changed; the line says so */
    DURABLE_FILE_UNREADABLE /* permissions, not a file, a failing disk; the line says why */
};

/* Reads a file and verifies its checksum. When sound, *image has *length bytes, owned by the caller
 * (mem_free). Rank 0 only. */
enum durable_file_state durable_file_read(const char *path, void **image, size_t *length,
                                          struct error *err);

#endif
