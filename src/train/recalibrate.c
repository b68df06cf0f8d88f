#include "train/recalibrate.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "nn/matrix_op.h"

static size_t samples_of(const struct training *t)
{
    const size_t wanted = (size_t)t->run->settings.recalibrate_samples;
    return wanted > 0 && wanted < t->train_count ? wanted : t->train_count;
}

/* ---- batch norm ---- */

static bool restate_batch_norm(struct training *t)
{
    const struct settings *s = &t->run->settings;
    const uint64_t seed = (uint64_t)s->training.seed;
    const size_t count = samples_of(t), batch = (size_t)s->training.batch;
    rng_permutation((struct rng_key){seed, RNG_SHUFFLE, 0}, t->order, t->train_count);
    t->step.dropout = (struct rng_key){seed, RNG_DROPOUT, 0};
    for (size_t done = 0, m; done < count; done += m) {
        m = count - done < batch ? count - done : batch;
        training_load_batch(t, done, m);
        if (!step_look(&t->step, m, (double)m / (double)(done + m)))
            return false;
    }
    return true;
}

/* ---- biases ---- */

/* Units of the sums of values: 2^-20 holds sums below 2^43. */
enum { VALUE_EXPONENT = 20 };

struct means {
    const struct multiplier *inner; /* NULL: the operations' own products */
    size_t *first;                  /* [operations] of its outputs in sum */
    size_t size;                    /* of sum, without what follows */
    int64_t *sum; /* [size + 1] of all values of an output; the last: values that are none */
};

static void add_sample(struct means *means, const struct op *op, size_t n)
{
    int64_t *sum = means->sum + means->first[op->number];
    const size_t outputs = matrix_op_outputs(op);
    for (int y = 0; y < op->out->height; y++)
        for (int x = 0; x < op->out->width; x++) {
            const float *value = op->out->value + tensor_at(op->out, n, y, x);
            for (size_t j = 0; j < outputs; j++) {
                const bool fine = fabsf(value[j]) < 0x1p20f; /* false for NaN */
                sum[j] += fine ? llrint(ldexp((double)value[j], VALUE_EXPONENT)) : 0;
                means->sum[means->size] += !fine;
            }
        }
}

/* Behind the product, before a quantiser writes over it. */
static bool forward(void *context, struct op *op, const struct pass *pass)
{
    struct means *means = context;
    const bool fine = means->inner ? means->inner->forward(means->inner->context, op, pass)
                                   : op->class->forward(op, pass);
    for (size_t n = 0; n < pass->samples; n++)
        add_sample(means, op, n);
    return fine;
}

/* Sums of all outputs of weight layers over the run's samples. False when a value is not finite, on
 * every rank. Collective. */
static bool sum_outputs(struct training *t, struct means *means, const struct multiplier *inner)
{
    const struct multiplier multiplier = {.forward = forward, .context = means};
    struct evaluate_job job = training_evaluation(t, &t->set.train, 0, samples_of(t));
    struct evaluate_block block;
    const struct share mine = evaluate_share(job.net, job.count);
    job.multiplier = &multiplier;
    means->inner = inner;
    memset(means->sum, 0, (means->size + 1) * sizeof *means->sum);
    for (size_t done = 0, n; done < mine.count; done += n) {
        n = mine.count - done < job.net->block ? mine.count - done : job.net->block;
        means->sum[means->size] += !evaluate_forward(&job, mine.first + done, n, &block);
    }
    comm_sum_i64(means->sum, means->size + 1);
    return means->sum[means->size] == 0;
}

/* b += mean(exact) - mean(read) of one layer, b as the network computes with it; pruned biases stay
 * 0. */
static void correct(struct training *t, const struct op *op, const int64_t *exact,
                    const int64_t *read)
{
    struct parameters *params = &t->net.params;
    const struct parameter *bias = &params->tensor[op->bias];
    const double count = (double)samples_of(t) * (double)matrix_op_pixels(op);
    for (size_t j = 0; j < bias->count; j++)
        if (params->mask[bias->offset + j])
            params->value[bias->offset + j] =
                params->quantised[bias->offset + j] +
                (float)(ldexp((double)(exact[j] - read[j]), -VALUE_EXPONENT) / count);
}

static bool correct_layers(struct training *t, struct means *means, int64_t *exact)
{
    if (!sum_outputs(t, means, NULL))
        return false;
    memcpy(exact, means->sum, means->size * sizeof *exact);
    for (int i = 0; i < t->net.op_count; i++) {
        const struct op *op = &t->net.op[i];
        if (!op->class->gather_codes || op->bias < 0)
            continue;
        if (!sum_outputs(t, means, t->step.multiplier))
            return false;
        correct(t, op, exact + means->first[i], means->sum + means->first[i]);
        if (!training_prepare(t))
            return false;
    }
    return true;
}

static bool correct_biases(struct training *t)
{
    struct means means = {.first = MEM_NEW(size_t, t->net.op_count)};
    for (int i = 0; i < t->net.op_count; i++)
        if (t->net.op[i].class->gather_codes) {
            means.first[i] = means.size;
            means.size += matrix_op_outputs(&t->net.op[i]);
        }
    means.sum = MEM_NEW(int64_t, means.size + 1);
    int64_t *exact = MEM_NEW(int64_t, means.size);
    const bool fine = correct_layers(t, &means, exact);
    mem_free(means.first);
    mem_free(means.sum);
    mem_free(exact);
    return fine;
}

/* ---- both ---- */

bool recalibrate(struct training *t, struct error *err)
{
    const char *how = t->run->settings.recalibrate;
    if (strcmp(how, "none") == 0)
        return true;
    if (t->constrain)
        constrain_show(t->constrain);
    const bool fine = training_prepare(t) &&
                      (strcmp(how, "bias") == 0 ? correct_biases(t) : restate_batch_norm(t));
    if (t->constrain)
        constrain_hide(t->constrain);
    return fine ||
           error_set(err, "run '%s': recalibrate: %s: a value is not finite", t->run->name, how);
}
