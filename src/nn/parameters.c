#include "nn/parameters.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "hw/fixed_point.h"
#include "nn/kernels.h"

void parameters_create(struct parameters *params)
{
    *params = (struct parameters){.tensor = MEM_NEW(struct parameter, PARAMETERS_MAX)};
}

void parameters_destroy(struct parameters *params)
{
    mem_free(params->tensor);
    mem_free(params->value);
    mem_free(params->gradient);
    mem_free(params->momentum);
    mem_free(params->quantised);
    mem_free(params->code);
    mem_free(params->mask);
    mem_free(params->sum);
    *params = (struct parameters){0};
}

int parameters_add(struct parameters *params, const char *name, int axes, const size_t *shape,
                   enum parameter_kind kind, enum parameter_init init, double init_scale)
{
    struct parameter *tensor = &params->tensor[params->count];
    *tensor = (struct parameter){.axes = axes,
                                 .offset = params->size,
                                 .count = 1,
                                 .init = init,
                                 .init_scale = init_scale,
                                 .exponent_floor = PARAMETER_NO_FLOOR,
                                 .is_quantised = kind == PARAMETER_QUANTISED,
                                 .is_state = kind == PARAMETER_STATE};
    snprintf(tensor->name, sizeof tensor->name, "%s", name);
    for (int a = 0; a < axes; a++) {
        tensor->shape[a] = shape[a];
        tensor->count *= shape[a];
    }
    params->size += nn_stride(tensor->count);
    params->scalars += tensor->is_state ? 0 : tensor->count;
    return params->count++;
}

struct parameter_name parameters_split_name(const struct parameter *tensor)
{
    struct parameter_name name;
    const char *dot = strrchr(tensor->name, '.');
    snprintf(name.layer, sizeof name.layer, "%.*s", (int)(dot - tensor->name), tensor->name);
    snprintf(name.member, sizeof name.member, "%s", dot + 1);
    return name;
}

bool parameters_is_matrix(const struct parameter *tensor)
{
    return tensor->is_quantised && tensor->axes > 1;
}

void parameters_allocate(struct parameters *params)
{
    const size_t n = params->size + NN_LANES; /* vector loads may look past the last tensor */
    params->value = MEM_NEW(float, n);
    params->gradient = MEM_NEW(float, n);
    params->momentum = MEM_NEW(float, n);
    params->quantised = MEM_NEW(float, n);
    params->code = MEM_NEW(int16_t, n);
    params->mask = MEM_NEW(uint8_t, n);
    params->sum = MEM_NEW(int64_t, params->size + SUM_EXTRAS);
    for (int t = 0; t < params->count; t++)
        memset(params->mask + params->tensor[t].offset, !params->tensor[t].is_state,
               params->tensor[t].count);
}

/* Uniform in +-bound, or normal with this deviation. */
static void fill_random(float *value, size_t n, struct rng_key key, double scale, bool normal)
{
    for (size_t i = 0; i < n; i++)
        value[i] = (float)(scale * (normal ? rng_normal(key, i) : 2.0 * rng_uniform(key, i) - 1.0));
}

static void fill_constant(float *value, size_t n, float constant)
{
    for (size_t i = 0; i < n; i++)
        value[i] = constant;
}

void parameters_initialise(struct parameters *params, uint64_t seed)
{
    for (int t = 0; t < params->count; t++) {
        const struct parameter *tensor = &params->tensor[t];
        const struct rng_key key = {seed, RNG_INIT, (uint32_t)t};
        float *value = params->value + tensor->offset;
        switch (tensor->init) {
        case INIT_UNIFORM:
            fill_random(value, tensor->count, key, tensor->init_scale, false);
            break;
        case INIT_NORMAL:
            fill_random(value, tensor->count, key, tensor->init_scale, true);
            break;
        case INIT_CONSTANT:
            fill_constant(value, tensor->count, (float)tensor->init_scale);
            break;
        }
    }
}

bool parameters_quantise(struct parameters *params, int bits)
{
    bool finite = true;
    for (int t = 0; t < params->count; t++) {
        struct parameter *tensor = &params->tensor[t];
        const float *value = params->value + tensor->offset;
        float *quantised = params->quantised + tensor->offset;
        if (!tensor->is_quantised) {
            memcpy(quantised, value, tensor->count * sizeof *value);
            continue;
        }
        const int32_t max = fixed_point_max_bits(value, tensor->count);
        finite = finite && fixed_point_bits_finite(max);
        const int exponent = fixed_point_exponent(fixed_point_from_bits(max));
        tensor->exponent = exponent > tensor->exponent_floor ? exponent : tensor->exponent_floor;
        tensor->saturated = fixed_point_quantise(params->code + tensor->offset, quantised, value,
                                                 tensor->count, tensor->exponent, bits);
    }
    return finite;
}

bool parameters_are_finite(const struct parameters *params)
{
    for (size_t i = 0; i < params->size; i++)
        if (!isfinite(params->value[i]) || !isfinite(params->momentum[i]))
            return false;
    return true;
}

size_t parameters_count_masked(const struct parameters *params)
{
    size_t masked = 0;
    for (int t = 0; t < params->count; t++) {
        const struct parameter *tensor = &params->tensor[t];
        for (size_t i = tensor->offset; i < tensor->offset + tensor->count && !tensor->is_state;
             i++)
            masked += !params->mask[i];
    }
    return masked;
}

size_t parameters_prune(struct parameters *params, double threshold)
{
    for (int t = 0; t < params->count; t++) {
        const struct parameter *tensor = &params->tensor[t];
        if (tensor->is_state)
            continue;
        for (size_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
            if (fabsf(params->value[i]) < (float)threshold) {
                params->value[i] = 0.0f;
                params->mask[i] = 0;
            }
        }
    }
    return parameters_count_masked(params);
}

uint64_t parameters_count_nonzero(const struct parameters *params, struct bit_slice_format format,
                                  uint64_t *nonzero)
{
    uint64_t codes = 0;
    for (int t = 0; t < params->count; t++) {
        const struct parameter *tensor = &params->tensor[t];
        if (!tensor->is_quantised)
            continue;
        bit_slice_count_nonzero(format, params->code + tensor->offset, tensor->count, nonzero);
        codes += tensor->count;
    }
    return codes;
}
