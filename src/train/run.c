#include "train/run.h"

#include "base/comm.h"
#include "base/log.h"
#include "base/stop.h"
#include "result/result.h"
#include "train/checkpoint.h"
#include "train/constrain.h"
#include "train/training.h"

static int fail(const struct error *err, int status)
{
    log_error("%s", err->text);
    return status;
}

static bool load_parent(const struct train_job *job, struct training *t, struct error *err)
{
    if (t->run->parent < 0)
        return true;
    char path[RESULT_PATH];
    result_path(path, job->output, job->experiment, &job->experiment->runs[t->run->parent]);
    struct error why;
    return result_load_state(path, t, err) &&
           (!t->constrain || constrain_fits_masks(t->constrain, &why) ||
            error_set(err, "run '%s': %s", t->run->name, why.text));
}

static int stop(const struct training *t, struct error *err)
{
    if (!parameters_are_finite(&t->net.params)) {
        error_set(err, "run '%s' has diverged in epoch %zu: a weight is not finite", t->run->name,
                  t->at.epoch);
        return fail(err, ERROR_STATUS_DIVERGED);
    }
    if (!checkpoint_when_stopped(t->checkpoint, t, err))
        return fail(err, ERROR_STATUS_ENVIRONMENT);
    log_info("%s: stopped by %s in epoch %zu after %zu of %zu samples; the same command goes on "
             "from %s",
             t->run->name, stop_reason(), t->at.epoch, t->at.samples, t->train_count,
             t->checkpoint->path);
    return ERROR_STATUS_STOPPED;
}

static int write_result(const struct train_job *job, const struct training *t)
{
    result_write(job->path, t);
    checkpoint_remove(job->path);
    log_info("%s: kept epoch %zu, test accuracy %.2f %%, %.1f s -> %s", t->run->name, t->best.epoch,
             100.0 * t->test.accuracy, comm_time_s() - t->start_s, job->path);
    return 0;
}

static int train(const struct train_job *job, struct training *t)
{
    struct error err;
    if (!checkpoint_resume(t->checkpoint, t, &err))
        return fail(&err, ERROR_STATUS_USER);
    enum training_outcome outcome = training_train(t, &err);
    if (outcome == TRAINING_DONE)
        outcome = training_finish(t, &err);
    switch (outcome) {
    case TRAINING_STOPPED:
        return stop(t, &err);
    case TRAINING_DIVERGED:
        return fail(&err, ERROR_STATUS_DIVERGED);
    case TRAINING_DONE:
        break;
    }
    return write_result(job, t);
}

int train_run(const struct train_job *job)
{
    struct training t;
    struct checkpoint checkpoint;
    struct error err;
    int status;
    if (!training_create(&t, job->experiment, job->run, job->set, &err))
        return fail(&err, ERROR_STATUS_USER);
    if (load_parent(job, &t, &err)) {
        checkpoint_create(&checkpoint, job->path, &t, job->data_crc, job->checkpoint_s);
        t.checkpoint = &checkpoint;
        status = train(job, &t);
        checkpoint_destroy(&checkpoint);
    } else {
        status = fail(&err, ERROR_STATUS_USER);
    }
    training_destroy(&t);
    return status;
}
