#include "cli/run_state.h"

#include "base/comm.h"
#include "base/log.h"
#include "data/digest.h"
#include "settings/data_settings.h"
#include "train/checkpoint.h"

bool run_data_need(struct run_data *data, const struct settings *settings, struct error *err)
{
    if (!data->is_sought) {
        data->is_there = data_settings_load(&data->set, settings, data->directory, &data->why);
        data->crc = data->is_there && comm_rank() == 0 ? digest_of_set(&data->set) : JUDGE_UNKNOWN;
    }
    data->is_sought = true;
    if (!data->is_there)
        *err = data->why;
    return data->is_there;
}

void run_data_free(struct run_data *data)
{
    if (data->is_there)
        dataset_free(&data->set);
    data->is_there = data->is_sought = false;
}

struct judgement run_state(const struct experiment *experiment, size_t r, const char *path,
                           struct run_data *data)
{
    const struct experiment_run *run = &experiment->runs[r];
    const struct experiment_run *parent = run->parent < 0 ? NULL : &experiment->runs[run->parent];
    const struct judge_question question = {path, run, parent, JUDGE_UNKNOWN};
    struct judgement it = judge(&question);
    struct error none;
    if ((it.state != JUDGE_COMPLETE && it.state != JUDGE_INTERRUPTED) ||
        !run_data_need(data, &run->settings, &none))
        return it;
    return judge(&(struct judge_question){path, run, parent, data->crc});
}

void run_warn_if_stale(const char *path, int64_t data_crc)
{
    const struct judgement it = judge(&(struct judge_question){.path = path, .data_crc = data_crc});
    if (it.state == JUDGE_OTHER)
        log_warn("%s", it.why.text);
}
