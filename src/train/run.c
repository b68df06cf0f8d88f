#include "train/run.h"

#include "base/comm.h"
#include "base/log.h"
#include "base/stop.h"
#include "train/progress.h"
#include "train/recalibrate.h"
#include "train/replicas.h"
#include "train/silent_layers.h"

/* Who watches a run. */
struct watch {
    struct progress progress;
    struct silent_layers silent;
    struct checkpoint *checkpoint; /* or NULL */
};

/* Returns a status. */
static int after_step(struct watch *watch, const struct training *t, double start_s,
                      struct error *err)
{
    progress_step(&watch->progress);
    stop_note_work(comm_time_s() - start_s);
    if (!t->is_marked)
        return 0;
    if (!replicas_are_same(t, err))
        return ERROR_STATUS_ENVIRONMENT;
    checkpoint_in_between(watch->checkpoint, t);
    return 0;
}

static void after_evaluation(struct watch *watch, const struct training *t)
{
    progress_epoch(&watch->progress);
    silent_layers_warn(&watch->silent, &t->net, t->run->name, t->at.epoch,
                       t->step.quantise && t->at.epoch > 0);
}

static int status_of(enum training_outcome outcome)
{
    return outcome == TRAINING_STOPPED    ? ERROR_STATUS_STOPPED
           : outcome == TRAINING_DIVERGED ? ERROR_STATUS_DIVERGED
                                          : 0;
}

/* Steps and evaluations up to the last. */
static int advance(struct watch *watch, struct training *t, struct error *err)
{
    enum training_outcome outcome;
    int status;
    do {
        const double start_s = comm_time_s();
        /* only rank 0 knows the time; behind the step all know what it wants */
        t->step.mark = watch->checkpoint && checkpoint_is_due(watch->checkpoint);
        outcome = training_advance(t, err);
        status = status_of(outcome);
        if (outcome == TRAINING_STEPPED)
            status = after_step(watch, t, start_s, err);
        else if (outcome == TRAINING_MEASURED)
            after_evaluation(watch, t);
    } while (status == 0 && outcome != TRAINING_DONE);
    return status;
}

/* Behind the last evaluation. */
static int finish(struct training *t, struct checkpoint *checkpoint, struct error *err)
{
    if (!replicas_are_same(t, err))
        return ERROR_STATUS_ENVIRONMENT;
    if (checkpoint)
        checkpoint_at_end(checkpoint, t);
    return status_of(training_finish(t, err));
}

int run_train(struct training *t, struct checkpoint *checkpoint, struct error *err)
{
    struct watch watch = {.checkpoint = checkpoint};
    if (t->resumptions == 0 && (training_begin(t, err) != TRAINING_DONE || !recalibrate(t, err)))
        return ERROR_STATUS_DIVERGED;
    silent_layers_create(&watch.silent, &t->net);
    progress_start(&watch.progress, t);
    int status = advance(&watch, t, err);
    if (status == 0)
        status = finish(t, checkpoint, err);
    silent_layers_destroy(&watch.silent);
    return status;
}

int run_stop(const struct training *t, struct checkpoint *checkpoint, struct error *err)
{
    if (!parameters_are_finite(&t->net.params)) {
        error_set(err, "run '%s' has diverged in epoch %zu: a weight is not finite", t->run->name,
                  t->at.epoch);
        return ERROR_STATUS_DIVERGED;
    }
    if (!replicas_are_same(t, err) || !checkpoint_when_stopped(checkpoint, t, err))
        return ERROR_STATUS_ENVIRONMENT;
    log_info("%s: stopped by %s in epoch %zu after %zu of %zu samples; the same command goes on "
             "from %s",
             t->run->name, stop_reason(), t->at.epoch, t->at.samples, t->train_count,
             checkpoint->path);
    return ERROR_STATUS_STOPPED;
}
