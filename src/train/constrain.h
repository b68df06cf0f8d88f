/* The constraints of a run: imposed on the weight matrices of its network while it trains.
 *
 *   admm     the weights W are pulled towards the sets (method/admm.h); training goes on with W,
 *            evaluation, selection and the result see the projected network
 *   hard     W is projected; a constraint that only makes zeros is projected once, at the start, and
 *            kept by the parameters' masks (masked retraining)
 *   forward  every step computes with the projection of W, and its gradient goes to W
 *            (straight-through)
 *
 * Several constraints are applied one after the other, in the order of constraint_table. The work of
 * a projection is divided over ranks by units of output rows over all layers, and gathered: the same
 * bytes on any number of ranks.
 */
#ifndef RESLICE_TRAIN_CONSTRAIN_H
#define RESLICE_TRAIN_CONSTRAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "method/constraint.h"
#include "nn/parameters.h"
#include "settings/constraint_settings.h"
#include "settings/experiment.h"

/* Shifts that are tried, and the value of constrain.shift that asks for it. */
enum { CONSTRAIN_SHIFTS = 7, CONSTRAIN_FIT = -1 };

enum constrain_by { CONSTRAIN_ADMM, CONSTRAIN_HARD, CONSTRAIN_FORWARD };

/* A layer in the set of a constraint. */
struct constrained {
    struct constraint_layer layer;
    int tensor;          /* of the parameters */
    size_t first, count; /* elements of the set's compact arrays */
    size_t unit;         /* output rows of a unit */
    size_t units, first_unit;
    size_t scratch; /* bytes for a unit */
};

/* One constraint. Compact arrays: the weights of its layers, one after the other. */
struct constrain_set {
    const struct constraint_class *class;
    size_t layers, size, units;
    struct constrained *layer;    /* [layers] owned */
    struct constraint_layer *now; /* [layers] as they are projected; owned */
    size_t scratch;               /* bytes for what they share */
    size_t *first;                /* [ranks + 1] elements that each rank projects; owned */
    float *z, *u;                 /* [size] ADMM: in the arrays of struct constrain; else NULL */
};

struct constrain {
    struct parameters *params; /* not owned */
    enum constrain_by by;
    size_t every; /* steps; 0: epochs */
    double rho, growth;
    int shift;           /* of held exponents; CONSTRAIN_FIT */
    double epochs, done; /* of the run: amounts may fall over it */
    size_t sets, size;   /* size: of all sets, for z and u */
    struct constrain_set set[CONSTRAINTS_MAX];
    float *z, *u; /* [size] owned; ADMM only */
    float *point; /* [largest set] a projection in the making; owned */
    float
        *latent; /* [params->size] matrices of the training while the network has projected ones */
    void *scratch; /* owned */
};

/* Takes all memory for the constraints of a run; NULL when it has none. The parameters and the
 * settings must stay; constrain_destroy is due. Not collective. */
struct constrain *constrain_create(const struct settings *settings, struct parameters *params);

/* Gives back the memory; NULL is allowed. Not collective. */
void constrain_destroy(struct constrain *constrain);

/* False with a line when weights that the parent run holds at zero by masks are in the set of a
 * constraint that would fill them (class->stands_alone). Not collective. */
bool constrain_fits_masks(const struct constrain *constrain, struct error *err);

/* Before the first step of a run that does not come from a checkpoint: fixes exponents, starts ADMM at
 * Z = P(W), U = 0, or projects and masks. Collective. */
void constrain_start(struct constrain *constrain);

/* The gradient of the loss, before anything is added to it: none to latent weights beyond the classes'
 * clip (straight-through); times the gain of tied weights. Nothing for ADMM. Not
 * collective. */
void constrain_shape_gradient(const struct constrain *constrain);

/* Adds ADMM's pull to the gradient. Not collective. */
void constrain_add_gradient(const struct constrain *constrain);

/* The run has come so far, in epochs: what amounts that fall over a run depend on, to be said before
 * what follows projects. A new constrain is at 0. Not collective. */
void constrain_at(struct constrain *constrain, double epochs);

/* Whether all amounts have fallen to what the settings ask for. Not collective. */
bool constrain_is_whole(const struct constrain *constrain);

/* After a step, the `steps`th of the run from 1: projects what is due. Collective. */
void constrain_after_step(struct constrain *constrain, size_t steps, bool is_last_of_epoch);

/* The network gets the projected weights, until constrain_hide. Collective. */
void constrain_show(struct constrain *constrain);

/* The network gets back the weights of the training. Not collective. */
void constrain_hide(struct constrain *constrain);

/* Between the two: ||W - Z|| / ||W|| over the constrained weights, Z = P(W) but for ADMM.
 * Not collective, the same on every rank. */
double constrain_residual(const struct constrain *constrain);

#endif
