/* The matrix of a convolution with groups, as crossbars hold it.
 *
 * Mapping: rows are the inputs of all groups one after the other, [channels, taps], as those of a
 * convolution without groups; the columns of a group have cells on the rows of their own group and
 * none on the others (block-diagonal). An array thus holds as many groups as its rows have room for,
 * and a group may lie on two: 14.2 channels of a 3x3 depthwise convolution use 128 of the 16,384
 * cells of a 128x128 array. A bitline without a cell on an array is not read there, and not counted
 * in current histograms. */
#ifndef RESLICE_NN_CONV_DIRECT_H
#define RESLICE_NN_CONV_DIRECT_H

#include <stddef.h>
#include <stdint.h>

#include "nn/op.h"

/* Codes [outputs, channels * taps] of the last quantised network_prepare, 0 outside the groups; the
 * operation's. Only of an op_conv_direct with more than one group. Not collective. */
const int16_t *conv_direct_matrix(const struct op *op);

/* Of all (row tile, output) pairs, arrays of `rows` rows, those on which the output's group has no
 * row; 0 without groups. Not collective. */
size_t conv_direct_empty_columns(const struct op *op, size_t rows);

#endif
