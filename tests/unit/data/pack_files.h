/* Writing packed images, right ones and others. Comes behind fresh_folder.h. */
#ifndef RESLICE_TESTS_PACK_FILES_H
#define RESLICE_TESTS_PACK_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACK_TRAIN = 19, PACK_TEST = 5 }; /* a block of 16 and one of 3 */

/* What is written; every field but the first four is a way to be wrong, 0: right. */
struct pack_form {
    int channels, height, width, classes;
    const char *format;
    int version;
    int more_channels; /* of the attribute */
    bool chunked, floats, float_labels, three_axes, unwritten;
    bool no_labels, no_crc, no_digest, no_name, no_std;
    bool validation;
    int label;        /* of training sample 17, if not 0 */
    double mean, std; /* of channel 0, if not 0 */
    bool other_digest;
    bool other_block; /* checksum of the last training block */
};

/* Pixel number i of all the images of a part. */
uint8_t pack_pixel(size_t i, bool is_test);

/* Label of a sample: its number times 37 modulo the classes. */
int pack_label(size_t sample, int classes);

/* Writes the file `path`. */
void write_pack(const char *path, const struct pack_form *form);

#endif
