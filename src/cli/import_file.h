/* The result file that reslice import writes. */
#ifndef RESLICE_CLI_IMPORT_FILE_H
#define RESLICE_CLI_IMPORT_FILE_H

#include "simulate/simulation.h"
#include "train/training.h"

struct import_file {
    const char *path, *weights;        /* what is written, and from what */
    const char *experiment;            /* file of its settings, or "" */
    const struct simulation *currents; /* counted */
    const struct evaluation *exact;    /* of the network in floating point, on the test set */
    size_t calibrated;                 /* samples */
    bool with_logits;                  /* of the test samples too */
};

/* Writes the result file of a network that stands, calibrated and evaluated; its folder is made.
 * Collective. */
void import_file_write(const struct import_file *file, struct training *training);

#endif
