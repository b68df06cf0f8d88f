/* Private to the files of conv_panels: the numbers of a tensor as panels, [panels, pixels, n, 16].
 *
 * A convolution of few channels is one of 1x1 over vectors of whole windows, in the order of the
 * weights [in, kernel, kernel]: panels of a channel or three would be nearly empty. */
#ifndef RESLICE_NN_CONV_LAY_H
#define RESLICE_NN_CONV_LAY_H

#include "nn/conv_panels_plan.h"

/* Whether windows are gathered: few channels, whose gradient nobody needs. Not collective. */
bool conv_lay_gathers(const struct op *op);

/* Makes a planned convolution one of gathered windows; takes memory until conv_lay_release. Not
 * collective. */
void conv_lay_plan(struct conv_panels *t, const struct op *op);

/* Gives that memory back, if there is any. Not collective. */
void conv_lay_release(struct conv_panels *t);

/* Codes of the inputs of samples [first, first + n). Not collective. */
void conv_lay_codes(const struct conv_panels *t, const struct op *op, int16_t *to, size_t first,
                    size_t n);

/* Codes of the inputs of samples [first, first + n) as floats. Not collective. */
void conv_lay_wide_codes(const struct conv_panels *t, const struct op *op, float *to, size_t first,
                         size_t n);

/* Values of the inputs of samples [first, first + n). Not collective. */
void conv_lay_values(const struct conv_panels *t, const struct op *op, float *to, size_t first,
                     size_t n);

/* Gradients of the outputs of samples [first, first + n). Not collective. */
void conv_lay_gradients(const struct conv_panels *t, const struct op *op, float *to, size_t first,
                        size_t n);

#endif
