/* A run on made-up pictures that is stopped and begun again, with its checkpoints in a folder of
 * its own. Comes first, after #define _POSIX_C_SOURCE 200809L. */
#ifndef RESLICE_TESTS_CHECKPOINT_RUN_H
#define RESLICE_TESTS_CHECKPOINT_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/dataset.h"
#include "settings/experiment.h"
#include "train/checkpoint.h"
#include "train/run.h"
#include "train/training.h"

/* Where the checkpoints stand. */
extern char run_folder[];
extern char run_result[64]; /* the file that the run would write */

/* Of the last call that failed. */
extern struct error run_error;

enum { TRAIN = 50, TEST = 30, PIXELS = 3 * 32 * 32 };

/* An experiment of three epochs. */
extern const char RUN_MLP[];

/* ---- a run and its checkpoints ---- */

struct fixture {
    struct experiment experiment;
    struct dataset set;
    struct training training;
    struct checkpoint checkpoint;
};

/* Parses an experiment, with one --set or (NULL) none. */
void read_experiment(struct fixture *f, const char *yaml, const char *change);

/* The training and its checkpoints from the fixture's experiment and pictures. */
void begin_run(struct fixture *f);

/* Frees what begin_run took. */
void end_run(struct fixture *f);

/* Experiment, pictures, training and checkpoints; freed by close_fixture. */
struct fixture *open_fixture(const char *yaml, const char *change);

/* Frees the fixture and removes its checkpoints; no memory may be left. */
void close_fixture(struct fixture *f);

/* A new process, as far as the run can tell. */
bool restart_run(struct fixture *f);

/* Exactly one step (and the evaluation behind the step before): the request to stop is there from
 * the beginning, and is looked at behind each step. */
int advance_run(struct fixture *f);

/* ---- the folder: around the whole group ---- */

int make_run_folder(void **state);

int remove_run_folder(void **state);

#endif
