/* train/adc_loop: in every forward pass the weight layers have the values that crossbars with these
 * converters give, cell by cell; backward the converters are the identity. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "nn/kernels.h"
#include "settings/adc_settings.h"
#include "settings/build_network.h"
#include "settings/crossbar_settings.h"
#include "settings/experiment.h"
#include "train/adc_loop.h"
#include "unit/support/random_numbers.h"

enum { SAMPLES = 5, BITS = 8 };

/* Signed inputs, a convolution with padding and without a bias, biases behind; 7 x 7 pixels, arrays
 * that the rows of no layer fill or divide. */
#define RUN(adc)                                                                                   \
    "experiment: e\ndata: {name: mnist}\ntraining: {select: last}\ncrossbar: {rows: 20}\n"         \
    "network:\n  layers: [average-pool: {size: 4},\n"                                              \
    "    conv: {outputs: 5, kernel: 3, padding: 1}, batch-norm, relu,\n"                           \
    "    conv: {outputs: 4, kernel: 3, stride: 2}, relu, flatten,\n"                               \
    "    linear: {outputs: 6}, relu, linear: {outputs: 10}]\n"                                     \
    "runs: [{name: r, epochs: 1, " adc "}]\n"

struct fixture {
    struct experiment experiment;
    const struct settings *settings;
    struct network net;
    struct adc_loop *loop;
    size_t checked; /* layers */
};

static void open_fixture(struct fixture *f, const char *yaml)
{
    struct dataset set;
    struct error err;
    *f = (struct fixture){0};
    if (!experiment_parse(&f->experiment, "t.yaml", yaml, strlen(yaml),
                          (struct experiment_overrides){0}, &err))
        fail_msg("%s", err.text);
    f->settings = &f->experiment.runs[0].settings;
    dataset_describe(&set, "mnist");
    build_network(&f->net, f->settings, &set, SAMPLES);
    parameters_initialise(&f->net.params, 3);
    for (size_t i = 0; i < SAMPLES * f->net.input->stride; i++)
        f->net.input->value[i] = (float)random_between(-100, 100) / 50.0f;
    f->loop = adc_loop_create(f->settings, &f->net);
    assert_non_null(f->loop);
}

static void close_fixture(struct fixture *f)
{
    adc_loop_destroy(f->loop);
    network_destroy(&f->net);
    experiment_free(&f->experiment);
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- the formulas, cell by cell ---- */

static int magnitude(int q, int sign)
{
    const int m = sign == CROSSBAR_POSITIVE ? q : -q;
    return m > 0 ? m : 0;
}

/* Input code r of an output pixel of sample n, and its weight. */
static int input_code(const struct op *op, size_t n, int y, int x, size_t r)
{
    const struct tensor *in = op->in;
    if (op->class == &op_linear)
        return in->code[n * in->stride + r];
    const size_t taps = (size_t)(op->kernel * op->kernel);
    const int u = (int)(r % taps) / op->kernel, v = (int)(r % taps) % op->kernel;
    return in
        ->code[tensor_at(in, n, y * op->step + u - op->padding, x * op->step + v - op->padding) +
               r / taps];
}

static double convert(const struct readout *readout, struct crossbar_format format, int sign, int k,
                      int64_t s)
{
    return ldexp((double)readout_convert(format, readout->transfer, readout->bits[sign][k],
                                         s << READOUT_FRACTION),
                 -READOUT_FRACTION);
}

static int64_t clip(int64_t s, int bits)
{
    const int64_t top = (1 << bits) - 1;
    return s > top ? top : s < -top ? -top : s;
}

static double read_bitlines(const struct readout *readout, struct crossbar_format format, int k,
                            const int64_t s[CROSSBAR_SIGNS])
{
    if (readout->transfer == READOUT_CLIP && readout->signs == READOUT_DIFFERENTIAL)
        return (double)(clip(s[0], readout->bits[0][k]) - clip(s[1], readout->bits[1][k]));
    if (readout->transfer == READOUT_CLIP)
        return (double)clip(s[0] - s[1], readout->bits[0][k]);
    return convert(readout, format, 0, k, s[0]) - convert(readout, format, 1, k, s[1]);
}

static double sum_of(const struct fixture *f, const struct op *op, const struct readout *readout,
                     size_t n, int y, int x, size_t j)
{
    const struct crossbar_format format = settings_crossbar_format(f->settings);
    const struct parameter *weight = &f->net.params.tensor[op->weight];
    const size_t inputs = weight->count / weight->shape[0], rows = (size_t)format.rows;
    const int16_t *w = f->net.params.code + weight->offset + j * inputs;
    double sum = 0;
    for (size_t first = 0; first < inputs; first += rows)
        for (int pass = 0; pass < 2; pass++)
            for (int b = 0; b < BITS; b++)
                for (int k = 0; k < 4; k++) {
                    int64_t s[CROSSBAR_SIGNS] = {0};
                    for (size_t r = first; r < first + rows && r < inputs; r++) {
                        const int code = magnitude(input_code(op, n, y, x, r), pass);
                        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
                            s[sign] += (code >> b & 1) * (magnitude(w[r], sign) >> 2 * k & 3);
                    }
                    const double q = read_bitlines(readout, format, k, s);
                    sum += ldexp(pass ? -q : q, b + 2 * k);
                }
    return sum;
}

/* ---- forward ---- */

static void check_layer(const struct fixture *f, const struct op *op, const struct readout *readout)
{
    const struct parameter *weight = &f->net.params.tensor[op->weight];
    const double unit = ldexp(1.0, op->in->exponent - BITS + weight->exponent - BITS);
    int32_t max = 0;
    for (size_t n = 0; n < SAMPLES; n++)
        for (int y = 0; y < op->out->height; y++)
            for (int x = 0; x < op->out->width; x++)
                for (size_t j = 0; j < weight->shape[0]; j++) {
                    const float *bias = f->net.params.quantised;
                    const double b =
                        op->bias < 0 ? 0 : bias[f->net.params.tensor[op->bias].offset + j];
                    const double sum = sum_of(f, op, readout, n, y, x, j);
                    const float value = (float)(unit * sum + b);
                    assert_true(value == op->out->value[tensor_at(op->out, n, y, x) + j]);
                    max = fixed_point_bits(value) > max ? fixed_point_bits(value) : max;
                }
    assert_int_equal(op->out->max_bits, max);
}

static bool forward(void *context, struct op *op, const struct pass *pass)
{
    struct fixture *f = context;
    const struct multiplier *loop = adc_loop_multiplier(f->loop);
    const struct readout readout = adc_settings_readout(f->settings, f->checked++);
    assert_true(loop->forward(loop->context, op, pass));
    check_layer(f, op, &readout);
    return true;
}

static void prepare(void *context, struct op *op, const struct pass *pass)
{
    const struct multiplier *loop = adc_loop_multiplier(((struct fixture *)context)->loop);
    loop->prepare(loop->context, op, pass);
}

static void run(struct fixture *f, bool is_training, bool backward)
{
    const struct multiplier multiplier = {.forward = forward, .prepare = prepare, .context = f};
    const struct pass pass = {
        .samples = SAMPLES,
        .global_samples = SAMPLES,
        .shards = 2,
        .begin = (size_t[]){0, 2, SAMPLES},
        .is_training = is_training,
        .quantise = true,
        .bits = BITS,
        .multiplier = &multiplier
    };
    f->checked = 0;
    assert_true(network_prepare(&f->net, &pass));
    assert_true(network_forward(&f->net, &pass));
    assert_int_equal(f->checked, 4);
    for (size_t n = 0; n < SAMPLES && backward; n++)
        for (size_t j = 0; j < f->net.logits->size; j++)
            f->net.logits->gradient[n * f->net.logits->stride + j] =
                (float)random_between(-50, 50) / 64.0f;
    assert_true(!backward || network_backward(&f->net, &pass));
}

/* In training and in evaluation, with the weights of a moment later too; `busy` layers can clip. */
static void check_forward(const char *yaml, size_t busy)
{
    struct fixture f;
    open_fixture(&f, yaml);
    run(&f, true, false);
    assert_int_equal(adc_loop_busy_layers(f.loop), busy);
    run(&f, false, false);
    for (size_t i = 0; i < f.net.params.size; i++)
        f.net.params.value[i] *= 1.0f + 0.01f * (float)(i % 7);
    run(&f, false, false);
    close_fixture(&f);
}

static void test_forward(void **state)
{
    (void)state;
    check_forward(RUN("adc: {bits: [3, 3, 3, 1]}"), 4);
    check_forward(RUN("adc: {bits: 1}"), 4);
    check_forward(RUN("adc: {bits: 9}"), 0);
    check_forward(RUN("adc: {bits: [3, 3, 3, 1], signs: analog}"), 4);
    check_forward(RUN("adc: {bits: [3, 3, 3, 1, 9, 9, 9, 9, 0, 2, 9, 3, 9, 9, 9, 9]}"), 2);
    check_forward(RUN("adc: {bits: [3, 4, 4, 2], transfer: scaled}"), 4);
}

/* Biases beside which floats cannot tell the integers: all is simulated. */
static void test_large_biases(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, RUN("adc: {bits: [3, 3, 3, 1]}"));
    for (int t = 0; t < f.net.params.count; t++) {
        const struct parameter *tensor = &f.net.params.tensor[t];
        const bool is_bias = tensor->axes == 1 && tensor->is_quantised;
        for (size_t i = 0; i < tensor->count && is_bias; i++)
            f.net.params.value[tensor->offset + i] = 1e6f * (float)(i + 1);
    }
    run(&f, true, false);
    close_fixture(&f);
}

static void test_off(void **state)
{
    (void)state;
    struct settings settings = {0};
    struct network net = {0};
    assert_null(adc_loop_create(&settings, &net));
    assert_null(adc_loop_multiplier(NULL));
    adc_loop_destroy(NULL);
}

/* ---- backward ---- */

static const struct op *layer_at(const struct fixture *f, size_t index)
{
    for (int i = 0; i < f->net.op_count; i++)
        if (f->net.op[i].class->gather_codes && index-- == 0)
            return &f->net.op[i];
    return NULL;
}

/* dL/dw[j, r] = sum over samples and pixels of dL/dout[j] in[r], whatever the converters took. */
static void check_weight_gradient(const struct fixture *f, const struct op *op)
{
    const struct parameter *weight = &f->net.params.tensor[op->weight];
    const size_t inputs = weight->count / weight->shape[0];
    const double step = ldexp(1.0, op->in->exponent - BITS);
    for (size_t j = 0; j < weight->shape[0]; j++)
        for (size_t r = 0; r < inputs; r++) {
            double expected = 0, terms = 0;
            for (size_t n = 0; n < SAMPLES; n++)
                for (int y = 0; y < op->out->height; y++)
                    for (int x = 0; x < op->out->width; x++) {
                        const double term =
                            (double)op->out->gradient[tensor_at(op->out, n, y, x) + j] * step *
                            input_code(op, n, y, x, r);
                        expected += term;
                        terms += fabs(term);
                    }
            const int64_t sum = f->net.params.sum[weight->offset + j * inputs + r];
            assert_true(fabs(ldexp((double)sum, -NN_SUM_EXPONENT) - expected) <=
                        1e-6 * terms + 1e-10);
        }
}

static void test_backward(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, RUN("adc: {bits: [2, 2, 2, 1]}"));
    run(&f, true, true);
    for (size_t l = 0; l < 4; l++)
        check_weight_gradient(&f, layer_at(&f, l));
    const struct op *last = layer_at(&f, 3);
    const float *w = f.net.params.quantised + f.net.params.tensor[last->weight].offset;
    for (size_t n = 0; n < SAMPLES; n++)
        for (size_t r = 0; r < last->in->size; r++) {
            double expected = 0;
            for (size_t j = 0; j < last->out->size; j++)
                expected += (double)last->out->gradient[n * last->out->stride + j] *
                            w[j * last->in->size + r];
            /* in front of it a ReLU has masked the gradient, perhaps in the same array */
            const float found = last->in->gradient[n * last->in->stride + r];
            assert_true(fabs((double)found - expected) < 1e-5 ||
                        (found == 0.0f && last->in->code[n * last->in->stride + r] == 0));
        }
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forward),
                                       cmocka_unit_test(test_large_biases),
                                       cmocka_unit_test(test_off), cmocka_unit_test(test_backward)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
