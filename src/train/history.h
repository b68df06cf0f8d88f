/* What a run records after each epoch. Row 0 is the state before the first step. */
#ifndef RESLICE_TRAIN_HISTORY_H
#define RESLICE_TRAIN_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/bit_slice.h"

/* One column of the table: accuracies and ratios are 0..1, NaN where there is nothing to say. */
enum history_column {
    HISTORY_TRAIN_LOSS,
    HISTORY_TRAIN_ACCURACY,
    HISTORY_VALIDATION_LOSS,
    HISTORY_VALIDATION_ACCURACY,
    HISTORY_TEST_LOSS,
    HISTORY_TEST_ACCURACY,
    HISTORY_RATE,
    HISTORY_PENALTY,
    HISTORY_SECONDS,
    HISTORY_RESIDUAL, /* this and the next: only written for runs with constraints */
    HISTORY_RHO,
    HISTORY_COLUMNS
};

struct history_row {
    double value[HISTORY_COLUMNS];
    double nonzero[BIT_SLICE_MAX]; /* share of codes with a non-zero digit, slice k */
};

struct history {
    bool has_constraints;
    size_t rows, capacity;
    struct history_row *row; /* [capacity] owned */
};

/* Takes memory for `capacity` rows; there is none yet. Not collective. */
void history_create(struct history *history, size_t capacity);

/* Gives back the memory. Not collective. */
void history_destroy(struct history *history);

/* A new row, all NaN, owned by the history, which must have room for it. Not collective. */
struct history_row *history_append(struct history *history);

#endif
