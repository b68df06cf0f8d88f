/* Flat [c, h, w] to image [h, w, c] and back: the order of files and linear layers on one side, of
 * convolutions on the other. Values, codes and gradients are only moved. */
#include "hw/fixed_point.h"
#include "nn/op.h"

/* The tensor that is an image; the other one is flat. */
static const struct tensor *image_of(const struct op *op)
{
    return op->in->height * op->in->width > 1 ? op->in : op->out;
}

/* Where element (c, y, x) of sample n lies in either tensor. */
static size_t place(const struct tensor *tensor, const struct tensor *image, size_t n, int c, int y,
                    int x)
{
    if (tensor == image)
        return tensor_at(tensor, n, y, x) + (size_t)c;
    return tensor_at(tensor, n, 0, 0) + (size_t)((c * image->height + y) * image->width + x);
}

static bool reshape_reads_only_codes(const struct op *op)
{
    return op->in->has_code;
}

static bool reshape_forward(struct op *op, const struct pass *pass)
{
    const struct tensor *image = image_of(op);
    const bool has_code = pass->quantise && op->in->has_code;
    const bool has_value = !(has_code && op->out->only_code);
    const float step = has_code ? fixed_point_step(op->in->exponent, pass->bits) : 0.0f;
    for (size_t n = 0; n < pass->samples; n++)
        for (int c = 0; c < image->channels; c++)
            for (int y = 0; y < image->height; y++)
                for (int x = 0; x < image->width; x++) {
                    const size_t from = place(op->in, image, n, c, y, x);
                    const size_t to = place(op->out, image, n, c, y, x);
                    if (has_code)
                        op->out->code[to] = op->in->code[from];
                    if (has_value)
                        op->out->value[to] =
                            has_code ? (float)op->in->code[from] * step : op->in->value[from];
                }
    op->out->exponent = op->in->exponent;
    op->out->max_bits = op->in->max_bits;
    return true;
}

static bool reshape_backward(struct op *op, const struct pass *pass)
{
    const struct tensor *image = image_of(op);
    float *dx = op->in->gradient;
    for (size_t n = 0; dx && n < pass->samples; n++)
        for (int c = 0; c < image->channels; c++)
            for (int y = 0; y < image->height; y++)
                for (int x = 0; x < image->width; x++) {
                    const float dy = op->out->gradient[place(op->out, image, n, c, y, x)];
                    const size_t to = place(op->in, image, n, c, y, x);
                    dx[to] = op->adds_to_in ? dx[to] + dy : dy;
                }
    return true;
}

const struct op_class op_reshape = {
    .name = "reshape",
    .reads_only_codes = reshape_reads_only_codes,
    .forward = reshape_forward,
    .backward = reshape_backward,
};
