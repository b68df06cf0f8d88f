/* Batch normalisation over the global batch.
 *
 *   mean = sum x / M,  variance = sum x^2 / M - mean^2,  M = samples * pixels of the global batch
 *   out  = gamma (x - mean) / sqrt(variance + eps) + beta
 *
 * On codes both sums are exact integers; on other values they are double inside a sample and exact
 * across samples. Either way they do not depend on ranks or shards. */
#include <math.h>
#include <string.h>

#include "base/comm.h"
#include "base/mem.h"
#include "hw/fixed_point.h"
#include "nn/kernels.h"
#include "nn/op.h"

static const double MOMENTUM = 0.1;

/* Units of the sums of float inputs: 2^-28 holds sums below 2^35. */
enum { INPUT_EXPONENT = 28 };

struct batch_norm_state {
    size_t channels;                /* channel_stride: the padding takes part, as zeros */
    int64_t *sum;                   /* [2, channels]: of x and x^2, or of dy and dy xhat */
    int16_t *range;                 /* [2, channels]: this rank's smallest and largest codes of x */
    float *scale;                   /* [channels] out = scale x + shift */
    float *shift;                   /* [channels] */
    float *mean;                    /* [channels] of the batch */
    float *inverse;                 /* [channels] 1 / sqrt(variance + eps) */
    float *code_scale, *code_shift; /* [channels] xhat = code_scale code + code_shift */
    float *part;                    /* [2, channels] of one sample; factors of a pass */
    double *moment; /* [2, channels] of one sample: x and x^2, where values are not codes */
    double count;   /* M */
};

static void batch_norm_setup(struct op *op)
{
    struct batch_norm_state *state = MEM_NEW(struct batch_norm_state, 1);
    const size_t stride = op->in->channel_stride;
    state->channels = stride;
    state->sum = MEM_NEW(int64_t, 4 * stride);
    state->range = MEM_NEW(int16_t, 2 * stride);
    state->scale = MEM_NEW(float, stride);
    state->shift = MEM_NEW(float, stride);
    state->mean = MEM_NEW(float, stride);
    state->inverse = MEM_NEW(float, stride);
    state->code_scale = MEM_NEW(float, stride);
    state->code_shift = MEM_NEW(float, stride);
    state->part = MEM_NEW(float, 2 * stride);
    state->moment = MEM_NEW(double, 2 * stride);
    op->state = state;
}

static void batch_norm_release(struct op *op)
{
    struct batch_norm_state *state = op->state;
    mem_free(state->sum);
    mem_free(state->range);
    mem_free(state->scale);
    mem_free(state->shift);
    mem_free(state->mean);
    mem_free(state->inverse);
    mem_free(state->code_scale);
    mem_free(state->code_shift);
    mem_free(state->part);
    mem_free(state->moment);
    mem_free(state);
}

static float *parameter_values(const struct op *op, int index)
{
    return op->params->value + op->params->tensor[index].offset;
}

/* ---- statistics of the batch ---- */

static bool on_codes(const struct op *op, const struct pass *pass)
{
    return pass->quantise && op->in->has_code;
}

static struct image_span span_of(const struct tensor *tensor)
{
    return (struct image_span){(size_t)tensor->height, (size_t)tensor->width,
                               tensor->channel_stride, tensor->row};
}

/* Float sums of one sample, made integers. False when one does not fit. */
static bool add_values(struct batch_norm_state *state, const struct tensor *in, size_t n)
{
    const size_t channels = state->channels;
    memset(state->moment, 0, 2 * channels * sizeof(double));
    for (int y = 0; y < in->height; y++) {
        const float *x = in->value + tensor_at(in, n, y, 0);
        for (int i = 0; i < in->width; i++, x += in->channel_stride)
            for (size_t c = 0; c < channels; c++) {
                state->moment[c] += (double)x[c];
                state->moment[channels + c] += (double)x[c] * (double)x[c];
            }
    }
    bool fits = true;
    for (size_t c = 0; c < 2 * channels; c++) {
        const bool fine = fabs(state->moment[c]) < 0x1p24; /* false for NaN */
        state->sum[c] += fine ? (int64_t)ldexp(state->moment[c], INPUT_EXPONENT) : 0;
        fits = fits && fine;
    }
    return fits;
}

/* Sums and ranges of the global batch in one message: maxima of -smallest and of largest codes. */
static void sum_codes(struct op *op, const struct pass *pass)
{
    struct batch_norm_state *state = op->state;
    const size_t channels = state->channels;
    int64_t *low = state->sum + 2 * channels, *high = low + channels;
    for (size_t c = 0; c < channels; c++) {
        state->range[c] = INT16_MAX;
        state->range[channels + c] = -INT16_MAX;
    }
    for (size_t n = 0; n < pass->samples; n++)
        nn_kernels()->code_moments(state->sum, state->range,
                                   op->in->code + tensor_at(op->in, n, 0, 0), span_of(op->in));
    for (size_t c = 0; c < channels; c++) {
        low[c] = -state->range[c];
        high[c] = state->range[channels + c];
    }
    comm_sum_and_max_i64(state->sum, 2 * channels, 2 * channels);
    for (size_t c = 0; c < channels; c++) {
        state->range[c] = (int16_t)-low[c];
        state->range[channels + c] = (int16_t)high[c];
    }
}

/* False on all ranks alike when a sum does not fit. */
static bool sum_values(struct op *op, const struct pass *pass)
{
    struct batch_norm_state *state = op->state;
    const size_t channels = state->channels;
    int64_t *misfits = state->sum + 2 * channels;
    *misfits = 0;
    for (size_t n = 0; n < pass->samples; n++)
        *misfits += !add_values(state, op->in, n);
    comm_sum_i64(state->sum, 2 * channels + 1);
    return *misfits == 0;
}

/* Sums over the global batch. False on all ranks alike when a value is not finite. */
static bool sum_inputs(struct op *op, const struct pass *pass)
{
    struct batch_norm_state *state = op->state;
    memset(state->sum, 0, 2 * state->channels * sizeof(int64_t));
    state->count = (double)pass->global_samples * op->in->height * op->in->width;
    if (!on_codes(op, pass))
        return sum_values(op, pass);
    sum_codes(op, pass);
    return true;
}

static void update_running(const struct op *op, const struct pass *pass, size_t c, double mean,
                           double variance)
{
    const struct batch_norm_state *state = op->state;
    float *running_mean = parameter_values(op, op->mean) + c;
    float *running_variance = parameter_values(op, op->variance) + c;
    const double unbiased =
        state->count > 1.0 ? variance * state->count / (state->count - 1.0) : variance;
    const double momentum = pass->momentum > 0.0 ? pass->momentum : MOMENTUM;
    *running_mean = (float)((1.0 - momentum) * *running_mean + momentum * mean);
    *running_variance = (float)((1.0 - momentum) * *running_variance + momentum * unbiased);
}

static void set_affine(const struct op *op, size_t c, double mean, double variance)
{
    struct batch_norm_state *state = op->state;
    const double inverse = 1.0 / sqrt(variance + op->epsilon);
    const double gamma = parameter_values(op, op->weight)[c];
    state->mean[c] = (float)mean;
    state->inverse[c] = (float)inverse;
    state->scale[c] = (float)(gamma * inverse);
    state->shift[c] = (float)(parameter_values(op, op->bias)[c] - gamma * inverse * mean);
}

static bool follow_batch(struct op *op, const struct pass *pass)
{
    const struct batch_norm_state *state = op->state;
    if (!sum_inputs(op, pass))
        return false;
    const double unit = on_codes(op, pass) ? (double)fixed_point_step(op->in->exponent, pass->bits)
                                           : ldexp(1.0, -INPUT_EXPONENT);
    const double square_unit = on_codes(op, pass) ? unit * unit : unit;
    for (size_t c = 0; c < (size_t)op->in->channels; c++) {
        const double mean = (double)state->sum[c] * unit / state->count;
        const double square = (double)state->sum[state->channels + c] * square_unit / state->count;
        const double variance = fmax(square - mean * mean, 0.0);
        set_affine(op, c, mean, variance);
        update_running(op, pass, c, mean, variance);
    }
    return true;
}

static void follow_running(struct op *op)
{
    for (size_t c = 0; c < (size_t)op->in->channels; c++)
        set_affine(op, c, parameter_values(op, op->mean)[c], parameter_values(op, op->variance)[c]);
}

static bool emits(const struct op *op, const struct pass *pass)
{
    return pass->quantise && op->quantiser;
}

/* out = scale x + shift = factor code + shift: a power of two changes no rounding. */
static const float *code_factors(const struct op *op, const struct pass *pass)
{
    const struct batch_norm_state *state = op->state;
    const float step = fixed_point_step(op->in->exponent, pass->bits);
    for (size_t c = 0; c < state->channels; c++)
        state->part[c] = state->scale[c] * step;
    return state->part;
}

static bool batch_norm_forward(struct op *op, const struct pass *pass)
{
    const struct batch_norm_state *state = op->state;
    const struct tensor *in = op->in, *out = op->out;
    if (!pass->is_training)
        follow_running(op);
    else if (!follow_batch(op, pass))
        return false;
    op->out->max_is_global = emits(op, pass);
    if (emits(op, pass)) {
        if (pass->is_training)
            op->out->max_bits = nn_kernels()->affine_max(state->range, code_factors(op, pass),
                                                         state->shift, state->channels);
        return true;
    }
    for (size_t n = 0; n < pass->samples; n++)
        nn_kernels()->affine(out->value + tensor_at(out, n, 0, 0),
                             in->value + tensor_at(in, n, 0, 0), state->scale, state->shift,
                             span_of(in));
    op->out->max_bits = fixed_point_max_bits(out->value, pass->samples * out->stride);
    return true;
}

static void batch_norm_emit(const struct op *op, const struct pass *pass, int16_t *code,
                            float *value, struct quantise_spec spec)
{
    const struct batch_norm_state *state = op->state;
    const float *factors = code_factors(op, pass);
    for (size_t n = 0; n < pass->samples; n++) {
        const size_t at = tensor_at(op->in, n, 0, 0);
        nn_kernels()->affine_codes(code + at, value ? value + at : NULL, op->in->code + at, factors,
                                   state->shift, span_of(op->in), spec);
    }
}

static bool batch_norm_reads_only_codes(const struct op *op)
{
    return op->quantiser;
}

/* ---- backward ---- */

/* The gradient passes where the quantiser behind lets it pass. */
static const int16_t *mask_of(const struct op *op)
{
    return op->quantiser->relu ? op->quantiser->out->code : NULL;
}

static const int16_t *at_sample(const int16_t *mask, size_t offset)
{
    return mask ? mask + offset : NULL;
}

/* part = sums of dy and dy xhat over sample n. */
static void sample_moments(const struct op *op, const struct pass *pass, size_t n)
{
    const struct batch_norm_state *state = op->state;
    const size_t at = tensor_at(op->in, n, 0, 0);
    const float *dy = op->out->gradient + at;
    if (emits(op, pass))
        nn_kernels()->code_gradient_moments(state->part, dy, at_sample(mask_of(op), at),
                                            op->in->code + at, state->code_scale, state->code_shift,
                                            span_of(op->in));
    else
        nn_kernels()->gradient_moments(state->part, dy, op->in->value + at, state->mean,
                                       state->inverse, span_of(op->in));
}

/* xhat = (x - mean) inverse = code_scale code + code_shift */
static void prepare_code_terms(const struct op *op, const struct pass *pass)
{
    const struct batch_norm_state *state = op->state;
    const float step = fixed_point_step(op->in->exponent, pass->bits);
    for (size_t c = 0; c < state->channels; c++) {
        state->code_scale[c] = state->inverse[c] * step;
        state->code_shift[c] = -state->inverse[c] * state->mean[c];
    }
}

/* Sums of dy and dy xhat over this rank's samples: the gradients of beta and gamma. */
static bool sum_gradients(const struct op *op, const struct pass *pass)
{
    const struct batch_norm_state *state = op->state;
    bool fits = true;
    memset(state->sum, 0, 2 * state->channels * sizeof(int64_t));
    if (emits(op, pass))
        prepare_code_terms(op, pass);
    for (size_t n = 0; n < pass->samples; n++) {
        sample_moments(op, pass, n);
        for (size_t c = 0; c < 2 * state->channels; c++) {
            const bool fine = fabsf(state->part[c]) < 0x1p11f; /* false for NaN */
            state->sum[c] += fine ? (int64_t)ldexp((double)state->part[c], NN_SUM_EXPONENT) : 0;
            fits = fits && fine;
        }
    }
    return fits;
}

/* dx = gamma inverse (dy - (sum dy + xhat sum(dy xhat)) / M) with the sums of the global batch,
 * written as scale dy + b x + c; x in units of `step`. */
static void gradient_terms(const struct op *op, double step, float *b, float *c)
{
    const struct batch_norm_state *state = op->state;
    const double unit = ldexp(1.0, -NN_SUM_EXPONENT) / state->count;
    for (size_t i = 0; i < state->channels; i++) {
        const double mean_dy = (double)state->sum[i] * unit;
        const double mean_product = (double)state->sum[state->channels + i] * unit;
        const double slope = -(double)state->scale[i] * state->inverse[i] * mean_product;
        b[i] = (float)(slope * step);
        c[i] = (float)(-slope * state->mean[i] - state->scale[i] * mean_dy);
    }
}

static void input_gradient(const struct op *op, const struct pass *pass)
{
    const struct batch_norm_state *state = op->state;
    const struct tensor *in = op->in;
    const bool codes = emits(op, pass);
    float *b = state->part, *c = state->part + state->channels;
    const float *const terms[3] = {state->scale, b, c};
    gradient_terms(op, codes ? (double)fixed_point_step(in->exponent, pass->bits) : 1.0, b, c);
    for (size_t n = 0; n < pass->samples; n++) {
        const size_t at = tensor_at(in, n, 0, 0);
        float *dx = in->gradient + at;
        const float *dy = op->out->gradient + at;
        if (codes)
            nn_kernels()->code_affine_gradient(dx, dy, at_sample(mask_of(op), at), in->code + at,
                                               terms, span_of(in), op->adds_to_in);
        else
            nn_kernels()->affine_gradient(dx, dy, in->value + at, terms, span_of(in),
                                          op->adds_to_in);
    }
}

static bool batch_norm_backward(struct op *op, const struct pass *pass)
{
    const struct batch_norm_state *state = op->state;
    const size_t channels = (size_t)op->in->channels;
    const bool fits = sum_gradients(op, pass);
    memcpy(op->params->sum + op->params->tensor[op->bias].offset, state->sum,
           channels * sizeof(int64_t));
    memcpy(op->params->sum + op->params->tensor[op->weight].offset, state->sum + state->channels,
           channels * sizeof(int64_t));
    comm_sum_i64(state->sum, 2 * state->channels);
    if (op->in->gradient)
        input_gradient(op, pass);
    return fits;
}

const struct op_class op_batch_norm = {
    .name = "batch_norm",
    .is_elementwise = true,
    .masks_gradient = true,
    .reads_only_codes = batch_norm_reads_only_codes,
    .emit = batch_norm_emit,
    .setup = batch_norm_setup,
    .release = batch_norm_release,
    .forward = batch_norm_forward,
    .backward = batch_norm_backward,
};
