/* What the fuzz targets share.
 *
 * A target hands a reader some bytes as a file and checks what every reader promises on any input:
 * it returns; false comes with one printable line and leaves nothing allocated; what it accepts is
 * what an independent twin in the target makes of the same bytes. A reader that ends the process
 * (log_fatal) on bad input is a finding too: libFuzzer takes every exit for one.
 */
#ifndef RESLICE_TESTS_FUZZ_H
#define RESLICE_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* What libFuzzer calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program with the line, which is a finding, unless `holds`. */
void fuzz_need(bool holds, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A message is there, on one line, without control codes. Call before the reader with fuzz_clear. */
void fuzz_clear(struct error *err);
void fuzz_need_line(const struct error *err);

/* Every block of base/mem has been freed. */
void fuzz_need_no_blocks(void);

/* A file in memory with a name that can be opened: folder/name, "/proc/self/fd" and a number. */
enum { FUZZ_NAME = 16, FUZZ_PATH = 512 };
struct fuzz_file {
    int fd;
    char name[FUZZ_NAME], path[FUZZ_PATH];
};
extern const char fuzz_folder[];
void fuzz_file_create(struct fuzz_file *file);

/* Likewise below $TMPDIR, where it stays: HDF5 wants the real name of a file. */
void fuzz_file_create_named(struct fuzz_file *file);

/* Gives the file other contents. */
void fuzz_file_fill(const struct fuzz_file *file, const void *data, size_t size);

/* The input, read from its front; zeros when there is no more. */
struct fuzz_bytes {
    const uint8_t *data;
    size_t left;
};
uint8_t fuzz_take(struct fuzz_bytes *bytes);
uint64_t fuzz_take_number(struct fuzz_bytes *bytes, int width); /* of `width` bytes, low first */

#endif
