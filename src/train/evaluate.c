#include "train/evaluate.h"

#include <string.h>

#include "base/stop.h"
#include "nn/loss.h"

struct share evaluate_share(const struct network *net, size_t count)
{
    const size_t blocks = (count + net->block - 1) / net->block;
    const struct share mine = comm_share(blocks);
    const size_t first = mine.first * net->block;
    const size_t last = (mine.first + mine.count) * net->block;
    return (struct share){first < count ? first : count,
                          (last < count ? last : count) - (first < count ? first : count)};
}

bool evaluate_forward(const struct evaluate_job *job, size_t first, size_t n,
                      struct evaluate_block *block)
{
    struct network *net = job->net;
    for (size_t i = 0; i < n; i++)
        block->index[i] = (uint32_t)(first + i);
    dataset_batch(job->set, job->part, block->index, n, net->input->value, net->input->stride);
    block->begin[0] = 0;
    block->begin[1] = n;
    block->pass = (struct pass){
        .samples = n,
        .sample = block->index,
        .dropout = {0, RNG_DROPOUT, 0},
        .shards = 1,
        .begin = block->begin,
        .quantise = job->quantise,
        .bits = job->bits,
        .multiplier = job->multiplier
    };
    return network_forward(net, &block->pass);
}

/* Samples [first, first + n) of the part; adds to *sum. False when not finite. */
static bool evaluate_some(const struct evaluate_job *job, size_t first, size_t n,
                          uint16_t *predicted, struct loss_sum *sum)
{
    const struct network *net = job->net;
    struct evaluate_block block;
    if (!evaluate_forward(job, first, n, &block))
        return false;
    loss_softmax(sum, NULL, predicted, net->logits->value, job->part->label + first, n,
                 net->logits->stride, (int)net->logits->size, 0.0f);
    if (job->observe)
        job->observe(job->context, net, &block.pass);
    return true;
}

struct evaluation evaluate(const struct evaluate_job *job)
{
    const struct share mine = evaluate_share(job->net, job->count);
    const size_t block = job->net->block;
    struct loss_sum sum = {.is_finite = true};
    bool stop = false, refused = false;
    for (size_t done = 0; done < mine.count && !stop && !refused; done += block) {
        const double start_s = comm_time_s();
        const size_t n = mine.count - done < block ? mine.count - done : block;
        uint16_t *predicted = job->predicted ? job->predicted + done : NULL;
        if (!evaluate_some(job, job->first + mine.first + done, n, predicted, &sum))
            sum.is_finite = false;
        stop_note_work(comm_time_s() - start_s);
        stop = done + n < mine.count && stop_wanted(); /* what is complete is used */
        refused = job->may_refuse && done + n - (size_t)sum.correct > job->most_wrong;
    }
    int64_t total[4 + LOSS_LIMBS] = {sum.correct, !sum.is_finite, stop, refused};
    memcpy(total + 4, sum.loss, sizeof sum.loss);
    comm_sum_i64(total, sizeof total / sizeof *total);
    return (struct evaluation){.loss = loss_from_sum(total + 4) / (double)job->count,
                               .accuracy = (double)total[0] / (double)job->count,
                               .is_finite = total[1] == 0,
                               .is_stopped = total[2] > 0,
                               .is_refused = total[3] > 0};
}
