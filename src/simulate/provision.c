#include "simulate/provision.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "hw/adc.h"
#include "simulate/conversions.h"
#include "simulate/provision_search.h"

typedef int8_t layer_bits[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES];

/* ---- bits that follow from column sums and histograms ---- */

static void needed_of_slice(struct provision *p, int l, int sign, int k, uint64_t *pooled)
{
    const struct simulated_layer *layer = &p->inference->simulation->layer[l];
    const size_t bins = crossbar_max_current(layer->crossbar.format) + 1;
    simulation_pool(layer, sign, k, pooled);
    p->needed_static[l][sign][k] =
        (int8_t)adc_bits_for(crossbar_max_column_sum(&layer->crossbar, sign, k));
    p->observed[l][sign][k] = (int8_t)adc_bits_for(adc_observed_max(pooled, bins));
    p->percentile_99_99[l][sign][k] = (int8_t)adc_bits_for(adc_quantile(pooled, bins, 0.9999));
    p->percentile_99_9[l][sign][k] = (int8_t)adc_bits_for(adc_quantile(pooled, bins, 0.999));
    for (int n = 0; n <= PROVISION_BITS; n++)
        p->clip_rate[l][sign][k][n] = adc_clip_rate(pooled, bins, n);
}

static void count_currents(struct provision *p, struct evaluate_job job)
{
    simulation_clear(p->inference->simulation);
    job.observe = simulation_observe;
    job.context = p->inference->simulation;
    evaluate(&job);
    simulation_reduce(p->inference->simulation);
}

/* One converter serves both signs. */
static void share_bits(struct provision *p, layer_bits *bits)
{
    for (int l = 0; l < p->layers; l++)
        for (int k = 0; k < p->slices; k++) {
            int8_t *plus = &bits[l][CROSSBAR_POSITIVE][k], *minus = &bits[l][CROSSBAR_NEGATIVE][k];
            *plus = *minus = *plus > *minus ? *plus : *minus;
        }
}

static void find_needed(struct provision *p)
{
    const size_t bins = crossbar_max_current(p->inference->simulation->format) + 1;
    uint64_t *pooled = MEM_NEW(uint64_t, bins);
    for (int l = 0; l < p->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < p->slices; k++)
                needed_of_slice(p, l, sign, k, pooled);
    mem_free(pooled);
    if (p->inference->simulation->signs != READOUT_ANALOG)
        return;
    share_bits(p, p->needed_static);
    share_bits(p, p->observed);
    share_bits(p, p->percentile_99_99);
    share_bits(p, p->percentile_99_9);
}

void provision_create(struct provision *p, struct inference *inference,
                      struct evaluate_job calibration, struct evaluate_job test, size_t counted,
                      struct provision_settings settings)
{
    const struct simulation *simulation = inference->simulation;
    *p = (struct provision){.settings = settings,
                            .inference = inference,
                            .calibration = calibration,
                            .test = test,
                            .layers = simulation->layers,
                            .slices = crossbar_slices(simulation->format)};
    layer_bits **const all[] = {&p->needed_static, &p->observed, &p->percentile_99_99,
                                &p->percentile_99_9, &p->accuracy};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        *all[i] = MEM_NEW(layer_bits, p->layers);
    p->clip_rate = mem_alloc((size_t)p->layers, sizeof *p->clip_rate, "clip rates");
    memset(p->accuracy, -1, (size_t)p->layers * sizeof *p->accuracy);
    p->exact_calibration = evaluate(&calibration).accuracy;
    p->exact_test = evaluate(&test).accuracy;
    count_currents(p, calibration);
    find_needed(p);
    test.count = counted;
    count_currents(p, test);
}

void provision_destroy(struct provision *p)
{
    layer_bits *const all[] = {p->needed_static, p->observed, p->percentile_99_99,
                               p->percentile_99_9, p->accuracy};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]);
    mem_free(p->clip_rate);
    for (int a = 0; a < p->assignments; a++)
        mem_free(p->assignment[a].bits);
    *p = (struct provision){0};
}

/* ---- simulate ---- */

/* Nothing is clipped on the calibration samples: layer after layer sees exact inputs. */
static bool is_lossless(const struct provision *p, layer_bits *bits)
{
    const struct readout *readout = p->inference->readout;
    if (readout->transfer != READOUT_CLIP || readout->signs == READOUT_ANALOG)
        return false; /* the histograms are those of clipped single bitlines */
    for (int l = 0; l < p->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < p->slices; k++)
                if (bits[l][sign][k] < p->observed[l][sign][k])
                    return false;
    return true;
}

static void use(struct provision *p, layer_bits *bits)
{
    for (int l = 0; l < p->layers; l++)
        memcpy(p->inference->readout[l].bits, bits[l], sizeof *bits);
}

void provision_use(struct provision *p, const struct assignment *assignment)
{
    use(p, assignment->bits);
}

double provision_calibration(struct provision *p, layer_bits *bits)
{
    if (is_lossless(p, bits))
        return p->exact_calibration;
    use(p, bits);
    p->simulations++;
    return inference_run(p->inference, p->calibration).accuracy;
}

bool provision_is_good(struct provision *p, layer_bits *bits)
{
    const double most = 1 - p->exact_calibration + p->settings.loss; /* share of wrong ones */
    struct evaluate_job job = p->calibration;
    if (is_lossless(p, bits))
        return true;
    job.may_refuse = true;
    job.most_wrong = (size_t)floor(most * (double)job.count + 1e-6);
    use(p, bits);
    p->simulations++;
    const struct evaluation result = inference_run(p->inference, job);
    return !result.is_refused && provision_is_close(p, result.accuracy);
}

bool provision_is_close(const struct provision *p, double accuracy)
{
    return p->exact_calibration - accuracy <= p->settings.loss + 1e-12;
}

static double worst_clip_rate(const struct provision *p, layer_bits *bits)
{
    double worst = 0;
    for (int l = 0; l < p->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < p->slices; k++) {
                const int n = bits[l][sign][k] < PROVISION_BITS ? bits[l][sign][k] : PROVISION_BITS;
                worst = fmax(worst, p->clip_rate[l][sign][k][n]);
            }
    return worst;
}

void provision_record(struct provision *p, const char *name, layer_bits *bits)
{
    if (p->assignments == PROVISION_ASSIGNMENTS)
        log_fatal("more than %d assignments of converters", PROVISION_ASSIGNMENTS);
    struct assignment *a = &p->assignment[p->assignments++];
    snprintf(a->name, sizeof a->name, "%s", name);
    a->bits = MEM_NEW(layer_bits, p->layers);
    memcpy(a->bits, bits, (size_t)p->layers * sizeof *bits);
    a->calibration = provision_calibration(p, bits);
    use(p, bits);
    p->simulations++;
    a->test = inference_run(p->inference, p->test).accuracy;
    a->energy_pj = conversions_energy_pj(p->inference->simulation, bits);
    a->clip_rate = worst_clip_rate(p, bits);
}

void provision_add(struct provision *p, const char *name, const int *bits)
{
    layer_bits *all = MEM_NEW(layer_bits, p->layers);
    provision_fill(p, all, bits);
    provision_record(p, name, all);
    mem_free(all);
}

void provision_fill(const struct provision *p, layer_bits *all, const int *bits)
{
    for (int l = 0; l < p->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < p->slices; k++)
                all[l][sign][k] = (int8_t)bits[k];
}

void provision_run(struct provision *p)
{
    provision_record(p, "static", p->needed_static);
    provision_record(p, "observed", p->observed);
    provision_record(p, "99.99 %", p->percentile_99_99);
    provision_record(p, "99.9 %", p->percentile_99_9);
    provision_sweep(p);
    if (p->settings.each) {
        provision_each(p);
        provision_record(p, "accuracy, each alone", p->accuracy);
    }
    provision_search(p);
}
