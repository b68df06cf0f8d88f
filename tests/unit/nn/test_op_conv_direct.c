/* Convolutions with groups, kernels that are not square, padding that differs by side: floats against
 * the twin, codes exactly, and the plain ones the same as from network_add_conv. */
#include "unit/nn/op_compare.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hw/fixed_point.h"
#include "nn/conv_direct.h"
#include "nn/matrix_op.h"
#include "unit/support/random_numbers.h"

/* Input channels, image, then the convolution. */
struct direct_case {
    int channels, height, width;
    struct conv_general shape;
};

static const struct direct_case cases[] = {
    {4,  7, 5, {4, 3, 3, 1, {1, 1, 1, 1}, 4, true}   }, /* depthwise */
    {17, 5, 4, {17, 3, 3, 2, {0, 0, 1, 1}, 17, false}},
    {33, 3, 3, {33, 3, 3, 1, {1, 1, 1, 1}, 33, true} },
    {3,  6, 6, {6, 3, 3, 1, {1, 1, 1, 1}, 3, true}   }, /* two outputs a channel */
    {6,  5, 7, {4, 3, 3, 2, {1, 1, 1, 1}, 2, true}   },
    {20, 4, 4, {30, 1, 1, 1, {0, 0, 0, 0}, 5, false} },
    {5,  6, 7, {7, 3, 1, 1, {1, 0, 1, 0}, 1, true}   }, /* not square */
    {5,  6, 7, {7, 1, 4, 3, {0, 2, 0, 1}, 1, false}  },
    {4,  5, 5, {6, 2, 3, 2, {1, 0, 0, 2}, 2, true}   },
    {3,  7, 7, {9, 3, 3, 2, {0, 0, 1, 1}, 1, true}   }, /* as TensorFlow pads */
    {1,  1, 1, {1, 3, 3, 1, {1, 2, 2, 1}, 1, true}   },
    {16, 3, 5, {16, 5, 5, 1, {2, 2, 2, 2}, 16, true} },
};

enum { CASES = sizeof cases / sizeof *cases };

/* shape.channels is the number of the case; padding: another convolution reads x too. */
static struct tensor *build_direct(struct network *net, struct tensor *x, struct conv_shape shape)
{
    const struct conv_general general = cases[shape.channels].shape;
    struct tensor *a = network_add_general_conv(net, "conv", x, general);
    if (shape.padding == 0)
        return a;
    return network_add_sum(net, a, network_add_general_conv(net, "other", x, general));
}

static void test_values(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++)
        for (int twice = 0; twice <= 1; twice++)
            run_case(&(struct net_case){
                .name = "general conv",
                .build = build_direct,
                .channels = cases[i].channels,
                .height = cases[i].height,
                .width = cases[i].width,
                .shape = {i, 1, 1, twice, false}
            });
}

/* ---- codes, exactly ---- */

static int64_t code_sum(const struct op *op, const int16_t *in, int j, int y, int x)
{
    const int16_t *weight = op->params->code + op->params->tensor[op->weight].offset;
    const int inputs = op->in->channels / op->groups;
    const int before = j / (op->out->channels / op->groups) * inputs;
    int64_t sum = 0;
    for (int k = 0; k < inputs; k++)
        for (int u = 0; u < op->kernel; u++)
            for (int v = 0; v < op->kernel_width; v++) {
                const int row = y * op->step + u - op->around.top;
                const int column = x * op->step + v - op->around.left;
                if (row >= 0 && row < op->in->height && column >= 0 && column < op->in->width)
                    sum += in[((before + k) * op->in->height + row) * op->in->width + column] *
                           weight[((j * inputs + k) * op->kernel + u) * op->kernel_width + v];
            }
    return sum;
}

static void check_sums(const struct op *op, const struct tensor *codes, float unit)
{
    const struct parameters *params = op->params;
    for (size_t n = 0; n < SAMPLES; n++)
        for (int j = 0; j < op->out->channels; j++)
            for (int p = 0; p < op->out->height * op->out->width; p++) {
                const int y = p / op->out->width, x = p % op->out->width;
                const int64_t sum = code_sum(op, codes->code + n * codes->stride, j, y, x);
                const float bias =
                    op->bias < 0 ? 0.0F
                                 : params->quantised[params->tensor[op->bias].offset + (size_t)j];
                assert_true(op->out->value[tensor_at(op->out, n, y, x) + (size_t)j] ==
                            unit * (float)sum + bias);
            }
}

/* ---- as a matrix ---- */

/* Vectors times matrix are the sums; columns have nothing outside their group's rows, which lie on so
 * many arrays. */
static void check_matrix(const struct op *op, const struct tensor *codes, size_t n)
{
    const size_t inputs = matrix_op_inputs(op), pixels = matrix_op_pixels(op);
    const size_t own = inputs / (size_t)op->groups, rows = 16;
    const int outputs = op->out->channels / op->groups;
    const int16_t *matrix = matrix_op_codes(op);
    int16_t *vector = MEM_NEW(int16_t, pixels * inputs);
    size_t empty = 0;
    matrix_op_gather(op, n, 1, vector);
    for (int j = 0; j < op->out->channels; j++) {
        const int16_t *column = matrix + (size_t)j * inputs;
        const size_t first = (size_t)(j / outputs) * own;
        for (size_t i = 0; i < inputs; i++)
            assert_true(column[i] == 0 || (i >= first && i < first + own));
        for (size_t tile = 0; tile * rows < inputs; tile++)
            empty += op->groups > 1 && (first + own <= tile * rows || first >= (tile + 1) * rows);
        for (size_t p = 0; p < pixels; p++) {
            int64_t sum = 0;
            for (size_t i = 0; i < inputs; i++)
                sum += column[i] * vector[p * inputs + i];
            assert_true(sum == code_sum(op, codes->code + n * codes->stride, j,
                                        (int)p / op->out->width, (int)p % op->out->width));
        }
    }
    assert_int_equal(conv_direct_empty_columns(op, rows), empty);
    mem_free(vector);
}

static void test_codes(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        const struct direct_case *c = &cases[i];
        struct network net;
        seed_random("direct codes");
        network_create(&net, c->channels, c->height, c->width);
        struct tensor *codes = network_add_quantiser(&net, "input", net.input, false);
        struct tensor *x = network_add_image(&net, codes, c->channels, c->height, c->width);
        network_finish(&net, network_add_general_conv(&net, "conv", x, c->shape), SAMPLES);
        const struct op *op = &net.op[net.op_count - 1];
        random_parameters(&net.params);
        random_input(&net, SAMPLES);
        const struct pass pass = make_pass(SAMPLES, true);
        assert_true(network_prepare(&net, &pass));
        assert_true(network_forward(&net, &pass));
        check_sums(op, codes,
                   fixed_point_step(op->in->exponent, 8) *
                       fixed_point_step(net.params.tensor[op->weight].exponent, 8));
        check_matrix(op, codes, 0);
        check_matrix(op, codes, SAMPLES - 1);
        network_destroy(&net);
    }
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- the plain ones ---- */

static void test_plain(void **state)
{
    (void)state;
    struct network net;
    network_create(&net, 2, 5, 5);
    struct tensor *x = network_add_quantiser(&net, "input", net.input, false);
    x = network_add_image(&net, x, 2, 5, 5);
    const struct conv_general plain = {
        4, 3, 3, 1, {1, 1, 1, 1},
            1, true
    };
    network_add_general_conv(&net, "plain", x, plain);
    assert_ptr_equal(net.op[net.op_count - 1].class, &op_conv);
    assert_int_equal(net.op[net.op_count - 1].padding, 1);
    network_add_general_conv(&net, "grouped", x,
                             (struct conv_general){
                                 4, 3, 3, 1, {1, 1, 1, 1},
                                     2, true
    });
    assert_ptr_equal(net.op[net.op_count - 1].class, &op_conv_direct);
    assert_int_equal(net.params.tensor[net.op[net.op_count - 1].weight].shape[1], 1);
    network_destroy(&net);
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
