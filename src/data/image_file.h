/* Images that stay in their file: each rank reads those that it needs with pread. */
#ifndef RESLICE_DATA_IMAGE_FILE_H
#define RESLICE_DATA_IMAGE_FILE_H

#include <stddef.h>
#include <stdint.h>

struct image_file; /* an open file and room for one image */

/* Opens a file of images of `bytes` bytes each; the caller's to close (image_file_close). A file that
 * this rank cannot open ends the job. Not collective. */
struct image_file *image_file_open(const char *path, size_t bytes);

/* Gives file and memory back; NULL is allowed. Not collective. */
void image_file_close(struct image_file *file);

/* The image that begins at `offset` of the file; it stands until the next call. A disk that fails, or a
 * file that has become shorter, ends the job. Not collective. */
const uint8_t *image_file_read(struct image_file *file, uint64_t offset);

/* Tells the system that an image will be read soon. Not collective. */
void image_file_want(const struct image_file *file, uint64_t offset);

#endif
