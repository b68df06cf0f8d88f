/* Convolution of codes on matrix tiles (nn/tiles.h).
 *
 * A few samples are laid out as one line of pixels, in which neighbouring rows and samples share
 * their border of zeros: pitch = width + padding pixels a row. Then every tap of the kernel is one
 * distance along that line, and all three products are plain matrix products over it:
 *     out[q, j]        = sum_{t,k} x[q + tap(t), k] w[t,k,j]
 *     dx[q, k]         = sum_{t,j} dy[q - tap(t), j] w[t,k,j]
 *     dw[t, k, j]      = sum_q     x[q + tap(t), k] dy[q, j]
 * Positions q between the rows give sums that nobody reads. A step above 1 leaves out positions of
 * `out`; there dy is zero.
 */
#ifndef RESLICE_NN_CONV_TILES_H
#define RESLICE_NN_CONV_TILES_H

#include <stdbool.h>

#include "nn/op.h"

struct conv_tiles;

/* Whether this machine has tiles and the shape suits them. Not collective. */
bool conv_tiles_suit(const struct op *op);

/* The sizes and memory of a convolution, the caller's until conv_tiles_destroy; reserves its
 * part of op->scratch. Not collective. */
struct conv_tiles *conv_tiles_create(const struct op *op);

/* Gives the memory back. Not collective. */
void conv_tiles_destroy(struct conv_tiles *tiles);

/* New weights: op->params->code. Not collective. */
void conv_tiles_prepare(struct conv_tiles *tiles, const struct op *op);

/* op->out->value from op->in->code; bias [channel_stride(out)]. Exact sums. Sets out->max_bits.
 * Not collective. */
void conv_tiles_forward(struct conv_tiles *tiles, const struct op *op, const struct pass *pass,
                        const float *bias);

/* op->in->gradient (unless NULL) and the sums of the weights' gradients, float inside a group of
 * samples of one shard and exact beyond. False when a sum overflows. Not collective. */
bool conv_tiles_backward(struct conv_tiles *tiles, const struct op *op, const struct pass *pass);

#endif
