#include "simulate/trials.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "simulate/conversion_cost.h"

/* ---- evaluations ---- */

static void note_block(void *trials, const struct network *net, const struct pass *pass)
{
    struct trials *t = trials;
    (void)net;
    work_line_samples(&t->line, pass->samples);
}

static void count_block(void *trials, const struct network *net, const struct pass *pass)
{
    struct trials *t = trials;
    simulation_observe(t->inference->simulation, net, pass);
    note_block(t, net, pass);
}

static void count_currents(struct trials *t, struct evaluate_job job)
{
    simulation_clear(t->inference->simulation);
    job.observe = count_block;
    job.context = t;
    work_line_begin_part(&t->line, evaluate_share(job.net, job.count).count);
    evaluate(&job);
    work_line_advance(&t->line, 1);
    simulation_reduce(t->inference->simulation);
}

static double exact_accuracy(struct trials *t, struct evaluate_job job)
{
    job.observe = note_block;
    job.context = t;
    work_line_begin_part(&t->line, evaluate_share(job.net, job.count).count);
    const double accuracy = evaluate(&job).accuracy;
    work_line_advance(&t->line, 1);
    return accuracy;
}

struct evaluation trials_run(struct trials *t, struct evaluate_job job)
{
    job.observe = note_block;
    job.context = t;
    work_line_begin_part(&t->line, evaluate_share(job.net, job.count).count);
    const struct evaluation result = inference_run(t->inference, job);
    work_line_advance(&t->line, 1);
    t->simulations++;
    return result;
}

/* ---- bits that follow from column sums and histograms ---- */

static void needed_of_slice(struct trials *t, int l, int sign, int k, uint64_t *pooled)
{
    const struct simulated_layer *layer = &t->inference->simulation->layer[l];
    const size_t bins = crossbar_max_current(layer->crossbar.format) + 1;
    simulation_pool(layer, sign, k, pooled);
    for (int d = 0; d < ADC_DEFINITIONS; d++)
        t->needed[d][l].of[sign][k] =
            (int8_t)adc_bits_by((enum adc_definition)d,
                                crossbar_max_column_sum(&layer->crossbar, sign, k), pooled, bins);
    for (int n = 0; n <= ADC_MOST_BITS; n++)
        t->clip_rate[l][sign][k][n] = adc_clip_rate(pooled, bins, n);
}

/* One converter serves both signs. */
static void share_bits(const struct trials *t, struct adc_bits *bits)
{
    for (int l = 0; l < t->layers; l++)
        for (int k = 0; k < t->slices; k++) {
            int8_t *plus = &bits[l].of[CROSSBAR_POSITIVE][k];
            int8_t *minus = &bits[l].of[CROSSBAR_NEGATIVE][k];
            *plus = *minus = *plus > *minus ? *plus : *minus;
        }
}

static void find_needed(struct trials *t)
{
    const struct simulation *simulation = t->inference->simulation;
    uint64_t *pooled = MEM_NEW(uint64_t, crossbar_max_current(simulation->format) + 1);
    for (int l = 0; l < t->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < t->slices; k++)
                needed_of_slice(t, l, sign, k, pooled);
    mem_free(pooled);
    for (int d = 0; simulation->signs == READOUT_ANALOG && d < ADC_DEFINITIONS; d++)
        share_bits(t, t->needed[d]);
}

void trials_create(struct trials *t, struct inference *inference, struct evaluate_job calibration,
                   struct evaluate_job test, size_t counted, double loss)
{
    const struct simulation *simulation = inference->simulation;
    *t = (struct trials){.inference = inference,
                         .calibration = calibration,
                         .test = test,
                         .loss = loss,
                         .reference = -1,
                         .layers = simulation->layers,
                         .slices = crossbar_slices(simulation->format)};
    for (int d = 0; d < ADC_DEFINITIONS; d++)
        t->needed[d] = MEM_NEW(struct adc_bits, t->layers);
    t->clip_rate = mem_alloc((size_t)t->layers, sizeof *t->clip_rate, "clip rates");
    work_line_start(&t->line, "currents", 4);
    t->exact_calibration = exact_accuracy(t, calibration);
    t->exact_test = exact_accuracy(t, test);
    count_currents(t, calibration);
    find_needed(t);
    test.count = counted;
    count_currents(t, test);
}

void trials_destroy(struct trials *t)
{
    for (int d = 0; d < ADC_DEFINITIONS; d++)
        mem_free(t->needed[d]);
    mem_free(t->clip_rate);
    for (size_t a = 0; a < t->assignments; a++)
        mem_free(t->assignment[a].bits);
    mem_free(t->assignment);
    *t = (struct trials){0};
}

/* ---- bits of slices ---- */

void trials_fill(const struct trials *t, struct adc_bits *all, const int *bits)
{
    for (int l = 0; l < t->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < t->slices; k++)
                all[l].of[sign][k] = (int8_t)bits[k];
}

int trials_widest(const struct trials *t, const struct adc_bits *bits, int k)
{
    int most = 0;
    for (int l = 0; l < t->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            most = bits[l].of[sign][k] > most ? bits[l].of[sign][k] : most;
    return most;
}

/* ---- simulate ---- */

/* Nothing is clipped on the calibration samples: layer after layer sees exact inputs. */
static bool is_lossless(const struct trials *t, const struct adc_bits *bits)
{
    const struct readout *readout = t->inference->readout;
    if (readout->transfer != READOUT_CLIP || readout->signs == READOUT_ANALOG)
        return false; /* the histograms are those of clipped single bitlines */
    for (int l = 0; l < t->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < t->slices; k++)
                if (bits[l].of[sign][k] < t->needed[ADC_OBSERVED][l].of[sign][k])
                    return false;
    return true;
}

void trials_use(struct trials *t, const struct adc_bits *bits)
{
    for (int l = 0; l < t->layers; l++)
        memcpy(t->inference->readout[l].bits, bits[l].of, sizeof bits[l].of);
}

double trials_calibration(struct trials *t, const struct adc_bits *bits)
{
    if (is_lossless(t, bits)) {
        work_line_advance(&t->line, 1);
        return t->exact_calibration;
    }
    trials_use(t, bits);
    return trials_run(t, t->calibration).accuracy;
}

double trials_expected_calibration(const struct trials *t)
{
    return t->reference < 0 ? t->exact_calibration : t->assignment[t->reference].calibration;
}

double trials_expected_test(const struct trials *t)
{
    return t->reference < 0 ? t->exact_test : t->assignment[t->reference].test;
}

bool trials_is_close(const struct trials *t, double accuracy)
{
    return trials_expected_calibration(t) - accuracy <= t->loss + 1e-12;
}

bool trials_is_good(struct trials *t, const struct adc_bits *bits)
{
    const double most = 1 - trials_expected_calibration(t) + t->loss; /* share of wrong ones */
    struct evaluate_job job = t->calibration;
    if (is_lossless(t, bits)) {
        work_line_advance(&t->line, 1);
        return trials_is_close(t, t->exact_calibration);
    }
    job.may_refuse = true;
    job.most_wrong = (size_t)floor(most * (double)job.count + 1e-6);
    trials_use(t, bits);
    const struct evaluation result = trials_run(t, job);
    return !result.is_refused && trials_is_close(t, result.accuracy);
}

/* ---- assignments ---- */

static double worst_clip_rate(const struct trials *t, const struct adc_bits *bits)
{
    double worst = 0;
    for (int l = 0; l < t->layers; l++)
        for (int sign = 0; sign < CROSSBAR_SIGNS; sign++)
            for (int k = 0; k < t->slices; k++)
                worst = fmax(worst, t->clip_rate[l][sign][k][bits[l].of[sign][k]]);
    return worst;
}

static struct assignment *next_assignment(struct trials *t)
{
    if (t->assignments == t->room) {
        t->room = 2 * t->room + 16;
        struct assignment *grown = MEM_NEW(struct assignment, t->room);
        if (t->assignments > 0)
            memcpy(grown, t->assignment, t->assignments * sizeof *grown);
        mem_free(t->assignment);
        t->assignment = grown;
    }
    return &t->assignment[t->assignments++];
}

void trials_record(struct trials *t, const char *name, const struct adc_bits *bits)
{
    struct assignment *a = next_assignment(t);
    snprintf(a->name, sizeof a->name, "%s", name);
    a->bits = MEM_NEW(struct adc_bits, t->layers);
    memcpy(a->bits, bits, (size_t)t->layers * sizeof *bits);
    a->calibration = trials_calibration(t, bits);
    trials_use(t, bits);
    a->test = trials_run(t, t->test).accuracy;
    a->energy_pj = conversion_energy_pj(t->inference->simulation, bits);
    a->clip_rate = worst_clip_rate(t, bits);
}

void trials_refer_to(struct trials *t, const char *name, const struct adc_bits *bits)
{
    trials_record(t, name, bits);
    t->reference = (int)t->assignments - 1;
}

void trials_add(struct trials *t, const char *name, const int *bits)
{
    struct adc_bits *all = MEM_NEW(struct adc_bits, t->layers);
    trials_fill(t, all, bits);
    trials_record(t, name, all);
    mem_free(all);
}
