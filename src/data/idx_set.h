/* Sets of four IDX files: images and labels of the training and of the test samples.
 *
 * `base` says where: "DIR/" for the files train-images-idx3-ubyte, …, t10k-labels-idx1-ubyte in a
 * folder; "DIR/emnist-letters-" for files whose names begin so. The test files may be called `test-…`,
 * all may be gzipped (data/dataset_search.h).
 */
#ifndef RESLICE_DATA_IDX_SET_H
#define RESLICE_DATA_IDX_SET_H

#include <stdbool.h>

#include "base/error.h"
#include "data/dataset_part.h"

/* Whether there are training images. Not collective. */
bool idx_set_is_there(const char *base);

/* Shape, classes and first label of a set whose shape is not known, from the heads of the image files
 * and from all labels: as many classes as the largest training label says. Where labels count from 1 (no
 * sample has 0, one has 1), class 0 is label 1. Not collective. False with one line on: a file missing,
 * damaged, of another kind or empty, parts of different shapes, a label of a class that no training
 * sample has. */
bool idx_set_look(struct dataset *set, const char *base, struct error *err);

/* The samples of a set whose shape, classes and first label stand in `set` already. Not collective. False
 * with one line on: a file missing, damaged or of another kind, another shape, no images, another number
 * of labels than of images, a label out of range; what was read belongs to `set` on false too. */
bool idx_set_read(struct dataset *set, const char *base, struct error *err);

#endif
