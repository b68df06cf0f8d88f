/* What a checkpoint consists of: one list of fields, for writing, reading and broadcasting. */
#ifndef RESLICE_TRAIN_CHECKPOINT_STATE_H
#define RESLICE_TRAIN_CHECKPOINT_STATE_H

#include <stdint.h>

#include "store/store_image.h"
#include "train/training.h"

enum { CHECKPOINT_NUMBERS = 12, CHECKPOINT_FIELDS = CHECKPOINT_NUMBERS + 10 };

/* Single numbers, in the types of the file. */
struct checkpoint_numbers {
    int64_t epoch, samples, is_measured, correct, pruned, best_epoch, resumptions;
    double loss, best_score, begun_s, seconds, rho;
};

struct checkpoint_state {
    struct checkpoint_numbers numbers;
    int *exponent; /* [quantisers] owned */
    int *floor;    /* [parameter tensors] owned */
    size_t fields; /* of the list: two fewer without ADMM */
    /* Numbers, exponents: of this struct; weights, momentum, masks, history, the kept epoch and
     * ADMM's points: the training's own arrays. */
    struct store_field field[CHECKPOINT_FIELDS];
};

/* Takes memory. The training must live longer and keep its place in memory. Not collective. */
void checkpoint_state_create(struct checkpoint_state *state, const struct training *t);

/* Gives back the memory. Not collective. */
void checkpoint_state_destroy(struct checkpoint_state *state);

/* Copies what is not in the training's own arrays, before writing. Not
 * collective. */
void checkpoint_state_take(struct checkpoint_state *state, const struct training *t);

/* After reading on rank 0: the state to all ranks and into the training. Collective. */
void checkpoint_state_give(struct checkpoint_state *state, struct training *t);

#endif
