#include "train/checkpoint_state.h"

#include <assert.h>
#include <string.h>

#include "base/comm.h"
#include "base/mem.h"

enum { NUMBERS = CHECKPOINT_NUMBERS, ARRAYS = CHECKPOINT_FIELDS - NUMBERS };

/* Doubles of a row of the history. */
enum { ROW = sizeof(struct history_row) / sizeof(double) };

static struct checkpoint_numbers numbers_of(const struct training *t)
{
    return (struct checkpoint_numbers){.epoch = (int64_t)t->at.epoch,
                                       .samples = (int64_t)t->at.samples,
                                       .is_measured = t->at.is_measured,
                                       .correct = t->at.correct,
                                       .pruned = (int64_t)t->pruned,
                                       .best_epoch = (int64_t)t->best.epoch,
                                       .loss = t->at.loss,
                                       .best_score = t->best.score,
                                       .resumptions = (int64_t)t->resumptions,
                                       .begun_s = t->begun_s,
                                       .seconds = comm_time_s() - t->start_s,
                                       .rho = t->constrain ? t->constrain->rho : 0.0};
}

static void set_numbers(struct training *t, const struct checkpoint_numbers *n)
{
    t->at = (struct training_position){(size_t)n->epoch, (size_t)n->samples, n->is_measured != 0,
                                       n->loss, n->correct};
    t->pruned = (size_t)n->pruned;
    t->best.epoch = (size_t)n->best_epoch;
    t->best.score = n->best_score;
    t->resumptions = (size_t)n->resumptions;
    t->begun_s = n->begun_s;
    t->start_s = comm_time_s() - n->seconds;
    t->history.rows = t->at.epoch + 1;
    if (t->constrain)
        t->constrain->rho = n->rho;
}

/* clang-format off */
static void list_numbers(struct checkpoint_numbers *n, struct store_field field[NUMBERS])
{
#define INTEGER(name, member, description) {name, description, "1", STORE_I64, 1, &n->member}
#define REAL(name, member, units, description) {name, description, units, STORE_F64, 1, &n->member}
    const struct store_field list[] = {
        INTEGER("epoch", epoch, "epoch that is running, 0 before the first step"),
        INTEGER("samples", samples, "training samples of the epoch that are done"),
        INTEGER("is_measured", is_measured, "1 when the epoch is complete and evaluated"),
        INTEGER("correct", correct, "of those samples, classified correctly"),
        INTEGER("pruned", pruned, "parameters that are masked"),
        INTEGER("best_epoch", best_epoch, "epoch with the best score"),
        INTEGER("resumptions", resumptions, "times the run went on from a checkpoint"),
        REAL("loss", loss, "nat", "sum of the cross entropy over the samples"),
        REAL("best_score", best_score, "1", "score of the best epoch"),
        REAL("begun", begun_s, "s", "start of the run, since 1970"),
        REAL("seconds", seconds, "s", "wall time spent so far"),
        REAL("rho", rho, "1", "ADMM's pull towards the constraints"),
    };
    static_assert(sizeof list == NUMBERS * sizeof *list, "NUMBERS is wrong");
    memcpy(field, list, sizeof list);
}

/* Rows of the history beyond the present one are saved too, as what they are: every checkpoint of a
 * run has the same size. `exponent`: the network's own are scattered. */
static void list_arrays(const struct training *t, struct checkpoint_state *state)
{
    const struct parameters *params = &t->net.params;
    const size_t n = params->size, quantisers = (size_t)network_quantisers(&t->net);
    const size_t history = t->history.capacity * ROW;
#define ARRAY(name, type, count, data, description) {name, description, "1", type, count, data}
    float *z = t->constrain ? t->constrain->z : NULL, *u = z ? t->constrain->u : NULL;
    const size_t points = z ? t->constrain->size : 0;
    const struct store_field list[] = {
        ARRAY("value", STORE_F32, n, params->value, "shadow weights and running statistics"),
        ARRAY("momentum", STORE_F32, n, params->momentum, "momentum buffer of the optimizer"),
        ARRAY("mask", STORE_U8, n, params->mask, "0 where pruned"),
        ARRAY("exponent", STORE_I32, quantisers, state->exponent, "of the activation quantisers"),
        ARRAY("exponent_floor", STORE_I32, (size_t)params->count, state->floor,
              "of the parameter tensors, -1000 where there is none"),
        ARRAY("best_value", STORE_F32, n, t->best.value, "value of the best epoch"),
        ARRAY("best_exponent", STORE_I32, quantisers, t->best.exponent,
              "exponent of the best epoch"),
        ARRAY("history", STORE_F64, history, t->history.row,
              "rows of the result's history: its columns in their order, then nonzero by slice"),
        ARRAY("admm_z", STORE_F32, points, z, "ADMM: points of the constraints"),
        ARRAY("admm_u", STORE_F32, points, u, "ADMM: scaled dual variables"),
    };
    static_assert(sizeof list == ARRAYS * sizeof *list, "ARRAYS is wrong");
    memcpy(state->field + NUMBERS, list, sizeof list);
    state->fields = points > 0 ? CHECKPOINT_FIELDS : CHECKPOINT_FIELDS - 2;
}
/* clang-format on */

/* ---- the state ---- */

void checkpoint_state_create(struct checkpoint_state *state, const struct training *t)
{
    state->exponent = MEM_NEW(int, network_quantisers(&t->net));
    state->floor = MEM_NEW(int, t->net.params.count);
    list_numbers(&state->numbers, state->field);
    list_arrays(t, state);
}

void checkpoint_state_destroy(struct checkpoint_state *state)
{
    mem_free(state->exponent);
    mem_free(state->floor);
}

void checkpoint_state_take(struct checkpoint_state *state, const struct training *t)
{
    state->numbers = numbers_of(t);
    network_get_exponents(&t->net, state->exponent);
    for (int i = 0; i < t->net.params.count; i++)
        state->floor[i] = t->net.params.tensor[i].exponent_floor;
}

void checkpoint_state_give(struct checkpoint_state *state, struct training *t)
{
    for (size_t i = 0; i < state->fields; i++)
        comm_broadcast(state->field[i].data,
                       state->field[i].count * store_type_size(state->field[i].type));
    set_numbers(t, &state->numbers);
    network_set_exponents(&t->net, state->exponent);
    for (int i = 0; i < t->net.params.count; i++)
        t->net.params.tensor[i].exponent_floor = state->floor[i];
    t->resumptions++;
}
