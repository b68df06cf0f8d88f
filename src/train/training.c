#include "train/training.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "data/augment.h"
#include "settings/build_network.h"
#include "settings/normalise.h"
#include "train/sample_counts.h"
#include "train/sample_order.h"

/* ---- create ---- */

static bool fits_images(const struct training *t, struct error *err)
{
    struct error why;
    return build_network_check_image(&t->run->settings, &t->set, &why) ||
           error_set(err, "run '%s': %s", t->run->name, why.text);
}

static bool count_samples(struct training *t, struct error *err)
{
    struct sample_counts counts;
    if (!sample_counts_find(&counts, &t->run->settings, &t->set, err))
        return false;
    t->train_count = counts.train;
    t->validation_count = counts.validation;
    t->test_count = counts.test;
    return true;
}

static struct step_settings step_settings_of(const struct training *t, const struct settings *s)
{
    const struct penalty_form form = {.in_steps = strcmp(s->penalty.unit, "step") == 0,
                                      .to_nearest = strcmp(s->penalty.towards, "nearest") == 0};
    return (struct step_settings){
        .sgd = {s->training.momentum, s->training.weight_decay, s->training.nesterov },
        .penalty = s->penalty.name,
        .alpha = s->penalty.alpha,
        .form = form,
        .skips_radial = !s->penalty.radial,
        .group_lasso = {s->group_lasso.alpha, s->group_lasso.ratio,     s->group_lasso.detach},
        .group = &s->group_lasso.group,
        .constrain = t->constrain,
        .multiplier = adc_loop_multiplier(t->adc_loop),
        .format = t->format,
        .quantise = s->fixed_point.quantise,
        .batch = (size_t)s->training.batch,
        .shards = (size_t)s->training.shards
    };
}

bool training_create(struct training *t, const struct experiment *experiment, size_t run,
                     const struct dataset *set, struct error *err)
{
    *t = (struct training){.experiment = experiment, .run = &experiment->runs[run], .set = *set};
    const struct settings *s = &t->run->settings;
    normalise(&t->set, s);
    if (!fits_images(t, err) || !count_samples(t, err))
        return false;
    t->begun_s = comm_date_s();
    t->start_s = comm_time_s();
    t->format = (struct bit_slice_format){(int)s->fixed_point.bits, (int)s->fixed_point.slice_bits};
    const size_t local = step_capacity((size_t)s->training.batch, (size_t)s->training.shards);
    build_network_to_evaluate(&t->net, s, set, local);
    parameters_initialise(&t->net.params, (uint64_t)s->training.seed);
    t->constrain = constrain_create(s, &t->net.params);
    t->adc_loop = adc_loop_create(s, &t->net);
    step_create(&t->step, &t->net, step_settings_of(t, s));
    history_create(&t->history, (size_t)s->epochs + 1);
    t->history.has_constraints = t->constrain != NULL;
    t->best.value = MEM_NEW(float, t->net.params.size);
    t->best.exponent = MEM_NEW(int, network_quantisers(&t->net));
    t->best.score = -INFINITY;
    t->order = MEM_NEW(uint32_t, t->train_count);
    t->predicted = MEM_NEW(uint16_t, evaluate_share(&t->net, t->test_count).count);
    return true;
}

void training_destroy(struct training *t)
{
    mem_free(t->predicted);
    mem_free(t->order);
    mem_free(t->best.value);
    mem_free(t->best.exponent);
    history_destroy(&t->history);
    step_destroy(&t->step);
    adc_loop_destroy(t->adc_loop);
    constrain_destroy(t->constrain);
    network_destroy(&t->net);
    *t = (struct training){0};
}

/* ---- evaluate, select ---- */

struct evaluate_job training_evaluation(struct training *t, const struct dataset_part *part,
                                        size_t first, size_t count)
{
    return (struct evaluate_job){.net = &t->net,
                                 .quantise = t->step.quantise,
                                 .bits = t->format.bits,
                                 .set = &t->set,
                                 .part = part,
                                 .first = first,
                                 .count = count,
                                 .multiplier = t->step.multiplier};
}

bool training_prepare(struct training *t)
{
    const struct pass pass = {
        .quantise = t->step.quantise, .bits = t->format.bits, .multiplier = t->step.multiplier};
    return network_prepare(&t->net, &pass);
}

static void count_slices(const struct training *t, struct history_row *row)
{
    uint64_t nonzero[BIT_SLICE_MAX] = {0};
    const uint64_t codes = parameters_count_nonzero(&t->net.params, t->format, nonzero);
    for (int k = 0; k < bit_slice_count(t->format); k++)
        row->nonzero[k] = (double)nonzero[k] / (double)codes;
}

static enum training_outcome not_finite(const struct training *t, size_t epoch, struct error *err)
{
    error_set(err, "run '%s' has diverged after epoch %zu: the evaluation is not finite",
              t->run->name, epoch);
    return TRAINING_DIVERGED;
}

/* Evaluates the prepared weights of an epoch on the test set; false when stopped. */
static bool test_weights(struct training *t, size_t epoch)
{
    struct evaluate_job job = training_evaluation(t, &t->set.test, 0, t->test_count);
    job.predicted = t->predicted;
    t->test = evaluate(&job);
    t->tested = t->test.is_stopped ? 0 : epoch + 1;
    return !t->test.is_stopped;
}

/* Fills the row for the present weights. */
static enum training_outcome measure_weights(struct training *t, struct history_row *row,
                                             struct error *err)
{
    if (!training_prepare(t))
        return not_finite(t, t->at.epoch, err);
    count_slices(t, row);
    row->value[HISTORY_PENALTY] = step_penalty(&t->step);
    if (t->validation_count > 0) {
        const struct evaluate_job job = training_evaluation(
            t, &t->set.train, t->set.train.count - t->validation_count, t->validation_count);
        const struct evaluation validation = evaluate(&job);
        if (validation.is_stopped)
            return TRAINING_STOPPED;
        row->value[HISTORY_VALIDATION_LOSS] = validation.loss;
        row->value[HISTORY_VALIDATION_ACCURACY] = validation.accuracy;
    }
    if (!test_weights(t, t->at.epoch))
        return TRAINING_STOPPED;
    row->value[HISTORY_TEST_LOSS] = t->test.loss;
    row->value[HISTORY_TEST_ACCURACY] = t->test.accuracy;
    row->value[HISTORY_SECONDS] = comm_time_s() - t->start_s;
    return t->test.is_finite ? TRAINING_MEASURED : not_finite(t, t->at.epoch, err);
}

/* See training_advance. */
static double score_of(const struct training *t, const struct history_row *row, size_t epoch)
{
    const struct settings *s = &t->run->settings;
    if (strcmp(s->training.select, "last") == 0)
        return (double)epoch;
    const bool by_test = strcmp(s->training.select, "test") == 0;
    double score =
        100.0 * row->value[by_test ? HISTORY_TEST_ACCURACY : HISTORY_VALIDATION_ACCURACY];
    const int slices = bit_slice_count(t->format);
    for (int k = 0; k < slices && s->training.select_sparsity; k++)
        score += 100.0 * (1.0 - row->nonzero[k]) / slices;
    return score;
}

static void keep_if_better(struct training *t, const struct history_row *row, size_t epoch)
{
    const double score = score_of(t, row, epoch);
    if (!(score > t->best.score))
        return;
    t->best.score = score;
    t->best.epoch = epoch;
    memcpy(t->best.value, t->net.params.value, t->net.params.size * sizeof(float));
    network_get_exponents(&t->net, t->best.exponent);
}

/* Evaluates the present weights, or their projection if they are constrained, and keeps them if they
 * are the best. */
static enum training_outcome measure(struct training *t, struct history_row *row, struct error *err)
{
    bool is_whole = true;
    if (t->constrain) {
        constrain_at(t->constrain, (double)t->at.epoch);
        is_whole = constrain_is_whole(t->constrain);
        constrain_show(t->constrain);
        row->value[HISTORY_RESIDUAL] = constrain_residual(t->constrain);
        row->value[HISTORY_RHO] = t->constrain->by == CONSTRAIN_ADMM ? t->constrain->rho : NAN;
    }
    const enum training_outcome outcome = measure_weights(t, row, err);
    if (outcome == TRAINING_MEASURED && is_whole &&
        (t->at.epoch > 0 || t->run->settings.epochs == 0))
        keep_if_better(t, row, t->at.epoch);
    if (t->constrain)
        constrain_hide(t->constrain);
    return outcome;
}

/* ---- train ---- */

static struct schedule schedule_of(const struct settings *s)
{
    return (struct schedule){s->training.schedule,    s->training.rate,        s->epochs,
                             s->training.step_epochs, s->training.step_factor, s->training.warmup};
}

static struct augmentation augmentation_of(const struct settings *s, size_t epoch)
{
    return (struct augmentation){s->data.flip, (int)s->data.crop, (uint64_t)s->training.seed,
                                 (uint32_t)epoch};
}

/* Puts this rank's part of batch [first, first + m) of the epoch's order into the network. */
static void load_batch(struct training *t, size_t first, size_t m,
                       const struct augmentation *augmentation)
{
    const struct share mine = step_share(&t->step, m);
    const uint32_t *index = t->order + first + mine.first;
    augment_batch(&t->set, &t->set.train, index, mine.count, t->net.input->value,
                  t->net.input->stride, augmentation);
    for (size_t i = 0; i < mine.count; i++)
        t->step.label[i] = t->set.train.label[index[i]];
    t->step.sample = index;
}

void training_load_batch(struct training *t, size_t first, size_t m)
{
    const struct augmentation none = {0};
    load_batch(t, first, m, &none);
}

/* One step behind the present position, in an epoch > 0 of which samples are left. */
static enum training_outcome train_step(struct training *t, struct error *err)
{
    struct training_position *at = &t->at;
    const struct settings *s = &t->run->settings;
    const size_t batch = (size_t)s->training.batch, n = t->train_count;
    const size_t m = n - at->samples < batch ? n - at->samples : batch;
    const struct schedule schedule = schedule_of(s);
    const struct augmentation augmentation = augmentation_of(s, at->epoch);
    /* in epochs */
    const double done = (double)at->epoch - 1.0 + (double)at->samples / (double)n;
    const double rate = schedule_rate(&schedule, done);
    struct step_result result;
    load_batch(t, at->samples, m, &augmentation);
    if (t->constrain)
        constrain_at(t->constrain, done);
    if (!step_run(&t->step, m, rate, &result)) {
        error_set(err,
                  "run '%s' has diverged in epoch %zu, step %zu: a value is not finite or a "
                  "gradient exceeds 2048; try a smaller training.rate (now %g)",
                  t->run->name, at->epoch, at->samples / batch + 1, rate);
        return TRAINING_DIVERGED;
    }
    at->samples += m;
    if (t->constrain) {
        const size_t before = (at->epoch - 1) * ((n + batch - 1) / batch);
        constrain_at(t->constrain, (double)at->epoch - 1.0 + (double)at->samples / (double)n);
        constrain_after_step(t->constrain, before + (at->samples + batch - 1) / batch,
                             at->samples == n);
    }
    at->loss += result.loss * (double)m;
    at->correct += result.correct;
    t->is_marked = result.is_marked;
    t->history.row[at->epoch].value[HISTORY_RATE] = rate;
    return result.stop ? TRAINING_STOPPED : TRAINING_STEPPED;
}

/* The order of the samples follows from the epoch's number: a checkpoint does not hold it. */
static void shuffle(struct training *t)
{
    const uint64_t seed = (uint64_t)t->run->settings.training.seed;
    const uint32_t epoch = (uint32_t)t->at.epoch;
    if (strcmp(t->run->settings.data.shuffle, "blocks") == 0)
        sample_order_blocks(t->order, t->train_count, seed, epoch);
    else
        sample_order_all(t->order, t->train_count, seed, epoch);
    t->step.dropout = (struct rng_key){seed, RNG_DROPOUT, epoch};
    t->ordered = t->at.epoch;
}

/* Behind the last step of the present epoch. */
static enum training_outcome finish_epoch(struct training *t, struct error *err)
{
    struct history_row *row = &t->history.row[t->at.epoch];
    if (t->at.epoch > 0) {
        row->value[HISTORY_TRAIN_LOSS] = t->at.loss / (double)t->train_count;
        row->value[HISTORY_TRAIN_ACCURACY] = (double)t->at.correct / (double)t->train_count;
    }
    const enum training_outcome outcome = measure(t, row, err);
    t->at.is_measured = outcome == TRAINING_MEASURED;
    return outcome;
}

enum training_outcome training_advance(struct training *t, struct error *err)
{
    if (t->at.is_measured) {
        if (t->at.epoch == (size_t)t->run->settings.epochs)
            return TRAINING_DONE;
        t->at = (struct training_position){.epoch = t->at.epoch + 1};
        history_append(&t->history);
    }
    if (t->at.epoch == 0 || t->at.samples == t->train_count)
        return finish_epoch(t, err);
    if (t->ordered != t->at.epoch)
        shuffle(t);
    return train_step(t, err);
}

/* ---- begin, finish ---- */

/* A network that never saw a batch has no activation exponents: take those of the first one. */
static bool calibrate(struct training *t)
{
    const size_t batch = (size_t)t->run->settings.training.batch;
    const size_t m = t->train_count < batch ? t->train_count : batch;
    for (size_t i = 0; i < m; i++)
        t->order[i] = (uint32_t)i;
    training_load_batch(t, 0, m);
    return training_prepare(t) && step_look(&t->step, m, 0.0);
}

enum training_outcome training_begin(struct training *t, struct error *err)
{
    const double threshold = t->run->settings.prune.threshold;
    if (threshold > 0.0)
        parameters_prune(&t->net.params, threshold);
    if (t->constrain)
        constrain_start(t->constrain);
    t->pruned = parameters_count_masked(&t->net.params);
    history_append(&t->history);
    return t->is_calibrated || calibrate(t) ? TRAINING_DONE : not_finite(t, t->at.epoch, err);
}

enum training_outcome training_finish(struct training *t, struct error *err)
{
    memcpy(t->net.params.value, t->best.value, t->net.params.size * sizeof(float));
    network_set_exponents(&t->net, t->best.exponent);
    if (!training_prepare(t))
        return not_finite(t, t->best.epoch, err);
    if (t->tested != t->best.epoch + 1 && !test_weights(t, t->best.epoch))
        return TRAINING_STOPPED;
    return t->test.is_finite ? TRAINING_DONE : not_finite(t, t->best.epoch, err);
}
