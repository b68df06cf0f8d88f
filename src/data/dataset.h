/* Labelled image sets, as 8-bit pixels, replicated on every rank.
 *
 * A format (IDX, CIFAR, …) is one file that fills a struct dataset, plus one line in the table of
 * dataset.c, which has the sets that are known by name; others are the user's own, whose shape and
 * classes come from their files. Rank 0 reads and checks the files; the others receive the bytes.
 */
#ifndef RESLICE_DATA_DATASET_H
#define RESLICE_DATA_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "data/dataset_part.h"

/* Names of the known sets, separated by ", "; a static text, always the same. Not collective. */
const char *dataset_names(void);

/* Name, shape, classes and normalisation of a known set, without its samples. Not collective. */
void dataset_describe(struct dataset *set, const char *name);

/* Finds the set's files in a folder of the set's name below `directory`, then in `directory`
 * itself; when `directory` is NULL, likewise in $RESLICE_DATA, then below ./data and
 * /usr/share/datasets: the first that has them. A folder named after one set is never taken for
 * another, since the file names of MNIST and Fashion-MNIST are the same. Collective. The caller
 * gives the samples back with dataset_free.
 * False with one line that names the file and what is wrong with it, or for a missing set the
 * names of its files, every place that was looked at, what was found there instead and how to
 * fetch the set. On false nothing is left allocated. */
bool dataset_load(struct dataset *set, const char *name, const char *directory, struct error *err);

/* Shape and classes of a set of the user's own: packed images (data/pack.h), a folder with four IDX
 * files, or what their names begin with (data/idx_set.h). A relative `file` is looked for below `directory`; when that is NULL, in the
 * working folder, then below $RESLICE_DATA, ./data and /usr/share/datasets. Collective. False with one
 * line that names the file and what is wrong with it, or every place that was looked at. */
bool dataset_look(struct dataset *set, const char *file, const char *directory, struct error *err);

/* Such a set with its samples, normalised as packed images say, else by the mean and standard deviation
 * of the training pixels to four decimals. Packed images stay in their file; their checksums are compared
 * (pack_verify). The caller gives the samples back with dataset_free. Collective.
 * False with one line, as dataset_look, and nothing is left allocated. */
bool dataset_load_file(struct dataset *set, const char *file, const char *directory,
                       struct error *err);

/* One line on standard output: counts, shape, classes, and whether labels count from 1. Not collective:
 * rank 0 speaks. */
void dataset_say(const struct dataset *set);

/* Frees the pixels and labels. Not collective. */
void dataset_free(struct dataset *set);

/* Tells the system that samples index[0..n) will be read soon; does nothing for images in memory. Not
 * collective. */
void dataset_want(const struct dataset *set, const struct dataset_part *part, const uint32_t *index,
                  size_t n);

/* value[pixel] of one channel: (pixel / 255 - mean) / std. A pixel has no more values than 256: no
 * division is needed per pixel. Not collective. */
void dataset_normalisation(const struct dataset *set, size_t channel, float value[256]);

/* Normalised input of samples index[0..n): out [n, stride], each row [c, h, w] =
 * (pixel / 255 - mean) / std; elements beyond dataset_sample_size are left alone. Not collective. */
void dataset_batch(const struct dataset *set, const struct dataset_part *part,
                   const uint32_t *index, size_t n, float *out, size_t stride);

#endif
