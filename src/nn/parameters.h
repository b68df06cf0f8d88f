/* Trainable values of a network: flat arrays, tensors are views into them.
 *
 * Tensors start at multiples of NN_LANES elements; the gaps stay 0. Weights are [out, in] or
 * [out, in, kh, kw], biases [out].
 */
#ifndef RESLICE_NN_PARAMETERS_H
#define RESLICE_NN_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/bit_slice.h"
#include "nn/loss.h"

enum { PARAMETERS_MAX = 1024, PARAMETERS_AXES = 4 };

/* Smaller than every exponent of a float. */
enum { PARAMETER_NO_FLOOR = -1000 };

enum parameter_kind {
    PARAMETER_QUANTISED, /* trained, used as fixed-point codes */
    PARAMETER_FLOAT,     /* trained, used as it is (batch norm) */
    PARAMETER_STATE      /* running statistics: kept and saved like weights, not trained */
};

enum parameter_init { INIT_UNIFORM, INIT_NORMAL, INIT_CONSTANT };

enum { PARAMETER_NAME = 48 };

struct parameter {
    char name[PARAMETER_NAME]; /* as PyTorch has it: "fc1.weight" */
    int axes;
    size_t shape[PARAMETERS_AXES];
    size_t offset, count; /* in the flat arrays */
    enum parameter_init init;
    double init_scale;           /* bound, deviation or constant */
    bool is_quantised, is_state; /* see enum parameter_kind */
    int exponent;                /* of the last quantisation */
    int exponent_floor;          /* it is never smaller; PARAMETER_NO_FLOOR: any */
    uint64_t saturated;          /* codes clipped by the last quantisation */
};

/* Sums that travel with the gradients in the one reduction of a step. */
enum {
    SUM_LOSS, /* LOSS_LIMBS of them */
    SUM_CORRECT = SUM_LOSS + LOSS_LIMBS,
    SUM_DIVERGED,
    SUM_STOP, /* ranks that were asked to stop */
    SUM_MARK, /* 1: rank 0 marks the step */
    SUM_EXTRAS
};

struct parameters {
    int count;
    struct parameter *tensor; /* [PARAMETERS_MAX] */
    size_t size;              /* of the flat arrays, gaps included */
    size_t scalars;           /* trainable values */
    float *value;             /* shadow weights, float32 */
    float *gradient;          /* of a step; where that will do, of one part after the other */
    float *momentum;
    float *quantised; /* code * step; equals value for float tensors */
    int16_t *code;
    uint8_t *mask; /* 0: pruned for good */
    int64_t *sum;  /* [size + SUM_EXTRAS] gradients in units of 2^-NN_SUM_EXPONENT */
};

/* No tensors yet; the caller's until parameters_destroy. Not collective. */
void parameters_create(struct parameters *params);

/* Gives the arrays back. Not collective. */
void parameters_destroy(struct parameters *params);

/* Declares a tensor of `axes` axes; returns its index. Before parameters_allocate; at most
 * PARAMETERS_MAX. Not collective. */
int parameters_add(struct parameters *params, const char *name, int axes, const size_t *shape,
                   enum parameter_kind kind, enum parameter_init init, double init_scale);

/* A tensor's name cut apart: "layer1.0.conv1.weight" is member "weight" of layer "layer1.0.conv1". */
struct parameter_name {
    char layer[PARAMETER_NAME], member[PARAMETER_NAME];
};

/* Cuts at the last dot, which every name has. Not collective. */
struct parameter_name parameters_split_name(const struct parameter *tensor);

/* Whether a tensor is the weights of a linear layer or a convolution: what crossbars hold.
 * Not collective. */
bool parameters_is_matrix(const struct parameter *tensor);

/* Takes the flat arrays; masks start at 1, all else at 0. Not collective. */
void parameters_allocate(struct parameters *params);

/* Draws initial values: uniform in +-scale, normal with deviation scale, or the constant scale.
 * Not collective. */
void parameters_initialise(struct parameters *params, uint64_t seed);

/* Quantises every quantised tensor with the exponent of its present values, or exponent_floor
 * where that is larger; exponents and counts of saturated codes are kept in the tensors. False
 * when a value is not finite. Not collective. */
bool parameters_quantise(struct parameters *params, int bits);

/* Whether every value and momentum is finite. Not collective. */
bool parameters_are_finite(const struct parameters *params);

/* Sets |value| < threshold to 0 and masks it. Returns how many are masked now. Not collective. */
size_t parameters_prune(struct parameters *params, double threshold);

/* Trained values that are masked. Not collective. */
size_t parameters_count_masked(const struct parameters *params);

/* nonzero [slices]: codes of quantised tensors with a non-zero digit; returns the number of codes.
 * Not collective. */
uint64_t parameters_count_nonzero(const struct parameters *params, struct bit_slice_format format,
                                  uint64_t *nonzero);

#endif
