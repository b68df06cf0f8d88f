/* Result files of runs: what is in them (format version 1; see src/README.md). */
#ifndef RESLICE_RESULT_RESULT_H
#define RESLICE_RESULT_RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "result/judge.h"
#include "simulate/simulation.h"
#include "store/store.h"
#include "train/training.h"

enum { RESULT_PATH = 1024 };

/* DIRECTORY/EXPERIMENT/RUN.h5. Not collective. */
void result_path(char path[RESULT_PATH], const char *directory, const struct experiment *experiment,
                 const struct experiment_run *run);

/* Makes DIRECTORY/EXPERIMENT and checks that files can be written there. Collective; a user error
 * when they cannot. */
bool result_prepare_folder(const char *directory, const struct experiment *experiment,
                           struct error *err);

/* Weights, masks, the weights' exponent floors and the activations' exponents of a complete run into the
 * network. Collective. */
bool result_load_network(const char *path, struct network *net, struct error *err);

/* A finished run: what is written. */
struct result_contents {
    const struct training *training;   /* after run_train */
    const struct simulation *currents; /* of its network; of a float run: of no layers */
    struct result_origin origin;
};

/* Writes the finished run. Collective; environment errors end the job. */
void result_write(const char *path, const struct result_contents *contents);

/* Parts of result_write, for those who add groups of their own. An estimate of the bytes; not
 * collective. */
size_t result_bytes(const struct result_contents *contents);

/* All groups of a result. Collective; environment errors end the job. */
void result_write_groups(struct store *store, const struct result_contents *contents);

#endif
