/* Constraints: sets that the weights of a layer are brought into, each with its Euclidean
 * projection.
 *
 * A constraint is one file with one struct constraint_class, one line in the table of
 * constraint.c and one row in the option table (settings/options_table.c), the section of which
 * has the constraint's name. It sees one weight matrix, never a network, and projects any range
 * of its output rows by itself, so that ranks can share the work; how a set is imposed (ADMM,
 * projection, straight-through) is not its business.
 */
#ifndef RESLICE_METHOD_CONSTRAINT_H
#define RESLICE_METHOD_CONSTRAINT_H

#include <stdbool.h>
#include <stddef.h>

#include "hw/bit_slice.h"
#include "method/slice_price.h"

/* One weight tensor [out, in, kh, kw] and what is asked of it. On a crossbar output o is a column
 * and the in taps weights of o, in memory order, its rows, cut into arrays of `rows`. */
struct constraint_layer {
    size_t out, in, taps;           /* taps = kh kw; 1 for a linear layer */
    double amount;                  /* > 0; its meaning is the class's */
    int adc_bits[BIT_SLICE_MAX];    /* of the slices, where the class is_per_slice */
    struct bit_slice_format format; /* of the codes, in slices of a crossbar cell */
    float step;                     /* value of one code, where the class holds_exponent; else 0 */
    size_t rows;                    /* of a crossbar array */
    int iterations;                 /* of the fit: smartdeal */
    double gain; /* of the loss's gradient while the set is kept; 1 but for circulant */
    /* Of slice-sparsity: */
    double price[BIT_SLICE_MAX]; /* of a digit other than 0 in each slice */
    double start, ramp;       /* amount before the first step, share of the run in which it falls */
    bool is_shared;           /* amount is that of all layers together */
    bool is_relative;         /* deviations count over the layer's mean square */
    struct slice_price found; /* by the class's share; unknown where project finds its own */
};

struct constraint_class {
    const char *name;   /* "sparsity" */
    const char *option; /* its amounts: "keep" of "sparsity.keep", a list of numbers */
    bool makes_zeros;  /* the set only says which weights are 0, so that it can be kept by a mask */
    bool is_per_slice; /* the amounts are a number for each slice, not one */
    /* The set lies on the grid of the codes: the layer's exponent stays what it was at the
     * start. */
    bool holds_exponent;
    /* A projection that fills zeros or moves tied values: no other constraint on the same layer. */
    bool stands_alone;
    /* The weights of a layer share few values, which a projection on the grid of the codes, that
     * moves one weight and not another of the same value, would undo: none that holds_exponent
     * beside it. */
    bool shares_values;
    /* Imposed straight through: no gradient of the loss to latent weights of this size or
     * larger; 0: to all. */
    float clip;
    /* Whether a layer of any shape is left alone, because its amount asks for nothing. NULL: amount
     * == 0. */
    bool (*is_idle)(const struct constraint_layer *layer);
    /* Output rows that have to be projected together; out when everything hangs together. */
    size_t (*unit)(const struct constraint_layer *layer);
    /* Bytes of temporary memory that project needs for so many output rows, aligned like
     * mem_alloc's; NULL: none. */
    size_t (*scratch_size)(const struct constraint_layer *layer, size_t outputs);
    /* Where layers share an amount: fills layer[].found from the weights of all layers, one after the
     * other in w, before they are projected one by one, with share_scratch bytes of temporary memory,
     * aligned like mem_alloc's. Nothing where they do not. NULL: they never do. Deterministic, no
     * communication. */
    size_t (*share_scratch)(const struct constraint_layer *layer, size_t layers);
    void (*share)(struct constraint_layer *layer, size_t layers, const float *w, void *scratch);
    /* The nearest point of the set, in place: w is [outputs, in, taps], a whole number of units
     * or the rest at the end of the layer. Ties go to the lower index. Deterministic, no
     * communication. */
    void (*project)(const struct constraint_layer *layer, float *w, size_t outputs, void *scratch);
};

/* At most amount (a share, 0..1, rounded to a whole number) of the layer's weights are not zero:
 * the largest ones. ADMM-NN, arXiv 1812.11677, section 3. */
extern const struct constraint_class constraint_sparsity;

/* At most amount weights of a crossbar column are not zero, the largest ones: a column is the
 * weights of one output on the `rows` rows of an array. TinyADC, DATE 2021 (column-proportional
 * pruning). */
extern const struct constraint_class constraint_column_sparsity;

/* At most amount (a share, 0..1) of the digits of a layer, or of all layers together, are not 0,
 * where a digit of slice k counts price[k]: the nearest point at the price of a digit at which that
 * is so, and nothing that could be added within the amount at that price is left out. No source:
 * our own. */
extern const struct constraint_class constraint_slice_sparsity;

/* At most amount digits of a weight are not 0. No source: our own; one digit is a power of two times
 * 1..2^width - 1. */
extern const struct constraint_class constraint_slice_digits;

/* No digit sum of a crossbar column of one sign exceeds 2^adc_bits[k] - 1 in slice k: ADCs of so
 * many bits read every input without loss. The nearest point where adc_column_fit finds it, else
 * near it. No source: this constraint is our own. */
extern const struct constraint_class constraint_adc_limit;

/* A weight that is not zero is one of 2^amount multiples ±1, ±2, … of an interval that is fitted
 * to the layer. ADMM-NN, arXiv 1812.11677, section 4. */
extern const struct constraint_class constraint_grid;

/* Circulant blocks of amount x amount over (out, in), for each tap. ReBoc, DATE 2020; CirCNN. */
extern const struct constraint_class constraint_circulant;

/* Sparse power-of-two coefficients times a small basis; amount: coefficients below it are zero.
 * A fit, not the nearest point. SmartDeal, arXiv 2101.01163; method/smartdeal.h. */
extern const struct constraint_class constraint_smartdeal;

/* One of -S, 0, S; amount: the share of the largest weight below which a weight is zero. Not the
 * nearest point, but the papers' rule: WACV 2019 and AAAI 2020. */
extern const struct constraint_class constraint_ternary;

/* All of them, in the order in which projections follow each other where there are several: later
 * ones keep what earlier ones have made (zeros stay zeros). */
enum { CONSTRAINTS_MAX = 16 };
extern const struct constraint_class *const constraint_table[];
extern const size_t constraint_count;

/* The constraint of a section or of an option's path: "sparsity", "sparsity.keep"; NULL for others.
 * Not collective. */
const struct constraint_class *constraint_of_path(const char *path);

/* Paths of the amounts, separated by ", ": "sparsity.keep, …";
 * a static text, always the same. Not collective. */
const char *constraint_options(void);

#endif
