/* Convolution over panels (nn/panels.h): samples side by side, so that every pixel is a matrix
 * product of its own over those taps of the kernel that lie inside the image,
 *     out[q, n, j]  = sum_{t,k} x[q step + tap(t), n, k] w[t,k,j]
 *     dx[p, n, k]   = sum_{t,j} dy[q, n, j] w[t,k,j]     over the t and q with q step + tap(t) = p
 *     dw[t, k, j]   = sum_{q,n} x[q step + tap(t), n, k] dy[q, n, j]
 */
#ifndef RESLICE_NN_CONV_PANELS_H
#define RESLICE_NN_CONV_PANELS_H

#include <stdbool.h>

#include "nn/op.h"

struct conv_panels;

/* The sizes and memory of a convolution, the caller's until conv_panels_destroy; reserves its
 * part of op->scratch. Not collective. */
struct conv_panels *conv_panels_create(const struct op *op);

/* Gives the memory back. Not collective. */
void conv_panels_destroy(struct conv_panels *panels);

/* New weights: op->params->code (in float passes, and for gradients, op->params->quantised).
 * Not collective. */
void conv_panels_prepare(struct conv_panels *panels, const struct op *op, const struct pass *pass);

/* op->out->value and its max_bits from op->in->code (float passes: value); bias
 * [channel_stride(out)]. Exact sums of codes; of floats, a sample does not depend on the others.
 * Not collective. */
void conv_panels_forward(struct conv_panels *panels, const struct op *op, const struct pass *pass,
                         const float *bias);

/* op->in->gradient (unless NULL) and the sums of the weights' gradients, float inside a group of
 * samples of one shard and exact beyond. False when a sum overflows. Not collective. */
bool conv_panels_backward(struct conv_panels *panels, const struct op *op, const struct pass *pass);

#endif
