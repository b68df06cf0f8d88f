/* Checkpoint files on the disk: bytes with a checksum behind them, replaced without a moment in
 * which none is whole. Rank 0 only. */
#ifndef RESLICE_STORE_DURABLE_FILE_H
#define RESLICE_STORE_DURABLE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "train/checkpoint.h"

/* Writes the first `length` bytes of the image and their checksum to `part`, moves the checkpoint
 * that is there to `old` and the new one into its place. False with a line (disk full, …); then a
 * sound checkpoint that was there is still there. */
bool checkpoint_file_write(const struct checkpoint *checkpoint, size_t length, struct error *err);

enum checkpoint_file_state {
    CHECKPOINT_FILE_MISSING,
    CHECKPOINT_FILE_SOUND,
    CHECKPOINT_FILE_DAMAGED,   /* cut or changed; the line says so */
    CHECKPOINT_FILE_UNREADABLE /* permissions, not a file; the line says why */
};

/* Reads a file and verifies its checksum. When sound, *image has *length bytes, owned by the caller
 * (mem_free). */
enum checkpoint_file_state checkpoint_file_read(const char *path, void **image, size_t *length,
                                                struct error *err);

#endif
