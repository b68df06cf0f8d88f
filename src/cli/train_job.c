#include "cli/train_job.h"

#include "base/comm.h"
#include "base/log.h"
#include "result/result.h"
#include "simulate/currents.h"
#include "train/checkpoint.h"
#include "train/constrain.h"
#include "train/run.h"

static int fail(const struct error *err, int status)
{
    log_error("%s", err->text);
    return status;
}

/* Sets the digest of the parent on rank 0. */
static bool load_parent(const struct train_job *job, struct training *t, int64_t *digest,
                        struct error *err)
{
    *digest = JUDGE_UNKNOWN;
    if (t->run->parent < 0)
        return true;
    char path[RESULT_PATH];
    struct error why;
    result_path(path, job->output, job->experiment, &job->experiment->runs[t->run->parent]);
    if (!result_load_network(path, &t->net, err))
        return false;
    t->is_calibrated = true;
    if (comm_rank() == 0)
        *digest = judge_digest(path);
    return !t->constrain || constrain_fits_masks(t->constrain, &why) ||
           error_set(err, "run '%s': %s", t->run->name, why.text);
}

static int stop(const struct training *t, struct checkpoint *checkpoint)
{
    struct error err;
    const int status = run_stop(t, checkpoint, &err);
    return status == ERROR_STATUS_STOPPED ? status : fail(&err, status);
}

/* What is left when the kept network stands. */
static int finish(const struct train_job *job, struct training *t, struct checkpoint *checkpoint)
{
    struct simulation currents;
    int status = 0;
    if (currents_count(&currents, t)) {
        const struct result_origin origin = {job->file, job->data_crc,
                                             checkpoint->origin.parent_digest};
        result_write(job->path, &(struct result_contents){t, &currents, origin});
        checkpoint_remove(job->path);
        log_info("%s: kept epoch %zu, test accuracy %.2f %%, %.1f s -> %s", t->run->name,
                 t->best.epoch, 100.0 * t->test.accuracy, comm_time_s() - t->start_s, job->path);
    } else {
        status = stop(t, checkpoint);
    }
    simulation_destroy(&currents);
    return status;
}

static int train(const struct train_job *job, struct training *t, struct checkpoint *checkpoint)
{
    struct error err;
    if (!checkpoint_resume(checkpoint, t, &err))
        return fail(&err, error_status(&err));
    const int status = run_train(t, checkpoint, &err);
    return status == 0                      ? finish(job, t, checkpoint)
           : status == ERROR_STATUS_STOPPED ? stop(t, checkpoint)
                                            : fail(&err, status);
}

int train_job_run(const struct train_job *job)
{
    struct training t;
    struct checkpoint checkpoint;
    struct error err;
    int64_t digest;
    int status;
    if (!training_create(&t, job->experiment, job->run, job->set, &err))
        return fail(&err, error_status(&err));
    if (load_parent(job, &t, &digest, &err)) {
        checkpoint_create(&checkpoint, job->path, &t, job->data_crc, digest, job->checkpoint_s);
        status = train(job, &t, &checkpoint);
        checkpoint_destroy(&checkpoint);
    } else {
        status = fail(&err, error_status(&err));
    }
    training_destroy(&t);
    return status;
}
