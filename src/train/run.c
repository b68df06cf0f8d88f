#include "train/run.h"

#include "base/comm.h"
#include "base/log.h"
#include "base/stop.h"
#include "train/progress.h"
#include "train/silent_layers.h"

/* Who watches a run. */
struct watch {
    struct progress progress;
    struct silent_layers silent;
    struct checkpoint *checkpoint; /* or NULL */
};

static void after_step(struct watch *watch, const struct training *t, double start_s)
{
    progress_step(&watch->progress);
    stop_note_work(comm_time_s() - start_s);
    if (watch->checkpoint)
        checkpoint_now_and_then(watch->checkpoint, t);
}

static void after_evaluation(struct watch *watch, const struct training *t)
{
    progress_epoch(&watch->progress);
    silent_layers_warn(&watch->silent, &t->net, t->run->name, t->at.epoch,
                       t->step.quantise && t->at.epoch > 0);
}

/* Steps and evaluations up to the last. */
static enum training_outcome advance(struct watch *watch, struct training *t, struct error *err)
{
    for (;;) {
        const double start_s = comm_time_s();
        const enum training_outcome outcome = training_advance(t, err);
        switch (outcome) {
        case TRAINING_STEPPED:
            after_step(watch, t, start_s);
            break;
        case TRAINING_MEASURED:
            after_evaluation(watch, t);
            break;
        case TRAINING_DONE:
        case TRAINING_STOPPED:
        case TRAINING_DIVERGED:
            return outcome;
        }
    }
}

enum training_outcome run_train(struct training *t, struct checkpoint *checkpoint,
                                struct error *err)
{
    struct watch watch = {.checkpoint = checkpoint};
    enum training_outcome outcome = t->resumptions > 0 ? TRAINING_DONE : training_begin(t, err);
    if (outcome != TRAINING_DONE)
        return outcome;
    silent_layers_create(&watch.silent, &t->net);
    progress_start(&watch.progress, t);
    outcome = advance(&watch, t, err);
    if (outcome == TRAINING_DONE && checkpoint)
        checkpoint_at_end(checkpoint, t);
    if (outcome == TRAINING_DONE)
        outcome = training_finish(t, err);
    silent_layers_destroy(&watch.silent);
    return outcome;
}

int run_stop(const struct training *t, struct checkpoint *checkpoint, struct error *err)
{
    if (!parameters_are_finite(&t->net.params)) {
        error_set(err, "run '%s' has diverged in epoch %zu: a weight is not finite", t->run->name,
                  t->at.epoch);
        return ERROR_STATUS_DIVERGED;
    }
    if (!checkpoint_when_stopped(checkpoint, t, err))
        return ERROR_STATUS_ENVIRONMENT;
    log_info("%s: stopped by %s in epoch %zu after %zu of %zu samples; the same command goes on "
             "from %s",
             t->run->name, stop_reason(), t->at.epoch, t->at.samples, t->train_count,
             checkpoint->path);
    return ERROR_STATUS_STOPPED;
}
