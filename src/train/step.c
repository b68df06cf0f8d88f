#include "train/step.h"

#include <math.h>
#include <string.h>

#include "base/comm.h"
#include "base/comm_sums.h"
#include "base/mem.h"
#include "base/stop.h"
#include "hw/fixed_point.h"
#include "nn/kernels.h"
#include "nn/loss.h"

const char *step_part_name(enum step_part part)
{
    static const char *const names[STEP_PARTS] = {"forward", "backward", "quantise",
                                                  "penalty", "reduce",   "update"};
    return names[part];
}

/* First sample of shard s when m samples are cut into `shards` parts; any m will do. */
static size_t shard_begin(size_t m, size_t shards, size_t s)
{
    return s * m / shards;
}

size_t step_capacity(size_t batch, size_t shards)
{
    size_t most = 0;
    const struct share mine = comm_share(shards);
    for (size_t m = 1; m <= batch; m++) { /* a short last batch may fall differently */
        const size_t n =
            shard_begin(m, shards, mine.first + mine.count) - shard_begin(m, shards, mine.first);
        most = n > most ? n : most;
    }
    return most;
}

/* The layers that have groups: `input_channels` has a number for each weight matrix, or one. */
static void view_groups(struct step *step, const struct real_list *input_channels)
{
    const struct parameters *params = &step->net->params;
    size_t index = 0, norms = 0;
    step->group = MEM_NEW(struct group_lasso_layer, params->count);
    for (int t = 0; t < params->count && input_channels && input_channels->count > 0; t++) {
        const struct parameter *tensor = &params->tensor[t];
        if (!parameters_is_matrix(tensor))
            continue;
        const size_t group = (size_t)input_channels->value[input_channels->count > 1 ? index : 0];
        index++;
        if (group == 0)
            continue;
        struct group_lasso_layer *layer = &step->group[step->groups++];
        *layer = (struct group_lasso_layer){
            .out = tensor->shape[0],
            .in = tensor->shape[1],
            .taps = tensor->count / tensor->shape[0] / tensor->shape[1],
            .group = group,
            .value = params->value + tensor->offset,
            .gradient = params->gradient + tensor->offset,
        };
        norms += group_lasso_groups(layer);
    }
    step->norm = MEM_NEW(double, norms);
    for (size_t g = 0, first = 0; g < step->groups; first += group_lasso_groups(&step->group[g++]))
        step->group[g].norm = step->norm + first;
}

/* Weights of a filter whose scale batch norm takes out again, a quantiser between the two or not; 0 for
 * other tensors. */
static size_t free_filter(const struct network *net, int t)
{
    const struct tensor *out = NULL;
    for (int i = 0; i < net->op_count; i++) {
        const struct op *op = &net->op[i];
        if (op->class->gather_codes && op->weight == t)
            out = op->out;
        else if (out && op->in == out && op->class == &op_batch_norm)
            return net->params.tensor[t].count / net->params.tensor[t].shape[0];
        else if (out && op->in == out && op->class->is_quantiser && !op->relu)
            out = op->out;
    }
    return 0;
}

void step_create(struct step *step, struct network *net, struct step_settings settings)
{
    *step = (struct step){.net = net,
                          .sgd = settings.sgd,
                          .penalty = penalty_find(settings.penalty),
                          .alpha = settings.alpha,
                          .form = settings.form,
                          .group_lasso = settings.group_lasso,
                          .constrain = settings.constrain,
                          .multiplier = settings.multiplier,
                          .format = settings.format,
                          .quantise = settings.quantise,
                          .shards = settings.shards};
    step->label = MEM_NEW(uint16_t, step_capacity(settings.batch, settings.shards));
    step->begin = MEM_NEW(size_t, comm_share(settings.shards).count + 1);
    step->view = MEM_NEW(struct penalty_tensor, net->params.count);
    step->part = MEM_NEW(struct penalty_tensor, net->params.count);
    step->viewed = MEM_NEW(int, net->params.count);
    for (int t = 0; t < net->params.count; t++) {
        const struct parameter *tensor = &net->params.tensor[t];
        if (tensor->is_state)
            continue;
        step->viewed[step->views] = t;
        step->view[step->views++] = (struct penalty_tensor){
            .count = tensor->count,
            .value = net->params.value + tensor->offset,
            .code = net->params.code + tensor->offset,
            .is_quantised = tensor->is_quantised,
            .gradient = net->params.gradient + tensor->offset,
            .filter = settings.skips_radial ? free_filter(net, t) : 0,
        };
    }
    view_groups(step, settings.group);
    step->sums = comm_sums_create(net->params.size + SUM_EXTRAS, 0);
    if (step->sums) {
        mem_free(net->params.sum);
        net->params.sum = comm_sums_array(step->sums);
    }
}

void step_destroy(struct step *step)
{
    mem_free(step->label);
    mem_free(step->begin);
    mem_free(step->view);
    mem_free(step->part);
    mem_free(step->viewed);
    mem_free(step->group);
    mem_free(step->norm);
    if (step->sums)
        step->net->params.sum = NULL;
    comm_sums_destroy(step->sums);
    *step = (struct step){0};
}

struct share step_share(const struct step *step, size_t m)
{
    const struct share mine = comm_share(step->shards);
    const size_t first = shard_begin(m, step->shards, mine.first);
    const size_t last = shard_begin(m, step->shards, mine.first + mine.count);
    return (struct share){first, last - first};
}

static struct pass pass_of(const struct step *step, size_t m)
{
    const struct share mine = comm_share(step->shards), samples = step_share(step, m);
    for (size_t s = 0; s <= mine.count; s++)
        step->begin[s] = shard_begin(m, step->shards, mine.first + s) - samples.first;
    return (struct pass){.samples = samples.count,
                         .global_samples = m,
                         .shards = mine.count,
                         .begin = step->begin,
                         .sample = step->sample,
                         .dropout = step->dropout,
                         .is_training = true,
                         .quantise = step->quantise,
                         .bits = step->format.bits,
                         .multiplier = step->multiplier};
}

static struct penalty_input penalty_view(const struct step *step)
{
    const struct parameters *params = &step->net->params;
    for (size_t v = 0; v < step->views; v++)
        step->view[v].step =
            fixed_point_step(params->tensor[step->viewed[v]].exponent, step->format.bits);
    return (struct penalty_input){.tensor = step->view,
                                  .count = step->views,
                                  .format = step->format,
                                  .alpha = step->alpha,
                                  .form = step->form};
}

double step_penalty(const struct step *step)
{
    const double own = step->penalty ? step->penalty->value(penalty_view(step)) : 0.0;
    return own + group_lasso_value(step->group_lasso, step->group, step->groups);
}

/* Marks the end of a part; communication inside it counts as STEP_REDUCE. */
struct clock {
    double time_s, comm_s, quantise_s;
};

static void clock_charge(struct step *step, struct clock *clock, enum step_part part)
{
    const struct clock now = {comm_time_s(), comm_sync_time_s(), step->net->quantise_time_s};
    const double reduce = now.comm_s - clock->comm_s;
    const double quantise = now.quantise_s - clock->quantise_s;
    /* quantisers communicate inside a forward pass, nothing else does */
    const double quantise_comm = part == STEP_FORWARD ? reduce : 0.0;
    step->time_s[STEP_REDUCE] += reduce;
    step->time_s[STEP_QUANTISE] += quantise - quantise_comm;
    step->time_s[part] += now.time_s - clock->time_s - reduce - (quantise - quantise_comm);
    *clock = now;
}

/* Forward and loss; the sums of this rank land in params.sum. */
static bool forward_and_loss(struct step *step, const struct pass *pass, size_t m)
{
    struct network *net = step->net;
    if (!network_forward(net, pass))
        return false;
    struct loss_sum loss = {.is_finite = true};
    loss_softmax(&loss, net->logits->gradient, NULL, net->logits->value, step->label, pass->samples,
                 net->logits->stride, (int)net->logits->size, 1.0f / (float)m);
    int64_t *extra = net->params.sum + net->params.size;
    memcpy(extra + SUM_LOSS, loss.loss, sizeof loss.loss);
    extra[SUM_CORRECT] = loss.correct;
    extra[SUM_DIVERGED] = !loss.is_finite;
    return true;
}

/* The global batch's sums into params.sum. */
static bool compute(struct step *step, size_t m, struct clock *clock)
{
    struct network *net = step->net;
    struct parameters *params = &net->params;
    const struct pass pass = pass_of(step, m);
    int64_t *extra = params->sum + params->size;
    if (!network_prepare(net, &pass))
        return false;
    clock_charge(step, clock, STEP_QUANTISE);
    if (!forward_and_loss(step, &pass, m))
        return false;
    clock_charge(step, clock, STEP_FORWARD);
    extra[SUM_DIVERGED] += !network_backward(net, &pass);
    clock_charge(step, clock, STEP_BACKWARD);
    extra[SUM_STOP] = stop_wanted();
    extra[SUM_MARK] = comm_rank() == 0 && step->mark;
    if (step->sums)
        comm_sums_add_up(step->sums);
    else
        comm_sum_i64(params->sum, params->size + SUM_EXTRAS);
    clock_charge(step, clock, STEP_UPDATE);
    return !extra[SUM_DIVERGED];
}

/* ---- from sums to new weights ---- */

/* Parameters that go through all passes together, so that their arrays stay in the cache; the
 * gradients of one part after the other lie at the beginning of params.gradient. */
enum { UPDATE_PART = 4096 };

/* Constraints and the group lasso look at the whole gradient, some penalties at filters. */
static size_t part_size(const struct step *step, const struct penalty_input *penalty)
{
    return step->constrain || step->groups > 0 || penalty_has_filters(*penalty)
               ? step->net->params.size
               : UPDATE_PART;
}

/* Of the parameters [first, end). */
static void add_part_of_penalty(struct step *step, const struct penalty_input *whole, size_t first,
                                size_t end)
{
    struct penalty_input in = *whole;
    in.tensor = step->part;
    in.whole = whole;
    in.count = 0;
    for (size_t v = 0; v < step->views; v++) {
        const size_t offset = step->net->params.tensor[step->viewed[v]].offset;
        const size_t from = offset > first ? 0 : first - offset;
        const size_t to = offset > end ? 0 : end - offset;
        struct penalty_tensor tensor = step->view[v];
        tensor.count = tensor.count < to ? tensor.count : to;
        if (from >= tensor.count)
            continue;
        tensor.count -= from;
        tensor.value += from;
        tensor.code += from;
        tensor.gradient = step->net->params.gradient + (offset + from - first);
        step->part[in.count++] = tensor;
    }
    step->penalty->add_gradient(in);
}

static void update(struct step *step, double rate, struct clock *clock)
{
    struct parameters *params = &step->net->params;
    float *gradient = params->gradient;
    const struct penalty_input whole = penalty_view(step);
    const size_t part = part_size(step, &whole);
    for (size_t first = 0, n; first < params->size; first += n) {
        n = params->size - first < part ? params->size - first : part;
        nn_kernels()->sum_to_gradient(gradient, params->sum + first, n);
        clock_charge(step, clock, STEP_UPDATE);
        if (step->constrain)
            constrain_shape_gradient(step->constrain);
        if (step->penalty)
            add_part_of_penalty(step, &whole, first, first + n);
        group_lasso_add_gradient(step->group_lasso, step->group, step->groups);
        if (step->constrain)
            constrain_add_gradient(step->constrain);
        clock_charge(step, clock, STEP_PENALTY);
        sgd_step_part(params, gradient, step->sgd, rate, first, n);
        clock_charge(step, clock, STEP_UPDATE);
    }
}

bool step_look(struct step *step, size_t m, double momentum)
{
    struct pass pass = pass_of(step, m);
    pass.momentum = momentum;
    return network_forward(step->net, &pass);
}

bool step_run(struct step *step, size_t m, double rate, struct step_result *result)
{
    const struct parameters *params = &step->net->params;
    const int64_t *extra = params->sum + params->size;
    struct clock clock = {comm_time_s(), comm_sync_time_s(), step->net->quantise_time_s};
    struct constrain *forward =
        step->constrain && step->constrain->by == CONSTRAIN_FORWARD ? step->constrain : NULL;
    if (forward)
        constrain_show(forward);
    clock_charge(step, &clock, STEP_PENALTY);
    const bool fine = compute(step, m, &clock);
    if (forward)
        constrain_hide(forward);
    if (!fine)
        return false;
    update(step, rate, &clock);

    result->loss = loss_from_sum(extra + SUM_LOSS) / (double)m;
    result->correct = extra[SUM_CORRECT];
    result->is_marked = extra[SUM_MARK] > 0;
    result->stop = extra[SUM_STOP] > 0;
    return true;
}
