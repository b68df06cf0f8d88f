/* Private to the files of conv_panels: gradients of 3x3 convolutions of step 1 by Winograd's
 * F(4x4, 3x3) (nn/winograd.h), 36 multiplications for every 4x4 pixels instead of 144:
 *     dx = A' [sum over outputs of (G turned w G') . (B' dy B)] A
 *     dw = G' [sum over tiles of (A dy A') . (B' x B)] G
 * Every position of the transformed tiles is a matrix product over panels. */
#ifndef RESLICE_NN_CONV_WINOGRAD_H
#define RESLICE_NN_CONV_WINOGRAD_H

#include "nn/conv_panels_plan.h"

/* Whether gradients of this convolution are taken so: where that is less work. Depends on shapes
 * only, so that it is the same on any machine and number of ranks. Not collective. */
bool conv_winograd_suits(const struct conv_panels *t);

/* Scratch memory that conv_winograd_backward needs besides t->sum, bytes. Not collective. */
size_t conv_winograd_bytes(const struct conv_panels *t);

/* As conv_panels_backward but for the parameter's sums, which are left in t->sum; `block` is
 * conv_winograd_bytes of scratch memory. The weights' gradients are float inside a shard. False
 * when one does not fit. Not collective. */
bool conv_winograd_backward(const struct conv_panels *t, const struct op *op,
                            const struct pass *pass, float *block);

#endif
