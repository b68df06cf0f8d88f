/* What the methods of a run count on its weights (method/metrics.h), layer by layer: made from settings
 * and weights when a result is written, kept in its group /method, read by reports. */
#ifndef RESLICE_RESULT_METHOD_COUNTS_H
#define RESLICE_RESULT_METHOD_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/parameters.h"
#include "settings/experiment.h"
#include "store/store.h"

/* One weight layer. 0 where a method was not used. */
struct method_layer {
    int64_t weights, nonzero;
    int64_t value_bits;             /* of a weight that is not zero */
    int64_t data_bits, stored_bits; /* without and with indices */
    int64_t column_limit, column_nonzero, column_positive, column_negative;
    int64_t grid_bits, is_ternary;
    int64_t block, dense_arrays, block_arrays, passes;
    int64_t pieces, coefficients, coefficients_nonzero;
    double refit;        /* how far the decomposition that was counted is from the weights */
    double digits_asked; /* share of digits, or digits a weight */
    int64_t digits, digits_nonzero;
    int64_t group, groups, groups_alive;
    double group_compression;
};

/* A dataset of /method: a number of each layer. */
struct method_column {
    const char *name, *description, *units;
    enum store_type type; /* STORE_I64 or STORE_F64 */
    size_t offset;        /* in struct method_layer */
};
extern const struct method_column method_columns[];
extern const size_t method_column_count;

/* "sparsity + grid (admm), bit-slice-l1"; "none". */
void method_print_name(const struct settings *settings, char *text, size_t size);

/* Writes /method. Collective. */
void method_write(struct store *store, const struct settings *settings,
                  const struct parameters *params);

#endif
