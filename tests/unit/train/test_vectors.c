/* The exact vectors: quantiser, slices, crossbar and MLP training traces, of any file of the same
 * layout in $RESLICE_VECTORS. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hw/bit_slice.h"
#include "hw/crossbar.h"
#include "hw/crossbar_currents.h"
#include "hw/fixed_point.h"
#include "hw/readout.h"
#include "nn/models.h"
#include "train/step.h"
#include "unit/support/h5_read.h"

/* Calls check(file, group name) for every group of the root. */
static int for_each_group(const char *file, void (*check)(hid_t, const char *))
{
    const hid_t id = h5_open_vectors(file);
    H5G_info_t info;
    h5_need(H5Gget_info(id, &info) >= 0, file);
    int groups = 0;
    for (hsize_t i = 0; i < info.nlinks; i++) {
        char name[128];
        H5Lget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
        H5O_info_t object;
        H5Oget_info_by_name2(id, name, &object, H5O_INFO_BASIC, H5P_DEFAULT);
        if (object.type != H5O_TYPE_GROUP)
            continue;
        check(id, name);
        groups++;
    }
    H5Fclose(id);
    return groups;
}

static void check_quantiser(hid_t file, const char *group)
{
    char path[160];
    snprintf(path, sizeof path, "%s/x", group);
    struct h5_array x = H5_GET_FLOAT(file, path);
    snprintf(path, sizeof path, "%s/code", group);
    struct h5_array code = H5_GET_I16(file, path);
    snprintf(path, sizeof path, "%s/value", group);
    struct h5_array value = H5_GET_FLOAT(file, path);
    const int bits = (int)h5_attribute(file, group, "bits");

    const float max = fixed_point_from_bits(fixed_point_max_bits(x.data, x.count));
    const int exponent = fixed_point_exponent(max);
    assert_int_equal(exponent, (int)h5_attribute(file, group, "exponent"));
    int16_t *own_code = MEM_NEW(int16_t, x.count);
    float *own_value = MEM_NEW(float, x.count);
    fixed_point_quantise(own_code, own_value, x.data, x.count, exponent, bits);
    for (size_t i = 0; i < x.count; i++) {
        assert_int_equal(own_code[i], ((int16_t *)code.data)[i]);
        assert_true(own_value[i] == ((float *)value.data)[i]);
    }
    mem_free(own_code);
    mem_free(own_value);
    mem_free(x.data);
    mem_free(code.data);
    mem_free(value.data);
}

static void test_quantiser(void **state)
{
    (void)state;
    assert_true(for_each_group("quantizer.h5", check_quantiser) > 0);
    assert_int_equal(mem_live_blocks(), 0);
}

static void check_slices(hid_t file, const char *group)
{
    const struct bit_slice_format format = {8, 2};
    char path[160];
    snprintf(path, sizeof path, "%s/w", group);
    struct h5_array w = H5_GET_FLOAT(file, path);
    snprintf(path, sizeof path, "%s/gradient", group);
    struct h5_array gradient = H5_GET_FLOAT(file, path);
    snprintf(path, sizeof path, "%s/histogram", group);
    struct h5_array histogram = H5_GET_I64(file, path);
    snprintf(path, sizeof path, "%s/nonzero", group);
    struct h5_array nonzero = H5_GET_I64(file, path);

    int16_t *code = MEM_NEW(int16_t, w.count);
    const int exponent =
        fixed_point_exponent(fixed_point_from_bits(fixed_point_max_bits(w.data, w.count)));
    assert_int_equal(exponent, (int)h5_attribute(file, group, "exponent"));
    fixed_point_quantise(code, NULL, w.data, w.count, exponent, 8);

    uint64_t own_histogram[16] = {0}, own_nonzero[4] = {0};
    bit_slice_histogram(format, code, w.count, own_histogram);
    bit_slice_count_nonzero(format, code, w.count, own_nonzero);
    for (int i = 0; i < 16; i++)
        assert_int_equal(own_histogram[i], ((int64_t *)histogram.data)[i]);
    for (int k = 0; k < 4; k++)
        assert_int_equal(own_nonzero[k], ((int64_t *)nonzero.data)[k]);
    assert_int_equal(bit_slice_l1(format, code, w.count), (int64_t)h5_attribute(file, group, "l1"));

    float *own_gradient = MEM_NEW(float, w.count);
    bit_slice_add_gradient(format, own_gradient, code, w.count, fixed_point_step(exponent, 8),
                           1.0f);
    for (size_t i = 0; i < w.count; i++)
        assert_true(own_gradient[i] == ((float *)gradient.data)[i]);
    mem_free(own_gradient);
    mem_free(code);
    mem_free(w.data);
    mem_free(gradient.data);
    mem_free(histogram.data);
    mem_free(nonzero.data);
}

static void test_slices(void **state)
{
    (void)state;
    assert_true(for_each_group("slices.h5", check_slices) > 0);
    assert_int_equal(mem_live_blocks(), 0);
}

/* Sums the input bits out of the currents of one (sign, slice) and compares. */
static void compare_currents(const struct crossbar *x, const uint64_t *own,
                             struct h5_array expected)
{
    const size_t bins = crossbar_max_current(x->format) + 1;
    const size_t pairs = (size_t)CROSSBAR_SIGNS * (size_t)crossbar_slices(x->format);
    assert_int_equal(expected.count, pairs * bins);
    for (size_t p = 0; p < pairs; p++)
        for (size_t current = 0; current < bins; current++) {
            uint64_t sum = 0;
            for (size_t b = 0; b < (size_t)x->format.input_bits; b++)
                sum += own[(p * (size_t)x->format.input_bits + b) * bins + current];
            assert_int_equal(sum, ((int64_t *)expected.data)[p * bins + current]);
        }
}

static void test_crossbar(void **state)
{
    (void)state;
    const hid_t file = h5_open_vectors("crossbar.h5");
    struct h5_array weight = H5_GET_I16(file, "weight_code");
    struct h5_array input = H5_GET_I16(file, "input_code");
    struct h5_array histogram = H5_GET_I64(file, "histogram");
    struct h5_array output = H5_GET_I64(file, "output");
    struct h5_array adc_bits = H5_GET_I64(file, "adc_bits");
    struct h5_array clipped = H5_GET_I64(file, "clipped");
    H5Fclose(file);

    const size_t outputs = (size_t)weight.length[0], inputs = (size_t)weight.length[1];
    const size_t n = (size_t)input.length[0];
    const struct crossbar_format format = {128, 128, 2, 8, 8};
    struct crossbar x;
    crossbar_map(&x, format, weight.data, outputs, inputs);
    uint64_t *own = MEM_NEW(uint64_t, crossbar_histogram_size(format));
    crossbar_add_currents(&x, input.data, n, inputs, 1, 0, x.row_tiles, own);
    compare_currents(&x, own, histogram);

    int64_t *product = MEM_NEW(int64_t, n * outputs);
    struct readout readout = {READOUT_DIFFERENTIAL, READOUT_CLIP, {{0}}};
    readout_set_all(&readout, 9);
    readout_multiply(&x, &readout, input.data, n, inputs, 1, product);
    assert_memory_equal(product, output.data, n * outputs * sizeof *product);
    for (size_t c = 0; c < (size_t)adc_bits.length[0]; c++) {
        for (size_t k = 0; k < 4; k++)
            readout.bits[CROSSBAR_POSITIVE][k] = readout.bits[CROSSBAR_NEGATIVE][k] =
                (int8_t)((int64_t *)adc_bits.data)[c * 4 + k];
        readout_multiply(&x, &readout, input.data, n, inputs, 1, product);
        assert_memory_equal(product, (int64_t *)clipped.data + c * n * outputs,
                            n * outputs * sizeof *product);
    }
    crossbar_free(&x);
    mem_free(own);
    mem_free(product);
    mem_free(weight.data);
    mem_free(input.data);
    mem_free(histogram.data);
    mem_free(output.data);
    mem_free(adc_bits.data);
    mem_free(clipped.data);
    assert_int_equal(mem_live_blocks(), 0);
}

/* ---- training traces ---- */

struct trace {
    const char *name, *penalty;
    size_t shards;
};

static void load_parameters(hid_t file, struct parameters *params)
{
    for (int t = 0; t < params->count; t++) {
        char path[160];
        snprintf(path, sizeof path, "initial/%s", params->tensor[t].name);
        struct h5_array value = H5_GET_FLOAT(file, path);
        assert_int_equal(value.count, params->tensor[t].count);
        memcpy(params->value + params->tensor[t].offset, value.data, value.count * sizeof(float));
        mem_free(value.data);
    }
}

static void compare_parameters(hid_t file, const char *trace, const struct parameters *params)
{
    for (int t = 0; t < params->count; t++) {
        char path[160];
        snprintf(path, sizeof path, "%s/final/%s", trace, params->tensor[t].name);
        struct h5_array value = H5_GET_FLOAT(file, path);
        for (size_t i = 0; i < value.count; i++)
            assert_true(fabsf(params->value[params->tensor[t].offset + i] -
                              ((float *)value.data)[i]) <= 1e-5f);
        mem_free(value.data);
    }
}

static void fill_batch(struct step *step, const float *x, const uint8_t *y, size_t n)
{
    struct tensor *input = step->net->input;
    for (size_t i = 0; i < n; i++)
        step->label[i] = y[i];
    for (size_t i = 0; i < n; i++)
        memcpy(input->value + i * input->stride, x + i * input->size, input->size * sizeof(float));
}

static size_t axis_of(hid_t file, const char *path, int axis)
{
    struct h5_array array = H5_GET_FLOAT(file, path);
    mem_free(array.data);
    return (size_t)array.length[axis];
}

static void run_trace(hid_t file, struct trace trace)
{
    struct h5_array x = H5_GET_FLOAT(file, "x"), y = H5_GET_U8(file, "y");
    char path[160];
    snprintf(path, sizeof path, "%s/loss", trace.name);
    struct h5_array loss = H5_GET_DOUBLE(file, path);
    snprintf(path, sizeof path, "%s/penalty", trace.name);
    struct h5_array penalty = H5_GET_DOUBLE(file, path);
    const size_t steps = (size_t)x.length[0], n = (size_t)x.length[1], size = (size_t)x.length[2];

    const size_t hidden = axis_of(file, "initial/fc1.weight", 0);
    const struct model_spec spec = {.model = "mlp",
                                    .hidden = &hidden,
                                    .hidden_count = 1,
                                    .channels = 1,
                                    .height = 1,
                                    .width = (int)size,
                                    .classes = (int)axis_of(file, "initial/fc2.weight", 0),
                                    .capacity = n};
    struct network net;
    model_build(&net, &spec);
    load_parameters(file, &net.params);
    parameters_prune(&net.params, h5_attribute(file, trace.name, "threshold"));
    struct step step;
    const struct step_settings settings = {
        .sgd = {.momentum = 0.5},
        .penalty = trace.penalty,
        .alpha = h5_attribute(file, trace.name, "alpha"),
        .format = { 8,              2},
        .quantise = true,
        .batch = n,
        .shards = trace.shards
    };
    step_create(&step, &net, settings);
    for (size_t s = 0; s < steps; s++) {
        struct step_result result;
        fill_batch(&step, (float *)x.data + s * n * size, (uint8_t *)y.data + s * n, n);
        const struct pass prepare = {.quantise = true, .bits = 8};
        assert_true(network_prepare(&net, &prepare));
        const double own_penalty = step_penalty(&step);
        const double expected = settings.alpha * ((double *)penalty.data)[s]; /* R alone there */
        assert_true(fabs(own_penalty - expected) <= 1e-5 * fabs(expected));
        assert_true(step_run(&step, n, 0.01, &result));
        const double expected_loss = ((double *)loss.data)[s];
        assert_true(fabs(result.loss - expected_loss) <= 1e-5 * expected_loss);
    }
    compare_parameters(file, trace.name, &net.params);
    step_destroy(&step);
    network_destroy(&net);
    mem_free(x.data);
    mem_free(y.data);
    mem_free(loss.data);
    mem_free(penalty.data);
}

static void test_mlp_traces(void **state)
{
    (void)state;
    const hid_t file = h5_open_vectors("mlp_trace.h5");
    for (size_t shards = 1; shards <= 4; shards *= 2) {
        run_trace(file, (struct trace){"none", "none", shards});
        run_trace(file, (struct trace){"l1", "l1", shards});
        run_trace(file, (struct trace){"bitslice", "bit-slice-l1", shards});
        run_trace(file, (struct trace){"bitslice_pruned", "bit-slice-l1", shards});
    }
    H5Fclose(file);
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantiser),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_crossbar),
        cmocka_unit_test(test_mlp_traces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
