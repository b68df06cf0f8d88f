#include "cli/import_file.h"

#include <string.h>

#include "base/mem.h"
#include "data/digest.h"
#include "result/result.h"
#include "store/overwrite.h"

/* The logits of a block behind those of the blocks before. */
static void observe_logits(void *context, const struct network *net, const struct pass *pass)
{
    float **next = context;
    for (size_t i = 0; i < pass->samples; i++, *next += net->logits->size)
        memcpy(*next, net->logits->value + i * net->logits->stride,
               net->logits->size * sizeof(float));
}

/* Logits [own test samples, classes], in a block for mem_free. Collective. */
static float *keep_logits(struct training *t)
{
    struct evaluate_job job = training_evaluation(t, &t->set.test, 0, t->test_count);
    float *logit =
        MEM_NEW(float, evaluate_share(&t->net, t->test_count).count * t->net.logits->size);
    float *next = logit;
    job.observe = observe_logits;
    job.context = &next;
    evaluate(&job);
    return logit;
}

static void write_logits(struct store *store, const struct training *t, const float *logit)
{
    const struct share mine = evaluate_share(&t->net, t->test_count);
    const struct store_array array = {
        .group = "/predictions",
        .name = "logit",
        .description = "output of the last layer, before softmax",
        .units = "1",
        .type = STORE_F32,
        .axes = 2,
        .axis = {{"sample", t->test_count, NULL}, {"class", t->net.logits->size, NULL}},
        .data = logit,
        .split_axes = 1,
        .first = mine.first,
        .count = mine.count
    };
    store_write(store, &array);
}

void import_file_write(const struct import_file *file, struct training *t)
{
    float *logit = file->with_logits ? keep_logits(t) : NULL;
    overwrite_make_folder(file->path);
    const struct result_contents contents = {
        t, file->currents, {file->experiment, digest_of_set(&t->set), JUDGE_UNKNOWN}
    };
    struct store *store = store_create(
        file->path, result_bytes(&contents) + t->test_count * t->net.logits->size * sizeof(float));
    result_write_groups(store, &contents);
    store_group(store, "/import");
    store_text(store, "/import", "weights", file->weights);
    store_integer(store, "/import", "calibration_samples", (int64_t)file->calibrated);
    store_real(store, "/import", "float_test_loss", file->exact->loss);
    store_real(store, "/import", "float_test_accuracy", file->exact->accuracy);
    if (logit)
        write_logits(store, t, logit);
    store_finish(store);
    mem_free(logit);
}
