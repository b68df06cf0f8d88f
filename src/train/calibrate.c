#include "train/calibrate.h"

#include "base/mem.h"
#include "hw/fixed_point.h"

/* max [quantisers]: largest |value| in front of each so far, as bits. */
static void observe_maxima(void *context, const struct network *net, const struct pass *pass)
{
    int32_t *max = context;
    (void)pass;
    for (int i = 0; i < net->op_count; i++)
        if (net->op[i].class->is_quantiser) {
            const int32_t bits = quantise_max_bits(&net->op[i], net->op[i].in->max_bits);
            *max = bits > *max ? bits : *max;
            max++;
        }
}

struct evaluation calibrate_exponents(struct evaluate_job job)
{
    const struct pass plain = {.quantise = false, .bits = job.bits};
    const int quantisers = network_quantisers(job.net);
    int32_t *max = MEM_NEW(int32_t, quantisers);
    int *exponent = MEM_NEW(int, quantisers);
    job.quantise = false;
    job.observe = observe_maxima;
    job.context = max;
    network_prepare(job.net, &plain);
    struct evaluation result = evaluate(&job);
    comm_max_i32(max, (size_t)quantisers);
    for (int q = 0; q < quantisers; q++) {
        result.is_finite = result.is_finite && fixed_point_bits_finite(max[q]);
        exponent[q] = fixed_point_exponent(fixed_point_from_bits(max[q]));
    }
    if (result.is_finite)
        network_set_exponents(job.net, exponent);
    mem_free(exponent);
    mem_free(max);
    return result;
}
